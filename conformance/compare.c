#include "conformance/compare.h"

#include "base/precision.h"

#include <math.h>
#include <stdio.h>

/* One element, on both sides. */
struct element {
    uint32_t tensor;
    size_t index;
    uint32_t found, wanted; /* words */
    uint32_t explained; /* the word that is judged: what was found, or may have been before it was stored */
    double error, tolerance;
};

/* What is added up over all tensors. */
struct sums {
    double ulp, worst_score;
    size_t with_ulp;
    struct element worst;
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

/* The place of a float in their order, with everything below 2^-126 in one place. */
static int64_t place_of(uint32_t word) {
    static const uint32_t smallest_normal = 0x00800000;
    const uint32_t magnitude = word & 0x7FFFFFFFu;
    const int64_t place = magnitude < smallest_normal ? 0 : (int64_t)magnitude - smallest_normal + 1;
    return word & 0x80000000u ? -place : place;
}

static uint64_t ulp_between(uint32_t a, uint32_t b) {
    const int64_t x = place_of(a), y = place_of(b);
    return (uint64_t)(x > y ? x - y : y - x);
}

/* Of a bound above 0. */
static double tolerance_of(double wanted, double bound) {
    const double u = 0x1p-24, eps = 0x1p-23;
    const double condition = fmax(1, bound / eps);                   /* of the sum, at most */
    const double rounding = isfinite(wanted) ? u * fabs(wanted) : 0; /* of the reference; infinity has none */
    return bound + rounding + 0x1p-100 * condition;
}

/* ---- tensors that are stored in 16 bits ---- */

/* Of 16 bits without a sign, infinity being the number behind the largest. */
static double magnitude_of(int bits, enum precision format) {
    const int infinity = format == PRECISION_F16 ? 0x7C00 : 0x7F80;
    if (bits >= infinity)
        return format == PRECISION_F16 ? 0x1p16 : 0x1p128;
    return bits < 0 ? -(double)precision_widen(1, format) : (double)precision_widen((uint16_t)bits, format);
}

/* Of the numbers that are stored as `found`, the one nearest to `wanted`, if an error is allowed. */
static float explanation(float found, float wanted, enum precision format, double bound) {
    if (isnan(found) || !isfinite(wanted))
        return found;
    if (precision_round(wanted, format) == found)
        return wanted;
    if (!(bound > 0))
        return found;
    const int bits = precision_narrow(fabsf(found), format);
    const double here = magnitude_of(bits, format), low = (magnitude_of(bits - 1, format) + here) / 2,
                 high = (here + magnitude_of(bits + 1, format)) / 2;
    const double sign = signbit(found) ? -1 : 1, magnitude = sign * wanted;
    return (float)(sign * (magnitude < low ? low : isinf(found) || magnitude < high ? magnitude : high));
}

/* POISON, in either place, is no number. */
static uint32_t explain(const struct element *element, enum precision format, double bound) {
    if (format == PRECISION_F32 || element->found == POISON || element->wanted == POISON)
        return element->found;
    const float value = explanation(float_of(element->found), float_of(element->wanted), format, bound);
    return word_of(&value, 0);
}

/* ---- one element ---- */

/* Sets error and tolerance so that `!(error <= tolerance)` means failure. */
static void judge(struct element *element, bool words, double bound) {
    const double found = float_of(element->explained), wanted = float_of(element->wanted);
    element->tolerance = 0;
    const bool is_flushed = !words && found == 0 && fabs(wanted) < 0x1p-126;
    if (element->explained == element->wanted || is_flushed ||
        (!words && element->wanted != POISON && isnan(found) && isnan(wanted))) {
        element->error = 0;
    } else if (words || element->wanted == POISON) {
        element->error = INFINITY;
    } else if (isinf(bound)) {
        element->error = 0; /* nothing is promised but that something was written */
        element->tolerance = INFINITY;
        if (element->found == POISON)
            element->error = NAN;
    } else {
        element->error = fabs(found - wanted);
        if (bound > 0)
            element->tolerance = tolerance_of(wanted, bound);
    }
}

static bool has_words(const struct application *application, uint32_t t) {
    const struct operator_info *const info = operator_info(application->id);
    return info->bound == BOUND_EXACT || argument_is_unsigned(info->arguments[t].kind);
}

double compare_tolerance(const struct application *application, uint32_t t, size_t i) {
    const uint32_t wanted = word_of(application->values[t].f, i);
    const double bound = application->bounds[t][i];
    if (has_words(application, t) || wanted == POISON || !(bound > 0))
        return 0;
    return tolerance_of((double)float_of(wanted), bound);
}

/* ---- the worst element ---- */

static void place_element(struct compared_element *out, const struct application *application,
                          const struct element *e) {
    const struct shape shape = application->shapes[e->tensor];
    const struct operator_argument *const argument = &operator_info(application->id)->arguments[e->tensor];
    *out = (struct compared_element){.rank = shape.rank,
                                     .is_unsigned = argument_is_unsigned(argument->kind),
                                     .found = e->found,
                                     .wanted = e->wanted,
                                     .error = e->error,
                                     .tolerance = e->tolerance,
                                     .ulp = ulp_between(e->explained, e->wanted)};
    snprintf(out->tensor, sizeof out->tensor, "%s", argument->name);
    size_t rest = e->index;
    for (int i = shape.rank - 1; i >= 0; i--) {
        out->at[i] = rest % shape.of[i];
        rest /= shape.of[i];
    }
}

/* "y[2, 5]: found ..., expected ..." */
static void describe(char *out, size_t size, const struct compared_element *e) {
    size_t used = (size_t)snprintf(out, size, "%s[", e->tensor);
    for (int i = 0; i < e->rank && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, i ? ", %zu" : "%zu", e->at[i]);
    if (used >= size)
        return;
    const float found = float_of(e->found), wanted = float_of(e->wanted);
    if (e->is_unsigned)
        snprintf(out + used, size - used, "]: found %u, expected %u", e->found, e->wanted);
    else
        snprintf(out + used, size - used,
                 "]: found %.9g (%a, 0x%08X), expected %.9g (%a, 0x%08X), error %.3g, tolerance %.3g, %llu "
                 "ULP",
                 (double)found, (double)found, e->found, (double)wanted, (double)wanted, e->wanted, e->error,
                 e->tolerance, (unsigned long long)e->ulp);
}

/* ---- all elements ---- */

static void count_ulp(struct comparison *out, struct sums *sums, const struct element *e, bool words) {
    const bool has_distance = !words && isfinite(e->error);
    const uint64_t ulp = has_distance ? ulp_between(e->explained, e->wanted) : 0;
    size_t bucket = has_distance || e->error == 0 ? 0 : COMPARE_BUCKETS - 1;
    for (uint64_t rest = ulp; rest != 0 && bucket < COMPARE_BUCKETS - 1; rest >>= 1)
        bucket++;
    out->histogram[bucket]++;
    if (!has_distance)
        return;
    out->largest_ulp = ulp > out->largest_ulp ? ulp : out->largest_ulp;
    sums->ulp += (double)ulp;
    sums->with_ulp++;
}

static void compare_tensor(struct comparison *out, struct sums *sums, const struct application *application,
                           uint32_t t, const float *output) {
    const bool words = has_words(application, t);
    const enum precision format = application_format(application, t);
    for (size_t i = 0; i < application->elements[t]; i++) {
        struct element e = {.tensor = t, .index = i};
        e.found = word_of(output, i);
        e.wanted = word_of(application->values[t].f, i);
        e.explained = explain(&e, format, application->bounds[t][i]);
        judge(&e, words, application->bounds[t][i]);
        const bool failed = !(e.error <= e.tolerance);
        const double ratio = e.tolerance > 0 ? e.error / e.tolerance : 0;
        /* Failures go before the rest, NaN before any number. */
        const double score = !failed ? ratio : isfinite(e.error) ? 2 + e.error : INFINITY;
        out->elements++;
        out->failures += failed;
        if (isfinite(e.error) && !words)
            out->largest_ratio = fmax(out->largest_ratio, ratio);
        if (!isinf(e.tolerance))
            count_ulp(out, sums, &e, words);
        if (score > sums->worst_score) {
            sums->worst_score = score;
            sums->worst = e;
        }
    }
}

void compare(struct comparison *out, const struct application *application, float *const *outputs) {
    *out = (struct comparison){0};
    struct sums sums = {0};
    for (uint32_t t = 0; t < operator_tensor_count(application->id); t++)
        if (outputs[t] != NULL)
            compare_tensor(out, &sums, application, t, outputs[t]);
    out->mean_ulp = sums.with_ulp != 0 ? sums.ulp / (double)sums.with_ulp : 0;
    if (sums.worst_score > 0) {
        place_element(&out->worst_element, application, &sums.worst);
        describe(out->worst, sizeof out->worst, &out->worst_element);
    }
}
