/* Tests of settings: defaults, one value by name, JSON there and back, presets, and what goes together. */
#include "statuses.h"

#include "base/file.h"
#include "train/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const folders[] = {SOURCE_DIRECTORY "/no/such/folder", SOURCE_DIRECTORY "/spec/presets"};
static const char *const presets[] = {"mae-small", "lmim-small", "mnsp-small", "recogniser-small",
                                      "mae-tiny",  "lmim-tiny",  "mnsp-tiny",  "recogniser-tiny"};

static void assert_same(const struct settings *a, const struct settings *b) {
    char *left, *right;
    assert_ok(settings_to_json(&left, a));
    assert_ok(settings_to_json(&right, b));
    assert_string_equal(left, right);
    free(left);
    free(right);
}

/* Setting `name` to `text` is an error, says so and changes nothing. */
static void assert_value_refused(const char *name, const char *text, const char *part) {
    struct settings before, after;
    settings_defaults(&before);
    settings_defaults(&after);
    assert_int_equal(settings_set(&after, name, text), STATUS_USAGE);
    assert_message_has(part);
    assert_same(&before, &after);
}

static void defaults_are_within_their_ranges(void **state) {
    (void)state;
    struct settings settings, again;
    settings_defaults(&settings);
    settings_defaults(&again);
    assert_true(settings_count() > 50);
    for (size_t i = 0; i < settings_count(); i++) {
        const struct setting *const row = &settings_table()[i];
        char text[SETTINGS_TEXT_SIZE];
        assert_ok(settings_set(&again, row->name, settings_format(&settings, row, text)));
        assert_ptr_equal(settings_find(row->name), row);
        assert_true(strlen(row->help) > 10);
    }
    assert_same(&settings, &again);
    assert_ok(settings_check(&settings));
}

static void values_are_set_by_name(void **state) {
    (void)state;
    struct settings settings;
    settings_defaults(&settings);
    assert_ok(settings_set(&settings, "depth", "7"));
    assert_int_equal(settings.depth, 7);
    assert_ok(settings_set(&settings, "base-rate", "3e-4"));
    assert_true(settings.base_rate == 3e-4);
    assert_ok(settings_set(&settings, "align_stop_gradient", NULL));
    assert_true(settings.align_stop_gradient);
    assert_ok(settings_set(&settings, "no-dropout", NULL));
    assert_false(settings.dropout);
    assert_ok(settings_set(&settings, "dropout", "true"));
    assert_true(settings.dropout);
    assert_ok(settings_set(&settings, "objective", "recognition"));
    assert_int_equal(settings.objective, SETTINGS_OBJECTIVE_RECOGNITION);
    assert_ok(settings_set(&settings, "position-table", "folded"));
    assert_int_equal(settings.position_table, SETTINGS_POSITION_FOLDED);
    assert_ok(settings_set(&settings, "charset", "chinese.txt"));
    assert_string_equal(settings.charset, "chinese.txt");
    assert_ok(settings_set(&settings, "seed", "9223372036854775807"));
    assert_true(settings.seed == INT64_MAX);
}

static void wrong_values_are_refused(void **state) {
    (void)state;
    assert_value_refused("depth", "0", "setting 'depth' is '0', expected an integer, 1 .. 256");
    assert_value_refused("depth", "257", "1 .. 256");
    assert_value_refused("depth", "", "expected an integer");
    assert_value_refused("depth", "3x", "expected an integer");
    assert_value_refused("depth", "3.5", "expected an integer");
    assert_value_refused("depth", "99999999999999999999", "expected an integer");
    assert_value_refused("depth", NULL, "setting 'depth' needs a value");
    assert_value_refused("seed", "-1", "expected an integer, 0 or more");
    assert_value_refused("mask-ratio", "1", "setting 'mask_ratio' is '1', expected a number, 0 .. 0.99");
    assert_value_refused("mask-ratio", "nan", "expected a number");
    assert_value_refused("mask-ratio", "much", "expected a number");
    assert_value_refused("base_rate", "inf", "expected a number");
    assert_value_refused("objective", "map",
                         "setting 'objective' is 'map', expected mae | lmim | mnsp | recognition");
    assert_value_refused("dropout", "yes", "expected true | false");
    assert_value_refused("no-dropout", "true", "'no-dropout' takes no value");
    assert_value_refused("no-depth", NULL, "unknown setting");
    assert_value_refused("charset", "\xff\xfe", "not UTF-8");
    char longer[SETTINGS_TEXT_SIZE + 1];
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_value_refused("charset", longer, "longer than 255 bytes");
    assert_value_refused(longer, "1", "unknown setting");
}

