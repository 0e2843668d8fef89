/* tools/curves.py, which compares trainings of every precision: its figures are those of the runs' logs,
 * finished runs are kept, and a difference beyond the envelope shows. Skipped where there is no Python. */
#include "tool.h"

#include "base/file.h"

#define SMALL                                                                                                \
    "--mnsp '" MNSP_PROGRAM "' --out curves --device reference --data render:count=8,seed=1 --batch 2 "      \
    "--image-height 16 --image-width 32 --width 16 --depth 1 --heads 2 --decoder-width 16 "                  \
    "--decoder-depth 1 --decoder-heads 2 --warmup-steps 1 --steps 4 --mean 2 --seeds 2 "

static double number(const char *run, const char *key) {
    json_t *const all = json_load_file(in_folder("curves/curves.json"), 0, NULL);
    const json_t *const value = json_object_get(json_object_get(all, run), key);
    assert_true(json_is_number(value));
    const double result = json_number_value(value);
    json_decref(all);
    return result;
}

static void precisions_are_compared(void **state) {
    (void)state;
    if (run_tool("curves.py", SMALL) != 0)
        fail_msg("it failed, having said: %s", program_err);
    assert_has(program_out, "| steps up to | f32 | f16 | bf16 | f32, seed 2 |");
    assert_has(program_out, "\n| 4 | ");
    assert_has(program_out, "f16 and bf16 stay inside");
    assert_true(number("f32", "largest") == 0);
    assert_true(number("f16", "largest") > 0 && number("f16", "largest") < number("f32, seed 2", "largest"));
    assert_true(number("bf16", "largest_of_a_step") > number("f16", "largest_of_a_step"));
    assert_true(file_exists(in_folder("curves/curves.svg")));
    assert_has(program_err, "curves/bf16-1");
    assert_int_equal(run_tool("curves.py", SMALL), 0);
    assert_null(strstr(program_err, "curves/bf16-1")); /* it is there already */
}

/* A run whose log says what no rounding explains. */
static void what_leaves_the_envelope_shows(void **state) {
    (void)state;
    FILE *const log = fopen(in_folder("curves/bf16-1/log.jsonl"), "a");
    assert_non_null(log);
    fputs("{\"event\":\"step\",\"step\":3,\"loss\":9.5,\"skipped\":0}\n", log);
    assert_int_equal(fclose(log), 0);
    const int status = run_tool("curves.py", SMALL);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    assert_has(program_out, "DO NOT STAY inside");
}

static void what_it_cannot_do_is_said(void **state) {
    (void)state;
    assert_int_not_equal(run_tool("curves.py", "--out other --mnsp ./nothing"), 0);
    assert_has(program_err, "cannot run ./nothing");
    assert_int_not_equal(run_tool("curves.py", SMALL "--out other --objective none"), 0);
    assert_has(program_err, "'objective'");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(precisions_are_compared),
        cmocka_unit_test(what_leaves_the_envelope_shows),
        cmocka_unit_test(what_it_cannot_do_is_said),
    };
    return cmocka_run_group_tests_name("curves", tests, make_test_folder, remove_test_folder);
}
