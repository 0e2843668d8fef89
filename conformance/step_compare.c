/* step_compare.c: the device's training steps against the reference's, within what roundings can make of
 * them. */
#include "base/memory.h"
#include "conformance/steps.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* As spec/numerics.md, "Whole steps", derives them. */
enum { TRIALS = 8, WIDENING = 4 };
static const float perturbation = 0x1p-19F; /* 16 eps */
static const double last_rounding = 0x1p-23;
static const double rate = 1e-3;

/* ---- what a run leaves behind ---- */

/* Everything that lasts: tensor i after step s in values[s * tensors + i], NULL where it does not last. */
struct trajectory {
    size_t tensors, steps;
    float **values;
};

static bool lasts(const struct tensor *tensor) {
    const bool is_output = tensor->base->kind == TENSOR_ACTIVATION && tensor->kept;
    const bool is_memory = tensor->kind == TENSOR_PARAMETER || tensor->kind == TENSOR_STATE;
    return is_output || (is_memory && tensor->base == tensor);
}

static void trajectory_free(struct trajectory *trajectory) {
    for (size_t i = 0; trajectory->values != NULL && i < trajectory->steps * trajectory->tensors; i++)
        free(trajectory->values[i]);
    free(trajectory->values);
    trajectory->values = NULL;
}

static enum status record_tensors(float **values, struct train_step *step) {
    for (size_t i = 0; i < graph_tensor_count(step->graph); i++) {
        const struct tensor *const tensor = graph_tensor(step->graph, i);
        if (!lasts(tensor))
            continue;
        TRY(memory_new(&values[i], tensor->elements, sizeof **values));
        TRY(executor_read(step->executor, tensor, values[i]));
    }
    return STATUS_OK;
}

/* Trains from the start. */
static enum status trajectory_run(struct trajectory *out, struct train_step *step, size_t steps) {
    *out = (struct trajectory){.tensors = graph_tensor_count(step->graph), .steps = steps};
    TRY(memory_new(&out->values, steps * out->tensors, sizeof *out->values));
    for (size_t s = 0; s < steps; s++) {
        TRY(train_step_run(step, s, rate));
        TRY(record_tensors(out->values + s * out->tensors, step));
    }
    return STATUS_OK;
}

/* ---- distances ---- */

/* |a - b|, or |a| without b; NaN if there is one in either. */
static double distance(const float *a, const float *b, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        const double difference = (double)a[i] - (b != NULL ? (double)b[i] : 0);
        sum += difference * difference;
    }
    return sqrt(sum);
}

/* The reference's trajectory, and how far each tensor of it may be missed. */
struct expectation {
    struct train_step *step; /* on the reference; NULL at first */
    struct trajectory exact;
    double *envelopes; /* as trajectory.values */
};

static void expectation_free(struct expectation *expectation) {
    train_step_destroy(expectation->step);
    trajectory_free(&expectation->exact);
    free(expectation->envelopes);
}

/* Widens the envelopes to what one perturbed run gives. */
static enum status try_perturbed(struct expectation *out, size_t steps, uint64_t seed, uint64_t trial) {
    struct trajectory perturbed = {0};
    enum status status = executor_perturb(out->step->executor, 0, 0);
    if (status == STATUS_OK)
        status = step_fill(out->step, seed);
    if (status == STATUS_OK)
        status = executor_perturb(out->step->executor, seed + trial, perturbation);
    if (status == STATUS_OK)
        status = trajectory_run(&perturbed, out->step, steps);
    for (size_t i = 0; status == STATUS_OK && i < steps * out->exact.tensors; i++) {
        const size_t count = graph_tensor(out->step->graph, i % out->exact.tensors)->elements;
        if (out->exact.values[i] != NULL)
            out->envelopes[i] =
                fmax(out->envelopes[i], distance(perturbed.values[i], out->exact.values[i], count));
    }
    trajectory_free(&perturbed);
    return status;
}

static enum status expect(struct expectation *out, const char *name, uint64_t seed) {
    size_t steps;
    TRY(step_create(&out->step, &steps, name, NULL, seed));
    TRY(step_fill(out->step, seed));
    TRY(trajectory_run(&out->exact, out->step, steps));
    TRY(memory_new(&out->envelopes, steps * out->exact.tensors, sizeof *out->envelopes));
    for (uint64_t trial = 1; trial <= TRIALS; trial++)
        TRY(try_perturbed(out, steps, seed, trial));
    return STATUS_OK;
}

