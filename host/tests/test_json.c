/* Tests of JSON and of finding what a mistyped word meant. */
#include "statuses.h"

#include "base/json.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static json_t *parse(const char *text) {
    json_t *root;
    if (json_read_text(&root, text, strlen(text), "x.json") != STATUS_OK)
        fail_msg("%s", status_message());
    return root;
}

static void values_come_by_key_and_kind(void **state) {
    (void)state;
    json_t *const root =
        parse("{\"i\": -3, \"r\": 0.5, \"b\": true, \"t\": \"text\", \"o\": {}, \"a\": [1]}");
    int64_t integer;
    double real;
    bool boolean;
    const char *text;
    json_t *value;
    assert_int_equal(json_need_integer(&integer, root, "i", "x.json"), STATUS_OK);
    assert_int_equal(integer, -3);
    assert_int_equal(json_need_real(&real, root, "r", "x.json"), STATUS_OK);
    assert_true(real == 0.5);
    assert_int_equal(json_need_real(&real, root, "i", "x.json"), STATUS_OK);
    assert_true(real == -3);
    assert_int_equal(json_need_boolean(&boolean, root, "b", "x.json"), STATUS_OK);
    assert_true(boolean);
    assert_int_equal(json_need_text(&text, root, "t", "x.json"), STATUS_OK);
    assert_string_equal(text, "text");
    assert_int_equal(json_need_object(&value, root, "o", "x.json"), STATUS_OK);
    assert_int_equal(json_need_array(&value, root, "a", "x.json"), STATUS_OK);
    assert_int_equal(json_array_size(value), 1);

    assert_int_equal(json_need_integer(&integer, root, "r", "x.json"), STATUS_INVALID);
    assert_message_has("x.json: key 'r' is a real number, expected an integer");
    assert_int_equal(json_need_text(&text, root, "none", "x.json"), STATUS_INVALID);
    assert_message_has("x.json: key 'none' is missing, expected a text");
    assert_int_equal(json_need_boolean(&boolean, root, "o", "x.json"), STATUS_INVALID);
    assert_message_has("is an object, expected a boolean");
    assert_int_equal(json_need_text(&text, NULL, "t", "x.json"), STATUS_INVALID);
    json_decref(root);
}

static void assert_text_refused(const char *text, const char *part) {
    json_t *root;
    assert_int_equal(json_read_text(&root, text, strlen(text), "x.json"), STATUS_INVALID);
    assert_null(root);
    assert_message_has("x.json: not valid JSON at line ");
    assert_message_has(part);
}

static void mistakes_have_a_place(void **state) {
    (void)state;
    assert_text_refused("{\n  \"a\": 1,\n  \"b\" 2\n}", "line 3, column 7");
    assert_text_refused("{\"a\": 1, \"a\": 2}", "duplicate");
    assert_text_refused("", "line 1");
    assert_text_refused("{} x", "column 4");
    assert_text_refused("{\"a\": \"\xff\"}", "unable to decode byte");
    json_t *root;
    assert_int_equal(json_read_file(&root, "/no/such/file", 10), STATUS_INVALID);
    assert_message_has("/no/such/file");
}

static void values_become_one_line(void **state) {
    (void)state;
    json_t *const root = parse("{\"b\": [1, \"x\\ny\"],\n\"a\": null}");
    char *text;
    assert_int_equal(json_write_text(&text, root), STATUS_OK);
    assert_string_equal(text, "{\"b\": [1, \"x\\ny\"], \"a\": null}");
    free(text);
    json_decref(root);
}

static void distances_count_changes(void **state) {
    (void)state;
    assert_int_equal(text_distance("", ""), 0);
    assert_int_equal(text_distance("", "abc"), 3);
    assert_int_equal(text_distance("kitten", "sitting"), 3);
    assert_int_equal(text_distance("width", "widht"), 1);
    assert_int_equal(text_distance("ca", "abc"), 3); /* no letter takes part in two changes */
    char longer[1000];
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_int_equal(text_distance(longer, ""), 127);
}

static const char *hint_of(const char *word, const char *const *names, char *hint) {
    struct text_near near = text_near_start(word);
    for (size_t i = 0; names[i] != NULL; i++)
        text_near_offer(&near, names[i]);
    return text_near_hint(&near, hint);
}

static void hints_name_the_nearest_first(void **state) {
    (void)state;
    static const char *const names[] = {"depth", "decoder_depth", "width", "widths",
                                        "wide",  "mask_ratio",    NULL};
    char hint[TEXT_HINT_SIZE];
    assert_string_equal(hint_of("widht", names, hint), "; did you mean 'width'?");
    assert_string_equal(hint_of("dept", names, hint), "; did you mean 'depth' or 'decoder_depth'?");
    assert_string_equal(hint_of("width", names, hint), "; did you mean 'width' or 'widths'?");
    assert_string_equal(hint_of("mask_ration", names, hint), "; did you mean 'mask_ratio'?");
    assert_string_equal(hint_of("colour", names, hint), "");
    assert_string_equal(hint_of("", names, hint), "");
    static const char *const alike[] = {"step4", "step3", "step2", "step1", NULL};
    assert_string_equal(hint_of("step0", alike, hint), "; did you mean 'step4', 'step3' or 'step2'?");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_by_key_and_kind),  cmocka_unit_test(mistakes_have_a_place),
        cmocka_unit_test(values_become_one_line),       cmocka_unit_test(distances_count_changes),
        cmocka_unit_test(hints_name_the_nearest_first),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
