/* weights_sizes.c: the sizes of a network, from the shapes of its weights. */
#include "train/weights.h"

#include "objective/objective.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NAME_SIZE = 256, SPECIAL_CLASSES = 3 /* EOS, PAD, UNK */ };

/* ---- looking at shapes ---- */

static bool has(const struct safetensors *file, const char *name) {
    return safetensors_find(file, name) != NULL;
}

/* Dimension `index` of a tensor that must be there with `rank` dimensions. */
static enum status dimension(uint64_t *out, const struct safetensors *file, const char *name, uint32_t rank,
                             uint32_t index) {
    const struct safetensors_tensor *const tensor = safetensors_find(file, name);
    char expected[64];
    snprintf(expected, sizeof expected, "%" PRIu32 " dimensions, none of them 0", rank);
    if (tensor == NULL)
        return safetensors_missing(file, name, expected);
    if (tensor->rank != rank || tensor->shape[index] == 0) {
        char shape[SAFETENSORS_SHAPE_SIZE];
        return status_set(STATUS_INVALID, "%s: tensor '%s' has shape %s, expected %s", safetensors_path(file),
                          name, safetensors_shape_text(tensor->rank, tensor->shape, shape), expected);
    }
    *out = tensor->shape[index];
    return STATUS_OK;
}

/* Sets a size within the range that the setting has. */
static enum status set(struct settings *settings, const char *setting, uint64_t value,
                       const struct safetensors *file, const char *tensor) {
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, value);
    if (settings_set(settings, setting, text) == STATUS_OK)
        return STATUS_OK;
    return status_context(STATUS_INVALID, "%s: tensor '%s'", safetensors_path(file), tensor);
}

static enum status set_dimension(struct settings *settings, const char *setting,
                                 const struct safetensors *file, const char *name, uint32_t rank,
                                 uint32_t index) {
    uint64_t value = 0;
    TRY(dimension(&value, file, name, rank, index));
    return set(settings, setting, value, file, name);
}

/* How many of <prefix>0<rest>, <prefix>1<rest>, ... there are. */
static enum status set_count(struct settings *settings, const char *setting, const struct safetensors *file,
                             const char *prefix, const char *rest) {
    char name[NAME_SIZE];
    uint64_t count = 0;
    while (snprintf(name, sizeof name, "%s%" PRIu64 "%s", prefix, count, rest) < (int)sizeof name &&
           has(file, name))
        count++;
    return set(settings, setting, count, file, name);
}

/* A feed-forward's inner width, which settings have as a multiple of the width. */
static enum status set_ratio(struct settings *settings, const char *setting, const struct safetensors *file,
                             const char *name) {
    uint64_t inner = 0, width = 1;
    TRY(dimension(&inner, file, name, 2, 0));
    TRY(dimension(&width, file, name, 2, 1));
    if (inner % width != 0)
        return status_set(STATUS_INVALID,
                          "%s: tensor '%s' has %" PRIu64 " rows, expected a multiple of the width, %" PRIu64,
                          safetensors_path(file), name, inner, width);
    return set(settings, setting, inner / width, file, name);
}

/* ---- the encoder ---- */

static enum status encoder_sizes(struct settings *settings, const struct safetensors *file,
                                 const char *prefix) {
    char name[NAME_SIZE];
    snprintf(name, sizeof name, "%spatch_embed.proj.weight", prefix);
    TRY(set_dimension(settings, "width", file, name, 4, 0));
    TRY(set_dimension(settings, "patch_height", file, name, 4, 2));
    TRY(set_dimension(settings, "patch_width", file, name, 4, 3));
    snprintf(name, sizeof name, "%sblocks.0.mlp.fc1.weight", prefix);
    TRY(set_ratio(settings, "mlp_ratio", file, name));
    snprintf(name, sizeof name, "%sblocks.", prefix);
    return set_count(settings, "depth", file, name, ".norm1.weight");
}

