/* source_render.c: rendered words as a source. */
#include "base/memory.h"
#include "data/render.h"
#include "data/source_kind.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
    PENS_MAX = 64,
    VARY_DEFAULT = 2,
    OTHER_TEXT =
        1 << 11,      /* the first random number that chooses a second text; those before choose the first */
    DRAWING = 1 << 12 /* the first one for drawing */
};

struct rendering {
    size_t count;
    uint64_t seed, vary; /* VARY_DEFAULT: as the words have it */
    float wear;
    char *words_path, *fonts_path, *photos_path;
    struct render_words words;
    struct render_fonts fonts;
    struct render_photos photos;
    pthread_mutex_t mutex; /* guards the idle pens */
    struct render_pen *idle[PENS_MAX];
    size_t idle_count;
};

static void rendering_close(void *state) {
    struct rendering *const rendering = state;
    for (size_t i = 0; i < rendering->idle_count; i++)
        render_pen_free(rendering->idle[i]);
    pthread_mutex_destroy(&rendering->mutex);
    render_words_close(&rendering->words);
    render_fonts_free(&rendering->fonts);
    free(rendering->words_path);
    render_photos_close(&rendering->photos);
    free(rendering->fonts_path);
    free(rendering->photos_path);
    free(rendering);
}

/* ---- pens: as many as there are threads reading at once ---- */

static enum status take_pen(struct rendering *rendering, struct render_pen **pen) {
    pthread_mutex_lock(&rendering->mutex);
    *pen = rendering->idle_count > 0 ? rendering->idle[--rendering->idle_count] : NULL;
    pthread_mutex_unlock(&rendering->mutex);
    return *pen != NULL ? STATUS_OK : render_pen_new(pen, &rendering->fonts);
}

static void put_pen_back(struct rendering *rendering, struct render_pen *pen) {
    pthread_mutex_lock(&rendering->mutex);
    if (rendering->idle_count < PENS_MAX) {
        rendering->idle[rendering->idle_count++] = pen;
        pen = NULL;
    }
    pthread_mutex_unlock(&rendering->mutex);
    if (pen != NULL)
        render_pen_free(pen);
}

/* ---- the kind ---- */

static enum status choose_text(const struct rendering *rendering, size_t index, char **text) {
    struct philox random = philox_start(rendering->seed, PHILOX_STREAM_RENDER, (uint32_t)index, 0);
    return render_words_choose(&rendering->words, &random, text);
}

static enum status rendering_label(void *state, size_t index, char **label, size_t *size) {
    TRY(choose_text(state, index, label));
    *size = strlen(*label);
    return STATUS_OK;
}

static enum status rendering_item_name(void *state, size_t index, char **name) {
    (void)state;
    return memory_format(name, "rendered word %zu", index);
}

/* Writes the text of the item and, now and then, another one that its picture shows a piece of. */
static enum status write_texts(struct rendering *rendering, struct render_pen *pen, size_t index,
                               struct render_chance *chance, struct render_ink *ink,
                               struct render_ink *other) {
    char *text;
    const bool alone = !render_happens(chance, 0.18f);
    TRY(choose_text(rendering, index, &text));
    enum status code = render_write(pen, text, chance, ink);
    free(text);
    if (alone || code != STATUS_OK)
        return code;
    struct philox words = philox_start(rendering->seed, PHILOX_STREAM_RENDER, (uint32_t)index, OTHER_TEXT);
    TRY(render_words_choose(&rendering->words, &words, &text));
    /* It does not matter if no font has it. */
    if (render_write(pen, text, chance, other) == STATUS_MEMORY)
        code = STATUS_MEMORY;
    free(text);
    return code;
}

/* The picture of an item, before it is stored with *quality; and where its ink is, unless that is NULL. */
static enum status draw_item(struct rendering *rendering, size_t index, struct data_image *image,
                             int *quality, struct data_image *where) {
    struct render_chance chance = {
        .random = philox_start(rendering->seed, PHILOX_STREAM_RENDER, (uint32_t)index, DRAWING),
        .wear = rendering->wear};
    struct render_pen *pen;
    struct render_ink ink = {0}, other = {0};
    *image = (struct data_image){0};
    TRY(take_pen(rendering, &pen));
    enum status code = write_texts(rendering, pen, index, &chance, &ink, &other);
    put_pen_back(rendering, pen);
    if (code == STATUS_OK)
        code = render_pose(&ink, &chance);
    if (code == STATUS_OK)
        code =
            render_picture(&ink, other.coverage ? &other : NULL, &rendering->photos, &chance, image, where);
    if (code == STATUS_OK)
        code = render_camera(image, &chance, quality);
    if (code != STATUS_OK)
        data_image_free(image);
    render_ink_free(&ink);
    render_ink_free(&other);
    return code;
}

static enum status rendering_bytes(void *state, size_t index, char **bytes, size_t *size) {
    struct data_image image;
    int quality;
    TRY(draw_item(state, index, &image, &quality, NULL));
    const enum status code = data_image_encode(&image, quality, bytes, size);
    data_image_free(&image);
    return code;
}

