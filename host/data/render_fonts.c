/* render_fonts.c: finding fonts that can write any label. */
#include "base/memory.h"
#include "data/render.h"

#include <ft2build.h>
#include FT_FREETYPE_H

#include <ftw.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { FONTS_MAX = 512 };

void render_fonts_free(struct render_fonts *fonts) {
    for (size_t i = 0; i < fonts->count; i++)
        free(fonts->path[i]);
    free(fonts->path);
    *fonts = (struct render_fonts){0};
}

static bool is_font_name(const char *path) {
    static const char *const endings[] = {".ttf", ".otf", ".ttc"};
    const char *const dot = strrchr(path, '.');
    for (size_t i = 0; dot != NULL && i < sizeof endings / sizeof endings[0]; i++)
        if (strcasecmp(dot, endings[i]) == 0)
            return true;
    return false;
}

/* nftw() passes nothing through; each thread collects for itself. */
static _Thread_local struct render_fonts *collected;

static int collect(const char *path, const struct stat *about, int kind, struct FTW *walk) {
    (void)about, (void)walk;
    if (kind != FTW_F || !is_font_name(path))
        return 0;
    enum status code =
        memory_reserve(&collected->path, &collected->capacity, collected->count + 1, sizeof *collected->path);
    if (code == STATUS_OK)
        code = memory_copy_text(&collected->path[collected->count], path);
    collected->count += code == STATUS_OK;
    return (int)code;
}

static int compare_paths(const void *left, const void *right) {
    return strcmp(*(char *const *)left, *(char *const *)right);
}

/* Some fonts of symbols pretend to have letters: what they draw for "a" is called alpha, or a60. */
static bool is_of_symbols(FT_Face face) {
    char name[32] = "";
    if (FT_HAS_GLYPH_NAMES(face))
        (void)FT_Get_Glyph_Name(face, FT_Get_Char_Index(face, 'a'), name, sizeof name);
    return name[0] == 'a' && name[1] != '\0';
}

/* Whether a font has outlines and the printable ASCII characters. */
static bool usable(FT_Library library, const char *path) {
    FT_Face face;
    if (FT_New_Face(library, path, 0, &face) != 0)
        return false;
    bool good = FT_IS_SCALABLE(face) && FT_Select_Charmap(face, FT_ENCODING_UNICODE) == 0;
    for (FT_ULong c = '!'; good && c <= '~'; c++)
        good = FT_Get_Char_Index(face, c) != 0;
    good = good && !is_of_symbols(face);
    FT_Done_Face(face);
    return good;
}

/* Drops what cannot be used, and what is more than FONTS_MAX. */
static enum status keep_usable(struct render_fonts *fonts) {
    FT_Library library;
    if (FT_Init_FreeType(&library) != 0)
        return status_set(STATUS_MEMORY, "FreeType cannot be started");
    size_t kept = 0;
    for (size_t i = 0; i < fonts->count; i++) {
        if (kept < FONTS_MAX && usable(library, fonts->path[i]))
            fonts->path[kept++] = fonts->path[i];
        else
            free(fonts->path[i]);
    }
    fonts->count = kept;
    FT_Done_FreeType(library);
    return STATUS_OK;
}

enum status render_fonts_find(struct render_fonts *out, const char *folder) {
    const char *const folders[] = {folder ? folder : "/usr/share/fonts",
                                   folder ? NULL : "/usr/local/share/fonts"};
    enum status code = STATUS_OK;
    *out = (struct render_fonts){0};
    collected = out;
    for (int i = 0; i < 2 && folders[i] != NULL && code == STATUS_OK; i++) {
        const int walked = nftw(folders[i], collect, 16, 0);
        code = walked > 0 ? (enum status)walked : STATUS_OK; /* a folder that is not there holds no fonts */
    }
    if (code == STATUS_OK && out->count > 0) {
        qsort(out->path, out->count, sizeof *out->path, compare_paths);
        code = keep_usable(out);
    }
    if (code == STATUS_OK && out->count == 0)
        code = status_set(
            STATUS_INVALID,
            "%s: no font with the printable ASCII characters; install one, such as DejaVu, or name a "
            "folder with fonts=DIR",
            folders[0]);
    if (code != STATUS_OK)
        render_fonts_free(out);
    return code;
}
