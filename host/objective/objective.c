#include "objective/objective.h"

#include "base/memory.h"
#include "model/layer.h"
#include "objective/parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- settings ---- */

struct objective_settings objective_defaults(enum objective_kind kind) {
    return (struct objective_settings){
        .kind = kind,
        .image_height = 32,
        .image_width = 128,
        .patch_height = 4,
        .patch_width = 4,
        .width = 384,
        .depth = 12,
        .heads = 6,
        .inner = 1536,
        .position_table = POSITION_TRUE,
        .decoder_width = 512,
        .decoder_depth = kind == OBJECTIVE_MAE ? 8 : 2,
        .decoder_heads = 16,
        .decoder_inner = 2048,
        .decoder_dropout = 0.1F,
        .characters = 94,
        .max_length = 25,
        .recognition_width = 512,
        .recognition_depth = 6,
        .recognition_heads = 8,
        .recognition_inner = 256,
        .recognition_dropout = 0.1F,
        .mask_ratio = kind == OBJECTIVE_MAE ? 0.75 : 0.8,
        .normalise_pixels = true,
        .teacher_momentum = 0.999,
        .scales = kind == OBJECTIVE_MNSP ? 3 : 1,
        .weight_mim = 1,
        .weight_nsp = 1,
        .weight_mla = 1,
    };
}

size_t objective_kept_tokens(size_t tokens, double mask_ratio) {
    return (size_t)((double)tokens * (1 - mask_ratio));
}

const char *objective_encoder_prefix(enum objective_kind kind) {
    static const char *const prefixes[] = {[OBJECTIVE_MAE] = "",
                                           [OBJECTIVE_LMIM] = OBJECTIVE_STUDENT,
                                           [OBJECTIVE_MNSP] = OBJECTIVE_STUDENT,
                                           [OBJECTIVE_RECOGNITION] = "encoder."};
    return prefixes[kind];
}

struct model_encoder objective_encoder(const struct objective_settings *s, const char *prefix,
                                       enum graph_training training) {
    return (struct model_encoder){.prefix = prefix,
                                  .training = training,
                                  .image_height = s->image_height,
                                  .image_width = s->image_width,
                                  .patch_height = s->patch_height,
                                  .patch_width = s->patch_width,
                                  .width = s->width,
                                  .depth = s->depth,
                                  .heads = s->heads,
                                  .inner = s->inner,
                                  .positions = s->position_table};
}

struct model_decoder objective_decoder(const struct objective_settings *s) {
    return (struct model_decoder){.rows = s->image_height / s->patch_height,
                                  .columns = s->image_width / s->patch_width,
                                  .width = s->decoder_width,
                                  .depth = s->decoder_depth,
                                  .heads = s->decoder_heads,
                                  .inner = s->decoder_inner,
                                  .dropout = s->decoder_dropout,
                                  .positions = s->position_table};
}

struct model_recogniser objective_recogniser(const struct objective_settings *s) {
    return (struct model_recogniser){.characters = s->characters,
                                     .length = s->max_length,
                                     .width = s->recognition_width,
                                     .depth = s->recognition_depth,
                                     .heads = s->recognition_heads,
                                     .inner = s->recognition_inner,
                                     .dropout = s->recognition_dropout};
}

struct model_ctc objective_ctc(const struct objective_settings *s) {
    const struct model_recogniser recogniser = objective_recogniser(s);
    return (struct model_ctc){.rows = s->image_height / s->patch_height,
                              .columns = s->image_width / s->patch_width,
                              .classes = model_recogniser_classes(&recogniser)};
}

/* ---- building ---- */

static bool check_mask(struct graph *g, const struct objective_settings *s) {
    const size_t tokens = s->image_height / s->patch_height * (s->image_width / s->patch_width);
    const bool is_ratio = s->mask_ratio >= 0 && s->mask_ratio <= 1; /* not for NaN */
    const size_t kept = is_ratio ? objective_kept_tokens(tokens, s->mask_ratio) : 0;
    if (kept >= 1 && kept < tokens)
        return true;
    graph_fail(g, STATUS_USAGE,
               "mask_ratio %g of %zu tokens cannot be: it must keep at least one and remove at least one",
               s->mask_ratio, tokens);
    return false;
}