/* A picture that would be a JPEG goes through one, so that it looks the same; PNG changes nothing. */
static enum status rendering_read(void *state, size_t index, struct data_image *image) {
    char *bytes;
    size_t size;
    int quality;
    TRY(draw_item(state, index, image, &quality, NULL));
    if (quality == 0)
        return STATUS_OK;
    enum status code = data_image_encode(image, quality, &bytes, &size);
    data_image_free(image);
    TRY(code);
    code = data_image_decode(image, bytes, size);
    free(bytes);
    return code;
}

/* The camera shades, blurs and shrinks, but moves nothing. */
static enum status rendering_ink(void *state, size_t index, struct data_image *ink) {
    struct data_image image;
    int quality;
    *ink = (struct data_image){0};
    const enum status code = draw_item(state, index, &image, &quality, ink);
    data_image_free(&image);
    if (code != STATUS_OK)
        data_image_free(ink);
    return code;
}

static const struct source_kind render_kind = {.close = rendering_close,
                                               .bytes = rendering_bytes,
                                               .read = rendering_read,
                                               .ink = rendering_ink,
                                               .label = rendering_label,
                                               .item_name = rendering_item_name};

/* ---- options ---- */

static enum status parse_number(const char *key, const char *value, uint64_t limit, uint64_t *number) {
    char *end;
    errno = 0;
    *number = strtoull(value, &end, 10);
    if (value[0] < '0' || value[0] > '9' || *end != '\0' || errno != 0 || *number > limit)
        return status_set(STATUS_USAGE, "render: %s=%s is no number up to %llu", key, value,
                          (unsigned long long)limit);
    return STATUS_OK;
}

static enum status parse_share(const char *key, const char *value, float *share) {
    char *end;
    *share = strtof(value, &end);
    if (end == value || *end != '\0' || !(*share >= 0.0f && *share <= 1.0f))
        return status_set(STATUS_USAGE, "render: %s=%s is no number from 0 to 1", key, value);
    return STATUS_OK;
}

static enum status set_option(struct rendering *rendering, const char *key, const char *value) {
    uint64_t count;
    if (strcmp(key, "count") == 0) {
        TRY(parse_number(key, value, UINT32_MAX, &count));
        rendering->count = (size_t)count;
        return STATUS_OK;
    }
    if (strcmp(key, "seed") == 0)
        return parse_number(key, value, UINT64_MAX, &rendering->seed);
    if (strcmp(key, "wear") == 0)
        return parse_share(key, value, &rendering->wear);
    if (strcmp(key, "vary") == 0)
        return parse_number(key, value, 1, &rendering->vary);
    char **const path = strcmp(key, "words") == 0    ? &rendering->words_path
                        : strcmp(key, "fonts") == 0  ? &rendering->fonts_path
                        : strcmp(key, "photos") == 0 ? &rendering->photos_path
                                                     : NULL;
    if (path == NULL)
        return status_set(STATUS_USAGE,
                          "render: no option '%s'; use count=N, seed=S, words=FILE, vary=0|1, wear=W, "
                          "fonts=DIR, photos=DIR",
                          key);
    free(*path);
    return memory_copy_text(path, value);
}

static enum status parse_options(struct rendering *rendering, char *options) {
    char *rest = options, *option;
    while ((option = strsep(&rest, ",")) != NULL) {
        char *const equals = strchr(option, '=');
        if (equals != NULL)
            *equals = '\0';
        TRY(set_option(rendering, option, equals ? equals + 1 : ""));
    }
    if (rendering->count == 0)
        return status_set(STATUS_USAGE, "render: say how many words, as in render:count=1000,seed=1");
    return STATUS_OK;
}

enum status source_open_render(struct source *out, const char *options) {
    struct rendering *rendering;
    char *copy = NULL;
    TRY(memory_new(&rendering, 1, sizeof *rendering));
    pthread_mutex_init(&rendering->mutex, NULL);
    rendering->vary = VARY_DEFAULT;
    rendering->wear = 1.0f;
    enum status code;
    TRY_GOTO(code, memory_copy_text(&copy, options), failed);
    TRY_GOTO(code, parse_options(rendering, copy), failed);
    TRY_GOTO(code, render_words_open(&rendering->words, rendering->words_path), failed);
    if (rendering->vary != VARY_DEFAULT)
        rendering->words.vary = rendering->vary != 0;
    TRY_GOTO(code, render_fonts_find(&rendering->fonts, rendering->fonts_path), failed);
    if (rendering->photos_path != NULL)
        TRY_GOTO(code, render_photos_open(&rendering->photos, rendering->photos_path), failed);
    *out = (struct source){.kind = &render_kind,
                           .format = "rendered words",
                           .state = rendering,
                           .count = rendering->count,
                           .labelled = true};
    free(copy);
    return STATUS_OK;
failed:
    free(copy);
    rendering_close(rendering);
    return code;
}
