/* Tests of exported weights: what is kept of a checkpoint, rounded as documented, and what is left out. */
#include "statuses.h"

#include "train/checkpoint.h"
#include "train/export.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[64], from[128], to[128];

static int make_folder(void **state) {
    (void)state;
    strcpy(folder, "/tmp/mnsp-export-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(from, sizeof from, "%s/from.safetensors", folder);
    snprintf(to, sizeof to, "%s/to.safetensors", folder);
    return 0;
}

static int remove_folder(void **state) {
    (void)state;
    unlink(from);
    unlink(to);
    return rmdir(folder);
}

static void write_checkpoint(const float weight[4]) {
    static const float average[] = {1 + 0x1p-11f, 1 + 0x3p-11f, -0x1p-24f, 1 + 0x1.02p-9f}, zero[4];
    static const int32_t table[] = {7, -8};
    const struct safetensors_view views[] = {
        {"norm.weight", SAFETENSORS_F32, 1, {4}, weight},
        {"norm.bias", SAFETENSORS_F32, 1, {4}, average},
        {"table", SAFETENSORS_I32, 1, {2}, table},
        {CHECKPOINT_FIRST_MOMENT "norm.weight", SAFETENSORS_F32, 1, {4}, zero},
        {CHECKPOINT_SECOND_MOMENT "norm.weight", SAFETENSORS_F32, 1, {4}, zero},
        {CHECKPOINT_AVERAGE "norm.weight", SAFETENSORS_F32, 1, {4}, average},
    };
    struct checkpoint_state state = {.step = 90, .program = "1.2.3", .charset = "ab\u00e9"};
    settings_defaults(&state.settings);
    state.settings.depth = 5;
    state.scores.right = 3;
    state.scores.words = 4;
    assert_ok(checkpoint_write(from, &state, views, sizeof views / sizeof *views));
}

static const float ordinary[] = {1, 2, 3, 4};

static void read_weight(const char *name, enum safetensors_type type, float out[4]) {
    struct safetensors *file;
    assert_ok(safetensors_open(&file, to));
    const struct safetensors_tensor *const tensor = safetensors_find(file, name);
    assert_non_null(tensor);
    assert_string_equal(safetensors_type_name(tensor->type), safetensors_type_name(type));
    assert_ok(safetensors_read_f32(file, tensor, out));
    safetensors_close(file);
}

static void state_of_the_optimiser_is_left_out(void **state) {
    (void)state;
    struct safetensors *file;
    struct checkpoint_state read;
    int32_t table[2];
    write_checkpoint(ordinary);
    assert_ok(export_weights(to, from, &(struct export_options){.type = SAFETENSORS_F16, .average = true}));
    assert_ok(checkpoint_open(&file, &read, to));
    assert_int_equal(safetensors_count(file), 3);
    assert_int_equal(read.step, 90);
    assert_int_equal(read.settings.depth, 5);
    assert_int_equal(read.scores.right, 3);
    assert_string_equal(read.charset, "ab\u00e9");
    assert_ok(safetensors_read_i32(file, safetensors_find(file, "table"), table));
    assert_int_equal(table[0], 7);
    assert_int_equal(table[1], -8);
    safetensors_close(file);
}

static void the_average_takes_the_place_of_the_weights(void **state) {
    (void)state;
    float numbers[4];
    write_checkpoint(ordinary);
    assert_ok(export_weights(to, from, &(struct export_options){.type = SAFETENSORS_F32, .average = true}));
    read_weight("norm.weight", SAFETENSORS_F32, numbers);
    assert_true(numbers[0] == 1 + 0x1p-11f);
    assert_ok(export_weights(to, from, &(struct export_options){.type = SAFETENSORS_F32}));
    read_weight("norm.weight", SAFETENSORS_F32, numbers);
    assert_true(numbers[0] == 1);
}

static void weights_are_rounded_to_the_nearest(void **state) {
    (void)state;
    float numbers[4];
    write_checkpoint(ordinary);
    assert_ok(export_weights(to, from, &(struct export_options){.type = SAFETENSORS_F16}));
    read_weight("norm.bias", SAFETENSORS_F16, numbers);
    assert_true(numbers[0] == 1);           /* a tie: to the even one, down */
    assert_true(numbers[1] == 1 + 0x1p-9f); /* a tie: up */
    assert_true(numbers[2] == -0x1p-24f);   /* the smallest subnormal stays */
    assert_true(numbers[3] == 1 + 0x1p-9f);
    assert_ok(export_weights(to, from, &(struct export_options){.type = SAFETENSORS_BF16}));
    read_weight("norm.bias", SAFETENSORS_BF16, numbers);
    assert_true(numbers[0] == 1 && numbers[1] == 1 && numbers[2] == -0x1p-24f && numbers[3] == 1);
}

static void a_weight_beyond_the_type_is_named(void **state) {
    (void)state;
    float numbers[4];
    const float large[] = {1, 65520, 3, 4};
    write_checkpoint(large);
    unlink(to);
    const enum status status = export_weights(to, from, &(struct export_options){.type = SAFETENSORS_F16});
    assert_int_equal(status, STATUS_INVALID);
    assert_non_null(strstr(status_message(), "element 1 of 'norm.weight' is 65520"));
    assert_int_not_equal(access(to, F_OK), 0);
    assert_ok(export_weights(to, from, &(struct export_options){.type = SAFETENSORS_BF16}));
    read_weight("norm.weight", SAFETENSORS_BF16, numbers);
    assert_true(numbers[1] == 65536);
}

static void weights_of_others_are_exported_too(void **state) {
    (void)state;
    float numbers[4];
    const struct safetensors_view view = {"weight", SAFETENSORS_F32, 1, {4}, ordinary};
    struct safetensors *file;
    assert_ok(safetensors_write(from, &view, 1, NULL, 0));
    assert_ok(export_weights(to, from, &(struct export_options){.type = SAFETENSORS_F16, .average = true}));
    read_weight("weight", SAFETENSORS_F16, numbers);
    assert_memory_equal(numbers, ordinary, sizeof ordinary);
    assert_ok(safetensors_open(&file, to));
    assert_false(checkpoint_is_ours(file));
    safetensors_close(file);
}

static void a_checkpoint_is_not_overwritten(void **state) {
    (void)state;
    struct safetensors *file;
    write_checkpoint(ordinary);
    unlink(to);
    assert_int_equal(symlink(from, to), 0);
    assert_int_equal(export_weights(to, from, &(struct export_options){.type = SAFETENSORS_F16}),
                     STATUS_USAGE);
    assert_ok(safetensors_open(&file, from));
    assert_int_equal(safetensors_count(file), 6);
    safetensors_close(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(state_of_the_optimiser_is_left_out),
        cmocka_unit_test(the_average_takes_the_place_of_the_weights),
        cmocka_unit_test(weights_are_rounded_to_the_nearest),
        cmocka_unit_test(a_weight_beyond_the_type_is_named),
        cmocka_unit_test(weights_of_others_are_exported_too),
        cmocka_unit_test(a_checkpoint_is_not_overwritten),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