static void unknown_names_get_a_hint(void **state) {
    (void)state;
    assert_value_refused("mask-ration", "0.5", "unknown setting 'mask_ration'; did you mean 'mask_ratio'?");
    assert_value_refused("warmup", "1", "did you mean 'warmup_epochs' or 'warmup_steps'?");
    assert_value_refused("widht", "1", "did you mean 'width'?");
    assert_value_refused("colour_of_the_sky", "1", "unknown setting 'colour_of_the_sky'");
    assert_null(strstr(status_message(), "did you mean"));
}

static void json_brings_back_every_value(void **state) {
    (void)state;
    struct settings settings, again;
    settings_defaults(&settings);
    settings_defaults(&again);
    /* Every value away from its default, with reals that need all of their digits. */
    for (size_t i = 0; i < settings_count(); i++) {
        const struct setting *const row = &settings_table()[i];
        void *const field = (char *)&settings + row->offset;
        switch (row->kind) {
        case SETTINGS_INTEGER:
            *(int64_t *)field = row->highest_integer;
            break;
        case SETTINGS_REAL:
            *(double *)field = row->lowest + (row->highest - row->lowest) / 3;
            break;
        case SETTINGS_BOOLEAN:
            *(bool *)field = !*(bool *)field;
            break;
        case SETTINGS_CHOICE:
            assert_ok(settings_set(&settings, row->name, row->words[1]));
            break;
        case SETTINGS_TEXT:
            assert_ok(settings_set(&settings, row->name, "\"quoted\"\\\n\xc3\xa9"));
            break;
        }
    }
    char *text;
    assert_ok(settings_to_json(&text, &settings));
    assert_ok(settings_from_json(&again, text, "text"));
    assert_same(&settings, &again);
    free(text);

    settings_defaults(&settings);
    assert_ok(settings_to_json(&text, &settings));
    assert_non_null(strstr(text, "\n    \"decoder_dropout\": 0.1,\n"));
    assert_non_null(strstr(text, "\n    \"objective\": \"mnsp\",\n"));
    assert_non_null(strstr(text, "\n    \"dropout\": true,\n"));
    free(text);
}

static void assert_json_refused(const char *text, enum status code, const char *part) {
    struct settings before, after;
    settings_defaults(&before);
    settings_defaults(&after);
    assert_int_equal(settings_from_json(&after, text, "p.json"), code);
    assert_message_has("p.json: ");
    assert_message_has(part);
    assert_same(&before, &after);
}

static void wrong_json_is_refused(void **state) {
    (void)state;
    assert_json_refused("{\"depth\": 3, \"dept\": 4}", STATUS_USAGE,
                        "unknown setting 'dept'; did you mean 'depth', ");
    assert_json_refused("{\"depth\": \"3\"}", STATUS_USAGE, "setting 'depth' is a text, expected 1 .. 256");
    assert_json_refused("{\"depth\": 3.0}", STATUS_USAGE, "setting 'depth' is a real number");
    assert_json_refused("{\"depth\": 0}", STATUS_USAGE,
                        "setting 'depth' is '0', expected an integer, 1 .. 256");
    assert_json_refused("{\"objective\": 1}", STATUS_USAGE, "setting 'objective' is an integer");
    assert_json_refused("{\"dropout\": null}", STATUS_USAGE, "setting 'dropout' is null");
    assert_json_refused("{\"base-rate\": 1}", STATUS_USAGE, "base_rate");
    assert_json_refused("{\"no_dropout\": true}", STATUS_USAGE, "dropout");
    assert_json_refused("[]", STATUS_USAGE, "an array, expected an object");
    assert_json_refused("{\"depth\": 3,}", STATUS_INVALID, "not valid JSON at line 1, column 13");
    assert_json_refused("", STATUS_INVALID, "not valid JSON");
}

static void every_preset_loads_and_fits(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++) {
        struct settings settings;
        settings_defaults(&settings);
        assert_ok(settings_load_preset(&settings, presets[i], folders, 2));
        assert_ok(settings_check(&settings));
        const bool tiny = strstr(presets[i], "tiny") != NULL;
        assert_int_equal(settings.width, tiny ? 64 : 384);
        assert_int_equal(settings_tokens(&settings), tiny ? 64 : 256);
    }
    struct file_names names;
    assert_ok(file_list(&names, folders[1], ".json"));
    assert_int_equal(names.count, sizeof presets / sizeof *presets);
    file_names_free(&names);
}

