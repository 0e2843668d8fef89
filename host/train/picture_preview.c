#include "base/memory.h"
#include "base/philox.h"
#include "train/picture.h"
#include "train/picture_grid.h"
#include "train/principal.h"
#include "train/step.h"
#include "train/weights.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Something that is predicted of an image: its removed patches, or the patches of a scale. */
struct part {
    const struct tensor *prediction, *target;
    float *predicted, *wanted; /* (B, N_k, width) */
    size_t width;
    size_t scale; /* of mnsp, 2 .. K; 0: the removed patches */
    struct picture_grid grid;
    bool pixels; /* or features */
};

struct picture_preview {
    const struct picture_samples *samples;
    struct objective_settings settings;
    struct graph *graph;
    struct objective objective;
    struct executor *executor;
    size_t tokens, floats; /* patches and numbers of an image */
    float *noise;          /* (B, N) */
    uint32_t *removed;     /* (B, N) */
    float *planes;         /* (3, H, W), the picture that is being made */
    /* removed patches first, then scales from coarse to fine */
    struct part parts[OBJECTIVE_MAX_SCALES];
    size_t part_count;
    struct principal principal; /* of the finest features that are predicted */
};

/* ---- the network ---- */

static enum status add_part(struct picture_preview *p, size_t scale, bool pixels) {
    const struct objective_settings *const s = &p->settings;
    char name[48] = "prediction", target[48] = "target";
    if (scale > 0) {
        snprintf(name, sizeof name, "next.%zu", scale);
        snprintf(target, sizeof target, "next_target.%zu", scale);
    }
    struct part *const part = &p->parts[p->part_count];
    *part = (struct part){.prediction = objective_output(&p->objective, name),
                          .target = objective_output(&p->objective, target),
                          .scale = scale,
                          .grid = {s->image_height, s->image_width, s->patch_height, s->patch_width,
                                   scale > 0 ? (size_t)1 << (s->scales - scale) : 1},
                          .pixels = pixels};
    if (part->prediction == NULL || part->target == NULL)
        return STATUS_OK;
    p->part_count++;
    part->width = part->prediction->shape.of[2];
    TRY(memory_new(&part->predicted, part->prediction->elements, sizeof *part->predicted));
    return memory_new(&part->wanted, part->target->elements, sizeof *part->wanted);
}

static enum status add_parts(struct picture_preview *p) {
    const struct objective_settings *const s = &p->settings;
    TRY(add_part(p, 0, s->kind == OBJECTIVE_MAE || s->mim_target == OBJECTIVE_MIM_PIXELS));
    for (size_t scale = 2; s->kind == OBJECTIVE_MNSP && scale <= s->scales; scale++)
        TRY(add_part(p, scale, s->nsp_target == OBJECTIVE_NSP_PIXELS));
    return STATUS_OK;
}

static enum status build(struct picture_preview *p, const struct settings *settings,
                         struct gpu_device *device) {
    struct objective_settings *const s = &p->settings;
    *s = train_objective_settings(settings, 0);
    s->given_noise = true;
    s->keep_outputs = true;
    s->decoder_dropout = 0;
    TRY(graph_create(&p->graph));
    TRY(objective_build(p->graph, s, p->samples->count, &p->objective));
    TRY(executor_create(&p->executor, p->graph, device, false));
    p->tokens = s->image_height / s->patch_height * (s->image_width / s->patch_width);
    p->floats = 3 * s->image_height * s->image_width;
    const size_t tokens = p->samples->count * p->tokens;
    TRY(memory_new(&p->noise, tokens, sizeof *p->noise));
    TRY(memory_new(&p->removed, tokens, sizeof *p->removed));
    TRY(memory_new(&p->planes, p->floats, sizeof *p->planes));
    struct philox random = philox_start(0, PHILOX_STREAM_PREVIEW, 0, 0);
    for (size_t i = 0; i < tokens; i++)
        p->noise[i] = philox_next_uniform(&random);
    return add_parts(p);
}

enum status picture_preview_open(struct picture_preview **out, const struct settings *settings,
                                 const struct picture_samples *samples, struct gpu_device *device) {
    *out = NULL;
    struct picture_preview *preview;
    TRY(memory_new(&preview, 1, sizeof *preview));
    preview->samples = samples;
    const enum status status = build(preview, settings, device);
    if (status != STATUS_OK) {
        picture_preview_close(preview);
        return status;
    }
    *out = preview;
    return STATUS_OK;
}

void picture_preview_close(struct picture_preview *preview) {
    if (preview == NULL)
        return;
    executor_destroy(preview->executor);
    graph_destroy(preview->graph);
    for (size_t i = 0; i < preview->part_count; i++) {
        free(preview->parts[i].predicted);
        free(preview->parts[i].wanted);
    }
    principal_free(&preview->principal);
    free(preview->noise);
    free(preview->removed);
    free(preview->planes);
    free(preview);
}

