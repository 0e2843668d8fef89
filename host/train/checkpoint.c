#include "train/checkpoint.h"

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_FORMAT   "mnsp.format"
#define KEY_PROGRAM  "mnsp.program"
#define KEY_STEP     "mnsp.step"
#define KEY_EPOCH    "mnsp.epoch"
#define KEY_SETTINGS "mnsp.settings"
#define KEY_SCORES   "mnsp.scores"
#define KEY_CHARSET  "mnsp.charset"
#define KEY_TILES    "mnsp.tiles"

enum { FORMAT = 1 };

/* ---- scores ---- */

bool checkpoint_count_score(struct checkpoint_scores *scores, uint64_t step, uint64_t right, uint64_t words) {
    scores->evaluated = step;
    scores->waited++;
    /* right / words > best / its words, in integers */
    if (words == 0 || (scores->words > 0 && right * scores->words <= scores->right * words))
        return false;
    *scores = (struct checkpoint_scores){.evaluated = step, .step = step, .right = right, .words = words};
    return true;
}

static enum status scores_text(char **out, const struct checkpoint_scores *scores) {
    json_t *const object =
        json_pack("{s:I, s:I, s:I, s:I, s:I}", "evaluated", (json_int_t)scores->evaluated, "step",
                  (json_int_t)scores->step, "right", (json_int_t)scores->right, "words",
                  (json_int_t)scores->words, "waited", (json_int_t)scores->waited);
    const enum status status = json_write_text(out, object);
    json_decref(object);
    return status;
}

static enum status take_count(uint64_t *out, const json_t *object, const char *key, const char *origin) {
    int64_t value;
    TRY(json_need_integer(&value, object, key, origin));
    if (value < 0)
        return status_set(STATUS_INVALID, "%s: a damaged checkpoint: '%s' of '" KEY_SCORES "' is below 0",
                          origin, key);
    *out = (uint64_t)value;
    return STATUS_OK;
}

/* Files from before the first evaluation have none. */
static enum status read_scores(struct checkpoint_scores *out, const struct safetensors *file) {
    const char *const text = safetensors_metadata(file, KEY_SCORES), *const origin = safetensors_path(file);
    json_t *object;
    if (text == NULL)
        return STATUS_OK;
    TRY(json_read_text(&object, text, strlen(text), origin));
    enum status status = take_count(&out->evaluated, object, "evaluated", origin);
    if (status == STATUS_OK)
        status = take_count(&out->step, object, "step", origin);
    if (status == STATUS_OK)
        status = take_count(&out->right, object, "right", origin);
    if (status == STATUS_OK)
        status = take_count(&out->words, object, "words", origin);
    if (status == STATUS_OK)
        status = take_count(&out->waited, object, "waited", origin);
    json_decref(object);
    return status;
}

/* ---- writing ---- */

enum status checkpoint_write(const char *path, const struct checkpoint_state *state,
                             const struct safetensors_view *views, size_t view_count) {
    char format[16], step[24], epoch[24], *settings, *scores;
    TRY(settings_to_json(&settings, &state->settings));
    enum status status = scores_text(&scores, &state->scores);
    if (status != STATUS_OK) {
        free(settings);
        return status;
    }
    snprintf(format, sizeof format, "%d", FORMAT);
    snprintf(step, sizeof step, "%" PRIu64, state->step);
    snprintf(epoch, sizeof epoch, "%" PRIu64, state->epoch);
    struct safetensors_pair pairs[9] = {
        {"format", "pt"}, /* the row-major layout of PyTorch, which its loaders ask for */
        {KEY_FORMAT, format}, {KEY_PROGRAM, state->program}, {KEY_STEP, step},
        {KEY_EPOCH, epoch},   {KEY_SETTINGS, settings},
    };
    size_t count = 6;
    if (state->scores.words > 0)
        pairs[count++] = (struct safetensors_pair){KEY_SCORES, scores};
    if (state->charset != NULL)
        pairs[count++] = (struct safetensors_pair){KEY_CHARSET, state->charset};
    if (state->tiles != NULL)
        pairs[count++] = (struct safetensors_pair){KEY_TILES, state->tiles};
    status = safetensors_write(path, views, view_count, pairs, count);
    free(settings);
    free(scores);
    return status;
}

static enum status write_in(const char *folder, const char *name, const struct checkpoint_state *state,
                            const struct safetensors_view *views, size_t view_count) {
    char *path;
    TRY(file_join(&path, folder, name));
    const enum status status = checkpoint_write(path, state, views, view_count);
    free(path);
    return status;
}

