/* attention.h: pictures of where a recogniser looks while it reads.
 *
 *     TRY(attention_open(&attention, recogniser, device));
 *     TRY(attention_see(attention, image, reading.text, &maps));
 *     ... maps.character[t * maps.patches + i]: of character t, on patch i ...
 *     attention_maps_free(&maps);
 *     attention_close(attention);
 *
 * The maps are those of objective/look.h: of the encoder's class token, and of the decoder for each
 * character. Not thread-safe.
 */
#ifndef MNSP_TRAIN_ATTENTION_H
#define MNSP_TRAIN_ATTENTION_H

#include "train/lettering.h"
#include "train/recognise.h"

struct attention;

/* A network like the recogniser's, which must outlive it, with the weights that it has now. Errors: those of
 * the graph and the device. */
MNSP_NODISCARD enum status attention_open(struct attention **out, struct recogniser *recogniser,
                                          struct gpu_device *device);
void attention_close(struct attention *attention);
/* Takes the recogniser's weights anew, where it has got others. */
MNSP_NODISCARD enum status attention_take(struct attention *attention);

/* Parts of a sum of 1, which the class token's share makes whole. */
struct attention_maps {
    size_t rows, columns, patches; /* of the grid; rows * columns */
    float *class_token;            /* (patches) */
    size_t characters;             /* 0 with a CTC head, which has no such maps */
    float *character;              /* (characters, patches) */
};

/* Of an image (3, height, width), normalised, and a text that was read in it. Errors: those of the device. */
MNSP_NODISCARD enum status attention_see(struct attention *attention, const float *image, const char *text,
                                         struct attention_maps *maps);
void attention_maps_free(struct attention_maps *maps);

/* ---- the page ---- */

/* One image: what was read, and its maps. */
struct attention_word {
    const float *image; /* (3, height, width) */
    const char *text;
    struct attention_maps maps;
};

/* Draws each word: the image; the image lit where the class token looks; and the same for each character,
 * with the character below. The brightest patch of a map is where most is taken from. */
MNSP_NODISCARD enum status attention_draw(const struct attention_word *words, size_t count,
                                          const struct settings *settings, struct lettering *lettering,
                                          struct data_image *page);

#endif
