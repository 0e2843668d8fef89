/* settings.h: everything that decides what a run computes: the network, the objective, the optimiser, ...
 *
 * settings.def lists each setting with its default, its range and a sentence of help; the structure here, the
 * JSON of presets, the command-line options and their help all come from that list.
 *
 *     struct settings settings;
 *     settings_defaults(&settings);
 *     TRY(settings_load_preset(&settings, "mnsp-small", folders, folder_count));
 *     TRY(settings_set(&settings, "base-rate", "3e-4"));
 *     TRY(settings_check(&settings));
 *     TRY(settings_to_json(&text, &settings));     goes into the run's folder and its checkpoints
 *
 * Caveats: a value of 0 may mean "by another setting", as the help says; settings_heads() and its
 * like say what it comes to. What depends on the data set, as the number of steps, is the trainer's.
 */
#ifndef MNSP_TRAIN_SETTINGS_H
#define MNSP_TRAIN_SETTINGS_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SETTINGS_TEXT_SIZE = 256 };

enum settings_group {
    SETTINGS_MODEL,      /* the encoder and the pre-training decoder */
    SETTINGS_RECOGNISER, /* what recognition puts behind the encoder */
    SETTINGS_OBJECTIVE,
    SETTINGS_DATA,
    SETTINGS_OPTIMISER,
    SETTINGS_RUN,
    SETTINGS_GROUP_COUNT
};

/* enum settings_objective, enum settings_align, ... */
/* clang-format off */
#define CHOICES(name)            enum settings_##name {
#define CHOICE(enumerator, word) enumerator,
#define END_CHOICES              };
/* clang-format on */
#include "train/settings.def"

struct settings {
#define INTEGER(group, name, standard, lowest, highest, help) int64_t name;
#define REAL(group, name, standard, lowest, highest, help)    double name;
#define BOOLEAN(group, name, standard, help)                  bool name;
#define CHOICE_OF(choices, group, name, standard, help)       enum settings_##choices name;
#define TEXT(group, name, standard, help)                     char name[SETTINGS_TEXT_SIZE];
#include "train/settings.def"
};

/* The defaults of settings.def. */
void settings_defaults(struct settings *out);

/* ---- one setting by name ---- */

/* Sets one from text. `name` may have dashes or underscores. For a boolean, `text` is true or false, and a
 * null `text` means true; "no-" in front of its name means the opposite. Errors: STATUS_USAGE for an unknown
 * name (with the nearest), a value of the wrong kind or outside of its range; the settings stay as they were.
 */
MNSP_NODISCARD enum status settings_set(struct settings *settings, const char *name, const char *text);

enum settings_kind {
    SETTINGS_INTEGER,
    SETTINGS_REAL,
    SETTINGS_BOOLEAN,
    SETTINGS_CHOICE,
    SETTINGS_TEXT,
};

/* A row of the table, for help and for listing. */
struct setting {
    const char *name; /* as in JSON */
    const char *help;
    enum settings_kind kind;
    enum settings_group group;
    size_t offset;                           /* of the field in struct settings */
    int64_t lowest_integer, highest_integer; /* SETTINGS_INTEGER */
    double lowest, highest;                  /* SETTINGS_REAL */
    const char *const *words;                /* SETTINGS_CHOICE: by enumerator, then null */
};

/* The rows, `settings_count()` of them, in the order of settings.def. */
const struct setting *settings_table(void);
size_t settings_count(void);
/* The row of that name (dashes or underscores), or null. */
const struct setting *settings_find(const char *name);
/* "model", "recogniser", ... */
const char *settings_group_name(enum settings_group group);

/* Writes the value as text that settings_set() takes back exactly, and returns `out`, which holds
 * SETTINGS_TEXT_SIZE bytes. */
const char *settings_format(const struct settings *settings, const struct setting *row, char *out);

/* Writes what a value may be, as in "1 .. 256" or "mae | lmim | mnsp", and returns `out`
 * (SETTINGS_TEXT_SIZE). */
const char *settings_range(const struct setting *row, char *out);

/* ---- all of them ---- */

/* Checks what no single value shows: that heads divide widths, patches the image, scales the grid, ... Call
 * it once every value is set. Errors: STATUS_USAGE. */
MNSP_NODISCARD enum status settings_check(const struct settings *settings);

/* The JSON object of all settings, a line each, released with free(). */
MNSP_NODISCARD enum status settings_to_json(char **out, const struct settings *settings);

/* Sets what the object of `text` names; the others stay. The key "about" holds a sentence for readers and is
 * passed over. Errors: STATUS_INVALID for what is not JSON, STATUS_USAGE as settings_set(); the settings then
 * stay as they were. `origin` is the text's name in messages. */
MNSP_NODISCARD enum status settings_from_json(struct settings *settings, const char *text,
                                              const char *origin);

/* The same from a preset: a path when `name` has a slash or ends with ".json", else the first
 * "<folder>/<name>.json" there is. Errors: also STATUS_USAGE when there is none, with the names there are. */
MNSP_NODISCARD enum status settings_load_preset(struct settings *settings, const char *name,
                                                const char *const *folders, size_t folder_count);

/* Copies the settings of one group. */
void settings_copy_group(struct settings *to, const struct settings *from, enum settings_group group);

/* ---- what follows from them ---- */

/* heads, or width / 64 and at least 1 where it is 0. */
int64_t settings_heads(const struct settings *settings);
/* decoder_depth, or the objective's own where it is 0. */
int64_t settings_decoder_depth(const struct settings *settings);
/* The highest learning rate: rate, or base_rate x batch / 256 where it is 0. */
double settings_rate(const struct settings *settings);
/* Views of each image that a step learns from: more than one only of augmented images in recognition. */
int64_t settings_views(const struct settings *settings);
/* Rows of each part of a step: batch x views / accumulate. */
int64_t settings_part_rows(const struct settings *settings);
/* Tokens of an image: patches, without the class token. */
int64_t settings_tokens(const struct settings *settings);
/* Tokens that masking keeps: int(tokens x (1 - mask_ratio)), as the papers' programs count. */
int64_t settings_kept_tokens(const struct settings *settings);

#endif
