/* UTF-8, the comparison of words, and character sets. */
#include "data_files.h"

#include "data/charset.h"
#include "data/text.h"

static bool valid(const char *text) {
    return data_text_valid(text, strlen(text));
}

static void utf8_is_told_from_other_bytes(void **state) {
    (void)state;
    assert_true(valid(""));
    assert_true(valid("plain ~"));
    assert_true(valid("\xC3\xBC \xE4\xB8\xAD \xF0\x9F\x98\x80")); /* two, three and four bytes */
    assert_true(valid("\xF4\x8F\xBF\xBF"));                       /* U+10FFFF */
    assert_false(valid("\xC0\xAF"));                              /* overlong */
    assert_false(valid("\xE0\x80\xAF"));
    assert_false(valid("\xF0\x80\x80\xAF"));
    assert_false(valid("\xED\xA0\x80"));     /* a surrogate */
    assert_false(valid("\xF4\x90\x80\x80")); /* beyond the end */
    assert_false(valid("\xE4\xB8"));         /* cut */
    assert_false(valid("\x80"));
    assert_false(valid("\xFF"));
    assert_false(valid("a\tb"));
    assert_false(valid("\x7F"));
    assert_false(valid("\xC2\x85"));
    assert_false(data_text_valid("a\0b", 3));
}

static void utf8_goes_there_and_back(void **state) {
    (void)state;
    const uint32_t points[] = {1, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF};
    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        char bytes[4];
        const size_t size = data_utf8_put(bytes, points[i]);
        const char *cursor = bytes;
        uint32_t back;
        assert_true(data_utf8_next(&cursor, bytes + size, &back));
        assert_int_equal(back, points[i]);
        assert_ptr_equal(cursor, bytes + size);
        assert_false(data_utf8_next(&cursor, bytes + size, &back));
        cursor = bytes;
        assert_false(data_utf8_next(&cursor, bytes + size - 1, &back));
    }
}

