/* Rendered words: the same by seed and index on any thread, in fonts that have the characters. */
#include "data_files.h"

#include "base/file.h"
#include "data/loader.h"
#include "data/source.h"

#include <pthread.h>
#include <stdbool.h>
#include <unistd.h>

static struct data_set *open_one(const char *options) {
    struct data_set *set;
    assert_ok(data_set_open(&set, &options, 1));
    return set;
}

static uint64_t image_hash(struct data_set *set, size_t index) {
    struct data_image image;
    assert_ok(data_set_read(set, index, &image));
    uint64_t value = ((uint64_t)image.width << 32 | image.height) ^ 0xCBF29CE484222325u;
    for (size_t i = 0; i < (size_t)image.width * image.height * 3; i++)
        value = (value ^ image.pixels[i]) * 0x100000001B3u;
    data_image_free(&image);
    return value;
}

static void words_and_pictures_repeat(void **state) {
    (void)state;
    struct data_set *const first = open_one("render:count=60,seed=5"), *const again =
                                                                           open_one("render:seed=5,count=60");
    struct data_set *const other = open_one("render:count=60,seed=6");
    assert_int_equal(data_set_count(first), 60);
    assert_true(data_set_source(first, 0).labelled);
    int equal_pictures = 0, equal_labels = 0;
    for (size_t i = 0; i < 60; i++) {
        char *a, *b, *c;
        assert_ok(data_set_label(first, i, &a));
        assert_ok(data_set_label(again, i, &b));
        assert_ok(data_set_label(other, i, &c));
        assert_string_equal(a, b);
        equal_labels += strcmp(a, c) == 0;
        free(a), free(b), free(c);
        const uint64_t hash = image_hash(first, i);
        assert_true(hash == image_hash(again, i));
        equal_pictures += hash == image_hash(other, i);
    }
    assert_in_range(equal_labels, 0, 5);
    assert_int_equal(equal_pictures, 0);
    data_set_close(first);
    data_set_close(again);
    data_set_close(other);
}

struct job {
    struct data_set *set;
    uint64_t hash[40];
};

static void *read_backwards(void *argument) {
    struct job *const job = argument;
    for (size_t i = 40; i-- > 0;)
        job->hash[i] = image_hash(job->set, i);
    return NULL;
}

static void threads_do_not_matter(void **state) {
    (void)state;
    struct data_set *const set = open_one("render:count=40,seed=9");
    struct job jobs[3];
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) {
        jobs[i].set = set;
        assert_int_equal(pthread_create(&threads[i], NULL, read_backwards, &jobs[i]), 0);
    }
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    for (size_t k = 0; k < 40; k++) {
        const uint64_t hash = image_hash(set, k);
        for (int i = 0; i < 3; i++)
            assert_true(jobs[i].hash[k] == hash);
    }
    data_set_close(set);
}

static void built_in_words_fit_the_recogniser(void **state) {
    (void)state;
    struct data_set *const set = open_one("render:count=3000,seed=2");
    struct data_charset charset;
    assert_ok(data_charset_open(&charset, "ascii94"));
    int seen[94] = {0};
    for (size_t i = 0; i < 3000; i++) {
        char *label;
        int32_t target[25], length;
        assert_ok(data_set_label(set, i, &label));
        assert_true(label[0] != '\0');
        assert_true(data_charset_fits(label, 25));
        assert_ok(data_charset_encode(&charset, label, 25, target, &length));
        for (int k = 0; k < length - 1; k++) {
            assert_in_range(target[k], 0, 93);
            seen[target[k]]++;
        }
        free(label);
    }
    for (int i = 0; i < 94; i++)
        assert_true(seen[i] > 0);
    data_charset_free(&charset);
    data_set_close(set);
}

/* The text can be told from its ground: not all pixels are alike. */
static void pictures_show_something(void **state) {
    (void)state;
    struct data_set *const set = open_one("render:count=50,seed=3");
    for (size_t i = 0; i < 50; i++) {
        struct data_image image;
        assert_ok(data_set_read(set, i, &image));
        assert_in_range(image.width, 4, 2048);
        assert_in_range(image.height, 4, 400);
        int low = 255, high = 0;
        for (size_t p = 0; p < (size_t)image.width * image.height * 3; p++) {
            low = image.pixels[p] < low ? image.pixels[p] : low;
            high = image.pixels[p] > high ? image.pixels[p] : high;
        }
        assert_true(high - low > 25);
        data_image_free(&image);
    }
    data_set_close(set);
}

