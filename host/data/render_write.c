/* render_write.c: a line of text in a font, as coverage. */
#include "base/memory.h"
#include "data/render.h"
#include "data/text.h"

#include <ft2build.h>
#include FT_FREETYPE_H
#include FT_OUTLINE_H

#include <math.h>
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

/* How a text is written. */
struct style {
    FT_UInt size;       /* pixels to the em */
    FT_Matrix shape;    /* of every glyph: narrow or wide, slanted */
    FT_Pos weight;      /* 1/64 pixel that strokes gain */
    FT_Pos spacing;     /* 1/64 pixel between glyphs */
    double bend;        /* radians from the first to the last glyph; 0: a straight line */
    float unsteadiness; /* of glyphs, as a share of the size */
};

/* The characters of a text, and where each stands. */
struct line {
    FT_Face face;
    struct style style;
    size_t count;
    struct {
        FT_UInt glyph;
        FT_Vector pen;  /* 1/64 pixel */
        FT_Matrix turn; /* of the glyph in its place */
    } place[RENDER_CHARACTERS_MAX];
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
        line->place[line->count].glyph = FT_Get_Char_Index(line->face, code_point);
        if (line->place[line->count++].glyph == 0)
            return false;
    }
    return text == end && line->count > 0;
}

/* Chooses the first font from a random one on that has the text. */
static enum status choose_font(struct render_pen *pen, struct line *line, const char *text,
                               struct render_chance *chance) {
    const size_t count = pen->fonts->count, first = philox_next_below(&chance->random, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        line->face = open_font(pen, (first + i) % count);
        if (line->face != NULL && find_glyphs(line, text))
            return STATUS_OK;
    }
    return status_set(STATUS_INVALID,
                      "none of the %zu fonts has all characters of '%s'; install one that has", count, text);
}

/* ---- layout ---- */

static struct style draw_style(struct render_chance *chance) {
    struct style style = {.shape = {.xx = 0x10000, .yy = 0x10000}};
    const float size = 16.0f * powf(3.0f, philox_next_uniform(&chance->random));
    style.size = (FT_UInt)size;
    if (render_happens(chance, 0.4f))
        style.shape.xx = (FT_Fixed)(65536.0f * philox_next_between(&chance->random, 0.6f, 1.3f));
    if (render_happens(chance, 0.25f))
        style.shape.xy = (FT_Fixed)(65536.0f * philox_next_between(&chance->random, -0.2f, 0.3f));
    if (render_happens(chance, 0.3f))
        style.weight = (FT_Pos)(64.0f * size * philox_next_between(&chance->random, -0.012f, 0.06f));
    style.spacing =
        (FT_Pos)(64.0f * size *
                 (render_happens(chance, 0.1f) ? philox_next_between(&chance->random, 0.15f, 0.5f)
                                               : philox_next_between(&chance->random, -0.04f, 0.1f)));
    if (render_happens(chance, 0.2f))
        style.bend = philox_next_between(&chance->random, -1.6f, 1.6f);
    if (render_happens(chance, 0.1f))
        style.unsteadiness = philox_next_between(&chance->random, 0.01f, 0.05f);
    return style;
}

static bool load_outline(const struct line *line, size_t index) {
    return FT_Load_Glyph(line->face, line->place[index].glyph, FT_LOAD_NO_HINTING | FT_LOAD_NO_BITMAP) == 0 &&
           line->face->glyph->format == FT_GLYPH_FORMAT_OUTLINE;
}

static FT_Matrix rotation(double angle) {
    const FT_Fixed cosine = (FT_Fixed)(65536.0 * cos(angle)), sine = (FT_Fixed)(65536.0 * sin(angle));
    return (FT_Matrix){.xx = cosine, .xy = -sine, .yx = sine, .yy = cosine};
}

