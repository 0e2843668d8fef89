#include "conformance/steps.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

enum { BATCH = 2, CHARACTERS = 7, TEXT_SIZE = 512 };

/* A network in which no two sizes are equal by accident: 4 x 8 patches of 2 x 4 pixels. */
static const char smallest[] = "image_height=8,image_width=32,patch_height=2,width=12,depth=2,heads=2,"
                               "mlp_ratio=2,decoder_width=8,decoder_depth=2,decoder_heads=2,"
                               "decoder_mlp_ratio=2,max_length=5,recognition_width=18,recognition_depth=2,"
                               "recognition_heads=3,recognition_inner=10,decoder_dropout=0.2,"
                               "recognition_dropout=0.2,mask_ratio=0.6,teacher_momentum=0.9";

static const struct group_case cases[] = {
    {"mae/steps=1", SET_SMOKE},
    {"mae/accumulate=2,steps=2", SET_STANDARD},
    {"mae/normalise_pixels=false,clip_norm=0.5,steps=5", SET_STANDARD},
    {"lmim/steps=1", SET_STANDARD},
    {"lmim/teacher_kind=momentum,align_stop_gradient=true,steps=5", SET_STANDARD},
    {"mnsp/steps=1", SET_SMOKE},
    {"mnsp/teacher_kind=momentum,align=adjacent,steps=5", SET_STANDARD},
    {"mnsp/coupling=fused,steps=2", SET_STANDARD},
    {"mnsp/nsp_target=teacher,mim_target=pixels,steps=2", SET_STANDARD},
    {"mnsp/nsp_target=pixels,align=off,steps=2", SET_STANDARD},
    {"recognition/steps=1", SET_SMOKE},
    {"recognition/head=ctc,steps=3", SET_STANDARD},
    {"recognition/accumulate=4,clip_norm=1,steps=3", SET_STANDARD},
    {"recognition/layer_decay=0.7,clip_norm=1,steps=5", SET_STANDARD},
    {"mae/precision=bf16,steps=1", SET_SMOKE},
    {"lmim/precision=bf16,accumulate=2,steps=2", SET_STANDARD},
    {"mnsp/precision=f16,teacher_kind=momentum,steps=3", SET_STANDARD},
    {"recognition/precision=f16,loss_scale=1024,scale_every=2,ema_decay=0.9,clip_norm=1,steps=5",
     SET_STANDARD},
    {"recognition/precision=bf16,head=ctc,steps=2", SET_STANDARD},
};

static enum status execute(struct case_result *out, size_t index, const struct execution *with) {
    const struct step_subject subject = {.device = with->device};
    return step_compare(out, cases[index].text, &subject, with->seed);
}

const struct conformance_group conformance_steps = {"step", cases, sizeof cases / sizeof cases[0], execute};

/* ---- a step on an executor, with the same content everywhere ---- */

static enum status apply_settings(struct settings *settings, char *list) {
    char *rest = NULL;
    for (char *item = strtok_r(list, ",", &rest); item != NULL; item = strtok_r(NULL, ",", &rest)) {
        char *const equal = strchr(item, '=');
        if (equal == NULL)
            return status_set(STATUS_INTERNAL, "'%s' is not name=value", item);
        *equal = '\0';
        TRY(settings_set(settings, item, equal + 1));
    }
    return STATUS_OK;
}

/* Of "mnsp/scales=2,steps=5". */
static enum status parse_name(struct settings *out, const char *name) {
    char text[TEXT_SIZE];
    const char *const slash = strchr(name, '/');
    if (slash == NULL)
        return status_set(STATUS_INTERNAL, "'%s' is not objective/settings", name);
    settings_defaults(out);
    snprintf(text, sizeof text, "%s", smallest);
    TRY(apply_settings(out, text));
    snprintf(text, sizeof text, "objective=%.*s,%s", (int)(slash - name), name, slash + 1);
    return apply_settings(out, text);
}

static struct philox random_of(uint64_t seed, const char *name) {
    uint32_t hash = 0;
    for (; *name != '\0'; name++)
        hash = hash * 31 + (unsigned char)*name;
    return philox_start(seed, PHILOX_STREAM_TEST, hash, 0);
}

static bool is_weight(const struct tensor *tensor) {
    return tensor->kind == TENSOR_PARAMETER && tensor->base == tensor;
}

/* Images: anything in -1 .. 1. Weights: the initial ones, moved so that no bias is 0 and no scale 1. */
static enum status write_reals(struct train_step *step, const struct tensor *tensor, float range,
                               uint64_t seed) {
    float *values;
    TRY(memory_new(&values, tensor->elements, sizeof *values));
    struct philox random = random_of(seed, tensor->name);
    enum status status = is_weight(tensor) ? executor_read(step->executor, tensor, values) : STATUS_OK;
    for (size_t i = 0; i < tensor->elements; i++)
        values[i] += philox_next_between(&random, -range, range);
    if (status == STATUS_OK)
        status = executor_write(step->executor, tensor, values);
    free(values);
    return status;
}

/* Texts of every length: symbols, the end mark, padding. */
static enum status write_texts(struct train_step *step, uint64_t seed) {
    const struct tensor *const target = step->objective.target;
    enum { END = CHARACTERS, PADDING };
    uint32_t *symbols, length[BATCH];
    TRY(memory_new(&symbols, target->elements, sizeof *symbols));
    const size_t positions = target->elements / BATCH;
    struct philox random = random_of(seed, target->name);
    for (size_t i = 0; i < target->elements; i++) {
        length[i / positions] = (uint32_t)(positions / 2 + i / positions);
        const size_t last = length[i / positions] - 1, place = i % positions;
        symbols[i] = place < last ? philox_next_below(&random, CHARACTERS) : place == last ? END : PADDING;
    }
    enum status status = executor_write(step->executor, target, symbols);
    free(symbols);
    if (status == STATUS_OK)
        status = executor_write(step->executor, step->objective.length, length);
    return status;
}

enum status step_fill(struct train_step *step, uint64_t seed) {
    TRY(executor_initialise(step->executor, seed));
    for (size_t i = 0; i < graph_tensor_count(step->graph); i++) {
        const struct tensor *const tensor = graph_tensor(step->graph, i);
        const bool is_table = strstr(tensor->name, "pos_embed") || strstr(tensor->name, "position_table");
        if (is_weight(tensor) && !is_table)
            TRY(write_reals(step, tensor, 0.2F, seed));
    }
    TRY(write_reals(step, step->objective.image, 1, seed));
    if (step->objective.guidance != NULL)
        TRY(write_reals(step, step->objective.guidance, 1, seed));
    if (step->objective.target != NULL)
        TRY(write_texts(step, seed));
    return executor_run(step->executor, step->start_segment);
}

enum status step_create(struct train_step **out, size_t *steps, const char *name, struct gpu_device *device,
                        uint64_t seed) {
    *out = NULL;
    struct settings settings;
    TRY(parse_name(&settings, name));
    settings.seed = (int64_t)(seed & INT64_MAX);
    *steps = (size_t)settings.steps;
    return train_step_create(out, &settings,
                             &(struct train_step_options){.batch = BATCH,
                                                          .parts = (size_t)settings.accumulate,
                                                          .characters = CHARACTERS,
                                                          .device = device,
                                                          .keep_gradients = true});
}
