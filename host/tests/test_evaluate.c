/* Scores: by readings made by hand, and of a recogniser that knows its words. */
#include "tiny_recogniser.h"

#include "train/evaluate.h"
#include "train/worst.h"

#include <math.h>

/* ---- counting ---- */

struct counted {
    const char *label, *reading;
    bool right, right_case;
};

static double weighted_average(const struct evaluate_result *result, enum evaluate_score score) {
    const struct evaluate_set sum = evaluate_sum(result);
    return evaluate_accuracy(&sum, score);
}

static void words_are_compared_by_letters_and_digits(void **state) {
    (void)state;
    static const struct counted table[] = {
        {"word", "word", true, true},
        {"Word", "wORD", true, false},
        {"don't", "dont", true, false},
        {"62-03", "6203", true, false},
        {"[06]", "(06)", true, false},
        {"word", "words", false, false},
        {"word", "", false, false},
        {"a b", "ab", true, false},
        {"\u4e2d\u6587", "\u4e2d\u6587", true, true},
        {"\u4e2d\u6587", "\u4e2d", false, false},
        {"O", "0", false, false},
        {"!", "?", true, false}, /* nothing is left of either, as the rule has it */
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct evaluate_set set = {0};
        assert_ok(evaluate_count(&set, table[i].label, table[i].reading, 25));
        assert_int_equal(set.words, 1);
        if (set.right != table[i].right || set.right_case != table[i].right_case)
            fail_msg("'%s' read as '%s': %d %d", table[i].label, table[i].reading, (int)set.right,
                     (int)set.right_case);
        assert_int_equal(set.too_long, 0);
    }
}

static void too_long_labels_are_errors(void **state) {
    (void)state;
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
    for (size_t length = 22; length <= 26; length++) {
        struct evaluate_set set = {0};
        char label[32];
        snprintf(label, sizeof label, "%.*s", (int)length, letters);
        assert_ok(evaluate_count(&set, label, label, 25)); /* even when read right */
        assert_int_equal(set.words, 1);
        assert_int_equal(set.right, length + 1 < 25);
        assert_int_equal(set.right_case, length + 1 < 25);
        assert_int_equal(set.too_long, length + 1 >= 25);
    }
}

static void averages_weigh_sets_or_words(void **state) {
    (void)state;
    struct evaluate_set sets[] = {{.words = 10, .right = 5, .right_case = 4, .too_long = 2},
                                  {.words = 90, .right = 90, .right_case = 45, .undecodable = 3}};
    const struct evaluate_result result = {.sets = sets, .count = 2};
    assert_true(fabs(evaluate_average(&result, EVALUATE_WAICS) - 0.75) < 1e-15);
    assert_true(fabs(weighted_average(&result, EVALUATE_WAICS) - 0.95) < 1e-15);
    assert_true(fabs(evaluate_average(&result, EVALUATE_CASE_SENSITIVE) - 0.45) < 1e-15);
    assert_true(fabs(weighted_average(&result, EVALUATE_CASE_SENSITIVE) - 0.49) < 1e-15);
    const struct evaluate_set sum = evaluate_sum(&result);
    assert_int_equal(sum.words, 100);
    assert_int_equal(sum.too_long, 2);
    assert_int_equal(sum.undecodable, 3);
    const struct evaluate_result nothing = {0};
    assert_true(evaluate_average(&nothing, EVALUATE_WAICS) == 0);
    assert_true(weighted_average(&nothing, EVALUATE_WAICS) == 0);
}

