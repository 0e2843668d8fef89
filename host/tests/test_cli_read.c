/* `mnsp read` and `mnsp eval` as they are called: what they print, and their exit status. */
#include "tiny_recogniser.h"

#include "program.h"

#include <unistd.h>

static int start(void **state) {
    if (make_test_folder(state) != 0)
        return 1;
    train_tiny_recogniser();
    write_text(in_folder("words/bad.png"), "no image");
    write_text(in_folder("words/mixed.tsv"), "0.png\tAB\n"
                                             "1.png\tsome\n"
                                             "bad.png\tword\n"
                                             "3.png\tabcdefgh\n");
    if (mkdir(in_folder("empty"), 0777) != 0 || mkdir(in_folder("plain"), 0777) != 0 ||
        mkdir(in_folder("plain/below"), 0777) != 0)
        return 1;
    write_word_image(in_folder("plain/a.png"), 0);
    write_word_image(in_folder("plain/below/b.png"), 2);
    return chdir(test_folder);
}

#define MODEL "--device reference --model run/last.safetensors "

/* ---- read ---- */

static void read_prints_a_line_per_image(void **state) {
    (void)state;
    assert_int_equal(mnsp("read " MODEL "words/2.png words/0.png"), 0);
    char first[64], second[64];
    double one, two;
    assert_int_equal(sscanf(program_out, "words/2.png\t%63[^\t]\t%lf\nwords/0.png\t%63[^\t]\t%lf\n", first,
                            &one, second, &two),
                     4);
    assert_string_equal(first, "xyz");
    assert_string_equal(second, "ab");
    assert_true(one > 0.8 && one <= 1 && two > 0.8 && two <= 1);
    assert_string_equal(program_err, "");
}

static void read_goes_on_behind_bad_images(void **state) {
    (void)state;
    for (int batch = 1; batch <= 3; batch++) {
        char words[256];
        snprintf(words, sizeof words,
                 "read " MODEL "--batch %d words/1.png gone.png words/bad.png words/3.png empty", batch);
        assert_int_equal(mnsp("%s", words), 1);
        assert_has(program_out, "words/1.png\tAb!\t");
        assert_has(program_out, "words/3.png\t0\t");
        assert_null(strstr(program_out, "bad.png"));
        assert_has(program_err, "gone.png: ");
        assert_has(program_err, "words/bad.png: ");
        assert_has(program_err, "empty: no labels.tsv");
        assert_has(program_err, "3 of 5 images could not be read");
    }
}

/* A folder of images, a list, an image, each in its order. */
static void read_takes_folders_and_lists(void **state) {
    (void)state;
    for (int batch = 1; batch <= 4; batch += 3) {
        assert_int_equal(mnsp("read --batch %d " MODEL "plain words/mixed.tsv words/3.png", batch), 1);
        static const char *const lines[] = {"plain/a.png\tab\t", "plain/below/b.png\txyz\t",
                                            "words/0.png\tab\t", "words/1.png\tAb!\t",
                                            "words/3.png\t0\t",  "words/3.png\t0\t"};
        const char *at = program_out;
        for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
            const char *const line = strstr(at, lines[i]);
            if (line == NULL)
                fail_msg("'%s' is not in '%s', or in another place", lines[i], program_out);
            at = line + 1;
        }
        assert_has(program_err, "bad.png");
        assert_has(program_err, "1 of 7 images could not be read");
    }
}

static void read_prints_a_table(void **state) {
    (void)state;
    assert_int_equal(mnsp("read --format tsv " MODEL "words/1.png gone.png 'a\tb\\.png'"), 1);
    double all, each[3];
    assert_int_equal(sscanf(program_out,
                            "image\ttext\tconfidence\tconfidences\nwords/1.png\tAb!\t%lf\t%lf,%lf,%lf\n",
                            &all, &each[0], &each[1], &each[2]),
                     4);
    for (int i = 0; i < 3; i++)
        assert_true(each[i] >= all && each[i] <= 1);
    assert_true(strchr(strchr(program_out, '\n') + 1, '\n')[1] == '\0');
    assert_has(program_err, "gone.png");
    write_word_image(in_folder("a\tb\\.png"), 3);
    assert_int_equal(mnsp("read --format tsv " MODEL "'a\tb\\.png'"), 0);
    assert_has(program_out, "\na\\tb\\\\.png\t0\t");
}

