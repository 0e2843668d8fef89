/* lettering.h: words in pictures.
 *
 *     struct lettering *lettering;
 *     TRY(lettering_open(&lettering));
 *     lettering_draw(lettering, &page, 10, 10, 14, "step 300", canvas_grey(0));
 *     lettering_close(lettering);
 *
 * Letters come from fonts that distributions install (DejaVu, Liberation, Noto, ...), the first one that has
 * the character; without any font, from a small built-in one that knows printable ASCII. Characters that
 * none knows are drawn as '?'.
 */
#ifndef MNSP_TRAIN_LETTERING_H
#define MNSP_TRAIN_LETTERING_H

#include "train/canvas.h"

struct lettering;

/* Errors: STATUS_MEMORY. */
MNSP_NODISCARD enum status lettering_open(struct lettering **out);
/* The same without the installed fonts. */
MNSP_NODISCARD enum status lettering_open_plain(struct lettering **out);
void lettering_close(struct lettering *lettering);

/* The width in pixels of a line of UTF-8 text whose letters are about `size` pixels high. */
int lettering_width(struct lettering *lettering, int size, const char *text);

/* Draws a line of text whose upper left corner is at (x, y); it is about 1.3 size high. */
void lettering_draw(struct lettering *lettering, struct data_image *page, int x, int y, int size,
                    const char *text, struct canvas_colour colour);

#endif