/* 1 - edit distance / length of the longer one, of texts as they are; nothing of labels that are too long. */
static void one_minus_ned_is_summed(void **state) {
    (void)state;
    struct evaluate_set set = {0};
    assert_ok(evaluate_count(&set, "word", "word", 25));
    assert_ok(evaluate_count(&set, "Word", "word", 25));
    assert_ok(evaluate_count(&set, "abc", "abcd", 25));
    assert_ok(evaluate_count(&set, "abc", "", 25));
    assert_ok(evaluate_count(&set, "abcd", "abcd", 5));
    assert_true(fabs(evaluate_accuracy(&set, EVALUATE_ONE_MINUS_NED) - (1 + 0.75 + 0.75) / 5) < 1e-15);
    const struct evaluate_set other = {.words = 15, .similarity = 15};
    struct evaluate_set sets[] = {set, other};
    const struct evaluate_result result = {.sets = sets, .count = 2};
    assert_true(fabs(evaluate_average(&result, EVALUATE_ONE_MINUS_NED) - 0.75) < 1e-15);
    assert_true(fabs(weighted_average(&result, EVALUATE_ONE_MINUS_NED) - 0.875) < 1e-15);
}

/* ---- whole sets ---- */

static int start(void **state) {
    if (make_test_folder(state) != 0)
        return 1;
    train_tiny_recogniser();
    return 0;
}

struct told {
    char messages[2048];
    struct evaluate_progress last;
    int calls;
};

static void keep_message(void *context, const char *text) {
    struct told *const told = context;
    strncat(told->messages, text, sizeof told->messages - strlen(told->messages) - 1);
}

static void keep_progress(void *context, const struct evaluate_progress *progress) {
    struct told *const told = context;
    assert_true(progress->images >= told->last.images && progress->images <= progress->of);
    told->last = *progress;
    told->calls++;
}

static enum status evaluate(struct evaluate_result *result, size_t batch, const char *const *data,
                            size_t count, struct told *told) {
    struct recogniser *const recogniser = open_tiny(batch);
    const struct evaluate_options options = {.data = data,
                                             .data_count = count,
                                             .threads = 1,
                                             .message = keep_message,
                                             .progress = keep_progress,
                                             .context = told};
    const enum status status = evaluate_run(result, recogniser, &options);
    recogniser_close(recogniser);
    return status;
}

/* A set in which something of everything is wrong: five words, two of them right, one only without case. */
static void write_mixed(void) {
    write_text(in_folder("words/bad.png"), "no image");
    write_text(in_folder("words/mixed.tsv"), "0.png\tab\n"
                                             "1.png\taB\n" /* read as Ab! */
                                             "bad.png\tword\n"
                                             "2.png\n"
                                             "2.png\txyy\n"
                                             "gone.png\tword\n"
                                             "3.png\tabcde\n" /* too long for 6 places */
                                             "3.png\t00\n");
}

static void sets_are_scored_on_their_own_and_together(void **state) {
    (void)state;
    write_mixed();
    const char *const data[] = {in_folder("words"), in_folder("words/mixed.tsv")};
    for (size_t batch = 1; batch <= 16; batch *= 4) {
        struct told told = {0};
        struct evaluate_result result;
        assert_ok(evaluate(&result, batch, data, 2, &told));
        assert_int_equal(result.count, 2);
        assert_string_equal(result.sets[0].name, "words");
        assert_string_equal(result.sets[0].path, data[0]);
        assert_int_equal(result.sets[0].words, TINY_WORDS);
        assert_int_equal(result.sets[0].right, TINY_WORDS);
        assert_int_equal(result.sets[0].right_case, TINY_WORDS);
        const struct evaluate_set *const mixed = &result.sets[1];
        assert_int_equal(mixed->words, 5);
        assert_int_equal(mixed->right, 2);
        assert_int_equal(mixed->right_case, 1);
        assert_int_equal(mixed->too_long, 1);
        assert_int_equal(mixed->undecodable, 2);
        assert_int_equal(mixed->unlabelled, 1);
        assert_true(fabs(mixed->similarity - (1 + 0 + 2.0 / 3 + 0 + 0.5)) < 1e-15);
        assert_true(fabs(evaluate_average(&result, EVALUATE_WAICS) - 0.7) < 1e-15);
        assert_true(fabs(weighted_average(&result, EVALUATE_WAICS) - 6.0 / 9) < 1e-15);
        assert_non_null(strstr(told.messages, "bad.png"));
        assert_non_null(strstr(told.messages, "gone.png"));
        assert_int_equal(told.last.images, TINY_WORDS + 8);
        assert_int_equal(told.last.of, TINY_WORDS + 8);
        evaluate_free(&result);
    }
}