/* Moves the glyphs, which stand on a straight line of a width, to an arc: the middle stays. */
static void bend_line(struct line *line, const FT_Pos *middle, FT_Pos width) {
    const double radius = (double)width / line->style.bend; /* below 0: it sags */
    for (size_t i = 0; i < line->count; i++) {
        const double angle = ((double)middle[i] - 0.5 * (double)width) / radius;
        const double half = (double)(middle[i] - line->place[i].pen.x); /* of the glyph, along the arc */
        line->place[i].turn = rotation(-angle);
        line->place[i].pen.x = (FT_Pos)(radius * sin(angle) - half * cos(angle));
        line->place[i].pen.y = (FT_Pos)(radius * (cos(angle) - 1.0) + half * sin(angle));
    }
}

/* Finds every glyph's place. False when the font is broken. */
static bool lay_out(struct line *line, struct render_chance *chance) {
    const struct style *const style = &line->style;
    const float shaky = 64.0f * style->unsteadiness * (float)style->size;
    FT_Pos middle[RENDER_CHARACTERS_MAX], x = 0;
    for (size_t i = 0; i < line->count; i++) {
        FT_Vector kerning = {0, 0};
        if (i > 0)
            FT_Get_Kerning(line->face, line->place[i - 1].glyph, line->place[i].glyph, FT_KERNING_UNFITTED,
                           &kerning);
        if (!load_outline(line, i))
            return false;
        const FT_Pos plain = line->face->glyph->linearHoriAdvance / 1024; /* 16.16 to 26.6 */
        const FT_Pos advance = FT_MulFix(plain, style->shape.xx) + style->weight;
        x += FT_MulFix(kerning.x, style->shape.xx);
        line->place[i].pen = (FT_Vector){.x = x, .y = (FT_Pos)(shaky * philox_next_normal(&chance->random))};
        line->place[i].turn =
            rotation(1.5 * (double)(style->unsteadiness * philox_next_normal(&chance->random)));
        middle[i] = x + advance / 2;
        x += advance + style->spacing;
    }
    if (style->bend != 0 && line->count > 2)
        bend_line(line, middle, x);
    return true;
}

/* ---- drawing ---- */

/* Loads one glyph's outline, shaped, at its place. */
static bool load_glyph(const struct line *line, size_t index) {
    if (!load_outline(line, index))
        return false;
    FT_Outline *const outline = &line->face->glyph->outline;
    FT_Outline_Transform(outline, &line->style.shape);
    if (line->style.weight != 0)
        FT_Outline_Embolden(outline, line->style.weight);
    FT_Outline_Transform(outline, &line->place[index].turn);
    FT_Outline_Translate(outline, line->place[index].pen.x, line->place[index].pen.y);
    return true;
}

/* The box of all the ink in whole pixels. */
static bool measure(const struct line *line, FT_BBox *box) {
    *box = (FT_BBox){.xMin = 1 << 24, .yMin = 1 << 24, .xMax = -(1 << 24), .yMax = -(1 << 24)};
    for (size_t i = 0; i < line->count; i++) {
        FT_BBox glyph;
        if (!load_glyph(line, i))
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
    return box->xMax > box->xMin && box->yMax > box->yMin;
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

static bool lay_line(struct render_ink *ink, const struct line *line, const FT_BBox *box) {
    for (size_t i = 0; i < line->count; i++) {
        if (!load_glyph(line, i) || FT_Render_Glyph(line->face->glyph, FT_RENDER_MODE_NORMAL) != 0)
            return false;
        lay_glyph(ink, line->face->glyph, box);
    }
    return true;
}

enum status render_write(struct render_pen *pen, const char *text, struct render_chance *chance,
                         struct render_ink *ink) {
    struct line line = {0};
    FT_BBox box;
    *ink = (struct render_ink){0};
    TRY(choose_font(pen, &line, text, chance));
    line.style = draw_style(chance);
    if (FT_Set_Pixel_Sizes(line.face, 0, line.style.size) != 0 || !lay_out(&line, chance) ||
        !measure(&line, &box))
        return status_set(STATUS_INVALID, "'%s' cannot be drawn with the font %s", text,
                          line.face->family_name ? line.face->family_name : "without a name");
    TRY(render_ink_new(ink, box.xMax - box.xMin, box.yMax - box.yMin));
    if (lay_line(ink, &line, &box))
        return STATUS_OK;
    render_ink_free(ink);
    return status_set(STATUS_INVALID, "'%s' cannot be drawn", text);
}
