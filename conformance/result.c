#include "conformance/result.h"

#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

uint64_t digest_bytes(uint64_t digest, const void *bytes, size_t size) {
    const unsigned char *const data = bytes;
    uint64_t value = digest != 0 ? digest : 14695981039346656037u;
    for (size_t i = 0; i < size; i++)
        value = (value ^ data[i]) * 1099511628211u;
    return value;
}

/* ---- to JSON ---- */

/* JSON has no NaN and no infinity. */
static json_t *number(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *word_text(uint32_t word) {
    char text[16];
    snprintf(text, sizeof text, "0x%08X", word);
    return json_string(text);
}

static json_t *worst_to_json(const struct comparison *comparison) {
    const struct compared_element *const e = &comparison->worst_element;
    json_t *const at = json_array();
    for (int i = 0; i < e->rank; i++)
        json_array_append_new(at, json_integer((json_int_t)e->at[i]));
    return json_pack("{s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:I, s:s}", "tensor", e->tensor, "at", at, "type",
                     e->is_unsigned ? "uint32" : "float32", "found", word_text(e->found), "expected",
                     word_text(e->wanted), "error", number(e->error), "tolerance", number(e->tolerance),
                     "ulp", (json_int_t)e->ulp, "text", comparison->worst);
}

static json_t *comparison_to_json(const struct comparison *comparison) {
    json_t *const histogram = json_array();
    for (size_t i = 0; i < COMPARE_BUCKETS; i++)
        json_array_append_new(histogram, json_integer((json_int_t)comparison->histogram[i]));
    json_t *const worst = comparison->worst_element.tensor[0] ? worst_to_json(comparison) : json_null();
    return json_pack("{s:I, s:I, s:I, s:o, s:o, s:o, s:o}", "elements", (json_int_t)comparison->elements,
                     "failures", (json_int_t)comparison->failures, "largest_ulp",
                     (json_int_t)comparison->largest_ulp, "mean_ulp", number(comparison->mean_ulp),
                     "largest_ratio", number(comparison->largest_ratio), "histogram", histogram, "worst",
                     worst);
}

enum status result_to_json(json_t *object, const struct case_result *result) {
    char digest[24] = "";
    if (result->digest != 0)
        snprintf(digest, sizeof digest, "%016llx", (unsigned long long)result->digest);
    json_t *const seconds = json_object();
    for (enum phase phase = 0; phase < PHASE_COUNT; phase++)
        json_object_set_new(seconds, phase_name(phase), number(result->seconds[phase]));
    json_t *const error = result->comparison.elements != 0 ? comparison_to_json(&result->comparison) : NULL;
    json_t *const fields =
        json_pack("{s:s, s:s, s:o, s:o, s:s, s:o*}", "outcome", outcome_name(result->outcome), "message",
                  result->message, "seconds", seconds, "device_seconds", number(result->device_seconds),
                  "digest", digest, "error", error);
    if (result->ran_alone)
        json_object_set_new(fields, "alone", json_string(outcome_name(result->alone)));
    const bool ok = fields != NULL && json_object_update(object, fields) == 0;
    json_decref(fields);
    return ok ? STATUS_OK : status_set(STATUS_MEMORY, "out of memory while writing a result");
}

/* ---- from JSON ---- */

static enum status need_count(uint64_t *out, const json_t *object, const char *key, const char *origin) {
    int64_t value;
    TRY(json_need_integer(&value, object, key, origin));
    if (value < 0)
        return status_set(STATUS_INVALID, "%s: '%s' is negative", origin, key);
    *out = (uint64_t)value;
    return STATUS_OK;
}

/* A number, or null for one that JSON cannot say. */
static enum status need_number(double *out, const json_t *object, const char *key, const char *origin) {
    *out = INFINITY;
    return json_is_null(json_object_get(object, key)) ? STATUS_OK : json_need_real(out, object, key, origin);
}

static enum status need_word(uint32_t *out, const json_t *object, const char *key, const char *origin) {
    const char *text;
    TRY(json_need_text(&text, object, key, origin));
    char *end;
    *out = (uint32_t)strtoul(text, &end, 16);
    if (strncmp(text, "0x", 2) != 0 || *end != '\0')
        return status_set(STATUS_INVALID, "%s: '%s' is '%s', expected a word such as 0x3F800000", origin, key,
                          text);
    return STATUS_OK;
}

static enum status need_copy(char *out, size_t size, const json_t *object, const char *key,
                             const char *origin) {
    const char *text;
    TRY(json_need_text(&text, object, key, origin));
    snprintf(out, size, "%s", text);
    return STATUS_OK;
}

static enum status need_outcome(enum outcome *out, const json_t *object, const char *key,
                                const char *origin) {
    const char *name;
    TRY(json_need_text(&name, object, key, origin));
    *out = outcome_by_name(name);
    if (*out == OUTCOME_COUNT)
        return status_set(STATUS_INVALID, "%s: there is no outcome '%s'", origin, name);
    return STATUS_OK;
}

static enum status worst_from_json(struct comparison *out, const json_t *object, const char *origin) {
    struct compared_element *const e = &out->worst_element;
    const char *type;
    json_t *at;
    TRY(need_copy(e->tensor, sizeof e->tensor, object, "tensor", origin));
    TRY(need_copy(out->worst, sizeof out->worst, object, "text", origin));
    TRY(json_need_text(&type, object, "type", origin));
    TRY(json_need_array(&at, object, "at", origin));
    TRY(need_word(&e->found, object, "found", origin));
    TRY(need_word(&e->wanted, object, "expected", origin));
    TRY(need_number(&e->error, object, "error", origin));
    TRY(need_number(&e->tolerance, object, "tolerance", origin));
    TRY(need_count(&e->ulp, object, "ulp", origin));
    e->is_unsigned = strcmp(type, "uint32") == 0;
    if (json_array_size(at) > SHAPE_MAX_RANK)
        return status_set(STATUS_INVALID, "%s: 'at' has more than %d places", origin, SHAPE_MAX_RANK);
    e->rank = (int)json_array_size(at);
    for (int i = 0; i < e->rank; i++)
        e->at[i] = (size_t)json_integer_value(json_array_get(at, (size_t)i));
    return STATUS_OK;
}

static enum status comparison_from_json(struct comparison *out, const json_t *object, const char *origin) {
    json_t *histogram;
    uint64_t elements = 0, failures = 0;
    TRY(need_count(&elements, object, "elements", origin));
    TRY(need_count(&failures, object, "failures", origin));
    out->elements = elements;
    out->failures = failures;
    TRY(need_count(&out->largest_ulp, object, "largest_ulp", origin));
    TRY(need_number(&out->mean_ulp, object, "mean_ulp", origin));
    TRY(need_number(&out->largest_ratio, object, "largest_ratio", origin));
    TRY(json_need_array(&histogram, object, "histogram", origin));
    if (json_array_size(histogram) != COMPARE_BUCKETS)
        return status_set(STATUS_INVALID, "%s: 'histogram' has %zu buckets, expected %d", origin,
                          json_array_size(histogram), COMPARE_BUCKETS);
    for (size_t i = 0; i < COMPARE_BUCKETS; i++)
        out->histogram[i] = (uint64_t)json_integer_value(json_array_get(histogram, i));
    if (json_is_null(json_object_get(object, "worst")))
        return STATUS_OK;
    json_t *worst;
    TRY(json_need_object(&worst, object, "worst", origin));
    return worst_from_json(out, worst, origin);
}

enum status result_from_json(struct case_result *out, const json_t *object, const char *origin) {
    *out = (struct case_result){0};
    const char *digest;
    json_t *seconds, *error;
    TRY(need_outcome(&out->outcome, object, "outcome", origin));
    out->ran_alone = json_object_get(object, "alone") != NULL;
    if (out->ran_alone)
        TRY(need_outcome(&out->alone, object, "alone", origin));
    TRY(need_copy(out->message, sizeof out->message, object, "message", origin));
    TRY(json_need_object(&seconds, object, "seconds", origin));
    for (enum phase phase = 0; phase < PHASE_COUNT; phase++)
        TRY(need_number(&out->seconds[phase], seconds, phase_name(phase), origin));
    TRY(need_number(&out->device_seconds, object, "device_seconds", origin));
    TRY(json_need_text(&digest, object, "digest", origin));
    out->digest = strtoull(digest, NULL, 16);
    if (json_object_get(object, "error") == NULL)
        return STATUS_OK;
    TRY(json_need_object(&error, object, "error", origin));
    return comparison_from_json(&out->comparison, error, origin);
}
