/* tiny_recogniser.h: a recogniser small enough to be trained inside a test, on words that it learns by heart.
 *
 *     make_test_folder(state); train_tiny_recogniser();
 *     ... in_folder("words"), a set of TINY_WORDS images; in_folder("run/last.safetensors") ...
 */
#ifndef MNSP_TESTS_TINY_RECOGNISER_H
#define MNSP_TESTS_TINY_RECOGNISER_H

#include "data_files.h"
#include "small_settings.h"

#include "data/image.h"
#include "train/recognise.h"
#include "train/trainer.h"

enum { TINY_WORDS = 4, TINY_PLACES = 6, TINY_STEPS = 250 };

static const char *const tiny_words[TINY_WORDS] = {"ab", "Ab!", "xyz", "0"};

/* A picture of one colour per word, with a stripe so that there is something to see. */
static inline void write_word_image(const char *path, int word) {
    enum { WIDTH = 24, HEIGHT = 10 };
    uint8_t pixels[HEIGHT][WIDTH][3];
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            for (int c = 0; c < 3; c++)
                pixels[y][x][c] = (uint8_t)(x / 6 == word ? 250 : 40 + 50 * ((word >> (c % 2)) & 1));
    assert_int_equal(stbi_write_png(path, WIDTH, HEIGHT, 3, pixels, WIDTH * 3), 1);
}

static inline void write_words(const char *folder) {
    char path[600], text[256] = "";
    assert_int_equal(mkdir(folder, 0777), 0);
    for (int i = 0; i < TINY_WORDS; i++) {
        snprintf(path, sizeof path, "%s/%d.png", folder, i);
        write_word_image(path, i);
        sprintf(text + strlen(text), "%d.png\t%s\n", i, tiny_words[i]);
    }
    snprintf(path, sizeof path, "%s/labels.tsv", folder);
    write_text(path, text);
}

static inline struct settings tiny_settings(void) {
    struct settings s = small_settings(SETTINGS_OBJECTIVE_RECOGNITION, 1);
    s.max_length = TINY_PLACES, s.dropout = false, s.augment = false;
    s.batch = TINY_WORDS, s.steps = TINY_STEPS, s.rate = 1e-2, s.warmup_steps = 10;
    s.threads = 1, s.log_every = 50;
    return s;
}

static inline void train_tiny_recogniser(void) {
    const struct settings settings = tiny_settings();
    write_words(in_folder("words"));
    const char *const data = in_folder("words");
    const struct train_options options = {.data = &data, .data_count = 1, .out = in_folder("run")};
    assert_ok(train_run(&settings, &options));
}

/* The network's view of word `word`, (3, 8, 32); the caller frees it. */
static inline float *tiny_planes(int word) {
    struct data_image image;
    char name[64];
    snprintf(name, sizeof name, "words/%d.png", word);
    float *const planes = malloc(3 * 8 * 32 * sizeof(float));
    assert_non_null(planes);
    assert_ok(data_image_read(&image, in_folder(name)));
    assert_ok(data_image_resize(&image, 8, 32));
    data_image_normalise(planes, &image);
    data_image_free(&image);
    return planes;
}

static inline struct recogniser *open_tiny(size_t batch) {
    struct recogniser *recogniser;
    assert_ok(recogniser_open(&recogniser, &(struct recogniser_options){
                                               .path = in_folder("run/last.safetensors"), .batch = batch}));
    return recogniser;
}

#endif
