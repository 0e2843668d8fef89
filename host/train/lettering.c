#include "train/lettering.h"

#include "base/memory.h"
#include "data/text.h"

#include <ft2build.h>
#include FT_FREETYPE_H

#include <stdlib.h>
#include <string.h>

#include <stb_easy_font.h>

/* Where Debian, Ubuntu and Fedora put what they install; fonts for Chinese at the end. */
static const char *const font_files[] = {
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf",
    "/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf",
    "/usr/share/fonts/truetype/freefont/FreeSans.ttf",
    "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
};

enum { FONTS = sizeof font_files / sizeof font_files[0] };

struct lettering {
    FT_Library library;
    FT_Face faces[FONTS];
    size_t count;
};

enum status lettering_open_plain(struct lettering **out) {
    return memory_new(out, 1, sizeof **out);
}

enum status lettering_open(struct lettering **out) {
    TRY(lettering_open_plain(out));
    struct lettering *const lettering = *out;
    if (FT_Init_FreeType(&lettering->library) != 0) {
        lettering->library = NULL;
        return STATUS_OK;
    }
    for (size_t i = 0; i < FONTS; i++)
        if (FT_New_Face(lettering->library, font_files[i], 0, &lettering->faces[lettering->count]) == 0)
            lettering->count++;
    return STATUS_OK;
}

void lettering_close(struct lettering *lettering) {
    if (lettering == NULL)
        return;
    for (size_t i = 0; i < lettering->count; i++)
        FT_Done_Face(lettering->faces[i]);
    if (lettering->library != NULL)
        FT_Done_FreeType(lettering->library);
    free(lettering);
}

/* ---- installed fonts ---- */

/* Renders a character with the first font that has it; NULL when none has. */
static FT_GlyphSlot glyph_of(struct lettering *lettering, int size, uint32_t character) {
    for (size_t i = 0; i < lettering->count; i++) {
        const FT_Face face = lettering->faces[i];
        if (FT_Get_Char_Index(face, character) != 0 && FT_Set_Pixel_Sizes(face, 0, (FT_UInt)size) == 0 &&
            FT_Load_Char(face, character, FT_LOAD_RENDER | FT_LOAD_TARGET_LIGHT) == 0)
            return face->glyph;
    }
    return NULL;
}

static void draw_glyph(FT_GlyphSlot glyph, struct data_image *page, int x, int baseline,
                       struct canvas_colour colour) {
    const FT_Bitmap *const bitmap = &glyph->bitmap;
    if (bitmap->pixel_mode != FT_PIXEL_MODE_GRAY)
        return;
    for (unsigned row = 0; row < bitmap->rows; row++)
        for (unsigned column = 0; column < bitmap->width; column++) {
            const uint8_t ink = bitmap->buffer[(ptrdiff_t)row * bitmap->pitch + (ptrdiff_t)column];
            canvas_blend(page, x + glyph->bitmap_left + (int)column, baseline - glyph->bitmap_top + (int)row,
                         colour, ink / 255.0);
        }
}

/* ---- the built-in font ---- */

static int plain_scale(int size) {
    return size >= 14 ? size / 7 : 1;
}

/* The library makes rectangles, four corners of 16 bytes each, x and y first. */
static int draw_plain(struct data_image *page, int x, int y, int size, uint32_t character,
                      struct canvas_colour colour) {
    enum { BYTES = 4096, CORNER_FLOATS = 4, CORNERS = 4 };
    float corners[BYTES / sizeof(float)];
    char text[2] = {character >= ' ' && character <= '~' ? (char)character : '?', '\0'};
    const int scale = plain_scale(size);
    const int boxes = page ? stb_easy_font_print(0, 0, text, NULL, corners, BYTES) : 0;
    for (int i = 0; i < boxes; i++) {
        const float *const first = corners + (size_t)i * CORNERS * CORNER_FLOATS;
        const float *const opposite = first + (size_t)2 * CORNER_FLOATS;
        canvas_fill(page,
                    (struct canvas_box){x + (int)first[0] * scale, y + (int)first[1] * scale,
                                        (int)(opposite[0] - first[0]) * scale,
                                        (int)(opposite[1] - first[1]) * scale},
                    colour);
    }
    return stb_easy_font_width(text) * scale;
}

/* ---- lines ---- */

/* Draws one character, or only measures it where page is NULL; returns how far it moves on. */
static int draw_character(struct lettering *lettering, struct data_image *page, int x, int y, int size,
                          uint32_t character, struct canvas_colour colour) {
    FT_GlyphSlot glyph = glyph_of(lettering, size, character);
    if (glyph == NULL && lettering->count > 0)
        glyph = glyph_of(lettering, size, '?');
    if (glyph == NULL)
        return draw_plain(page, x, y, size, character, colour);
    if (page != NULL)
        draw_glyph(glyph, page, x, y + size, colour);
    return (int)((glyph->advance.x + 32) >> 6);
}

static int draw_line(struct lettering *lettering, struct data_image *page, int x, int y, int size,
                     const char *text, struct canvas_colour colour) {
    const char *const end = text + strlen(text);
    const int start = x;
    while (text < end) {
        uint32_t character;
        if (!data_utf8_next(&text, end, &character)) {
            character = '?';
            text++;
        }
        x += draw_character(lettering, page, x, y, size, character, colour);
    }
    return x - start;
}

int lettering_width(struct lettering *lettering, int size, const char *text) {
    return draw_line(lettering, NULL, 0, 0, size, text, canvas_grey(0));
}

void lettering_draw(struct lettering *lettering, struct data_image *page, int x, int y, int size,
                    const char *text, struct canvas_colour colour) {
    draw_line(lettering, page, x, y, size, text, colour);
}