static enum status run(struct picture_preview *p, struct executor *from, const struct graph *graph) {
    const struct objective *const objective = &p->objective;
    const struct tensor *const removed = objective_output(objective, "removed");
    TRY(weights_copy(p->executor, p->graph, from, graph, WEIGHTS_LAST));
    TRY(executor_write(p->executor, objective->image, p->samples->image));
    if (objective->guidance != NULL)
        TRY(executor_write(p->executor, objective->guidance, p->samples->guidance));
    if (objective->mask_noise != NULL)
        TRY(executor_write(p->executor, objective->mask_noise, p->noise));
    TRY(executor_run(p->executor, 0));
    if (removed != NULL)
        TRY(executor_read(p->executor, removed, p->removed));
    for (size_t i = 0; i < p->part_count; i++) {
        TRY(executor_read(p->executor, p->parts[i].prediction, p->parts[i].predicted));
        TRY(executor_read(p->executor, p->parts[i].target, p->parts[i].wanted));
    }
    return STATUS_OK;
}

/* The colours of all parts are those of the finest one, so that they can be compared. */
static enum status find_colours(struct picture_preview *p) {
    const struct part *finest = NULL;
    for (size_t i = 0; i < p->part_count; i++)
        if (!p->parts[i].pixels && (finest == NULL || p->parts[i].grid.factor < finest->grid.factor))
            finest = &p->parts[i];
    principal_free(&p->principal);
    if (finest == NULL)
        return STATUS_OK;
    return principal_find(&p->principal, finest->wanted, finest->target->elements / finest->width,
                          finest->width);
}

/* ---- the pictures of a row ---- */

static const float *image_of(const struct picture_preview *p, const float *images, size_t sample) {
    return images + sample * p->floats;
}

static bool is_removed(const struct picture_preview *p, size_t sample, size_t token) {
    return p->removed[sample * p->tokens + token] != 0;
}

static void show_masked(struct picture_preview *p, const struct part *part, size_t sample) {
    static const uint8_t hole[3] = {200, 200, 200};
    picture_grid_image(&part->grid, p->planes, image_of(p, p->samples->image, sample));
    for (size_t token = 0; token < p->tokens; token++)
        if (is_removed(p, sample, token))
            picture_grid_colour(&part->grid, p->planes, token, hole);
}

static void show_pixels(struct picture_preview *p, const struct part *part, size_t sample) {
    const float *const image = image_of(p, p->samples->image, sample);
    const size_t tokens = picture_grid_tokens(&part->grid);
    picture_grid_image(&part->grid, p->planes, image);
    for (size_t token = 0; token < tokens; token++) {
        double mean = 0, deviation = 1;
        if (part->scale == 0 && !is_removed(p, sample, token))
            continue;
        if (p->settings.normalise_pixels)
            picture_grid_moments(&part->grid, image, token, &mean, &deviation);
        picture_grid_patch(&part->grid, p->planes, token,
                           part->predicted + (sample * tokens + token) * part->width, deviation, mean);
    }
}

static void show_features(struct picture_preview *p, const struct part *part, size_t sample, bool predicted) {
    const size_t tokens = picture_grid_tokens(&part->grid);
    for (size_t token = 0; token < tokens; token++) {
        const bool given = !predicted || (part->scale == 0 && !is_removed(p, sample, token));
        const float *const features = given ? part->wanted : part->predicted;
        uint8_t colour[PRINCIPAL_COUNT];
        principal_colour(&p->principal, features + (sample * tokens + token) * part->width, colour);
        picture_grid_colour(&part->grid, p->planes, token, colour);
    }
}

/* ---- the page ---- */

enum { MARGIN = 16, GAP = 8, TITLE = 20, LETTERS = 14, HEADING = 28, COLUMNS = 16, WIDEST = 1700 };

struct column {
    enum { IMAGE, GUIDANCE, MASKED, COARSE, TARGET, PREDICTION } kind;
    const struct part *part;
};

/* Columns side by side, and below them a row for each sample. */
struct block {
    struct column columns[COLUMNS];
    int count;
};

struct page {
    struct data_image *image;
    struct block blocks[2]; /* removed patches; scales */
    int scale, width, height, block_height;
};

static void add_column(struct block *block, int kind, const struct part *part) {
    block->columns[block->count].kind = kind;
    block->columns[block->count++].part = part;
}

static void choose_columns(const struct picture_preview *p, struct page *page) {
    struct block *const first = &page->blocks[0], *const scales = &page->blocks[1];
    add_column(first, IMAGE, NULL);
    if (p->objective.guidance != NULL)
        add_column(first, GUIDANCE, NULL);
    for (size_t i = 0; i < p->part_count; i++) {
        const struct part *const part = &p->parts[i];
        struct block *const block = part->scale == 0 ? first : scales;
        add_column(block, part->scale == 0 ? MASKED : COARSE, part);
        if (!part->pixels)
            add_column(block, TARGET, part);
        add_column(block, PREDICTION, part);
    }
}