static void words_are_compared_by_letters_and_digits(void **state) {
    (void)state;
    const char *const pairs[][2] = {
        {"Don't", "dont"},
        {"$5.00", "500"},
        {"", ""},
        {"---", ""},
        {"Caf\xC3\xA9", "caf"},
        {"A\xE4\xB8\xAD B", "a\xE4\xB8\xAD"
                            "b"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        char *text;
        assert_ok(data_text_waics(&text, pairs[i][0]));
        assert_string_equal(text, pairs[i][1]);
        free(text);
    }
}

static void ascii_has_the_published_indices(void **state) {
    (void)state;
    struct data_charset set;
    assert_ok(data_charset_open(&set, "ascii94"));
    assert_int_equal(set.count, 94);
    assert_int_equal(data_charset_eos(&set), 94);
    assert_int_equal(data_charset_pad(&set), 95);
    assert_int_equal(data_charset_unknown(&set), 96);
    assert_int_equal(data_charset_bos(&set), 97);
    int32_t target[8], length;
    assert_ok(data_charset_encode(&set, "0aA!~ ", 8, target, &length));
    const int32_t expected[8] = {0, 10, 36, 62, 93, 96, 94, 95}; /* a space is not in the set */
    assert_memory_equal(target, expected, sizeof expected);
    assert_int_equal(length, 7);
    for (uint32_t c = '!'; c <= '~'; c++) {
        const char text[2] = {(char)c, 0};
        char *back;
        assert_ok(data_charset_encode(&set, text, 8, target, &length));
        assert_ok(data_charset_decode(&set, target, 8, &back));
        assert_string_equal(back, text);
        free(back);
    }
    data_charset_free(&set);
}

static void length_is_bounded(void **state) {
    (void)state;
    struct data_charset set;
    assert_ok(data_charset_open(&set, "ascii94"));
    int32_t target[4], length;
    assert_ok(data_charset_encode(&set, "abc", 4, target, &length));
    assert_int_equal(length, 4);
    assert_int_equal(target[3], 94);
    assert_refused(data_charset_encode(&set, "abcd", 4, target, &length), STATUS_INVALID, "'abcd'");
    assert_int_equal(target[2], 12);
    assert_int_equal(target[3], 94);
    assert_int_equal(length, 4);
    assert_true(data_charset_fits("12345678901234567890123", 25));
    assert_false(data_charset_fits("123456789012345678901234", 25));
    assert_true(data_charset_fits("\xC3\xBC\xC3\xBC", 4)); /* characters, not bytes */
    assert_false(data_charset_fits("\xC3\xBC\xC3\xBC\xC3\xBC", 4));
    data_charset_free(&set);
}

static void decoding_takes_any_index(void **state) {
    (void)state;
    struct data_charset set;
    assert_ok(data_charset_open(&set, "ascii94"));
    const int32_t indices[] = {97, 10, 95, 96, -5, 1000000, 11, 94, 12};
    char *text;
    assert_ok(data_charset_decode(&set, indices, 9, &text));
    assert_string_equal(text, "a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
                              "b");
    free(text);
    assert_ok(data_charset_decode(&set, indices, 0, &text));
    assert_string_equal(text, "");
    free(text);
    data_charset_free(&set);
}

static void other_sets_are_read_from_files(void **state) {
    (void)state;
    struct data_charset set;
    write_text(in_folder("set.txt"), "\xE4\xB8\xAD\n\xC3\xBC\r\nz\n");
    assert_ok(data_charset_open(&set, in_folder("set.txt")));
    assert_int_equal(set.count, 3);
    int32_t target[5], length;
    assert_ok(data_charset_encode(&set, "z\xE4\xB8\xAD\xC3\xBCx", 5, target, &length));
    const int32_t expected[5] = {2, 0, 1, 5, 3};
    assert_memory_equal(target, expected, sizeof expected);
    char *text;
    assert_ok(data_charset_decode(&set, target, 5, &text));
    assert_string_equal(text, "z\xE4\xB8\xAD\xC3\xBC\xEF\xBF\xBD");
    free(text);
    data_charset_free(&set);

    write_text(in_folder("twice.txt"), "abca");
    assert_refused(data_charset_open(&set, in_folder("twice.txt")), STATUS_INVALID, "U+0061");
    write_text(in_folder("bytes.txt"), "ab\xFF");
    assert_refused(data_charset_open(&set, in_folder("bytes.txt")), STATUS_INVALID, "not UTF-8");
    write_text(in_folder("nothing.txt"), "\n");
    assert_refused(data_charset_open(&set, in_folder("nothing.txt")), STATUS_INVALID, "empty");
    assert_refused(data_charset_open(&set, in_folder("absent.txt")), STATUS_INVALID, "absent.txt");
}

/* The named sets are beginnings of one another; small letters stand in for capital
 * ones that are not there. */
static void sets_have_names(void **state) {
    (void)state;
    static const struct {
        const char *name;
        uint32_t count;
        int32_t target[4];
    } cases[] = {{"ascii36", 36, {10, 10, 38, 36}},
                 {"ascii62", 62, {10, 36, 64, 62}},
                 {"ascii94", 94, {10, 36, 62, 94}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct data_charset set;
        int32_t target[5], length;
        char *text;
        assert_ok(data_charset_open(&set, cases[i].name));
        assert_int_equal(set.count, cases[i].count);
        assert_ok(data_charset_encode(&set, "aA!", 5, target, &length));
        assert_int_equal(length, 4);
        assert_memory_equal(target, cases[i].target, sizeof cases[i].target);
        assert_true(data_charset_has(&set, 'Z'));
        assert_ok(data_charset_text(&set, &text));
        assert_int_equal(strlen(text), cases[i].count);
        assert_memory_equal(text, "0123456789abc", 13);
        free(text);
        data_charset_free(&set);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_have_names),
        cmocka_unit_test(utf8_is_told_from_other_bytes),
        cmocka_unit_test(utf8_goes_there_and_back),
        cmocka_unit_test(words_are_compared_by_letters_and_digits),
        cmocka_unit_test(ascii_has_the_published_indices),
        cmocka_unit_test(length_is_bounded),
        cmocka_unit_test(decoding_takes_any_index),
        cmocka_unit_test(other_sets_are_read_from_files),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
