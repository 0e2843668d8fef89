/* tools/measure.py, which tells how fast a device is: every program that it runs ends well, and its page has
 * a figure in every place. Skipped where there is no Vulkan device or no Python. */
#include "tool.h"

static void a_quick_measurement_has_every_figure(void **state) {
    (void)state;
    if (!has_device())
        skip();
    if (run_tool("measure.py", "--out figures --quick --rounds 1 --mnsp '" MNSP_PROGRAM "'") != 0)
        fail_msg("it failed, having said: %s", program_err);
    assert_has(program_out, "| 128x128x128 | f32 |");
    assert_has(program_out, "\n| bf16 |");
    assert_has(program_out, "\n| matmul |");
    assert_null(strstr(program_out, "| f32 | - |"));

    json_t *const figures = json_load_file(in_folder("figures/figures.json"), 0, NULL);
    assert_non_null(figures);
    json_t *const round = json_array_get(json_object_get(figures, "rounds"), 0);
    json_t *const step = json_object_get(json_object_get(round, "steps"), "f16");
    assert_true(json_number_value(json_object_get(step, "images_per_second")) > 0);
    json_decref(figures);
}

static void a_program_that_is_not_there_is_named(void **state) {
    (void)state;
    assert_int_not_equal(run_tool("measure.py", "--out figures --mnsp ./nothing"), 0);
    assert_has(program_err, "cannot run ./nothing");
    assert_has(program_err, "--mnsp");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quick_measurement_has_every_figure),
        cmocka_unit_test(a_program_that_is_not_there_is_named),
    };
    return cmocka_run_group_tests_name("measure", tests, make_test_folder, remove_test_folder);
}
