#include "train/step_memory.h"

#include <stdio.h>

struct step_memory step_memory_of_plan(const struct plan *plan) {
    return (struct step_memory){.all = plan_bytes(plan),
                                .parameters = plan->parameter_bytes,
                                .state = plan->state_bytes,
                                .inputs = plan->input_bytes,
                                .activations = plan->temporary_bytes};
}

enum status step_memory_of(struct step_memory *out, const struct settings *settings,
                           const struct train_step_options *options) {
    struct train_step *step;
    struct plan *plan = NULL;
    TRY(train_step_describe(&step, settings, options));
    const enum status status = executor_make_plan(&plan, step->graph, options->device);
    if (status == STATUS_OK)
        *out = step_memory_of_plan(plan);
    plan_destroy(plan);
    train_step_destroy(step);
    return status;
}

/* ---- advice ---- */

/* Whether the images of a step fit in so many parts. */
static bool fits(const struct settings *settings, const struct train_step_options *options, size_t parts,
                 enum settings_recompute recompute) {
    struct settings changed = *settings;
    struct train_step_options smaller = *options;
    struct step_memory memory;
    const size_t images = options->batch * (options->parts ? options->parts : 1);
    changed.recompute = recompute;
    smaller.batch = images / parts;
    smaller.parts = parts;
    return images % parts == 0 && step_memory_of(&memory, &changed, &smaller) == STATUS_OK &&
           memory.all <= gpu_device_room(options->device);
}

/* The fewest parts that fit, above those given; 0 for none. */
static size_t parts_that_fit(const struct settings *settings, const struct train_step_options *options,
                             enum settings_recompute recompute) {
    const size_t parts = options->parts ? options->parts : 1, images = options->batch * parts;
    for (size_t more = parts + 1; more <= images; more++)
        if (fits(settings, options, more, recompute))
            return more;
    return 0;
}

enum status step_memory_advise(enum status failure, const struct settings *settings,
                               const struct train_step_options *options) {
    char message[768];
    const size_t parts = options->parts ? options->parts : 1;
    const bool keeps = settings->recompute == SETTINGS_RECOMPUTE_NONE;
    snprintf(message, sizeof message, "%s", status_message());
    if (options->device == NULL || fits(settings, options, parts, settings->recompute))
        return status_set(failure, "%s", message);
    if (keeps && fits(settings, options, parts, SETTINGS_RECOMPUTE_BLOCKS))
        return status_set(failure, "%s; --recompute blocks would fit", message);
    const size_t more = parts_that_fit(settings, options, SETTINGS_RECOMPUTE_BLOCKS);
    if (more == 0)
        return status_set(failure, "%s; not even --accumulate %zu --recompute blocks would fit", message,
                          options->batch * parts);
    const size_t alone = keeps ? parts_that_fit(settings, options, SETTINGS_RECOMPUTE_NONE) : more;
    if (alone != 0)
        return status_set(failure, "%s; --accumulate %zu%s would fit", message, alone,
                          alone > more ? ", or fewer parts with --recompute blocks," : "");
    return status_set(failure, "%s; --accumulate %zu --recompute blocks would fit", message, more);
}
