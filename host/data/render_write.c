/* render_write.c: a line of text in a font, as coverage. */
#include "base/memory.h"
#include "data/augment.h"
#include "data/render.h"
#include "data/text.h"

#include <ft2build.h>
#include FT_FREETYPE_H
#include FT_OUTLINE_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct render_pen {
    FT_Library library;
    const struct render_fonts *fonts;
    FT_Face *face; /* (fonts), opened when first used */
};

enum status render_pen_new(struct render_pen **out, const struct render_fonts *fonts) {
    struct render_pen *pen;
    *out = NULL;
    TRY(memory_new(&pen, 1, sizeof *pen));
    pen->fonts = fonts;
    enum status code = memory_new(&pen->face, fonts->count, sizeof *pen->face);
    if (code == STATUS_OK && FT_Init_FreeType(&pen->library) != 0)
        code = status_set(STATUS_MEMORY, "FreeType cannot be started");
    if (code != STATUS_OK) {
        free(pen->face);
        free(pen);
        return code;
    }
    *out = pen;
    return STATUS_OK;
}

void render_pen_free(struct render_pen *pen) {
    FT_Done_FreeType(pen->library); /* with all its faces */
    free(pen->face);
    free(pen);
}

/* The characters of a text and how they stand. */
struct line {
    FT_UInt glyph[RENDER_CHARACTERS_MAX];
    size_t count;
    FT_Face face;
    FT_Matrix slant;
    FT_Pos spacing; /* 1/64 pixel between glyphs */
};

/* The place of every glyph is worked out twice, for the size of the ink and for drawing. */
struct place {
    FT_Vector pen;
    FT_UInt before;
};

static FT_Face open_font(struct render_pen *pen, size_t font) {
    FT_Face *const face = &pen->face[font];
    if (*face == NULL && FT_New_Face(pen->library, pen->fonts->path[font], 0, face) != 0)
        *face = NULL;
    return *face;
}

/* Looks up the glyphs of a text; false when the font lacks one. A space may be an empty glyph. */
static bool find_glyphs(struct line *line, const char *text) {
    const char *const end = text + strlen(text);
    uint32_t code_point;
    line->count = 0;
    while (line->count < RENDER_CHARACTERS_MAX && data_utf8_next(&text, end, &code_point)) {
        line->glyph[line->count] = FT_Get_Char_Index(line->face, code_point);
        if (line->glyph[line->count++] == 0)
            return false;
    }
    return text == end && line->count > 0;
}

/* Chooses the first font from a random one on that has the text. */
static enum status choose_font(struct render_pen *pen, struct line *line, const char *text,
                               struct philox *random) {
    const size_t count = pen->fonts->count, first = philox_next_below(random, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        line->face = open_font(pen, (first + i) % count);
        if (line->face != NULL && find_glyphs(line, text))
            return STATUS_OK;
    }
    return status_set(STATUS_INVALID,
                      "none of the %zu fonts has all characters of '%s'; install one that has", count, text);
}

/* Loads one glyph's outline at its place and moves the place on. False when the font is broken. */
static bool load_glyph(struct line *line, struct place *place, size_t index) {
    const FT_UInt glyph = line->glyph[index];
    FT_Vector kerning = {0, 0};
    if (place->before != 0)
        FT_Get_Kerning(line->face, place->before, glyph, FT_KERNING_UNFITTED, &kerning);
    place->pen.x += kerning.x;
    FT_Set_Transform(line->face, &line->slant, NULL);
    if (FT_Load_Glyph(line->face, glyph, FT_LOAD_NO_HINTING | FT_LOAD_NO_BITMAP) != 0 ||
        line->face->glyph->format != FT_GLYPH_FORMAT_OUTLINE)
        return false;
    FT_Outline_Translate(&line->face->glyph->outline, place->pen.x, place->pen.y);
    place->pen.x += line->face->glyph->linearHoriAdvance / 1024 + line->spacing; /* 16.16 to 26.6 */
    place->before = glyph;
    return true;
}