/* ---- the comparison ---- */

/* The element that is off most, for messages. */
static void describe(struct comparison *out, const struct tensor *tensor, size_t step, double error,
                     double tolerance, const float *ours, const float *theirs) {
    size_t worst = 0;
    for (size_t i = 1; i < tensor->elements; i++)
        if (!(fabsf(ours[i] - theirs[i]) <= fabsf(ours[worst] - theirs[worst])))
            worst = i;
    struct compared_element *const element = &out->worst_element;
    *element = (struct compared_element){
        .rank = 1, .at = {worst}, .is_unsigned = tensor->is_unsigned, .error = error, .tolerance = tolerance};
    snprintf(element->tensor, sizeof element->tensor, "%s", tensor->name);
    memcpy(&element->found, &ours[worst], sizeof element->found);
    memcpy(&element->wanted, &theirs[worst], sizeof element->wanted);
    snprintf(out->worst, sizeof out->worst,
             "%s after step %zu: %.3g from the reference, envelope %.3g; most at element %zu: found %.9g, "
             "expected %.9g",
             tensor->name, step + 1, error, tolerance, worst, (double)ours[worst], (double)theirs[worst]);
}

/* Unsigned numbers, such as masks, come from random bits and must be the same. */
static void compare_tensor(struct comparison *out, const struct expectation *expected, size_t place,
                           const float *ours, double *worst_score) {
    const size_t tensors = expected->exact.tensors;
    const struct tensor *const tensor = graph_tensor(expected->step->graph, place % tensors);
    const float *const theirs = expected->exact.values[place];
    const size_t count = tensor->elements;
    double error = distance(ours, theirs, count);
    double tolerance = WIDENING * expected->envelopes[place] + last_rounding * distance(theirs, NULL, count);
    if (tensor->is_unsigned) {
        error = memcmp(ours, theirs, count * sizeof *ours) == 0 ? 0 : INFINITY;
        tolerance = 0;
    }
    const double ratio = error == 0 ? 0 : error / tolerance;
    const double score = isnan(ratio) ? INFINITY : ratio;
    out->elements++;
    out->failures += !(error <= tolerance);
    if (isfinite(ratio))
        out->largest_ratio = fmax(out->largest_ratio, ratio);
    if (score > *worst_score) {
        *worst_score = score;
        describe(out, tensor, place / tensors, error, tolerance, ours, theirs);
    }
}

/* Up to the first step that fails: what comes after it follows from it. */
static void compare_trajectories(struct case_result *out, const struct expectation *expected,
                                 const struct trajectory *found) {
    double worst_score = 0;
    struct comparison *const comparison = &out->comparison;
    *comparison = (struct comparison){0};
    for (size_t s = 0; s < found->steps && comparison->failures == 0; s++)
        for (size_t i = 0; i < found->tensors; i++) {
            const size_t place = s * found->tensors + i;
            const float *const values = found->values[place];
            if (values == NULL)
                continue;
            compare_tensor(comparison, expected, place, values, &worst_score);
            out->digest = digest_bytes(out->digest, values,
                                       graph_tensor(expected->step->graph, i)->elements * sizeof *values);
        }
}

static enum status run_subject(struct trajectory *out, const char *name, const struct step_subject *subject,
                               uint64_t seed) {
    struct train_step *step;
    size_t steps;
    phase_enter(PHASE_COMPILE);
    TRY(step_create(&step, &steps, name, subject->device, seed));
    phase_enter(PHASE_DISPATCH);
    enum status status = step_fill(step, seed);
    if (status == STATUS_OK && subject->device == NULL)
        status = executor_perturb(step->executor, seed, subject->perturbation);
    if (status == STATUS_OK)
        status = trajectory_run(out, step, steps);
    train_step_destroy(step);
    return status;
}

enum status step_compare(struct case_result *out, const char *name, const struct step_subject *subject,
                         uint64_t seed) {
    struct expectation expected = {0};
    struct trajectory found = {0};
    enum status status = run_subject(&found, name, subject, seed);
    phase_enter(PHASE_CHECK);
    if (status == STATUS_OK)
        status = expect(&expected, name, seed);
    if (status == STATUS_OK)
        compare_trajectories(out, &expected, &found);
    trajectory_free(&found);
    expectation_free(&expected);
    return status;
}