static void heading_of(const struct column *column, char *out, size_t size) {
    static const char *const words[] = {
        [IMAGE] = "image",  [GUIDANCE] = "guidance view", [MASKED] = "masked image",
        [COARSE] = "image", [TARGET] = "target",          [PREDICTION] = "prediction"};
    const size_t scale = column->part ? column->part->scale : 0;
    if (scale == 0)
        snprintf(out, size, "%s", words[column->kind]);
    else
        snprintf(out, size, "%s, scale %zu", words[column->kind], scale - (column->kind == COARSE));
}

static void show(struct picture_preview *p, const struct column *column, size_t sample) {
    const struct picture_grid whole = {p->settings.image_height, p->settings.image_width, 1, 1, 1};
    switch (column->kind) {
    case IMAGE:
        picture_grid_image(&whole, p->planes, image_of(p, p->samples->image, sample));
        break;
    case GUIDANCE:
        picture_grid_image(&whole, p->planes, image_of(p, p->samples->guidance, sample));
        break;
    case MASKED:
        show_masked(p, column->part, sample);
        break;
    case COARSE: {
        struct picture_grid coarser = column->part->grid;
        coarser.factor *= 2;
        picture_grid_image(&coarser, p->planes, image_of(p, p->samples->image, sample));
        break;
    }
    case TARGET:
        show_features(p, column->part, sample, false);
        break;
    case PREDICTION:
        if (column->part->pixels)
            show_pixels(p, column->part, sample);
        else
            show_features(p, column->part, sample, true);
        break;
    }
}

static enum status draw_block(struct picture_preview *p, struct lettering *lettering, const struct page *page,
                              const struct block *block, int top) {
    for (int i = 0; i < block->count; i++) {
        const int x = MARGIN + i * (page->width + GAP);
        char heading[64];
        heading_of(&block->columns[i], heading, sizeof heading);
        lettering_draw(lettering, page->image, x, top, LETTERS, heading, canvas_grey(70));
        for (size_t sample = 0; sample < p->samples->count; sample++) {
            struct data_image cell;
            show(p, &block->columns[i], sample);
            TRY(picture_of_planes(&cell, p->planes, p->samples->height, p->samples->width));
            canvas_paste(page->image, x, top + HEADING + (int)sample * (page->height + GAP), &cell,
                         page->scale);
            data_image_free(&cell);
        }
    }
    return STATUS_OK;
}

/* What is not to be seen in the pictures themselves. */
static const char *note_of(const struct picture_preview *p) {
    if (p->principal.width > 0)
        return "features: first three principal components of the target as red, green and blue";
    if (p->settings.normalise_pixels)
        return "predicted patches with mean and variance of the image's";
    return "";
}

static enum status draw_page(struct picture_preview *p, struct lettering *lettering, const char *title,
                             struct page *page) {
    const struct block *const first = &page->blocks[0], *const scales = &page->blocks[1];
    const int columns = first->count > scales->count ? first->count : scales->count;
    const int width = (int)p->samples->width, height = (int)p->samples->height;
    const int head = MARGIN + TITLE + LETTERS + 2 * GAP + 12;
    page->scale = WIDEST / (columns * width);
    page->scale = page->scale < 1 ? 1 : page->scale > 4 ? 4 : page->scale;
    page->width = width * page->scale, page->height = height * page->scale;
    page->block_height = HEADING + (int)p->samples->count * (page->height + GAP) + GAP;
    TRY(canvas_new(page->image, (uint32_t)(2 * MARGIN + columns * (page->width + GAP) - GAP),
                   (uint32_t)(head + page->block_height * (scales->count > 0 ? 2 : 1))));
    lettering_draw(lettering, page->image, MARGIN, MARGIN - 4, TITLE, title, canvas_grey(20));
    lettering_draw(lettering, page->image, MARGIN, MARGIN + TITLE + 6, LETTERS, note_of(p), canvas_grey(120));
    TRY(draw_block(p, lettering, page, first, head));
    return draw_block(p, lettering, page, scales, head + page->block_height);
}

enum status picture_preview_draw(struct picture_preview *p, struct executor *from, const struct graph *graph,
                                 struct lettering *lettering, const char *title, struct data_image *image) {
    *image = (struct data_image){0};
    struct page page = {.image = image};
    TRY(run(p, from, graph));
    TRY(find_colours(p));
    choose_columns(p, &page);
    const enum status status = draw_page(p, lettering, title, &page);
    if (status != STATUS_OK)
        data_image_free(image);
    return status;
}
