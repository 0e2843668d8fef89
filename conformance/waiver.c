#include "conformance/waiver.h"

#include "base/json.h"
#include "base/memory.h"
#include "conformance/selection.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_LIMIT = 4 << 20 };

const char *waiver_state_name(enum waiver_state state) {
    static const char *const names[] = {[WAIVER_USED] = "used",
                                        [WAIVER_UNUSED] = "unused",
                                        [WAIVER_NOT_RUN] = "not run",
                                        [WAIVER_OTHER] = "other device",
                                        [WAIVER_EXPIRED] = "expired"};
    return names[state];
}

/* ---- reading ---- */

static bool is_version(const char *text) {
    if (!isdigit((unsigned char)*text))
        return false;
    for (; *text != '\0'; text++)
        if (!isdigit((unsigned char)*text) && !(*text == '.' && isdigit((unsigned char)text[1])))
            return false;
    return true;
}

static bool is_date(const char *text) {
    static const char form[] = "dddd-dd-dd";
    if (strlen(text) != sizeof form - 1)
        return false;
    for (size_t i = 0; form[i] != '\0'; i++)
        if (form[i] == 'd' ? !isdigit((unsigned char)text[i]) : text[i] != form[i])
            return false;
    const int month = atoi(text + 5), day = atoi(text + 8);
    return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

static bool is_link(const char *text) {
    return strncmp(text, "https://", 8) == 0 || strncmp(text, "http://", 7) == 0;
}

static bool is_hexadecimal(const char *text) {
    return strncmp(text, "0x", 2) == 0 && text[2] != '\0' &&
           strspn(text + 2, "0123456789abcdefABCDEF") == strlen(text + 2);
}

static bool is_glob(const char *text) {
    return selection_check_glob("waiver", text) == STATUS_OK;
}

static bool is_text(const char *text) {
    return *text != '\0';
}

/* The keys of a waiver, and what they take. */
static const struct field {
    const char *key;
    size_t offset;
    bool required;
    bool (*fits)(const char *text);
    const char *kind;
} fields[] = {
    {"case", offsetof(struct waiver, case_glob), true, is_glob, "a pattern of case names"},
    {"link", offsetof(struct waiver, link), true, is_link, "a link, http:// or https://"},
    {"reason", offsetof(struct waiver, reason), true, is_text, "a text that is not empty"},
    {"vendor", offsetof(struct waiver, vendor), false, is_hexadecimal, "a number such as 0x10de"},
    {"device", offsetof(struct waiver, device), false, is_glob, "a pattern of device names"},
    {"driver", offsetof(struct waiver, driver), false, is_glob, "a pattern of driver names"},
    {"from", offsetof(struct waiver, from), false, is_version, "a version such as 25.0.7"},
    {"below", offsetof(struct waiver, below), false, is_version, "a version such as 25.0.7"},
    {"expires", offsetof(struct waiver, expires), false, is_date, "a date such as 2026-12-31"},
};

enum { FIELDS = sizeof fields / sizeof fields[0] };

static const unsigned every_bad_outcome = 1u << OUTCOME_RESOURCE_ERROR | 1u << OUTCOME_FAIL |
                                          1u << OUTCOME_DEVICE_LOST | 1u << OUTCOME_TIMEOUT |
                                          1u << OUTCOME_CRASH;

static enum status read_outcomes(struct waiver *out, const json_t *object, const char *origin) {
    out->outcomes = every_bad_outcome;
    if (json_object_get(object, "outcomes") == NULL)
        return STATUS_OK;
    json_t *list, *item;
    size_t i;
    TRY(json_need_array(&list, object, "outcomes", origin));
    out->outcomes = 0;
    json_array_foreach(list, i, item) {
        const char *const name = json_string_value(item);
        const enum outcome outcome = name != NULL ? outcome_by_name(name) : OUTCOME_COUNT;
        if (outcome == OUTCOME_COUNT || !(every_bad_outcome & 1u << outcome))
            return status_set(
                STATUS_INVALID,
                "%s: 'outcomes' may hold Fail, Crash, Timeout, DeviceLost, ResourceError, not %s", origin,
                name != NULL ? name : json_kind(item));
        out->outcomes |= 1u << outcome;
    }
    return STATUS_OK;
}

static enum status check_keys(const json_t *object, const char *origin) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value) {
        size_t i = 0;
        while (i < FIELDS && strcmp(fields[i].key, key) != 0)
            i++;
        if (i == FIELDS && strcmp(key, "outcomes") != 0)
            return status_set(STATUS_INVALID, "%s: unknown key '%s'; see spec/conformance.md", origin, key);
    }
    return STATUS_OK;
}

