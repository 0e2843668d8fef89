#include "train/recognise.h"

#include "base/memory.h"
#include "objective/reader.h"
#include "train/step.h"
#include "train/weights.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLASSIFIER "decoder.classifier.weight"

struct recogniser {
    struct settings settings;
    struct data_charset charset;
    struct graph *graph;
    struct reader reader;
    struct executor *executor;
    float *images;       /* (B, 3, H, W) */
    uint32_t *symbols;   /* (B, T) */
    float *probability;  /* (B, T) */
    size_t image_floats; /* of one image */
};

enum status recogniser_read_charset(struct data_charset *out, const struct settings *settings) {
    const enum status status = data_charset_open(out, settings->charset);
    if (status == STATUS_OK)
        return status;
    return status_context(status, "the character set is needed (--charset names it)");
}

/* ---- what a file holds ---- */

/* A file of weights that is no recogniser: says what it is. */
static enum status refuse(const struct safetensors *file, const char *what) {
    return status_set(STATUS_INVALID,
                      "%s: %s, no recogniser: make one of it with 'mnsp finetune --init %s --data ...'",
                      safetensors_path(file), what, safetensors_path(file));
}

/* *characters: the set that the file carries, or NULL. */
static enum status read_settings(struct settings *settings, const char **characters,
                                 const struct safetensors *file) {
    settings_defaults(settings);
    *characters = NULL;
    if (checkpoint_is_ours(file)) {
        struct checkpoint_state state;
        TRY(checkpoint_read_state(&state, file));
        *settings = state.settings;
        *characters = state.charset;
        static const char *const kinds[] = {[SETTINGS_OBJECTIVE_MAE] = "an MAE",
                                            [SETTINGS_OBJECTIVE_LMIM] = "an LMIM",
                                            [SETTINGS_OBJECTIVE_MNSP] = "an MNSP"};
        if (settings->objective != SETTINGS_OBJECTIVE_RECOGNITION)
            return refuse(file, kinds[settings->objective]);
    }
    settings->objective = SETTINGS_OBJECTIVE_RECOGNITION;
    const char *prefix;
    if (safetensors_find(file, CLASSIFIER) != NULL)
        return checkpoint_is_ours(file) ? STATUS_OK : weights_settings(settings, file);
    TRY(checkpoint_encoder_prefix(&prefix, file));
    return refuse(file, "an encoder without a decoder");
}

/* ---- making ---- */

static enum status build(struct recogniser *r, size_t batch, const struct reader_search *search,
                         struct gpu_device *device, struct tiles *tiles) {
    TRY(settings_check(&r->settings));
    TRY(graph_create(&r->graph));
    const struct objective_settings objective = train_objective_settings(&r->settings, r->charset.count);
    TRY(reader_build(r->graph, &objective, batch, search, &r->reader));
    TRY(executor_create_tiled(&r->executor, r->graph, device, false, tiles));
    r->image_floats = r->reader.image->elements / batch;
    TRY(memory_new(&r->images, r->reader.image->elements, sizeof *r->images));
    TRY(memory_new(&r->symbols, batch * r->reader.length, sizeof *r->symbols));
    return memory_new(&r->probability, batch * r->reader.length, sizeof *r->probability);
}

/* `characters` is the text of its set; NULL: that of the settings. */
static enum status create(struct recogniser **out, const struct settings *settings, const char *characters,
                          size_t batch, const struct reader_search *search, struct gpu_device *device,
                          struct tiles *tiles) {
    *out = NULL;
    struct recogniser *recogniser;
    TRY(memory_new(&recogniser, 1, sizeof *recogniser));
    recogniser->settings = *settings;
    enum status status = characters ? data_charset_parse(&recogniser->charset, characters, strlen(characters),
                                                         "the checkpoint's set")
                                    : recogniser_read_charset(&recogniser->charset, settings);
    if (status == STATUS_OK)
        status = build(recogniser, batch, search, device, tiles);
    if (status != STATUS_OK) {
        recogniser_close(recogniser);
        return status;
    }
    *out = recogniser;
    return STATUS_OK;
}

enum status recogniser_create(struct recogniser **out, const struct settings *settings, size_t batch,
                              struct gpu_device *device, struct tiles *tiles) {
    return create(out, settings, NULL, batch, &(struct reader_search){.beam = 1}, device, tiles);
}

void recogniser_close(struct recogniser *recogniser) {
    if (recogniser == NULL)
        return;
    executor_destroy(recogniser->executor);
    graph_destroy(recogniser->graph);
    data_charset_free(&recogniser->charset);
    free(recogniser->images);
    free(recogniser->symbols);
    free(recogniser->probability);
    free(recogniser);
}

