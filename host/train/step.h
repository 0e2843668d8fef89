/* step.h: one training step as a runnable thing: objective, gradients, optimiser, executor.
 *
 * The trainer, `mnsp replay`, `mnsp bench` and `mnsp profile` all make their step here.
 *
 *     struct train_step *step;
 *     TRY(train_step_create(&step, &settings, &(struct train_step_options){.batch = 8, .device = device}));
 *     TRY(executor_initialise(step->executor, seed));
 *     TRY(executor_write(step->executor, step->objective.image, pixels));
 *     TRY(train_step_run(step, number, rate));
 *     TRY(train_step_result(step, number, &result));
 *
 * With .parts = N, a step is N times .batch images, forward and backward of each part one after the other
 * in the memory of one, and an update with the mean of their gradients: what one pass over all of them
 * gives, up to the rounding of the sums. Losses and terms are means over the parts, too.
 *
 *     TRY(train_step_begin(step, number, rate));
 *     for (size_t part = 0; part < step->parts; part++) {
 *         ... write the inputs of the part ...
 *         TRY(train_step_part(step, part));
 *     }
 *     TRY(train_step_update(step));
 *
 * None of these waits for the device: the next step can be begun, its inputs written and started, while
 * this one runs, and then train_step_result(step, number, ...) waits for this one. The results of two
 * steps are kept.
 *
 * Caveats: as for executors. device NULL is the reference.
 */
#ifndef MNSP_TRAIN_STEP_H
#define MNSP_TRAIN_STEP_H

#include "graph/executor.h"
#include "objective/objective.h"
#include "train/optimiser.h"
#include "train/safetensors.h"
#include "train/settings.h"

struct train_step_options {
    size_t batch;      /* images of a part */
    size_t parts;      /* 0: 1 */
    size_t characters; /* of the recogniser's set; 0: 94 */
    struct gpu_device *device;
    bool given_noise;    /* mask_noise is an input instead of being drawn in the graph */
    bool keep_outputs;   /* the outputs of the objective can be read, from memory of their own */
    bool keep_gradients; /* every parameter's gradient is an output "grad.<parameter>" */
    bool timed;
    const struct safetensors *weights; /* refused before memory is taken when they do not fit; or NULL */
    struct tiles_options tiles;        /* their mode is the setting's */
};

struct train_step {
    struct graph *graph;
    struct objective objective;
    struct train_optimiser optimiser;
    struct executor *executor;
    struct tiles *tiles; /* NULL: the fixed choice */
    struct objective_settings objective_settings;
    uint32_t start_segment; /* run once before training: what follows the weights starts as they are */
    const struct tensor *random, *part; /* inputs; part is NULL where there is one only */
    uint64_t seed;
    uint64_t number; /* of the step that was begun */
    size_t batch, parts;
};

/* The objective's settings among all settings. */
struct objective_settings train_objective_settings(const struct settings *settings, size_t characters);

/* Errors: STATUS_USAGE for settings that do not fit together, those of weights_check(), of the plan and of
 * the device. Where memory does not suffice, the message says which settings would fit. */
MNSP_NODISCARD enum status train_step_create(struct train_step **out, const struct settings *settings,
                                             const struct train_step_options *options);
void train_step_destroy(struct train_step *step);
/* The graph of a step, without an executor: nothing can be run. */
MNSP_NODISCARD enum status train_step_describe(struct train_step **out, const struct settings *settings,
                                               const struct train_step_options *options);

/* Begins step `number`, from 0. */
MNSP_NODISCARD enum status train_step_begin(struct train_step *step, uint64_t number, double rate);
/* Starts forward and backward of a part, from 0. The inputs of the objective must have been written. */
MNSP_NODISCARD enum status train_step_part(struct train_step *step, size_t part);
/* Starts the update, after the last part. */
MNSP_NODISCARD enum status train_step_update(struct train_step *step);
/* A whole step, each part on the inputs as they are; waits for its end. */
MNSP_NODISCARD enum status train_step_run(struct train_step *step, uint64_t number, double rate);

struct train_result {
    float loss;
    float terms[OBJECTIVE_MAX_NAMED]; /* as step->objective.terms */
    float norm;                       /* of the gradient, before clipping */
    bool finite;                      /* false: the update was left out */
    float scale;                      /* of the loss in the next step; 1 but for precision f16 */
    uint64_t skipped;                 /* steps of the run whose update was left out */
};

/* What step `number` gave, which must be the last one that was updated or the one before. */
MNSP_NODISCARD enum status train_step_result(const struct train_step *step, uint64_t number,
                                             struct train_result *result);

/* The learning rate of step `number` of `steps`: linear from 0 over `warmup` steps, then a half cosine to the
 * least rate. Source: Loshchilov and Hutter, "SGDR", ICLR 2017, without restarts. */
double train_rate(const struct settings *settings, uint64_t number, uint64_t steps, uint64_t warmup);

#endif