static void small_presets_are_the_published_ones(void **state) {
    (void)state;
    struct settings settings;
    settings_defaults(&settings);
    assert_ok(settings_load_preset(&settings, "lmim-small", folders, 2));
    assert_int_equal(settings.objective, SETTINGS_OBJECTIVE_LMIM);
    assert_int_equal(settings.position_table, SETTINGS_POSITION_FOLDED);
    assert_int_equal(settings_heads(&settings), 6);
    assert_int_equal(settings_decoder_depth(&settings), 2);
    assert_int_equal(settings_kept_tokens(&settings), 51);
    assert_true(settings_rate(&settings) == 3e-4);
    assert_ok(settings_load_preset(&settings, "mae-small", folders, 2));
    assert_int_equal(settings_decoder_depth(&settings), 8);
    assert_int_equal(settings_kept_tokens(&settings), 64);
    assert_ok(settings_load_preset(&settings, "recogniser-small", folders, 2));
    assert_true(settings_rate(&settings) == 2e-4);
    assert_true(settings.layer_decay == 0.75);
}

static void a_preset_may_be_a_path(void **state) {
    (void)state;
    struct settings settings;
    settings_defaults(&settings);
    char path[] = "/tmp/mnsp-settings-XXXXXX.json";
    const int descriptor = mkstemps(path, 5);
    assert_true(descriptor >= 0);
    static const char text[] = "{\"about\": \"a test\", \"depth\": 5}";
    assert_int_equal(write(descriptor, text, sizeof text - 1), sizeof text - 1);
    close(descriptor);
    assert_ok(settings_load_preset(&settings, path, NULL, 0));
    assert_int_equal(settings.depth, 5);
    unlink(path);
    assert_int_equal(settings_load_preset(&settings, path, NULL, 0), STATUS_INVALID);
    assert_message_has("no such file");
    assert_int_equal(settings_load_preset(&settings, "mnsp-smal", folders, 2), STATUS_USAGE);
    assert_message_has(
        "no preset 'mnsp-smal'; name a path or one of those there are: lmim-small, lmim-tiny,");
}

static void assert_unfit(const char *name, const char *value, const char *part) {
    struct settings settings;
    settings_defaults(&settings);
    assert_ok(settings_set(&settings, name, value));
    assert_int_equal(settings_check(&settings), STATUS_USAGE);
    assert_message_has(part);
}

static void what_does_not_go_together_is_refused(void **state) {
    (void)state;
    assert_unfit("heads", "5", "setting 'width' (384) is not a multiple of 'heads' (5)");
    assert_unfit("image_height", "30", "setting 'image_height' (30) is not a multiple of 'patch_height' (4)");
    assert_unfit("decoder_heads", "7",
                 "setting 'decoder_width' (512) is not a multiple of 'decoder_heads' (7)");
    assert_unfit("mask_ratio", "0", "keeps 256 of 256 patches");
    assert_unfit("scales", "5", "a grid of 8 x 32 patches cannot be halved 4 times");
    assert_unfit("min_rate", "1", "setting 'min_rate' (1) is above the highest rate");
    struct settings settings;
    settings_defaults(&settings);
    settings.position_table = SETTINGS_POSITION_FOLDED;
    assert_ok(settings_check(&settings));
    settings.image_width = 64;
    assert_int_equal(settings_check(&settings), STATUS_USAGE);
    assert_message_has("128 patches make no square");
}

static void a_group_is_copied_whole(void **state) {
    (void)state;
    struct settings from, to;
    settings_defaults(&from);
    settings_defaults(&to);
    from.width = 64;
    from.position_table = SETTINGS_POSITION_FOLDED;
    from.batch = 3;
    settings_copy_group(&to, &from, SETTINGS_MODEL);
    assert_int_equal(to.width, 64);
    assert_int_equal(to.position_table, SETTINGS_POSITION_FOLDED);
    assert_int_equal(to.batch, 512);
    assert_string_equal(settings_group_name(SETTINGS_MODEL), "model");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_within_their_ranges),
        cmocka_unit_test(values_are_set_by_name),
        cmocka_unit_test(wrong_values_are_refused),
        cmocka_unit_test(unknown_names_get_a_hint),
        cmocka_unit_test(json_brings_back_every_value),
        cmocka_unit_test(wrong_json_is_refused),
        cmocka_unit_test(every_preset_loads_and_fits),
        cmocka_unit_test(small_presets_are_the_published_ones),
        cmocka_unit_test(a_preset_may_be_a_path),
        cmocka_unit_test(what_does_not_go_together_is_refused),
        cmocka_unit_test(a_group_is_copied_whole),
    };
    return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