static void read_prints_json_lines(void **state) {
    (void)state;
    assert_int_equal(mnsp("read --format jsonl " MODEL "words/2.png gone.png"), 1);
    char *const newline = strchr(program_out, '\n');
    assert_non_null(newline);
    json_t *first, *second, *confidences;
    assert_ok(json_read_text(&first, program_out, (size_t)(newline - program_out), "output"));
    assert_ok(json_read_text(&second, newline + 1, strlen(newline + 1), "output"));
    assert_ok(json_need_array(&confidences, first, "confidences", "output"));
    assert_int_equal(json_array_size(confidences), 3);
    const char *text;
    assert_ok(json_need_text(&text, first, "text", "output"));
    assert_string_equal(text, "xyz");
    assert_ok(json_need_text(&text, second, "error", "output"));
    assert_has(text, "gone.png");
    json_decref(first);
    json_decref(second);
    assert_int_equal(mnsp("read --format xml " MODEL "words/2.png"), 2);
    assert_has(program_err, "text, tsv, jsonl and json");
}

static void read_prints_json(void **state) {
    (void)state;
    assert_int_equal(mnsp("read --json " MODEL "words/1.png gone.png words/2.png"), 1);
    json_t *const object = printed_json(), *images;
    assert_ok(json_need_array(&images, object, "images", "output"));
    assert_int_equal(json_array_size(images), 3);
    const char *text;
    double confidence;
    assert_ok(json_need_text(&text, json_array_get(images, 0), "text", "output"));
    assert_string_equal(text, "Ab!");
    assert_ok(json_need_real(&confidence, json_array_get(images, 0), "confidence", "output"));
    assert_true(confidence > 0.8 && confidence <= 1);
    assert_ok(json_need_text(&text, json_array_get(images, 1), "image", "output"));
    assert_string_equal(text, "gone.png");
    assert_ok(json_need_text(&text, json_array_get(images, 1), "error", "output"));
    assert_ok(json_need_text(&text, json_array_get(images, 2), "text", "output"));
    assert_string_equal(text, "xyz");
    json_decref(object);
}

static void read_searches_with_a_beam(void **state) {
    (void)state;
    assert_int_equal(mnsp("read --beam 5 --length-penalty 0 " MODEL "words/2.png words/0.png"), 0);
    assert_has(program_out, "words/2.png\txyz\t");
    assert_has(program_out, "words/0.png\tab\t");
    assert_int_equal(mnsp("read --beam 0 " MODEL "words/0.png"), 2);
    assert_has(program_err, "--beam");
    assert_int_equal(mnsp("read --beam 65 " MODEL "words/0.png"), 2);
    assert_has(program_err, "1 to 64");
    assert_int_equal(mnsp("read --length-penalty -1 " MODEL "words/0.png"), 2);
    assert_has(program_err, "--length-penalty");
}

/* Many images, bad ones among them: what is printed, and in which order, is the same. */
static void read_does_not_depend_on_threads(void **state) {
    (void)state;
    enum { ROWS = 60 };
    static char list[ROWS * 16], out[sizeof program_out], err[sizeof program_err];
    list[0] = '\0';
    for (int i = 0; i < ROWS; i++)
        sprintf(list + strlen(list), i % 7 == 3 ? "bad.png\tx\n" : "%d.png\tx\n", i % TINY_WORDS);
    write_text(in_folder("words/many.tsv"), list);
    for (int threads = 1; threads <= 9; threads += 4) {
        assert_int_equal(
            mnsp("read --format jsonl --batch 4 --threads %d " MODEL "words/many.tsv gone.png", threads), 1);
        assert_has(program_err, "10 of 61 images could not be read");
        if (threads > 1) {
            assert_string_equal(program_out, out);
            assert_string_equal(program_err, err);
        }
        strcpy(out, program_out);
        strcpy(err, program_err);
    }
    assert_int_equal(mnsp("read --threads 0 " MODEL "words/0.png"), 2);
    assert_has(program_err, "--threads");
}

/* Words that are drawn while they are read are those that a data set is written of. */
static void read_takes_rendered_words(void **state) {
    (void)state;
    static char drawn[sizeof program_out];
    assert_int_equal(mnsp("data render --count 5 --seed 4 --to folder drawn"), 0);
    assert_int_equal(mnsp("read " MODEL "render:count=5,seed=4"), 0);
    strcpy(drawn, program_out);
    assert_has(drawn, "rendered word 4\t");
    assert_int_equal(mnsp("read " MODEL "drawn"), 0);
    const char *a = drawn, *b = program_out;
    for (int i = 0; i < 5; i++, a = strchr(a, '\n') + 1, b = strchr(b, '\n') + 1) {
        const char *const tab_a = strchr(a, '\t'), *const tab_b = strchr(b, '\t');
        const size_t length = strcspn(tab_a, "\n");
        assert_int_equal(strcspn(tab_b, "\n"), length);
        assert_memory_equal(tab_a, tab_b, length);
    }
    assert_int_equal(mnsp("read " MODEL "words/0.png render:seed=4"), 1);
    assert_has(program_out, "words/0.png\tab");
    assert_has(program_err, "say how many words");
}

