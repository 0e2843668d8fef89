/* Tests of checkpoints: what is saved is what is read, and a program killed at any moment loses nothing. */
#include "statuses.h"

#include "base/file.h"
#include "train/checkpoint.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64];
static char last[128];

static int make_folder(void **state) {
    (void)state;
    strcpy(folder, "/tmp/mnsp-checkpoint-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(last, sizeof last, "%s/%s", folder, CHECKPOINT_LAST);
    return 0;
}

static int remove_folder(void **state) {
    (void)state;
    struct file_names names;
    if (file_list(&names, folder, "") != STATUS_OK)
        return -1;
    for (size_t i = 0; i < names.count; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", folder, names.names[i]);
        unlink(path);
    }
    file_names_free(&names);
    return rmdir(folder);
}

static struct checkpoint_state state_at(uint64_t step) {
    struct checkpoint_state state = {.step = step, .epoch = step / 7, .program = "1.2.3"};
    settings_defaults(&state.settings);
    return state;
}

static void what_is_saved_is_read(void **state) {
    (void)state;
    const float weight[] = {1, 2, 3, 4}, first[] = {0.1f, 0.2f, 0.3f, 0.4f}, second[] = {5, 6, 7, 8};
    const struct safetensors_view views[] = {
        {"norm.weight", SAFETENSORS_F32, 1, {4}, weight},
        {CHECKPOINT_FIRST_MOMENT "norm.weight", SAFETENSORS_F32, 1, {4}, first},
        {CHECKPOINT_SECOND_MOMENT "norm.weight", SAFETENSORS_F32, 1, {4}, second},
    };
    struct checkpoint_state saved = state_at(20), read;
    assert_ok(settings_set(&saved.settings, "seed", "9007199254740993"));
    assert_ok(settings_set(&saved.settings, "base_rate", "0.00031415926535897931"));
    assert_ok(checkpoint_save(folder, &saved, views, 3));

    struct safetensors *file;
    assert_ok(checkpoint_open(&file, &read, last));
    assert_int_equal(read.step, 20);
    assert_int_equal(read.epoch, 2);
    assert_string_equal(read.program, "1.2.3");
    assert_true(read.settings.seed == 9007199254740993);
    assert_true(read.settings.base_rate == saved.settings.base_rate);
    float numbers[4];
    assert_ok(safetensors_load_f32(file, "norm.weight", 1, (const uint64_t[]){4}, numbers));
    assert_memory_equal(numbers, weight, sizeof weight);
    assert_ok(safetensors_load_f32(file, "optimiser.v.norm.weight", 1, (const uint64_t[]){4}, numbers));
    assert_memory_equal(numbers, second, sizeof second);
    size_t moments = 0;
    for (size_t i = 0; i < safetensors_count(file); i++)
        moments += checkpoint_is_state(safetensors_at(file, i)->name);
    assert_int_equal(moments, 2);
    safetensors_close(file);
}

static void scores_are_counted_and_kept(void **state) {
    (void)state;
    const float x = 1;
    const struct safetensors_view views[] = {{"x", SAFETENSORS_F32, 0, {0}, &x}};
    struct checkpoint_state saved = state_at(40), read;
    struct safetensors *file;
    assert_true(checkpoint_count_score(&saved.scores, 10, 0, 8)); /* the first is the best, whatever it is */
    assert_true(checkpoint_count_score(&saved.scores, 20, 5, 8));
    assert_false(checkpoint_count_score(&saved.scores, 30, 5, 8)); /* of equal ones the first stays */
    assert_false(checkpoint_count_score(&saved.scores, 40, 6, 10));
    assert_ok(checkpoint_save_best(folder, &saved, views, 1));
    char path[160];
    snprintf(path, sizeof path, "%s/%s", folder, CHECKPOINT_BEST);
    assert_ok(checkpoint_open(&file, &read, path));
    assert_memory_equal(&read.scores, &saved.scores, sizeof read.scores);
    assert_int_equal(read.scores.step, 20);
    assert_int_equal(read.scores.evaluated, 40);
    assert_int_equal(read.scores.waited, 2);
    safetensors_close(file);
    assert_int_equal(unlink(path), 0);
}

static void the_same_state_gives_the_same_bytes(void **state) {
    (void)state;
    const float x = 1;
    const struct safetensors_view views[] = {{"x", SAFETENSORS_F32, 0, {0}, &x}};
    const struct checkpoint_state saved = state_at(3);
    char *bytes[2];
    size_t sizes[2];
    for (int i = 0; i < 2; i++) {
        assert_ok(checkpoint_save(folder, &saved, views, 1));
        assert_ok(file_read(&bytes[i], &sizes[i], last, 1 << 20));
    }
    assert_int_equal(sizes[0], sizes[1]);
    assert_memory_equal(bytes[0], bytes[1], sizes[0]);
    free(bytes[0]);
    free(bytes[1]);
}

static void some_are_kept(void **state) {
    (void)state;
    const float x = 1;
    const struct safetensors_view views[] = {{"x", SAFETENSORS_F32, 0, {0}, &x}};
    for (uint64_t step = 10; step <= 60; step += 10) {
        struct checkpoint_state saved = state_at(step);
        saved.settings.keep_every = 30;
        assert_ok(checkpoint_save(folder, &saved, views, 1));
    }
    struct file_names names;
    assert_ok(file_list(&names, folder, ""));
    assert_int_equal(names.count, 3);
    assert_string_equal(names.names[0], "last.safetensors");
    assert_string_equal(names.names[1], "step-00000030.safetensors");
    assert_string_equal(names.names[2], "step-00000060.safetensors");
    file_names_free(&names);
}

static void assert_state_refused(const struct safetensors_pair *pairs, size_t count, const char *part) {
    const float x = 1;
    const struct safetensors_view views[] = {{"x", SAFETENSORS_F32, 0, {0}, &x}};
    struct safetensors *file;
    struct checkpoint_state read;
    assert_ok(safetensors_write(last, views, 1, pairs, count));
    assert_int_not_equal(checkpoint_open(&file, &read, last), STATUS_OK);
    assert_null(file);
    assert_message_has(CHECKPOINT_LAST);
    assert_message_has(part);
}

static void what_is_no_checkpoint_is_refused(void **state) {
    (void)state;
    struct safetensors_pair pairs[] = {
        {"mnsp.format", "1"}, {"mnsp.program", "0.1.0"}, {"mnsp.step", "5"},
        {"mnsp.epoch", "0"},  {"mnsp.settings", "{}"},   {"mnsp.scores", "{}"},
    };
    assert_state_refused(NULL, 0, "weights without the state of a run");
    assert_state_refused(pairs, 4, "no 'mnsp.settings'");
    pairs[4].value = "{\"wdith\": 3}";
    assert_state_refused(pairs, 5, "unknown setting 'wdith'; did you mean 'width'?");
    pairs[4].value = "{";
    assert_state_refused(pairs, 5, "not valid JSON");
    pairs[4].value = "{}";
    pairs[2].value = "-5";
    assert_state_refused(pairs, 5, "'mnsp.step' is '-5', expected a count");
    pairs[2].value = "99999999999999999999999";
    assert_state_refused(pairs, 5, "expected a count");
    pairs[2].value = "5";
    pairs[5].value = "{\"evaluated\": 3}";
    assert_state_refused(pairs, 6, "'step'");
    pairs[5].value = "{\"evaluated\": -3}";
    assert_state_refused(pairs, 6, "'evaluated'");
    pairs[0].value = "2";
    assert_state_refused(pairs, 5, "a checkpoint of format 2, this version reads up to 1");
}

static void the_encoder_is_found(void **state) {
    (void)state;
    static const char *const names[][2] = {{"patch_embed.proj.weight", ""},
                                           {"model_maeenc.patch_embed.proj.weight", "model_maeenc."},
                                           {"encoder.patch_embed.proj.weight", "encoder."},
                                           {"model_maeenc_momentum.patch_embed.proj.weight", NULL}};
    const float x = 1;
    for (size_t i = 0; i < 4; i++) {
        const struct safetensors_view views[] = {{names[i][0], SAFETENSORS_F32, 0, {0}, &x}};
        assert_ok(safetensors_write(last, views, 1, NULL, 0));
        struct safetensors *file;
        const char *prefix;
        assert_ok(safetensors_open(&file, last));
        const enum status status = checkpoint_encoder_prefix(&prefix, file);
        if (names[i][1] == NULL) {
            assert_int_equal(status, STATUS_INVALID);
            assert_message_has("no encoder in it");
        } else {
            assert_int_equal(status, STATUS_OK);
            assert_string_equal(prefix, names[i][1]);
        }
        safetensors_close(file);
    }
}

enum { NUMBERS = 1 << 18 };

/* Saves step after step, every number being the step, until it is killed. */
static void save_for_ever(void) {
    float *const numbers = malloc(NUMBERS * sizeof *numbers);
    for (uint64_t step = 1; numbers != NULL; step++) {
        for (size_t i = 0; i < NUMBERS; i++)
            numbers[i] = (float)step;
        const struct safetensors_view views[] = {{"x", SAFETENSORS_F32, 1, {NUMBERS}, numbers}};
        const struct checkpoint_state saved = state_at(step);
        if (checkpoint_save(folder, &saved, views, 1) != STATUS_OK)
            break;
    }
    _exit(1);
}

static void assert_last_is_whole(void) {
    static float numbers[NUMBERS];
    struct safetensors *file;
    struct checkpoint_state read;
    assert_ok(checkpoint_open(&file, &read, last));
    assert_ok(safetensors_load_f32(file, "x", 1, (const uint64_t[]){NUMBERS}, numbers));
    for (size_t i = 0; i < NUMBERS; i++)
        assert_true(numbers[i] == (float)read.step);
    safetensors_close(file);
}

static void a_killed_writer_loses_nothing(void **state) {
    (void)state;
    for (int round = 0; round < 15; round++) {
        const pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            save_for_ever();
        while (!file_exists(last))
            usleep(100);
        usleep((useconds_t)(round * 700)); /* somewhere else in the write every time */
        assert_int_equal(kill(child, SIGKILL), 0);
        int how;
        assert_int_equal(waitpid(child, &how, 0), child);
        assert_true(WIFSIGNALED(how));
        assert_last_is_whole();
    }
    assert_ok(file_remove_leftovers(folder));
    struct file_names names;
    assert_ok(file_list(&names, folder, ""));
    assert_int_equal(names.count, 1);
    file_names_free(&names);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(what_is_saved_is_read),
        TEST(scores_are_counted_and_kept),
        TEST(the_same_state_gives_the_same_bytes),
        TEST(some_are_kept),
        TEST(what_is_no_checkpoint_is_refused),
        TEST(the_encoder_is_found),
        TEST(a_killed_writer_loses_nothing),
    };
    return cmocka_run_group_tests_name("checkpoint", tests, NULL, NULL);
}