static void words_come_from_a_file(void **state) {
    (void)state;
    char options[600];
    write_text(in_folder("words.txt"), "two words\r\nGr\xC3\xBC\xC3\x9F"
                                       "e\n\nend");
    snprintf(options, sizeof options, "render:count=200,words=%s", in_folder("words.txt"));
    struct data_set *set = open_one(options);
    int seen[3] = {0};
    for (size_t i = 0; i < 200; i++) {
        char *label;
        assert_ok(data_set_label(set, i, &label));
        const int which = strcmp(label, "two words") == 0 ? 0
                          : strcmp(label, "Gr\xC3\xBC\xC3\x9F"
                                          "e") == 0
                              ? 1
                          : strcmp(label, "end") == 0 ? 2
                                                      : -1;
        assert_in_range(which, 0, 2);
        seen[which]++;
        free(label);
        (void)image_hash(set, i);
    }
    assert_true(seen[0] > 30 && seen[1] > 30 && seen[2] > 30);
    data_set_close(set);

    /* U+10FFFF, which is no character in any font. */
    write_text(in_folder("odd.txt"), "\xF4\x8F\xBF\xBF\n");
    snprintf(options, sizeof options, "render:count=1,words=%s", in_folder("odd.txt"));
    set = open_one(options);
    struct data_image image;
    assert_refused(data_set_read(set, 0, &image), STATUS_INVALID, "has all characters");
    data_set_close(set);
}

static size_t count_labels(const char *options, bool (*counts)(const char *)) {
    struct data_set *const set = open_one(options);
    size_t count = 0;
    for (size_t i = 0; i < data_set_count(set); i++) {
        char *label;
        assert_ok(data_set_label(set, i, &label));
        count += counts(label);
        free(label);
    }
    data_set_close(set);
    return count;
}

static bool is_plain(const char *label) {
    return strcmp(label, "McDonald") == 0;
}

static bool is_upper(const char *label) {
    return strcmp(label, "MCDONALD") == 0;
}

static bool is_punctuated(const char *label) {
    return strlen(label) > 8 && strcasestr(label, "mcdonald") != NULL;
}

static bool is_another(const char *label) {
    return strcasestr(label, "mcdonald") == NULL;
}

/* A file's words are taken as they are, unless they shall vary; the list's vary, unless they shall not. */
static void words_vary_as_asked(void **state) {
    (void)state;
    char plain[600], varied[640];
    write_text(in_folder("name.txt"), "McDonald\n");
    snprintf(plain, sizeof plain, "render:count=2000,words=%s", in_folder("name.txt"));
    snprintf(varied, sizeof varied, "%s,vary=1", plain);
    assert_int_equal(count_labels(plain, is_plain), 2000);
    assert_in_range(count_labels(varied, is_plain), 50, 250);
    assert_in_range(count_labels(varied, is_upper), 200, 500);
    assert_in_range(count_labels(varied, is_punctuated), 60, 250);
    assert_in_range(count_labels(varied, is_another), 600, 900);
    struct data_set *const set = open_one("render:count=300,seed=1,vary=0");
    for (size_t i = 0; i < 300; i++) {
        char *label;
        assert_ok(data_set_label(set, i, &label));
        assert_int_equal(strspn(label, "abcdefghijklmnopqrstuvwxyz"), strlen(label));
        free(label);
    }
    data_set_close(set);
}

/* The shortest and the longest texts, marks alone, a space among letters. */
static void odd_texts_are_drawn(void **state) {
    (void)state;
    char options[600], text[256] = ".\n-\n|\n_\n'\na b\n";
    for (int i = 0; i < 64; i++)
        strcat(text, "W");
    write_text(in_folder("odd_texts.txt"), text);
    snprintf(options, sizeof options, "render:count=400,words=%s", in_folder("odd_texts.txt"));
    struct data_set *const set = open_one(options);
    for (size_t i = 0; i < 400; i++)
        (void)image_hash(set, i);
    data_set_close(set);
    write_text(in_folder("odd_texts.txt"), " \n");
    struct data_set *const blank = open_one(options);
    struct data_image image;
    assert_refused(data_set_read(blank, 0, &image), STATUS_INVALID, "cannot be drawn");
    data_set_close(blank);
}

/* Most pictures are JPEGs, with the artefacts of those. */
static void pictures_are_stored_as_cameras_do(void **state) {
    (void)state;
    struct data_set *const set = open_one("render:count=300,seed=8");
    size_t jpegs = 0;
    for (size_t i = 0; i < 300; i++) {
        char *bytes;
        size_t size;
        assert_ok(data_set_bytes(set, i, &bytes, &size));
        const char *const ending = data_image_ending(bytes, size);
        assert_non_null(ending);
        jpegs += strcmp(ending, ".jpg") == 0;
        free(bytes);
    }
    assert_in_range(jpegs, 190, 260);
    data_set_close(set);
}