static void read_says_what_is_missing(void **state) {
    (void)state;
    assert_int_equal(mnsp("read " MODEL), 2);
    assert_has(program_err, "no image is named");
    assert_int_equal(mnsp("read --device reference --model gone.safetensors words/0.png"), 1);
    assert_has(program_err, "gone.safetensors");
    assert_int_equal(mnsp("read " MODEL "--batch 0 words/0.png"), 2);
    assert_has(program_err, "--batch");
    assert_string_equal(program_out, "");
}

/* ---- eval ---- */

static void eval_prints_a_table(void **state) {
    (void)state;
    assert_int_equal(mnsp("eval " MODEL "--data words --data words/mixed.tsv"), 0);
    assert_has(program_out, "words                   4    100.00%         100.00%    100.00%\n");
    assert_has(program_out, "mixed.tsv               3     33.33%           0.00%      0.00%\n");
    assert_has(program_out, "average                       66.67%          50.00%     50.00%\n");
    assert_has(program_out, "weighted average        7     71.43%          57.14%     57.14%\n");
    assert_has(program_out, "1 of the words have more than 4 characters");
    assert_has(program_out, "1 images could not be decoded");
    assert_has(program_err, "bad.png");
}

static void assert_real(const json_t *object, const char *key, double expected) {
    double value;
    assert_ok(json_need_real(&value, object, key, "output"));
    assert_true(value - expected < 1e-8 && expected - value < 1e-8);
}

static void assert_integer(const json_t *object, const char *key, int64_t expected) {
    int64_t value;
    assert_ok(json_need_integer(&value, object, key, "output"));
    assert_int_equal(value, expected);
}

static void eval_prints_json(void **state) {
    (void)state;
    assert_int_equal(mnsp("eval --json " MODEL "--data words/ --data words/mixed.tsv"), 0);
    json_t *const object = printed_json(), *sets;
    assert_real(object, "average", 2.0 / 3);
    assert_real(object, "weighted_average", 5.0 / 7);
    assert_real(object, "average_case_sensitive", 0.5);
    assert_real(object, "weighted_average_case_sensitive", 4.0 / 7);
    assert_real(object, "average_one_minus_ned", 0.5);
    assert_real(object, "weighted_average_one_minus_ned", 4.0 / 7);
    assert_integer(object, "words", 7);
    const char *text;
    assert_ok(json_need_text(&text, object, "device", "output"));
    assert_string_equal(text, "reference");
    assert_ok(json_need_array(&sets, object, "sets", "output"));
    assert_int_equal(json_array_size(sets), 2);
    const json_t *const words = json_array_get(sets, 0), *const mixed = json_array_get(sets, 1);
    assert_ok(json_need_text(&text, words, "name", "output"));
    assert_string_equal(text, "words");
    assert_integer(words, "words", 4);
    assert_real(words, "accuracy", 1);
    assert_real(words, "case_sensitive", 1);
    assert_ok(json_need_text(&text, mixed, "name", "output"));
    assert_string_equal(text, "mixed.tsv");
    assert_integer(mixed, "words", 3);
    assert_real(mixed, "accuracy", 1.0 / 3);
    assert_real(mixed, "case_sensitive", 0);
    assert_real(mixed, "one_minus_ned", 0);
    assert_integer(mixed, "too_long", 1);
    assert_integer(mixed, "undecodable", 1);
    assert_integer(mixed, "unlabelled", 0);
    json_decref(object);
}

static void eval_shows_words(void **state) {
    (void)state;
    assert_int_equal(mnsp("eval --show 2 " MODEL "--data words/mixed.tsv"), 0);
    assert_has(program_out, "written                   read                      confidence\n"
                            "AB                        ab                        ");
    assert_has(program_out, "\nsome                      ");
    assert_true(strstr(program_out, "abcdefgh") == NULL);
    assert_int_equal(mnsp("eval --json --show 1 " MODEL "--data words/mixed.tsv"), 0);
    json_t *const object = printed_json(), *shown;
    assert_ok(json_need_array(&shown, object, "shown", "output"));
    assert_int_equal(json_array_size(shown), 1);
    const char *text;
    assert_ok(json_need_text(&text, json_array_get(shown, 0), "label", "output"));
    assert_string_equal(text, "AB");
    json_decref(object);
    assert_int_equal(mnsp("eval --show -1 " MODEL "--data words"), 2);
}

