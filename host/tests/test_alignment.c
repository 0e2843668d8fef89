/* Which characters stand for which, how far texts are apart, and what is confused with what. */
#include "data_files.h"

#include "base/philox.h"
#include "train/alignment.h"
#include "train/confusion.h"

static void known_distances(void **state) {
    (void)state;
    static const struct {
        const char *label, *reading;
        size_t distance, longest;
    } table[] = {
        {"", "", 0, 0},        {"word", "word", 0, 4},      {"word", "", 4, 4},
        {"", "word", 4, 4},    {"kitten", "sitting", 3, 7}, {"color", "colour", 1, 6},
        {"abc", "cab", 2, 3},  {"Word", "word", 1, 4},      {"\u4e2d\u6587", "\u4e2d", 1, 2},
        {"\u4e2d", "a", 1, 1},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct alignment alignment;
        assert_ok(alignment_make(&alignment, table[i].label, table[i].reading));
        assert_int_equal(alignment.distance, table[i].distance);
        assert_int_equal(alignment.longest, table[i].longest);
        const double expected =
            table[i].longest == 0 ? 1 : 1 - (double)table[i].distance / (double)table[i].longest;
        assert_true(alignment_similarity(&alignment) == expected);
        alignment_free(&alignment);
    }
}

/* The distance by its recursion, without a table: for short texts. */
static size_t slow_distance(const char *a, const char *b) {
    if (*a == '\0' || *b == '\0')
        return strlen(a) + strlen(b);
    const size_t changed = slow_distance(a + 1, b + 1) + (*a != *b);
    const size_t left_out = slow_distance(a + 1, b) + 1, inserted = slow_distance(a, b + 1) + 1;
    const size_t other = left_out < inserted ? left_out : inserted;
    return changed < other ? changed : other;
}

/* The pairs spell both texts, and as many of them differ as the distance says. */
static void check_pairs(const struct alignment *alignment, const char *label, const char *reading) {
    size_t different = 0;
    for (size_t i = 0; i < alignment->count; i++) {
        const struct alignment_pair pair = alignment->pairs[i];
        assert_true(pair.written != 0 || pair.read != 0);
        different += pair.written != pair.read;
        if (pair.written != 0)
            assert_int_equal(pair.written, *label++);
        if (pair.read != 0)
            assert_int_equal(pair.read, *reading++);
    }
    assert_int_equal(*label, '\0');
    assert_int_equal(*reading, '\0');
    assert_int_equal(different, alignment->distance);
}

static void random_texts_are_aligned(void **state) {
    (void)state;
    struct philox random = philox_start(1, PHILOX_STREAM_TEST, 0, 0);
    for (int round = 0; round < 500; round++) {
        char texts[2][7] = {"", ""};
        for (int t = 0; t < 2; t++) {
            const uint32_t length = philox_next_below(&random, 7);
            for (uint32_t i = 0; i < length; i++)
                texts[t][i] = (char)('a' + philox_next_below(&random, 3));
        }
        struct alignment alignment;
        assert_ok(alignment_make(&alignment, texts[0], texts[1]));
        assert_int_equal(alignment.distance, slow_distance(texts[0], texts[1]));
        check_pairs(&alignment, texts[0], texts[1]);
        alignment_free(&alignment);
    }
}

static void assert_confusion(const struct confusions *confusions, size_t i, uint32_t written, uint32_t read,
                             uint64_t count) {
    assert_int_equal(confusions->list[i].written, written);
    assert_int_equal(confusions->list[i].read, read);
    assert_int_equal(confusions->list[i].count, count);
}

static void confusions_are_counted(void **state) {
    (void)state;
    struct confusions confusions = {0};
    assert_ok(confusions_add(&confusions, "lock", "1ock"));
    assert_ok(confusions_add(&confusions, "hello", "he11o"));
    assert_ok(confusions_add(&confusions, "O", "0"));
    assert_ok(confusions_add(&confusions, "color", "colour"));
    assert_ok(confusions_add(&confusions, "\u4e2dx", "\u4e2d"));
    assert_ok(confusions_add(&confusions, "same", "same"));
    confusions_sort(&confusions);
    assert_int_equal(confusions.count, 4);
    assert_confusion(&confusions, 0, 'l', '1', 3);
    assert_confusion(&confusions, 1, 0, 'u', 1);
    assert_confusion(&confusions, 2, 'O', '0', 1);
    assert_confusion(&confusions, 3, 'x', 0, 1);
    confusions_free(&confusions);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_distances),
        cmocka_unit_test(random_texts_are_aligned),
        cmocka_unit_test(confusions_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
