/* html.h: pages that need nothing else: no script, no font, no picture from anywhere.
 *
 *     struct buffer page = {0};
 *     html_begin(&page, "Run <7>", NULL);
 *     buffer_add(&page, "<dl>");
 *     html_fact(&page, "device", name);
 *     buffer_add(&page, "</dl>\n");
 *     html_end(&page);
 *
 * The style adapts to light and dark, to narrow windows and to paper. Classes: soft (said quietly), name (of
 * fixed width), verdict and card (boxes; --shade is their colour), badge, counts, wide (scrolls by itself),
 * number (of a table). Colours: --paper, --ink, --soft, --line, --panel, --accent, --good, --bad.
 *
 * Failures are those of the buffer: ask buffer_status() at the end.
 */
#ifndef MNSP_BASE_HTML_H
#define MNSP_BASE_HTML_H

#include "base/buffer.h"

/* From the first byte to the open <main>, which begins with a heading of the title. `style` is CSS of the
 * page's own, or NULL. */
void html_begin(struct buffer *out, const char *title, const char *style);
void html_end(struct buffer *out);

/* A line of a <dl>. */
void html_fact(struct buffer *out, const char *name, const char *value);

/* Bytes in the alphabet of base64 (RFC 4648), as a data: address has them. */
void html_base64(struct buffer *out, const void *bytes, size_t size);

#endif