static enum status read_waiver(struct waiver *out, const json_t *object, const char *origin) {
    if (!json_is_object(object))
        return status_set(STATUS_INVALID, "%s is %s, expected an object", origin, json_kind(object));
    TRY(check_keys(object, origin));
    for (size_t i = 0; i < FIELDS; i++) {
        const struct field *const field = &fields[i];
        if (!field->required && json_object_get(object, field->key) == NULL)
            continue;
        const char *text;
        TRY(json_need_text(&text, object, field->key, origin));
        if (!field->fits(text))
            return status_set(STATUS_INVALID, "%s: '%s' is '%s', expected %s", origin, field->key, text,
                              field->kind);
        memcpy((char *)out + field->offset, &text, sizeof text);
    }
    return read_outcomes(out, object, origin);
}

static enum status read_list(struct waivers *out, const char *path) {
    json_t *list, *item;
    size_t i;
    if (!json_is_object(out->document))
        return status_set(STATUS_INVALID, "%s: expected an object with the key 'waivers'", path);
    TRY(json_need_array(&list, out->document, "waivers", path));
    TRY(memory_new(&out->list, json_array_size(list), sizeof *out->list));
    json_array_foreach(list, i, item) {
        char origin[512];
        snprintf(origin, sizeof origin, "%.400s: waiver %zu", path, i + 1);
        TRY(read_waiver(&out->list[i], item, origin));
        out->count++;
    }
    return STATUS_OK;
}

enum status waivers_read(struct waivers *out, const char *path) {
    *out = (struct waivers){0};
    TRY(json_read_file(&out->document, path, FILE_LIMIT));
    const enum status status = read_list(out, path);
    if (status != STATUS_OK)
        waivers_destroy(out);
    return status;
}

void waivers_destroy(struct waivers *waivers) {
    free(waivers->list);
    json_decref(waivers->document);
    *waivers = (struct waivers){0};
}

/* ---- matching ---- */

bool version_before(const char *a, const char *b) {
    while (*a != '\0' || *b != '\0') {
        char *end_a, *end_b;
        const unsigned long x = strtoul(a, &end_a, 10), y = strtoul(b, &end_b, 10);
        if (x != y)
            return x < y;
        a = end_a + (*end_a == '.');
        b = end_b + (*end_b == '.');
        if ((end_a == a && *a != '\0') ||
            (end_b == b && *b != '\0')) /* no number: the same, as far as it goes */
            return false;
    }
    return false;
}

static const char *fact(const json_t *device, const char *key) {
    const char *const text = json_string_value(json_object_get(device, key));
    return text != NULL ? text : "";
}

static bool is_for(const struct waiver *waiver, const json_t *device) {
    const char *const version = fact(device, "driver_version");
    if (waiver->vendor != NULL &&
        strtoul(waiver->vendor, NULL, 16) != strtoul(fact(device, "vendor_id"), NULL, 16))
        return false;
    return (waiver->device == NULL || fnmatch(waiver->device, fact(device, "name"), 0) == 0) &&
           (waiver->driver == NULL || fnmatch(waiver->driver, fact(device, "driver"), 0) == 0) &&
           (waiver->from == NULL || !version_before(version, waiver->from)) &&
           (waiver->below == NULL || version_before(version, waiver->below));
}

static bool is_expired(const struct waiver *waiver, const char *today) {
    return waiver->expires != NULL && strcmp(today, waiver->expires) > 0;
}

const struct waiver *waivers_find(struct waivers *waivers, const json_t *device, const char *name,
                                  enum outcome outcome, const char *today) {
    const struct waiver *found = NULL;
    for (size_t i = 0; i < waivers->count; i++) {
        struct waiver *const waiver = &waivers->list[i];
        if (fnmatch(waiver->case_glob, name, 0) != 0 || !is_for(waiver, device))
            continue;
        waiver->matched++;
        if (found != NULL || !(waiver->outcomes & 1u << outcome) || is_expired(waiver, today))
            continue;
        waiver->used++;
        found = waiver;
    }
    return found;
}

void waivers_judge(struct waivers *waivers, const json_t *device, const char *today) {
    for (size_t i = 0; i < waivers->count; i++) {
        struct waiver *const waiver = &waivers->list[i];
        if (is_expired(waiver, today))
            waiver->state = WAIVER_EXPIRED;
        else if (!is_for(waiver, device))
            waiver->state = WAIVER_OTHER;
        else if (waiver->used != 0)
            waiver->state = WAIVER_USED;
        else
            waiver->state = waiver->matched != 0 ? WAIVER_UNUSED : WAIVER_NOT_RUN;
    }
}
