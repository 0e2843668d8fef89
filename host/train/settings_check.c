/* What follows from settings, and whether they go together. */
#include "train/settings.h"

#include <inttypes.h>

int64_t settings_heads(const struct settings *settings) {
    if (settings->heads != 0)
        return settings->heads;
    return settings->width < 64 ? 1 : settings->width / 64;
}

int64_t settings_decoder_depth(const struct settings *settings) {
    if (settings->decoder_depth != 0)
        return settings->decoder_depth;
    return settings->objective == SETTINGS_OBJECTIVE_MAE ? 8 : 2;
}

double settings_rate(const struct settings *settings) {
    return settings->rate != 0 ? settings->rate : settings->base_rate * (double)settings->batch / 256;
}

int64_t settings_views(const struct settings *settings) {
    return settings->objective == SETTINGS_OBJECTIVE_RECOGNITION && settings->augment ? settings->views : 1;
}

int64_t settings_part_rows(const struct settings *settings) {
    return settings->batch / settings->accumulate * settings_views(settings);
}

int64_t settings_tokens(const struct settings *settings) {
    return (settings->image_height / settings->patch_height) *
           (settings->image_width / settings->patch_width);
}

int64_t settings_kept_tokens(const struct settings *settings) {
    return (int64_t)((double)settings_tokens(settings) * (1 - settings->mask_ratio));
}

static enum status divides(int64_t whole, const char *whole_name, int64_t part, const char *part_name) {
    if (whole % part == 0)
        return STATUS_OK;
    return status_set(STATUS_USAGE, "setting '%s' (%" PRId64 ") is not a multiple of '%s' (%" PRId64 ")",
                      whole_name, whole, part_name, part);
}

static enum status check_widths(const struct settings *settings) {
    TRY(divides(settings->image_height, "image_height", settings->patch_height, "patch_height"));
    TRY(divides(settings->image_width, "image_width", settings->patch_width, "patch_width"));
    TRY(divides(settings->width, "width", settings_heads(settings), "heads"));
    /* Sine and cosine of row and column: a quarter each. */
    TRY(divides(settings->width, "width", 4, "4"));
    return STATUS_OK;
}

/* The folded table takes the tokens for a square. */
static enum status check_position_table(const struct settings *settings) {
    const int64_t tokens = settings_tokens(settings);
    int64_t side = 0;
    while (side * side < tokens)
        side++;
    if (settings->position_table != SETTINGS_POSITION_FOLDED || side * side == tokens)
        return STATUS_OK;
    return status_set(
        STATUS_USAGE,
        "setting 'position_table' is 'folded', but %" PRId64 " patches make no square; use 'true'", tokens);
}

static enum status check_masking(const struct settings *settings) {
    const int64_t kept = settings_kept_tokens(settings), tokens = settings_tokens(settings);
    if (kept > 0 && kept < tokens)
        return STATUS_OK;
    return status_set(STATUS_USAGE,
                      "setting 'mask_ratio' keeps %" PRId64 " of %" PRId64 " patches; some have to stay"
                      " and some to go",
                      kept, tokens);
}

/* Every scale halves the grid of patches. */
static enum status check_scales(const struct settings *settings) {
    const int64_t rows = settings->image_height / settings->patch_height;
    const int64_t columns = settings->image_width / settings->patch_width;
    const int64_t reduction = (int64_t)1 << (settings->scales - 1);
    if (rows % reduction == 0 && columns % reduction == 0)
        return STATUS_OK;
    return status_set(STATUS_USAGE,
                      "setting 'scales' is %" PRId64 ", but a grid of %" PRId64 " x %" PRId64
                      " patches cannot be halved %" PRId64 " times",
                      settings->scales, rows, columns, settings->scales - 1);
}

static enum status check_pretraining(const struct settings *settings) {
    TRY(divides(settings->decoder_width, "decoder_width", settings->decoder_heads, "decoder_heads"));
    TRY(divides(settings->decoder_width, "decoder_width", 4, "4"));
    TRY(check_masking(settings));
    if (settings->objective == SETTINGS_OBJECTIVE_MNSP)
        TRY(check_scales(settings));
    return STATUS_OK;
}

static enum status check_recognition(const struct settings *settings) {
    TRY(divides(settings->recognition_width, "recognition_width", settings->recognition_heads,
                "recognition_heads"));
    return divides(settings->recognition_width, "recognition_width", 2, "2");
}

enum status settings_check(const struct settings *settings) {
    TRY(check_widths(settings));
    TRY(check_position_table(settings));
    if (settings->objective == SETTINGS_OBJECTIVE_RECOGNITION)
        TRY(check_recognition(settings));
    else
        TRY(check_pretraining(settings));
    if (settings->ema_decay > 0 && settings->ema_decay < 0.5)
        return status_set(STATUS_USAGE, "setting 'ema_decay' is %g, expected 0 or 0.5 up to 1",
                          settings->ema_decay);
    if ((settings->loss_scale & (settings->loss_scale - 1)) != 0)
        return status_set(STATUS_USAGE,
                          "setting 'loss_scale' is %" PRId64 ", expected a power of two, such as 65536",
                          settings->loss_scale);
    TRY(divides(settings->batch, "batch", settings->accumulate, "accumulate"));
    if (settings->min_rate > settings_rate(settings))
        return status_set(STATUS_USAGE, "setting 'min_rate' (%g) is above the highest rate (%g)",
                          settings->min_rate, settings_rate(settings));
    return STATUS_OK;
}
