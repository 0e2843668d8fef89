#include "conformance/report_json.h"

#include "base/json.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- writing ---- */

static json_t *seed_text(uint64_t seed) {
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)seed);
    return json_string(text);
}

/* NULL where there is no text: json_pack() leaves such keys out with `*`. */
static json_t *optional_text(const char *text) {
    return text != NULL && *text != '\0' ? json_string(text) : NULL;
}

static json_t *waiver_to_json(const struct waiver *waiver) {
    return json_pack("{s:s, s:s, s:s, s:s, s:I, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*}", "case",
                     waiver->case_glob, "link", waiver->link, "reason", waiver->reason, "state",
                     waiver_state_name(waiver->state), "used", (json_int_t)waiver->used, "vendor",
                     waiver->vendor, "device", waiver->device, "driver", waiver->driver, "from", waiver->from,
                     "below", waiver->below, "expires", waiver->expires);
}

static json_t *waivers_to_json(const struct waivers *waivers) {
    json_t *const list = json_array();
    for (size_t i = 0; i < waivers->count; i++)
        json_array_append_new(list, waiver_to_json(&waivers->list[i]));
    return list;
}

static json_t *entry_to_json(const struct report_entry *entry) {
    json_t *const waived = entry->waiver != NULL
                               ? json_pack("{s:s, s:s, s:s}", "outcome", outcome_name(entry->waived), "link",
                                           entry->waiver->link, "reason", entry->waiver->reason)
                               : NULL;
    json_t *const object = json_pack("{s:s, s:o, s:I, s:s, s:o*, s:o*}", "name", entry->name, "seed",
                                     seed_text(entry->seed), "rounds", (json_int_t)entry->rounds, "command",
                                     entry->command != NULL ? entry->command : "", "output",
                                     optional_text(entry->output), "waived", waived);
    if (object != NULL && result_to_json(object, &entry->result) == STATUS_OK)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *selection_to_json(const struct report *report) {
    return json_pack("{s:s, s:s*, s:I, s:I, s:o, s:I, s:b}", "set", report->set, "filter", report->filter,
                     "part", (json_int_t)report->part, "parts", (json_int_t)report->parts, "seed",
                     seed_text(report->seed), "rounds", (json_int_t)report->rounds, "validate",
                     (int)report->validate);
}

static json_t *summary_to_json(const struct report *report) {
    json_t *const summary = json_object();
    for (enum outcome outcome = 0; outcome < OUTCOME_COUNT; outcome++)
        json_object_set_new(summary, outcome_name(outcome),
                            json_integer((json_int_t)report_outcomes(report, outcome)));
    return summary;
}

static json_t *report_to_json(const struct report *report) {
    json_t *const cases = json_array();
    bool ok = true;
    for (size_t i = 0; i < report->count && ok; i++)
        ok = json_array_append_new(cases, entry_to_json(&report->entries[i])) == 0;
    if (!ok) {
        json_decref(cases);
        return NULL;
    }
    return json_pack("{s:s, s:s, s:s, s:f, s:b, s:s, s:o, s:O, s:o, s:o, s:o}", "format", REPORT_FORMAT,
                     "version", report->version, "started", report->started, "seconds", report->seconds,
                     "complete", (int)report->complete, "note", report->note != NULL ? report->note : "",
                     "selection", selection_to_json(report), "device", report->device, "summary",
                     summary_to_json(report), "waivers", waivers_to_json(&report->waivers), "cases", cases);
}

enum status report_json(struct buffer *out, const struct report *report) {
    json_t *const document = report_to_json(report);
    char *const text =
        document != NULL ? json_dumps(document, JSON_INDENT(1) | JSON_REAL_PRECISION(9)) : NULL;
    json_decref(document);
    if (text == NULL)
        return status_set(STATUS_MEMORY, "out of memory while writing a report");
    buffer_add(out, "%s\n", text);
    free(text);
    return STATUS_OK;
}

/* ---- reading ---- */

static enum status need_copy(char **out, const json_t *object, const char *key, const char *origin) {
    const char *text;
    TRY(json_need_text(&text, object, key, origin));
    return memory_copy_text(out, text);
}

static enum status need_seed(uint64_t *out, const json_t *object, const char *origin) {
    const char *text;
    TRY(json_need_text(&text, object, "seed", origin));
    char *end;
    *out = strtoull(text, &end, 10);
    if (end == text || *end != '\0')
        return status_set(STATUS_INVALID, "%s: 'seed' is '%s', expected a number in quotes", origin, text);
    return STATUS_OK;
}

static enum status optional_copy(char **out, const json_t *object, const char *key, const char *origin) {
    return json_object_get(object, key) != NULL ? need_copy(out, object, key, origin) : STATUS_OK;
}

static enum status read_selection(struct report *out, const json_t *object, const char *origin) {
    int64_t part, parts, rounds;
    TRY(need_copy(&out->set, object, "set", origin));
    TRY(optional_copy(&out->filter, object, "filter", origin));
    TRY(json_need_integer(&part, object, "part", origin));
    TRY(json_need_integer(&parts, object, "parts", origin));
    TRY(json_need_integer(&rounds, object, "rounds", origin));
    TRY(need_seed(&out->seed, object, origin));
    out->part = (uint32_t)part;
    out->parts = (uint32_t)parts;
    out->rounds = (uint64_t)rounds;
    return json_need_boolean(&out->validate, object, "validate", origin);
}

/* The texts stay those of the document. */
static enum status read_waiver(struct waiver *out, const json_t *object, const char *origin) {
    const char *state;
    int64_t used;
    TRY(json_need_text(&out->case_glob, object, "case", origin));
    TRY(json_need_text(&out->link, object, "link", origin));
    TRY(json_need_text(&out->reason, object, "reason", origin));
    TRY(json_need_text(&state, object, "state", origin));
    TRY(json_need_integer(&used, object, "used", origin));
    out->used = (size_t)used;
    out->expires = json_string_value(json_object_get(object, "expires"));
    while (out->state <= WAIVER_EXPIRED && strcmp(waiver_state_name(out->state), state) != 0)
        out->state++;
    if (out->state > WAIVER_EXPIRED)
        return status_set(STATUS_INVALID, "%s: there is no state '%s' of a waiver", origin, state);
    return STATUS_OK;
}

static enum status read_waivers(struct report *out, json_t *document, const char *origin) {
    json_t *list, *item;
    size_t i;
    TRY(json_need_array(&list, document, "waivers", origin));
    TRY(memory_new(&out->waivers.list, json_array_size(list), sizeof *out->waivers.list));
    out->waivers.document = json_incref(document);
    json_array_foreach(list, i, item) {
        TRY(read_waiver(&out->waivers.list[i], item, origin));
        out->waivers.count++;
    }
    return STATUS_OK;
}

/* The waiver among those of the run is known by its link and reason. */
static enum status read_waived(const struct report *report, struct report_entry *entry, const json_t *object,
                               const char *origin) {
    const char *outcome, *link, *reason;
    TRY(json_need_text(&outcome, object, "outcome", origin));
    TRY(json_need_text(&link, object, "link", origin));
    TRY(json_need_text(&reason, object, "reason", origin));
    entry->waived = outcome_by_name(outcome);
    for (size_t i = 0; i < report->waivers.count && entry->waiver == NULL; i++) {
        const struct waiver *const waiver = &report->waivers.list[i];
        if (strcmp(waiver->link, link) == 0 && strcmp(waiver->reason, reason) == 0)
            entry->waiver = waiver;
    }
    if (entry->waived == OUTCOME_COUNT || entry->waiver == NULL)
        return status_set(STATUS_INVALID, "%s: 'waived' names no outcome or no waiver of the run", origin);
    return STATUS_OK;
}

static enum status read_entry(struct report *out, const json_t *object, const char *path) {
    const char *name, *text;
    TRY(json_need_text(&name, object, "name", path));
    char origin[512];
    snprintf(origin, sizeof origin, "%.200s: case %.250s", path, name);
    struct case_result result;
    uint64_t seed;
    int64_t rounds;
    TRY(need_seed(&seed, object, origin));
    TRY(json_need_integer(&rounds, object, "rounds", origin));
    TRY(result_from_json(&result, object, origin));
    text = json_string_value(json_object_get(object, "output"));
    const size_t before = out->count;
    TRY(report_add(out, name, before, seed, &result, text != NULL ? text : ""));
    if (out->count == before)
        return status_set(STATUS_INVALID, "%s: it comes twice", origin);
    out->entries[before].rounds = (unsigned)rounds;
    if (json_object_get(object, "waived") != NULL)
        TRY(read_waived(out, &out->entries[before], json_object_get(object, "waived"), origin));
    return need_copy(&out->entries[before].command, object, "command", origin);
}

static enum status read_document(struct report *out, json_t *document, const char *path) {
    json_t *selection, *device, *cases, *item;
    const char *format;
    size_t i;
    TRY(json_need_text(&format, document, "format", path));
    if (strcmp(format, REPORT_FORMAT) != 0)
        return status_set(STATUS_INVALID, "%s: its format is '%s', expected '%s'", path, format,
                          REPORT_FORMAT);
    TRY(need_copy(&out->version, document, "version", path));
    TRY(need_copy(&out->started, document, "started", path));
    TRY(need_copy(&out->note, document, "note", path));
    TRY(json_need_real(&out->seconds, document, "seconds", path));
    TRY(json_need_boolean(&out->complete, document, "complete", path));
    TRY(json_need_object(&selection, document, "selection", path));
    TRY(read_selection(out, selection, path));
    TRY(json_need_object(&device, document, "device", path));
    out->device = json_incref(device);
    TRY(read_waivers(out, document, path));
    TRY(json_need_array(&cases, document, "cases", path));
    json_array_foreach(cases, i, item) {
        TRY(read_entry(out, item, path));
    }
    return STATUS_OK;
}

enum status report_read(struct report *out, const char *path) {
    enum { LIMIT = 1 << 30 };
    *out = (struct report){0};
    json_t *document;
    TRY(json_read_file(&document, path, LIMIT));
    const enum status status = read_document(out, document, path);
    json_decref(document);
    return status;
}
