/* render.h: words drawn with FreeType, for training where no data set is at hand. Inside the data room only;
 * a program asks for it as a source, "render:count=N,seed=S[,words=FILE][,fonts=DIR]":
 *
 *     count   how many images
 *     seed    of the random numbers, 0 when not given
 *     words   a UTF-8 file with a text per line; without it, an English list in several cases, numbers and
 *             random strings of printable ASCII
 *     fonts   a folder; without it, /usr/share/fonts and /usr/local/share/fonts
 *
 * Image and label i depend on the seed, i, the words and the fonts found. Random numbers come from Philox
 * with key `seed`, stream PHILOX_STREAM_RENDER and step i.
 *
 * Caveats: other fonts, or another version of FreeType, give other pictures. Paths cannot hold a comma.
 */
#ifndef MNSP_DATA_RENDER_H
#define MNSP_DATA_RENDER_H

#include "base/philox.h"
#include "data/image.h"

enum { RENDER_CHARACTERS_MAX = 64 }; /* of one text */

/* The words to choose from. */
struct render_words {
    char *text;        /* the file's content, cut into words; NULL: the words are built in */
    const char **word; /* (count) */
    size_t count, capacity;
};

/* Reads a file of words, or takes the built-in ones when path is NULL. Errors: STATUS_IO; STATUS_INVALID,
 * with the line, for a line that is no UTF-8 text of at most RENDER_CHARACTERS_MAX characters, or when there
 * is none. */
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

/* How much ink lies on each pixel, 0 to 255: (height, width). */
struct render_ink {
    uint32_t width, height;
    uint8_t *coverage;
};

/* Writes a text with a font, a size between 20 and 48 pixels, spacing and slant as drawn, cut to its ink.
 * Errors: STATUS_INVALID when no font has all characters; STATUS_MEMORY. Release ink->coverage with free().
 */
MNSP_NODISCARD enum status render_write(struct render_pen *pen, const char *text, struct philox *random,
                                        struct render_ink *ink);

/* The picture of a text: ink and shadow on a ground of some colours, turned, distorted, blurred and with
 * noise, as drawn. */
MNSP_NODISCARD enum status render_picture(const struct render_ink *ink, struct philox *random,
                                          struct data_image *out);

#endif
