#include "train/attention.h"

#include "base/memory.h"
#include "objective/look.h"
#include "train/step.h"
#include "train/weights.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct attention {
    struct settings settings;
    struct recogniser *recogniser; /* NULL: an encoder alone */
    struct graph *graph;
    struct look look;
    struct executor *executor;
    int32_t *symbols; /* (T) */
    float *maps;      /* (1 + T, 1 + N) */
};

/* ---- opening ---- */

static enum status build(struct attention *a, struct gpu_device *device) {
    const size_t characters = a->recogniser != NULL ? recogniser_charset(a->recogniser)->count : 0;
    const struct objective_settings settings = train_objective_settings(&a->settings, characters);
    TRY(graph_create(&a->graph));
    TRY(look_build(a->graph, &settings, &a->look));
    TRY(executor_create(&a->executor, a->graph, device, false));
    TRY(memory_new(&a->symbols, a->settings.max_length, sizeof *a->symbols));
    return memory_new(&a->maps, (1 + a->look.length) * a->look.tokens, sizeof *a->maps);
}

static enum status create(struct attention **out, const struct settings *settings,
                          struct recogniser *recogniser, struct gpu_device *device) {
    *out = NULL;
    struct attention *attention;
    TRY(memory_new(&attention, 1, sizeof *attention));
    attention->settings = *settings;
    attention->recogniser = recogniser;
    const enum status status = build(attention, device);
    if (status == STATUS_OK)
        *out = attention;
    else
        attention_close(attention);
    return status;
}

/* Keeps what was created, if it also got its weights. */
static enum status finish(struct attention **out, enum status status) {
    if (status != STATUS_OK) {
        attention_close(*out);
        *out = NULL;
    }
    return status;
}

enum status attention_open(struct attention **out, struct recogniser *recogniser, struct gpu_device *device) {
    TRY(create(out, recogniser_settings(recogniser), recogniser, device));
    return finish(out, attention_take(*out));
}

enum status attention_create(struct attention **out, const struct settings *settings,
                             struct gpu_device *device) {
    return create(out, settings, NULL, device);
}

static enum status load(struct attention **out, const struct safetensors *file, int64_t heads,
                        struct gpu_device *device) {
    struct settings settings;
    settings_defaults(&settings);
    settings.objective = SETTINGS_OBJECTIVE_MAE; /* whose encoder's names have no prefix */
    TRY(weights_encoder_settings(&settings, file));
    settings.heads = heads > 0 ? heads : settings.heads;
    TRY(create(out, &settings, NULL, device));
    return finish(out,
                  weights_load_encoder((*out)->executor, (*out)->graph, "", file, weights_used(&settings)));
}

enum status attention_load(struct attention **out, const char *path, int64_t heads,
                           struct gpu_device *device) {
    *out = NULL;
    struct safetensors *file;
    TRY(safetensors_open(&file, path));
    const enum status status = load(out, file, heads, device);
    safetensors_close(file);
    return status;
}

void attention_close(struct attention *attention) {
    if (attention == NULL)
        return;
    executor_destroy(attention->executor);
    graph_destroy(attention->graph);
    free(attention->symbols);
    free(attention->maps);
    free(attention);
}

enum status attention_take(struct attention *attention) {
    return recogniser_give(attention->recogniser, attention->executor, attention->graph);
}

enum status attention_copy(struct attention *attention, struct executor *from, const struct graph *graph) {
    return weights_copy(attention->executor, attention->graph, from, graph,
                        weights_used(&attention->settings));
}

const struct settings *attention_settings(const struct attention *attention) {
    return &attention->settings;
}

/* ---- seeing ---- */

/* Row `row` of what was computed without the class token's column. */
static void copy_patches(const struct attention *a, size_t row, float *out) {
    memcpy(out, a->maps + row * a->look.tokens + 1, (a->look.tokens - 1) * sizeof *out);
}

static enum status copy_maps(const struct attention *a, struct attention_maps *maps) {
    TRY(memory_new(&maps->class_token, maps->patches, sizeof *maps->class_token));
    TRY(memory_new(&maps->character, maps->characters * maps->patches, sizeof *maps->character));
    copy_patches(a, 0, maps->class_token);
    for (size_t t = 0; t < maps->characters; t++)
        copy_patches(a, 1 + t, maps->character + t * maps->patches);
    return STATUS_OK;
}

enum status attention_see(struct attention *a, const float *image, const char *text,
                          struct attention_maps *maps) {
    const struct settings *const settings = &a->settings;
    *maps = (struct attention_maps){.patches = a->look.tokens - 1,
                                    .rows = (size_t)(settings->image_height / settings->patch_height),
                                    .columns = (size_t)(settings->image_width / settings->patch_width)};
    if (a->look.text != NULL) {
        /* A text that fills all places has no end mark among them; its last character is not shown. */
        int32_t length;
        if (data_charset_encode(recogniser_charset(a->recogniser), text, a->look.length, a->symbols,
                                &length) != STATUS_OK)
            length = (int32_t)a->look.length;
        maps->characters = (size_t)length - 1;
    }
    TRY(look_run(a->executor, &a->look, image, (const uint32_t *)a->symbols, a->maps));
    const enum status status = copy_maps(a, maps);
    if (status != STATUS_OK)
        attention_maps_free(maps);
    return status;
}

void attention_maps_free(struct attention_maps *maps) {
    free(maps->class_token);
    free(maps->character);
    *maps = (struct attention_maps){0};
}

/* ---- shares ---- */

struct attention_share attention_share(const struct attention_maps *maps, const float *ink, size_t height,
                                       size_t width) {
    struct attention_share share = {0};
    double sum = 0, entropy = 0;
    for (size_t i = 0; i < maps->patches; i++)
        sum += (double)maps->class_token[i];
    sum = sum > 0 ? sum : 1; /* all of it is the class token's own */
    for (size_t i = 0; i < maps->patches; i++) {
        const double part = (double)maps->class_token[i] / sum;
        entropy -= part > 0 ? part * log(part) : 0;
    }
    const double pixels = (double)height * (double)width, each = (double)maps->patches / pixels;
    for (size_t y = 0; y < height; y++)
        for (size_t x = 0; x < width; x++) {
            const double text = (double)ink[y * width + x];
            const size_t patch = y * maps->rows / height * maps->columns + x * maps->columns / width;
            share.area += text / pixels;
            share.text += (double)maps->class_token[patch] / sum * each * text;
        }
    share.spread = exp(entropy) / (double)maps->patches;
    return share;
}