/* How much neighbours differ beyond what edges of letters do: noise and texture on the ground. */
static double roughness(const char *options) {
    struct data_set *const set = open_one(options);
    double sum = 0;
    for (size_t i = 0; i < data_set_count(set); i++) {
        struct data_image image;
        assert_ok(data_set_read(set, i, &image));
        size_t rough = 0;
        for (size_t p = 3; p < (size_t)image.width * image.height * 3; p++)
            rough += image.pixels[p] != image.pixels[p - 3];
        sum += (double)rough / ((double)image.width * image.height * 3);
        data_image_free(&image);
    }
    data_set_close(set);
    return sum;
}

/* A text that no font has is counted, and batches are filled with the others. */
static void training_goes_on_without_a_font(void **state) {
    (void)state;
    char options[600];
    write_text(in_folder("mixed.txt"), "good\n\xF4\x8F\xBF\xBF\n");
    snprintf(options, sizeof options, "render:count=40,words=%s", in_folder("mixed.txt"));
    struct data_set *const set = open_one(options);
    struct data_charset charset;
    struct data_loader *loader;
    assert_ok(data_charset_open(&charset, "ascii94"));
    const struct data_loader_settings settings = {.batch = 40,
                                                  .height = 32,
                                                  .width = 128,
                                                  .threads = 2,
                                                  .order = DATA_SHUFFLED,
                                                  .clean = true,
                                                  .charset = &charset,
                                                  .target_steps = 25};
    assert_ok(data_loader_open(&loader, set, &settings));
    const struct data_batch *batch;
    assert_ok(data_loader_next(loader, &batch));
    assert_int_equal(batch->count, 40);
    for (size_t i = 0; i < batch->count; i++)
        assert_string_equal(batch->label[i], "good");
    assert_in_range(data_loader_problems(loader, DATA_UNDECODABLE), 8, 32);
    data_loader_close(loader);
    data_charset_free(&charset);
    data_set_close(set);
}

/* Red photographs show: on the plain grounds of the same seed nothing is as red. */
static void texts_stand_on_photographs(void **state) {
    (void)state;
    char options[600];
    uint8_t *const pixels = malloc((size_t)60 * 40 * 3);
    assert_non_null(pixels);
    for (size_t i = 0; i < (size_t)60 * 40 * 3; i++)
        pixels[i] = i % 3 == 0 ? 230 : (uint8_t)(i % 20);
    assert_int_equal(mkdir(in_folder("photos"), 0777), 0);
    assert_int_equal(stbi_write_png(in_folder("photos/a.png"), 60, 40, 3, pixels, 60 * 3), 1);
    free(pixels);
    write_text(in_folder("photos/bad.png"), "no image");
    size_t red[2] = {0};
    for (int photos = 0; photos < 2; photos++) {
        snprintf(options, sizeof options, "render:count=100,seed=2,wear=0.8%s%s", photos ? ",photos=" : "",
                 photos ? in_folder("photos") : "");
        struct data_set *const set = open_one(options);
        for (size_t i = 0; i < 100; i++) {
            struct data_image image;
            assert_ok(data_set_read(set, i, &image));
            size_t count = 0, all = (size_t)image.width * image.height;
            for (size_t p = 0; p < all; p++)
                count += image.pixels[3 * p] > 60 + image.pixels[3 * p + 1] && image.pixels[3 * p + 1] < 60 &&
                         image.pixels[3 * p + 2] < 60;
            red[photos] += 2 * count > all;
            data_image_free(&image);
        }
        data_set_close(set);
    }
    assert_in_range(red[1], 12, 45);
    assert_in_range(red[0], 0, 4);
    struct data_set *set;
    const char *const path = options;
    assert_int_equal(unlink(in_folder("photos/a.png")), 0);
    assert_refused(data_set_open(&set, &path, 1), STATUS_INVALID, "no image in it can be decoded");
}

static void wear_is_how_often_pictures_are_worn(void **state) {
    (void)state;
    const double none = roughness("render:count=100,seed=4,wear=0"),
                 some = roughness("render:count=100,seed=4,wear=0.4"),
                 all = roughness("render:count=100,seed=4");
    assert_true(none < 0.8 * some && some < 0.9 * all);
}

static uint32_t big_endian(const char *bytes, int count) {
    uint32_t value = 0;
    for (int i = 0; i < count; i++)
        value = value << 8 | (uint8_t)bytes[i];
    return value;
}

/* Writes the names of a TrueType font's glyphs so that what it draws for "a" is called "aacute".
 * Returns whether it was called "a". Format: OpenType, table "post" 2.0; "a" and "aacute" are 68 and
 * 105 of Macintosh's order. */