enum status weights_encoder_settings(struct settings *settings, const struct safetensors *file) {
    const char *prefix;
    TRY(checkpoint_encoder_prefix(&prefix, file));
    if (checkpoint_is_ours(file)) {
        struct checkpoint_state state;
        TRY(checkpoint_read_state(&state, file));
        settings->image_height = state.settings.image_height;
        settings->image_width = state.settings.image_width;
        settings->heads = state.settings.heads;
    }
    return encoder_sizes(settings, file, prefix);
}

/* ---- what is behind it ---- */

static enum status decoder_sizes(struct settings *settings, const struct safetensors *file) {
    const bool mae = settings->objective == SETTINGS_OBJECTIVE_MAE;
    TRY(set_dimension(settings, "decoder_width", file, "decoder_embed.weight", 2, 0));
    TRY(set_ratio(settings, "decoder_mlp_ratio", file,
                  mae ? "decoder_blocks.0.mlp.fc1.weight" : "decoder_blocks.0.linear1.weight"));
    TRY(set_count(settings, "decoder_depth", file, "decoder_blocks.", ".norm1.weight"));
    if (mae)
        return STATUS_OK;
    uint64_t predicted = 0;
    TRY(dimension(&predicted, file, "decoder_pred.weight", 2, 0));
    const uint64_t pixels = 3 * (uint64_t)(settings->patch_height * settings->patch_width);
    if (predicted == pixels && predicted != (uint64_t)settings->width)
        settings->mim_target = SETTINGS_MIM_PIXELS;
    return STATUS_OK;
}

static enum status scale_count(struct settings *settings, const struct safetensors *file) {
    uint64_t rows = 0;
    if (has(file, "scale_embed"))
        TRY(dimension(&rows, file, "scale_embed", 2, 0));
    return set(settings, "scales", rows + 1, file, "scale_embed");
}

static enum status recogniser_sizes(struct settings *settings, const struct safetensors *file) {
    if (settings->head == SETTINGS_HEAD_CTC)
        return STATUS_OK;
    TRY(set_dimension(settings, "recognition_width", file, "decoder.trg_word_emb.weight", 2, 1));
    TRY(set_dimension(settings, "recognition_inner", file, "decoder.layer_stack.0.mlp.w_1.weight", 2, 0));
    return set_count(settings, "recognition_depth", file, "decoder.layer_stack.", ".norm1.weight");
}

enum status weights_characters(size_t *out, const struct safetensors *file) {
    static const char name[] = "decoder.classifier.weight"; /* of every head */
    uint64_t rows = 0;
    TRY(dimension(&rows, file, name, 2, 0));
    if (rows <= SPECIAL_CLASSES)
        return status_set(STATUS_INVALID,
                          "%s: tensor '%s' has %" PRIu64 " rows, expected one for each character and %d more",
                          safetensors_path(file), name, rows, SPECIAL_CLASSES);
    *out = (size_t)rows - SPECIAL_CLASSES;
    return STATUS_OK;
}

/* ---- the whole network ---- */

static enum status take_carried(struct settings *settings, const struct safetensors *file) {
    struct checkpoint_state state;
    TRY(checkpoint_read_state(&state, file));
    const enum settings_objective objective = settings->objective;
    settings_copy_group(settings, &state.settings, SETTINGS_MODEL);
    settings_copy_group(settings, &state.settings, SETTINGS_RECOGNISER);
    settings_copy_group(settings, &state.settings, SETTINGS_OBJECTIVE);
    settings->objective = objective;
    return STATUS_OK;
}

enum status weights_settings(struct settings *settings, const struct safetensors *file) {
    if (checkpoint_is_ours(file))
        TRY(take_carried(settings, file));
    TRY(encoder_sizes(settings, file, objective_encoder_prefix((enum objective_kind)settings->objective)));
    if (settings->objective == SETTINGS_OBJECTIVE_RECOGNITION)
        return recogniser_sizes(settings, file);
    TRY(decoder_sizes(settings, file));
    return settings->objective == SETTINGS_OBJECTIVE_MNSP ? scale_count(settings, file) : STATUS_OK;
}