/* "some" read as "Ab!" is the one mistake that can be looked at. */
static void eval_draws_the_worst(void **state) {
    (void)state;
    struct data_image page;
    assert_int_equal(mnsp("eval --worst worst.png --confusions 2 " MODEL "--data words/mixed.tsv"), 0);
    assert_has(program_out, "\nmost frequent confusions\n written     read    times\n");
    assert_has(program_out, "       A        a        1\n       B        b        1\n\n");
    assert_has(program_out, "\nworst mistakes\nwritten ");
    assert_has(program_out, "\nsome                      Ab!  ");
    assert_has(program_out, "words/1.png\n\nworst.png: a picture of the 1 worst mistakes\n");
    assert_ok(data_image_read(&page, in_folder("worst.png")));
    assert_true(page.width > 500 && page.height > 100);
    data_image_free(&page);

    assert_int_equal(mnsp("eval --json --worst worst.png " MODEL "--data words/mixed.tsv"), 0);
    json_t *const object = printed_json(), *list;
    const char *text;
    assert_ok(json_need_array(&list, object, "worst", "output"));
    assert_int_equal(json_array_size(list), 1);
    assert_ok(json_need_text(&text, json_array_get(list, 0), "label", "output"));
    assert_string_equal(text, "some");
    assert_real(json_array_get(list, 0), "one_minus_ned", 0);
    assert_ok(json_need_array(&list, object, "confusions", "output"));
    assert_true(json_array_size(list) > 2);
    assert_ok(json_need_text(&text, json_array_get(list, 0), "written", "output"));
    assert_string_equal(text, "A");
    assert_integer(json_array_get(list, 0), "count", 1);
    json_decref(object);

    assert_int_equal(mnsp("eval --worst worst.png --worst-count 3 " MODEL "--data words"), 0); /* none */
    assert_ok(data_image_read(&page, in_folder("worst.png")));
    data_image_free(&page);
    assert_int_equal(mnsp("eval --worst no/such/folder/worst.png " MODEL "--data words"), 1);
    assert_has(program_err, "no/such/folder");
    assert_int_equal(mnsp("eval --worst worst.png --worst-count 401 " MODEL "--data words"), 2);
    assert_has(program_err, "--worst-count");
}

static void eval_says_what_is_missing(void **state) {
    (void)state;
    assert_int_equal(mnsp("eval " MODEL), 2);
    assert_has(program_err, "--data is missing");
    assert_int_equal(mnsp("eval " MODEL "--data gone"), 1);
    assert_has(program_err, "gone");
    assert_string_equal(program_out, "");
}

/* Clear words of the list, in the fonts that are installed here, of which it read four in five in those of
 * tools/setup.sh. A recogniser that is damaged, or read wrongly, gets none. */
static void the_recogniser_in_the_box_reads(void **state) {
    (void)state;
    assert_int_equal(mnsp("eval --json --device reference --data render:count=60,seed=77,wear=0"), 0);
    json_t *const object = printed_json();
    double accuracy;
    assert_ok(json_need_real(&accuracy, object, "average", "output"));
    if (!(accuracy >= 0.5))
        fail_msg("%.1f %% of 60 clear words are right, expected 50 %% at least", 100 * accuracy);
    json_decref(object);
    assert_int_equal(mnsp("read --device reference words/0.png"), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read_prints_a_line_per_image),
        cmocka_unit_test(read_goes_on_behind_bad_images),
        cmocka_unit_test(read_takes_folders_and_lists),
        cmocka_unit_test(read_prints_a_table),
        cmocka_unit_test(read_prints_json_lines),
        cmocka_unit_test(read_prints_json),
        cmocka_unit_test(read_searches_with_a_beam),
        cmocka_unit_test(read_does_not_depend_on_threads),
        cmocka_unit_test(read_takes_rendered_words),
        cmocka_unit_test(read_says_what_is_missing),
        cmocka_unit_test(eval_prints_a_table),
        cmocka_unit_test(eval_prints_json),
        cmocka_unit_test(eval_shows_words),
        cmocka_unit_test(eval_draws_the_worst),
        cmocka_unit_test(eval_says_what_is_missing),
        cmocka_unit_test(the_recogniser_in_the_box_reads),
    };
    return cmocka_run_group_tests(tests, start, remove_test_folder);
}
