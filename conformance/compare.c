#include "conformance/compare.h"

#include <math.h>
#include <stdio.h>

/* One element, on both sides. */
struct element {
    uint32_t tensor;
    size_t index;
    uint32_t found, wanted; /* words */
    double error, tolerance;
};

static float float_of(uint32_t word) {
    float value;
    memcpy(&value, &word, sizeof value);
    return value;
}

static uint32_t word_of(const float *values, size_t i) {
    uint32_t word;
    memcpy(&word, (const char *)values + i * sizeof word, sizeof word);
    return word;
}

/* How many floats lie between two, counted over all bit patterns in their order. */
static uint64_t ulp_between(uint32_t a, uint32_t b) {
    const int64_t x = a & 0x80000000u ? -(int64_t)(a & 0x7FFFFFFFu) : (int64_t)a;
    const int64_t y = b & 0x80000000u ? -(int64_t)(b & 0x7FFFFFFFu) : (int64_t)b;
    return (uint64_t)(x > y ? x - y : y - x);
}

/* Sets error and tolerance so that `!(error <= tolerance)` means failure. */
static void judge(struct element *element, bool words, double bound) {
    const double u = 0x1p-24, eps = 0x1p-23;
    const double found = float_of(element->found), wanted = float_of(element->wanted);
    element->tolerance = 0;
    if (element->found == element->wanted ||
        (!words && element->wanted != POISON && isnan(found) && isnan(wanted))) {
        element->error = 0;
    } else if (words || element->wanted == POISON) {
        element->error = INFINITY;
    } else {
        element->error = fabs(found - wanted);
        if (bound > 0) /* the condition of the sum is at most bound / eps */
            element->tolerance = bound + u * fabs(wanted) + 0x1p-100 * fmax(1, bound / eps);
    }
}

/* "y[2, 5]" from the flat index. */
static void place_text(char *out, size_t size, const struct application *application,
                       const struct element *e) {
    const struct shape shape = application->shapes[e->tensor];
    size_t rest = e->index, place[SHAPE_MAX_RANK];
    for (int i = shape.rank - 1; i >= 0; i--) {
        place[i] = rest % shape.of[i];
        rest /= shape.of[i];
    }
    size_t used =
        (size_t)snprintf(out, size, "%s[", operator_info(application->id)->arguments[e->tensor].name);
    for (int i = 0; i < shape.rank && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, i ? ", %zu" : "%zu", place[i]);
    if (used < size)
        snprintf(out + used, size - used, "]");
}

static void describe(struct comparison *out, const struct application *application, const struct element *e) {
    char place[96];
    place_text(place, sizeof place, application, e);
    const float found = float_of(e->found), wanted = float_of(e->wanted);
    if (argument_is_unsigned(operator_info(application->id)->arguments[e->tensor].kind))
        snprintf(out->worst, sizeof out->worst, "%s: found %u, expected %u", place, e->found, e->wanted);
    else
        snprintf(
            out->worst, sizeof out->worst,
            "%s: found %.9g (%a, 0x%08X), expected %.9g (%a, 0x%08X), error %.3g, tolerance %.3g, %llu ULP",
            place, (double)found, (double)found, e->found, (double)wanted, (double)wanted, e->wanted,
            e->error, e->tolerance, (unsigned long long)ulp_between(e->found, e->wanted));
}

static void compare_tensor(struct comparison *out, const struct application *application, uint32_t t,
                           const float *output, double *worst_score) {
    const struct operator_info *const info = operator_info(application->id);
    const bool words = info->bound == BOUND_EXACT || argument_is_unsigned(info->arguments[t].kind);
    for (size_t i = 0; i < application->elements[t]; i++) {
        struct element e = {.tensor = t, .index = i};
        e.found = word_of(output, i);
        e.wanted = word_of(application->values[t].f, i);
        judge(&e, words, application->bounds[t][i]);
        const bool failed = !(e.error <= e.tolerance);
        const double ratio = e.tolerance > 0 ? e.error / e.tolerance : 0;
        /* Failures go before the rest, NaN before any number. */
        const double score = !failed ? ratio : isfinite(e.error) ? 2 + e.error : INFINITY;
        out->elements++;
        out->failures += failed;
        if (isfinite(e.error) && !words) {
            out->largest_ratio = fmax(out->largest_ratio, ratio);
            const uint64_t ulp = ulp_between(e.found, e.wanted);
            out->largest_ulp = ulp > out->largest_ulp ? ulp : out->largest_ulp;
        }
        if (score > *worst_score) {
            *worst_score = score;
            describe(out, application, &e);
        }
    }
}

void compare(struct comparison *out, const struct application *application, float *const *outputs) {
    *out = (struct comparison){0};
    double worst_score = 0;
    for (uint32_t t = 0; t < operator_tensor_count(application->id); t++)
        if (outputs[t] != NULL)
            compare_tensor(out, application, t, outputs[t], &worst_score);
}