static bool rename_a(char *font, size_t size) {
    enum { HEADER = 12, RECORD = 16, COUNT = 32, VERSION_2 = 0x20000, NAME_A = 68, NAME_AACUTE = 105 };
    for (uint32_t table = 0; table < big_endian(font + 4, 2); table++) {
        const char *const record = font + HEADER + table * RECORD;
        char *const post = font + big_endian(record + 8, 4);
        if (memcmp(record, "post", 4) != 0 || big_endian(post, 4) != VERSION_2)
            continue;
        char *name = post + COUNT + 2, *const end = name + 2 * (size_t)big_endian(post + COUNT, 2);
        assert_true(end <= font + size);
        for (; name < end; name += 2)
            if (big_endian(name, 2) == NAME_A) {
                name[1] = NAME_AACUTE;
                return true;
            }
    }
    return false;
}

/* Fonts whose "a" is something else by name draw symbols; they are passed over. */
static void fonts_of_symbols_are_passed_over(void **state) {
    (void)state;
    static const char letters[] = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf";
    char options[600], *font;
    const char *const path = options;
    struct data_set *set;
    size_t size;
    if (!file_exists(letters))
        skip();
    assert_ok(file_read(&font, &size, letters, 1 << 26));
    assert_int_equal(mkdir(in_folder("fonts"), 0777), 0);
    write_bytes(in_folder("fonts/letters.ttf"), font, size);
    assert_true(rename_a(font, size));
    write_bytes(in_folder("fonts/symbols.ttf"), font, size);
    free(font);
    snprintf(options, sizeof options, "render:count=20,fonts=%s", in_folder("fonts"));
    set = open_one(options);
    uint64_t both = 0, alone = 0;
    for (size_t i = 0; i < 20; i++)
        both ^= image_hash(set, i);
    data_set_close(set);
    assert_int_equal(unlink(in_folder("fonts/symbols.ttf")), 0); /* as if it had not been there */
    set = open_one(options);
    for (size_t i = 0; i < 20; i++)
        alone ^= image_hash(set, i);
    data_set_close(set);
    assert_true(both == alone);
    assert_ok(file_read(&font, &size, in_folder("fonts/letters.ttf"), 1 << 26));
    assert_true(rename_a(font, size));
    write_bytes(in_folder("fonts/letters.ttf"), font, size);
    free(font);
    assert_refused(data_set_open(&set, &path, 1), STATUS_INVALID, "no font");
}

static void wrong_options_are_refused(void **state) {
    (void)state;
    struct data_set *set;
    const struct {
        const char *options, *word;
        enum status code;
    } cases[] = {
        {"render:", "no option ''", STATUS_USAGE},
        {"render:seed=1", "count=1000", STATUS_USAGE},
        {"render:count=0", "count=1000", STATUS_USAGE},
        {"render:count=-5", "-5", STATUS_USAGE},
        {"render:count=99999999999", "99999999999", STATUS_USAGE},
        {"render:count=5x", "5x", STATUS_USAGE},
        {"render:count=5,colour=red", "colour", STATUS_USAGE},
        {"render:count=5,vary=2", "vary=2", STATUS_USAGE},
        {"render:count=5,wear=1.1", "wear=1.1", STATUS_USAGE},
        {"render:count=5,wear=nan", "wear=nan", STATUS_USAGE},
        {"render:count=5,wear=", "wear=", STATUS_USAGE},
        {"render:count=5,words=/nonexistent/words", "/nonexistent/words", STATUS_INVALID},
        {"render:count=5,fonts=/nonexistent", "/nonexistent", STATUS_INVALID},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_refused(data_set_open(&set, &cases[i].options, 1), cases[i].code, cases[i].word);

    char options[600];
    write_text(in_folder("bad.txt"), "good\nbad\xFF\n");
    snprintf(options, sizeof options, "render:count=1,words=%s", in_folder("bad.txt"));
    const char *const path = options;
    assert_refused(data_set_open(&set, &path, 1), STATUS_INVALID, "bad.txt:2:");
    write_text(in_folder("bad.txt"), "\n\n");
    assert_refused(data_set_open(&set, &path, 1), STATUS_INVALID, "no words");
    write_text(in_folder("fake.ttf"), "no font at all");
    snprintf(options, sizeof options, "render:count=1,fonts=%s", test_folder);
    assert_refused(data_set_open(&set, &path, 1), STATUS_INVALID, "no font");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_and_pictures_repeat),
        cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(built_in_words_fit_the_recogniser),
        cmocka_unit_test(pictures_show_something),
        cmocka_unit_test(words_come_from_a_file),
        cmocka_unit_test(words_vary_as_asked),
        cmocka_unit_test(odd_texts_are_drawn),
        cmocka_unit_test(pictures_are_stored_as_cameras_do),
        cmocka_unit_test(training_goes_on_without_a_font),
        cmocka_unit_test(texts_stand_on_photographs),
        cmocka_unit_test(wear_is_how_often_pictures_are_worn),
        cmocka_unit_test(fonts_of_symbols_are_passed_over),
        cmocka_unit_test(wrong_options_are_refused),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
