/* render.h: words drawn with FreeType, for training where no data set is at hand. Inside the data room only;
 * a program asks for it as a source,
 * "render:count=N,seed=S[,words=FILE][,vary=0|1][,wear=W][,fonts=DIR][,photos=DIR]":
 *
 *     count   how many images
 *     seed    of the random numbers, 0 when not given
 *     words   a UTF-8 file with a text per line; without it, a list of English words
 *     vary    1: words in several cases and with punctuation, and among them numbers, invented words and
 *             random strings of printable ASCII; 0: the words as they are, the default for a file
 *     wear    from 0 to 1, the default: how often there is what makes reading hard, arcs, shadows, borders,
 *             blur, ...; with 0, clean texts in all fonts, sizes and colours
 *     fonts   a folder; without it, /usr/share/fonts and /usr/local/share/fonts
 *     photos  a folder of photographs without text, pieces of which four of ten texts stand on; without it,
 *             none do
 *
 * The order of things is that of the world: text (render_words.c), writing (render_write.c), the view of it
 * (render_pose.c), what it stands on (render_ground.c, render_photos.c, render_picture.c), the
 * camera (render_camera.c).
 *
 * Image and label i depend on the seed, i, the words and the fonts found. Random numbers come from Philox
 * with key `seed`, stream PHILOX_STREAM_RENDER and step i.
 *
 * Pictures that are stored as JPEG have its artefacts, whether they are written to a data
 * set or made during training.
 *
 * Caveats: other fonts, or another version of FreeType, give other pictures. Paths cannot hold a comma.
 */
#ifndef MNSP_DATA_RENDER_H
#define MNSP_DATA_RENDER_H

#include "base/philox.h"
#include "data/image.h"

#include <stdbool.h>

enum { RENDER_CHARACTERS_MAX = 64 }; /* of one text */

/* The words to choose from. */
struct render_words {
    char *text;        /* the file's content, cut into words; NULL: the words are built in */
    const char **word; /* (count) */
    size_t count, capacity;
    bool vary;
};

/* Reads a file of words, or takes the built-in ones, varied, when path is NULL. Errors: STATUS_IO;
 * STATUS_INVALID, with the line, for a line that is no UTF-8 text of at most RENDER_CHARACTERS_MAX
 * characters, or when there is none. */
MNSP_NODISCARD enum status render_words_open(struct render_words *out, const char *path);
void render_words_close(struct render_words *words);

/* The text of one image, released with free(). */
MNSP_NODISCARD enum status render_words_choose(const struct render_words *words, struct philox *random,
                                               char **text);

/* The built-in English words; NULL ends them. */
extern const char *const render_builtin_words[];

/* The paths of the usable fonts: outlines, and a glyph for each printable ASCII character. */
struct render_fonts {
    char **path; /* (count), ascending */
    size_t count, capacity;
};

/* Looks for .ttf, .otf and .ttc files in a folder, NULL for the system's. Errors: STATUS_INVALID when none is
 * usable. */
MNSP_NODISCARD enum status render_fonts_find(struct render_fonts *out, const char *folder);
void render_fonts_free(struct render_fonts *fonts);

/* A pen holds opened fonts and belongs to one thread at a time. */
struct render_pen;
MNSP_NODISCARD enum status render_pen_new(struct render_pen **out, const struct render_fonts *fonts);
void render_pen_free(struct render_pen *pen);

/* Random numbers, and how often things happen that make a text hard to read. */
struct render_chance {
    struct philox random;
    float wear; /* 0: never, 1: as often as written */
};

/* Whether something happens that does so with a probability. Takes one random number in any case. */
bool render_happens(struct render_chance *chance, float probability);

/* How much ink lies on each pixel, 0 to 255: (height, width). */
struct render_ink {
    uint32_t width, height;
    uint8_t *coverage;
};

/* Ink of no coverage. Release with render_ink_free(). */
MNSP_NODISCARD enum status render_ink_new(struct render_ink *out, int64_t width, int64_t height);
void render_ink_free(struct render_ink *ink); /* zeroed ink is fine */

/* Photographs, shrunk, in memory: at most 128. */
struct render_photos {
    struct data_image *image; /* (count) */
    size_t count;
};

/* Reads the images below a folder, evenly spread where there are more. Errors: STATUS_INVALID when none can
 * be decoded, STATUS_IO, STATUS_MEMORY. */
MNSP_NODISCARD enum status render_photos_open(struct render_photos *out, const char *folder);
void render_photos_close(struct render_photos *photos);

/* Fills a picture with a piece of a photograph and tells its mean colour. */
MNSP_NODISCARD enum status render_photo_ground(struct data_image *image, const struct render_photos *photos,
                                               struct render_chance *chance, float colour[3]);

/* Writes a text with a font, a size of 16 to 48 pixels, width, weight, spacing, slant, arc and unsteadiness
 * as drawn, cut to its ink. Errors: STATUS_INVALID when no font has all characters; STATUS_MEMORY. */
MNSP_NODISCARD enum status render_write(struct render_pen *pen, const char *text,
                                        struct render_chance *chance, struct render_ink *ink);

/* Turns the ink in space, as drawn: seen from the side, rotated. Cut to its ink. */
MNSP_NODISCARD enum status render_pose(struct render_ink *ink, struct render_chance *chance);

/* The ink grown by a radius in pixels, on a canvas grown by as much. */
MNSP_NODISCARD enum status render_ink_grow(const struct render_ink *ink, uint32_t radius,
                                           struct render_ink *out);

/* The picture of a text as a camera might see it: ink, outline and shadow on a ground, a piece of
 * a photo now and then if there are any, and, unless `other` is NULL, a
 * piece of another text at its edge. *where, unless it is NULL, is the ink alone, white on black. */
MNSP_NODISCARD enum status render_picture(const struct render_ink *ink, const struct render_ink *other,
                                          const struct render_photos *photos, struct render_chance *chance,
                                          struct data_image *out, struct data_image *where);

/* Fills a picture with a ground of about one colour: flat, a gradient, blotches, rough,
 * stripes; with a border. */
MNSP_NODISCARD enum status render_ground(struct data_image *image, const float colour[3],
                                         struct render_chance *chance);

/* What light, lens and sensor do to a picture, as drawn. *quality is that of the JPEG it is
 * then stored as, 0: none. */
MNSP_NODISCARD enum status render_camera(struct data_image *image, struct render_chance *chance,
                                         int *quality);

#endif