static enum status take_mistake(void *context, const struct evaluate_word *word) {
    return worst_take(context, word);
}

/* Of the mixed set, two words are mistakes: "00" is half wrong, "xyy" by a third. */
static void the_worst_mistakes_are_kept(void **state) {
    (void)state;
    write_mixed();
    const char *const data = in_folder("words/mixed.tsv");
    for (size_t most = 1; most <= 3; most++) {
        struct recogniser *const recogniser = open_tiny(3);
        struct evaluate_result result;
        struct worst worst;
        assert_ok(worst_open(&worst, recogniser_settings(recogniser), most));
        assert_ok(evaluate_run(
            &result, recogniser,
            &(struct evaluate_options){
                .data = &data, .data_count = 1, .threads = 1, .word = take_mistake, .context = &worst}));
        worst_sort(&worst);
        assert_int_equal(worst.seen, 2);
        assert_int_equal(worst.count, most < 2 ? most : 2);
        assert_string_equal(worst.list[0].label, "00");
        assert_string_equal(worst.list[0].text, "0");
        assert_true(worst.list[0].similarity == 0.5);
        assert_non_null(strstr(worst.list[0].image, "words/3.png"));
        float *const planes = tiny_planes(3);
        assert_memory_equal(worst.list[0].planes, planes, 3 * 8 * 32 * sizeof *planes);
        free(planes);
        if (most > 1)
            assert_string_equal(worst.list[1].label, "xyy");
        static const struct confusion expected[] = {
            {0, 'A', 1}, {'0', 0, 1}, {'B', '!', 1}, {'a', 'b', 1}, {'y', 'z', 1}};
        assert_int_equal(result.confusions.count, 5);
        for (size_t i = 0; i < 5; i++) {
            assert_int_equal(result.confusions.list[i].written, expected[i].written);
            assert_int_equal(result.confusions.list[i].read, expected[i].read);
            assert_int_equal(result.confusions.list[i].count, 1);
        }
        worst_close(&worst);
        evaluate_free(&result);
        recogniser_close(recogniser);
    }
}

static void sets_that_cannot_be_scored_are_refused(void **state) {
    (void)state;
    struct told told = {0};
    struct evaluate_result result;
    const char *const missing[] = {in_folder("words"), "/no/such/folder"};
    assert_refused(evaluate(&result, 2, missing, 2, &told), STATUS_INVALID, "/no/such/folder");
    assert_int_equal(told.calls, 0); /* before the first set was read */
    mkdir(in_folder("plain"), 0777);
    write_word_image(in_folder("plain/0.png"), 0);
    const char *const plain = in_folder("plain");
    assert_refused(evaluate(&result, 2, &plain, 1, &told), STATUS_INVALID, "no label");
    assert_null(result.sets);
}

static void it_can_be_stopped(void **state) {
    (void)state;
    const volatile sig_atomic_t stop = 1;
    struct recogniser *const recogniser = open_tiny(1);
    const char *const data = in_folder("words");
    struct evaluate_result result;
    assert_refused(
        evaluate_run(&result, recogniser,
                     &(struct evaluate_options){.data = &data, .data_count = 1, .threads = 1, .stop = &stop}),
        STATUS_INVALID, "stopped");
    recogniser_close(recogniser);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_compared_by_letters_and_digits),
        cmocka_unit_test(too_long_labels_are_errors),
        cmocka_unit_test(averages_weigh_sets_or_words),
        cmocka_unit_test(one_minus_ned_is_summed),
        cmocka_unit_test(sets_are_scored_on_their_own_and_together),
        cmocka_unit_test(the_worst_mistakes_are_kept),
        cmocka_unit_test(sets_that_cannot_be_scored_are_refused),
        cmocka_unit_test(it_can_be_stopped),
    };
    return cmocka_run_group_tests(tests, start, remove_test_folder);
}
