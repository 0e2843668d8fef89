/* attention.h: pictures of where a network looks: a recogniser while it reads, or an encoder in pre-training.
 *
 *     TRY(attention_open(&attention, recogniser, device));        or attention_load(), attention_create()
 *     TRY(attention_see(attention, image, reading.text, &maps));
 *     ... maps.class_token[i], and maps.character[t * maps.patches + i]: of character t, on patch i ...
 *     attention_maps_free(&maps);
 *     attention_close(attention);
 *
 * The maps are those of objective/look.h: of the encoder's class token, and of a recogniser's decoder for
 * each character. Not thread-safe.
 */
#ifndef MNSP_TRAIN_ATTENTION_H
#define MNSP_TRAIN_ATTENTION_H

#include "train/lettering.h"
#include "train/recognise.h"

struct attention;

/* ---- of a recogniser ---- */

/* A network like the recogniser's, which must outlive it, with the weights that it has now. Errors: those of
 * the graph and the device. */
MNSP_NODISCARD enum status attention_open(struct attention **out, struct recogniser *recogniser,
                                          struct gpu_device *device);
/* Takes the recogniser's weights anew, where it has got others. */
MNSP_NODISCARD enum status attention_take(struct attention *attention);

/* ---- of an encoder ---- */

/* The encoder of any file that has one: of an MAE, an LMIM or MNSP student, or a recogniser. `heads`: of
 * files that do not say; 0: as usual. Errors: as weights_encoder_settings() and weights_load_encoder(),
 * and those of the device. */
MNSP_NODISCARD enum status attention_load(struct attention **out, const char *path, int64_t heads,
                                          struct gpu_device *device);
/* The encoder that a pre-training run trains, still without its weights: attention_copy() before seeing. */
MNSP_NODISCARD enum status attention_create(struct attention **out, const struct settings *settings,
                                            struct gpu_device *device);
/* Copies the weights as they are now in the executor of a training step. */
MNSP_NODISCARD enum status attention_copy(struct attention *attention, struct executor *from,
                                          const struct graph *graph);

/* ---- seeing ---- */

void attention_close(struct attention *attention);
const struct settings *attention_settings(const struct attention *attention);

/* Parts of a sum of 1, which the class token's share makes whole. */
struct attention_maps {
    size_t rows, columns, patches; /* of the grid; rows * columns */
    float *class_token;            /* (patches) */
    size_t characters;             /* 0 without a recogniser's decoder, which has such maps */
    float *character;              /* (characters, patches) */
};

/* Of an image (3, height, width), normalised, and a text that was read in it; NULL where none is read.
 * Errors: those of the device. */
MNSP_NODISCARD enum status attention_see(struct attention *attention, const float *image, const char *text,
                                         struct attention_maps *maps);
void attention_maps_free(struct attention_maps *maps);

/* How the class token's attention to the patches is distributed (spec/scores.md); all from 0 to 1. */
struct attention_share {
    double text;   /* the part that falls on text */
    double area;   /* the part of the image that is text: `text` for the same attention everywhere */
    double spread; /* over how much of the image: 1 for the same everywhere, 1 / patches for one patch */
};

/* ink (height, width), from 0 to 1: which pixels are text. */
struct attention_share attention_share(const struct attention_maps *maps, const float *ink, size_t height,
                                       size_t width);

/* ---- the page ---- */

/* One image: what was read, or another line to be written below it, its maps, and which
 * of its pixels are text. */
struct attention_word {
    const float *image; /* (3, height, width) */
    const char *text;
    struct attention_maps maps;
    const float *ink; /* (height, width); NULL: not shown */
    bool ink_known;   /* or estimated */
};

/* Draws each word: the image; the image lit where the class token looks; its text, if given, and how much of
 * the attention falls on it; and the image lit for each character, with the character below. The brightest
 * patch of a map is where most is taken from. */
MNSP_NODISCARD enum status attention_draw(const struct attention_word *words, size_t count,
                                          const struct settings *settings, struct lettering *lettering,
                                          struct data_image *page);

#endif
