#include "train/attention.h"

#include "base/memory.h"
#include "objective/look.h"
#include "train/step.h"

#include <stdlib.h>
#include <string.h>

struct attention {
    struct recogniser *recogniser;
    struct graph *graph;
    struct look look;
    struct executor *executor;
    int32_t *symbols; /* (T) */
    float *maps;      /* (1 + T, 1 + N) */
};

static enum status build(struct attention *a, struct gpu_device *device) {
    const struct objective_settings settings = train_objective_settings(
        recogniser_settings(a->recogniser), recogniser_charset(a->recogniser)->count);
    TRY(graph_create(&a->graph));
    TRY(look_build(a->graph, &settings, &a->look));
    TRY(executor_create(&a->executor, a->graph, device, false));
    TRY(memory_new(&a->symbols, settings.max_length, sizeof *a->symbols));
    TRY(memory_new(&a->maps, (1 + a->look.length) * a->look.tokens, sizeof *a->maps));
    return attention_take(a);
}

enum status attention_open(struct attention **out, struct recogniser *recogniser, struct gpu_device *device) {
    *out = NULL;
    struct attention *attention;
    TRY(memory_new(&attention, 1, sizeof *attention));
    attention->recogniser = recogniser;
    const enum status status = build(attention, device);
    if (status == STATUS_OK)
        *out = attention;
    else
        attention_close(attention);
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
    const struct settings *const settings = recogniser_settings(a->recogniser);
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