enum status checkpoint_save(const char *folder, const struct checkpoint_state *state,
                            const struct safetensors_view *views, size_t view_count) {
    TRY(write_in(folder, CHECKPOINT_LAST, state, views, view_count));
    const uint64_t keep_every = (uint64_t)state->settings.keep_every;
    if (keep_every == 0 || state->step % keep_every != 0)
        return STATUS_OK;
    char name[64];
    snprintf(name, sizeof name, "step-%08" PRIu64 ".safetensors", state->step);
    return write_in(folder, name, state, views, view_count);
}

enum status checkpoint_save_best(const char *folder, const struct checkpoint_state *state,
                                 const struct safetensors_view *views, size_t view_count) {
    return write_in(folder, CHECKPOINT_BEST, state, views, view_count);
}

/* ---- reading ---- */

bool checkpoint_is_ours(const struct safetensors *file) {
    return safetensors_metadata(file, KEY_FORMAT) != NULL;
}

bool checkpoint_is_state(const char *name) {
    static const char *const prefixes[] = {CHECKPOINT_FIRST_MOMENT, CHECKPOINT_SECOND_MOMENT,
                                           CHECKPOINT_AVERAGE, CHECKPOINT_SCALER};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    return false;
}

static enum status read_text(const char **out, const struct safetensors *file, const char *key) {
    *out = safetensors_metadata(file, key);
    if (*out != NULL)
        return STATUS_OK;
    return status_set(STATUS_INVALID, "%s: a damaged checkpoint: its metadata has no '%s'",
                      safetensors_path(file), key);
}

static enum status read_count(uint64_t *out, const struct safetensors *file, const char *key) {
    const char *text;
    char *end;
    TRY(read_text(&text, file, key));
    errno = 0;
    *out = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0)
        return status_set(STATUS_INVALID,
                          "%s: a damaged checkpoint: metadata '%s' is '%.40s', expected a count",
                          safetensors_path(file), key, text);
    return STATUS_OK;
}

static enum status read_settings(struct settings *out, const struct safetensors *file) {
    const char *text;
    TRY(read_text(&text, file, KEY_SETTINGS));
    /* Settings that an older version did not know have their defaults. */
    settings_defaults(out);
    return settings_from_json(out, text, safetensors_path(file));
}

enum status checkpoint_read_state(struct checkpoint_state *out, const struct safetensors *file) {
    memset(out, 0, sizeof *out);
    if (!checkpoint_is_ours(file))
        return status_set(STATUS_INVALID,
                          "%s: weights without the state of a run: it can start a run, but not be resumed",
                          safetensors_path(file));
    uint64_t format;
    TRY(read_count(&format, file, KEY_FORMAT));
    if (format > FORMAT)
        return status_set(STATUS_INVALID,
                          "%s: a checkpoint of format %" PRIu64 ", this version reads up to %d",
                          safetensors_path(file), format, FORMAT);
    const char *program;
    TRY(read_text(&program, file, KEY_PROGRAM));
    snprintf(out->program, sizeof out->program, "%s", program);
    TRY(read_count(&out->step, file, KEY_STEP));
    TRY(read_count(&out->epoch, file, KEY_EPOCH));
    TRY(read_scores(&out->scores, file));
    out->charset = safetensors_metadata(file, KEY_CHARSET);
    out->tiles = safetensors_metadata(file, KEY_TILES);
    return read_settings(&out->settings, file);
}

enum status checkpoint_open(struct safetensors **out, struct checkpoint_state *state, const char *path) {
    TRY(safetensors_open(out, path));
    const enum status status = checkpoint_read_state(state, *out);
    if (status != STATUS_OK) {
        safetensors_close(*out);
        *out = NULL;
    }
    return status;
}

enum status checkpoint_encoder_prefix(const char **out, const struct safetensors *file) {
    static const char *const prefixes[] = {"", "model_maeenc.", "encoder."};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        char name[64];
        snprintf(name, sizeof name, "%spatch_embed.proj.weight", prefixes[i]);
        if (safetensors_find(file, name) != NULL) {
            *out = prefixes[i];
            return STATUS_OK;
        }
    }
    return status_set(STATUS_INVALID,
                      "%s: no encoder in it: no tensor 'patch_embed.proj.weight', with or "
                      "without 'model_maeenc.' or 'encoder.' in front",
                      safetensors_path(file));
}