/* A set of another length gives a classifier of another shape, which would be a less telling error. */
static enum status check_charset(const struct recogniser *recogniser, const struct safetensors *file) {
    const struct safetensors_tensor *const classifier = safetensors_find(file, CLASSIFIER);
    const uint64_t classes = recogniser->reader.classes, count = recogniser->charset.count;
    if (classifier->rank == 2 && classifier->shape[0] == classes)
        return STATUS_OK;
    return status_set(STATUS_INVALID,
                      "%s: its classifier is not of the %llu characters in '%s': name its character set with "
                      "--charset",
                      safetensors_path(file), (unsigned long long)count, recogniser->settings.charset);
}

static enum status open_file(struct recogniser **out, const struct recogniser_options *options,
                             const struct safetensors *file) {
    struct settings settings;
    const char *characters;
    TRY(read_settings(&settings, &characters, file));
    for (size_t i = 0; i < options->override_count; i++) {
        TRY(settings_set(&settings, options->overrides[i].name, options->overrides[i].text));
        if (strcmp(options->overrides[i].name, "charset") == 0)
            characters = NULL;
    }
    const struct reader_search search = {.beam = options->beam == 0 ? 1 : options->beam,
                                         .length_penalty = options->length_penalty};
    struct tiles *tiles;
    TRY(tiles_open(&tiles, options->device, &options->tiles));
    const enum status status =
        create(out, &settings, characters, options->batch, &search, options->device, tiles);
    tiles_close(tiles);
    TRY(status);
    TRY(check_charset(*out, file));
    return weights_load((*out)->executor, (*out)->graph, "", file, "", weights_used(&settings));
}

enum status recogniser_open(struct recogniser **out, const struct recogniser_options *options) {
    *out = NULL;
    struct safetensors *file;
    TRY(safetensors_open(&file, options->path));
    const enum status status = open_file(out, options, file);
    safetensors_close(file);
    if (status != STATUS_OK) {
        recogniser_close(*out);
        *out = NULL;
    }
    return status;
}

enum status recogniser_take(struct recogniser *recogniser, struct executor *from, const struct graph *graph) {
    return weights_copy(recogniser->executor, recogniser->graph, from, graph,
                        weights_used(&recogniser->settings));
}

enum status recogniser_give(struct recogniser *recogniser, struct executor *to, const struct graph *graph) {
    return weights_copy(to, graph, recogniser->executor, recogniser->graph, WEIGHTS_LAST);
}

size_t recogniser_batch(const struct recogniser *recogniser) {
    return recogniser->reader.batch;
}

const struct settings *recogniser_settings(const struct recogniser *recogniser) {
    return &recogniser->settings;
}

const struct data_charset *recogniser_charset(const struct recogniser *recogniser) {
    return &recogniser->charset;
}

/* ---- reading ---- */

static enum status reading_of(const struct recogniser *r, size_t row, struct recogniser_reading *reading) {
    const size_t length = r->reader.length;
    const uint32_t *const symbols = r->symbols + row * length;
    const float *const probability = r->probability + row * length;
    double confidence = 1;
    TRY(memory_new(&reading->confidences, length, sizeof *reading->confidences));
    for (size_t t = 0; t < length; t++) {
        confidence *= (double)probability[t];
        if (symbols[t] == r->reader.eos || symbols[t] == r->reader.pad) /* both end a reading */
            break;
        reading->confidences[reading->characters++] = probability[t];
    }
    reading->confidence = (float)confidence;
    return data_charset_decode(&r->charset, (const int32_t *)symbols, length, &reading->text);
}

enum status recogniser_read(struct recogniser *r, const float *images, size_t count,
                            struct recogniser_reading *readings) {
    const size_t batch = r->reader.batch;
    if (count == 0 || count > batch)
        return status_set(STATUS_INTERNAL, "%zu images for a recogniser of 1 to %zu at once", count, batch);
    /* Unused rows repeat the last image, so that they do not decode longer than it. */
    memcpy(r->images, images, count * r->image_floats * sizeof *images);
    for (size_t row = count; row < batch; row++)
        memcpy(r->images + row * r->image_floats, images + (count - 1) * r->image_floats,
               r->image_floats * sizeof *images);
    TRY(reader_read(r->executor, &r->reader, r->images, r->symbols, r->probability));
    memset(readings, 0, count * sizeof *readings);
    for (size_t row = 0; row < count; row++) {
        const enum status status = reading_of(r, row, &readings[row]);
        if (status != STATUS_OK) {
            recogniser_readings_free(readings, count);
            return status;
        }
    }
    return STATUS_OK;
}

void recogniser_readings_free(struct recogniser_reading *readings, size_t count) {
    for (size_t i = 0; i < count; i++) {
        free(readings[i].text);
        free(readings[i].confidences);
        readings[i] = (struct recogniser_reading){0};
    }
}