static bool check_scales(struct graph *g, const struct objective_settings *s) {
    if (s->kind != OBJECTIVE_MNSP)
        return true;
    const size_t factor =
        s->scales >= 1 && s->scales <= OBJECTIVE_MAX_SCALES ? (size_t)1 << (s->scales - 1) : 0;
    if (factor != 0 && s->image_height / s->patch_height % factor == 0 &&
        s->image_width / s->patch_width % factor == 0)
        return true;
    graph_fail(
        g, STATUS_USAGE,
        "a grid of %zu x %zu patches cannot be halved for %zu scales: 1 to %d scales are possible, and the "
        "sides must be multiples of 2^(scales - 1)",
        s->image_height / s->patch_height, s->image_width / s->patch_width, s->scales, OBJECTIVE_MAX_SCALES);
    return false;
}

static bool check(struct graph *g, const struct objective_settings *s, size_t batch) {
    const struct model_encoder encoder = objective_encoder(s, "", GRAPH_TRAINABLE);
    if (batch == 0)
        graph_fail(g, STATUS_USAGE, "a batch needs at least one image");
    if (batch == 0 || !model_encoder_check(g, &encoder))
        return false;
    if (s->kind == OBJECTIVE_RECOGNITION) {
        const struct model_recogniser recogniser = objective_recogniser(s);
        return model_recogniser_check(g, &recogniser);
    }
    const struct model_decoder decoder = objective_decoder(s);
    return model_decoder_check(g, &decoder) && check_mask(g, s) && check_scales(g, s);
}

enum status objective_build(struct graph *g, const struct objective_settings *settings, size_t batch,
                            struct objective *objective) {
    static void (*const build[])(struct graph *, const struct objective_settings *, size_t,
                                 struct objective *) = {
        [OBJECTIVE_MAE] = objective_mae,
        [OBJECTIVE_LMIM] = objective_lmim,
        [OBJECTIVE_MNSP] = objective_mnsp,
        [OBJECTIVE_RECOGNITION] = objective_recognition,
    };
    memset(objective, 0, sizeof *objective);
    graph_set_precision(g, settings->precision);
    if (check(g, settings, batch))
        build[settings->kind](g, settings, batch, objective);
    if (objective->term_count > 1) /* one term alone is the loss, and can be read under its own name */
        graph_output(g, objective->loss, "loss");
    return graph_status(g);
}

/* ---- names ---- */

const struct tensor *objective_output(const struct objective *objective, const char *name) {
    for (size_t i = 0; i < objective->output_count; i++)
        if (strcmp(objective->outputs[i].name, name) == 0)
            return objective->outputs[i].tensor;
    return NULL;
}

/* ---- the teacher ---- */

/* teacher = momentum teacher + (1 - momentum) student, for its trained parameters or all of them. */
static void follow(struct graph *g, const struct tensor *control, float momentum, bool all) {
    graph_scope(g, "teacher's average");
    const size_t tensors = graph_tensor_count(g), length = strlen(OBJECTIVE_TEACHER);
    struct graph_follower *followers;
    size_t count = 0;
    if (memory_new(&followers, tensors + 1, sizeof *followers) != STATUS_OK) {
        graph_fail(g, STATUS_MEMORY, "%s", status_message());
        return;
    }
    for (size_t i = 0; i < tensors; i++) {
        const struct tensor *const teacher = graph_tensor(g, i);
        if (teacher->kind != TENSOR_PARAMETER || strncmp(teacher->name, OBJECTIVE_TEACHER, length) != 0)
            continue;
        char name[MODEL_NAME_SIZE + sizeof OBJECTIVE_STUDENT];
        snprintf(name, sizeof name, "%s%s", OBJECTIVE_STUDENT, teacher->name + length);
        const struct tensor *const student = graph_find(g, name);
        if (student != NULL && (all || student->differentiable))
            followers[count++] = (struct graph_follower){teacher, student};
    }
    graph_ema_all(g, followers, count, control, momentum);
    free(followers);
}

void objective_after_update(struct graph *g, const struct objective_settings *settings,
                            const struct tensor *control) {
    if (settings->teacher == OBJECTIVE_TEACHER_MOMENTUM)
        follow(g, control, (float)settings->teacher_momentum, false);
}

uint32_t objective_teacher_start(struct graph *g, const struct objective_settings *settings) {
    const uint32_t segment = graph_segment(g);
    if (settings->teacher == OBJECTIVE_TEACHER_MOMENTUM)
        follow(g, NULL, 0, true);
    return segment;
}
