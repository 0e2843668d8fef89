/* Rendered words: the same by seed and index on any thread, in fonts that have the characters. */
#include "data_files.h"

#include "data/charset.h"
#include "data/source.h"

#include <pthread.h>

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
    assert_ok(data_charset_ascii(&charset));
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
        cmocka_unit_test(wrong_options_are_refused),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