/* The box of all the ink in whole pixels. */
static bool measure(struct line *line, FT_BBox *box) {
    struct place place = {0};
    *box = (FT_BBox){.xMin = 1 << 24, .yMin = 1 << 24, .xMax = -(1 << 24), .yMax = -(1 << 24)};
    for (size_t i = 0; i < line->count; i++) {
        FT_BBox glyph;
        if (!load_glyph(line, &place, i))
            return false;
        if (line->face->glyph->outline.n_points == 0)
            continue;
        FT_Outline_Get_CBox(&line->face->glyph->outline, &glyph);
        box->xMin = glyph.xMin < box->xMin ? glyph.xMin : box->xMin;
        box->yMin = glyph.yMin < box->yMin ? glyph.yMin : box->yMin;
        box->xMax = glyph.xMax > box->xMax ? glyph.xMax : box->xMax;
        box->yMax = glyph.yMax > box->yMax ? glyph.yMax : box->yMax;
    }
    box->xMin >>= 6;
    box->yMin >>= 6;
    box->xMax = (box->xMax + 63) >> 6;
    box->yMax = (box->yMax + 63) >> 6;
    const FT_Pos width = box->xMax - box->xMin, height = box->yMax - box->yMin;
    return width > 0 && height > 0 && width <= 1 << 13 && height <= 1 << 10;
}

/* Lays a drawn glyph over the ink; where glyphs overlap the darker one counts. */
static void lay_glyph(struct render_ink *ink, const FT_GlyphSlot slot, const FT_BBox *box) {
    const FT_Bitmap *const bitmap = &slot->bitmap;
    for (int64_t y = 0; y < (int64_t)bitmap->rows; y++)
        for (int64_t x = 0; x < (int64_t)bitmap->width; x++) {
            const int64_t column = slot->bitmap_left - box->xMin + x, row = box->yMax - slot->bitmap_top + y;
            if (column < 0 || row < 0 || column >= ink->width || row >= ink->height)
                continue;
            uint8_t *const coverage = &ink->coverage[(size_t)row * ink->width + (size_t)column];
            const uint8_t added = bitmap->buffer[y * bitmap->pitch + x];
            *coverage = added > *coverage ? added : *coverage;
        }
}

static bool lay_line(struct render_ink *ink, struct line *line, const FT_BBox *box) {
    struct place place = {0};
    for (size_t i = 0; i < line->count; i++) {
        if (!load_glyph(line, &place, i) || FT_Render_Glyph(line->face->glyph, FT_RENDER_MODE_NORMAL) != 0)
            return false;
        lay_glyph(ink, line->face->glyph, box);
    }
    return true;
}

enum status render_write(struct render_pen *pen, const char *text, struct philox *random,
                         struct render_ink *ink) {
    struct line line = {.slant = {.xx = 0x10000, .yy = 0x10000}};
    FT_BBox box;
    *ink = (struct render_ink){0};
    TRY(choose_font(pen, &line, text, random));
    const FT_UInt size = 20 + philox_next_below(random, 29);
    line.spacing = (FT_Pos)(64.0f * (float)size * philox_next_between(random, -0.02f, 0.12f));
    if (philox_next_uniform(random) < 0.25f)
        line.slant.xy = (FT_Fixed)(65536.0f * philox_next_between(random, -0.2f, 0.3f));
    if (FT_Set_Pixel_Sizes(line.face, 0, size) != 0 || !measure(&line, &box))
        return status_set(STATUS_INVALID, "'%s' cannot be drawn with the font %s", text,
                          line.face->family_name ? line.face->family_name : "without a name");
    ink->width = (uint32_t)(box.xMax - box.xMin);
    ink->height = (uint32_t)(box.yMax - box.yMin);
    TRY(memory_new(&ink->coverage, (size_t)ink->width * ink->height, 1));
    if (lay_line(ink, &line, &box))
        return STATUS_OK;
    free(ink->coverage);
    *ink = (struct render_ink){0};
    return status_set(STATUS_INVALID, "'%s' cannot be drawn", text);
}
