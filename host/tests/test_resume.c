/* A run that is killed or interrupted and resumed ends with the same bytes as one that was left alone. */
#include "program.h"

#include "train/checkpoint.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

/* 20 steps over 8 images, so that both parts of a run begin and end inside an epoch. */
#define RUN                                                                                                  \
    "pretrain --data words --batch 2 --steps 20 --checkpoint-every 10 --log-every 1 --warmup-steps 3 "       \
    "--rate 1e-3 --seed 5 --image-height 16 --image-width 32 --width 16 --depth 1 --heads 2 "                \
    "--decoder-width 16 --decoder-depth 1 --decoder-heads 2 --picture-every 0 "
#define LMIM "--objective lmim --teacher mae/last.safetensors --decoder-dropout 0.2 --accumulate 2 "

static const char *const devices[] = {"--device reference", ""};

static int start(void **state) {
    if (make_test_folder(state) != 0)
        return 1;
    write_labelled_folder(in_folder("words"), 9);
    return 0;
}

/* ---- a run in the background ---- */

static pid_t start_run(const char *words) {
    static char command[4096];
    snprintf(command, sizeof command, "cd '%s' && exec '%s' %s >out.txt 2>err.txt", test_folder, MNSP_PROGRAM,
             words);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    return child;
}

/* Waits until the file is there; false when the run ended first. */
static bool wait_for(const char *path, pid_t child) {
    const struct timespec pause = {.tv_nsec = 500000};
    for (;;) {
        if (access(path, F_OK) == 0)
            return true;
        if (waitpid(child, NULL, WNOHANG) == child)
            return false;
        nanosleep(&pause, NULL);
    }
}

static uint64_t step_of(const char *path) {
    struct safetensors *file;
    struct checkpoint_state state;
    assert_ok(checkpoint_open(&file, &state, path));
    safetensors_close(file);
    return state.step;
}

static void remove_run(const char *name) {
    nftw(in_folder(name), remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* Starts a run, and kills it when its checkpoint of step 10 is there. The kill may come late on a busy
 * machine: then it is tried again. */
static void run_and_kill(const char *words) {
    enum { ATTEMPTS = 20 };
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        remove_run("killed");
        const pid_t child = start_run(words);
        int status;
        if (!wait_for(in_folder("killed/last.safetensors"), child)) {
            take_text(program_err, sizeof program_err, in_folder("err.txt"));
            fail_msg("the run ended without a checkpoint: %s", program_err);
        }
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, &status, 0), child);
        if (WIFSIGNALED(status) && step_of(in_folder("killed/last.safetensors")) == 10)
            return;
    }
    fail_msg("in %d attempts the run was never killed between step 10 and step 20", ATTEMPTS);
}

/* ---- comparing ---- */

static void assert_same_bytes(const char *a, const char *b) {
    FILE *const first = fopen(a, "rb"), *const second = fopen(b, "rb");
    assert_non_null(first);
    assert_non_null(second);
    int x, y;
    long place = 0;
    do {
        x = fgetc(first), y = fgetc(second);
        if (x != y)
            fail_msg("%s and %s differ at byte %ld", a, b, place);
        place++;
    } while (x != EOF);
    fclose(first);
    fclose(second);
    assert_true(place > 1000);
}

static void run_whole(const char *words, const char *name) {
    remove_run(name);
    if (mnsp("%s --out %s", words, name) != 0)
        fail_msg("%s", program_err);
}

static void resume(const char *device) {
    if (mnsp("pretrain --resume --out killed %s", device) != 0)
        fail_msg("%s", program_err);
    assert_int_equal(step_of(in_folder("killed/last.safetensors")), 20);
    assert_same_bytes(in_folder("whole/last.safetensors"), in_folder("killed/last.safetensors"));
}

static void check_killed(const char *objective, const char *device) {
    char words[1024], killed[1100];
    snprintf(words, sizeof words, RUN "%s %s", objective, device);
    snprintf(killed, sizeof killed, "%s --out killed", words);
    run_whole(words, "whole");
    run_and_kill(killed);
    resume(device);
}

static void killed_mae_resumes_bit_for_bit(void **state) {
    (void)state;
    for (size_t i = 0; i < (has_device() ? 2 : 1); i++)
        check_killed("--objective mae", devices[i]);
}

static void killed_lmim_with_dropout_in_parts_resumes_bit_for_bit(void **state) {
    (void)state;
    run_whole(RUN "--objective mae --device reference", "mae");
    for (size_t i = 0; i < (has_device() ? 2 : 1); i++)
        check_killed(LMIM, devices[i]);
}

/* The scale of the loss goes up and down on the way, so that it has to come from the checkpoint. */
static void killed_f16_resumes_bit_for_bit(void **state) {
    (void)state;
    for (size_t i = 0; i < (has_device() ? 2 : 1); i++)
        check_killed("--objective mae --precision f16 --loss-scale 1073741824 --scale-every 3", devices[i]);
}

/* SIGTERM: the step is finished, a checkpoint written, the exit status is 0; and the run can be resumed. */
static void interrupted_run_resumes_bit_for_bit(void **state) {
    (void)state;
    static const char words[] = RUN "--objective mae --device reference";
    run_whole(words, "whole");
    remove_run("killed");
    char killed[1100];
    snprintf(killed, sizeof killed, "%s --out killed", words);
    const pid_t child = start_run(killed);
    int status;
    assert_true(wait_for(in_folder("killed/log.jsonl"), child));
    kill(child, SIGTERM);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    const uint64_t reached = step_of(in_folder("killed/last.safetensors"));
    assert_true(reached >= 1);
    if (reached < 20)
        resume("--device reference");
}

/* A different seed gives different bytes: the comparison above means something. */
static void another_seed_gives_another_run(void **state) {
    (void)state;
    run_whole(RUN "--objective mae --device reference", "whole");
    run_whole(RUN "--objective mae --device reference --seed 6", "other");
    struct safetensors *a, *b;
    assert_ok(safetensors_open(&a, in_folder("whole/last.safetensors")));
    assert_ok(safetensors_open(&b, in_folder("other/last.safetensors")));
    float first[16], second[16];
    const uint64_t shape[] = {16};
    assert_ok(safetensors_load_f32(a, "norm.weight", 1, shape, first));
    assert_ok(safetensors_load_f32(b, "norm.weight", 1, shape, second));
    assert_memory_not_equal(first, second, sizeof first);
    safetensors_close(a);
    safetensors_close(b);
}

/* What is at stake in a resumed run is refused before anything is changed. */
static void wrong_resumes_are_refused(void **state) {
    (void)state;
    run_whole(RUN "--objective mae --device reference", "whole");
    assert_int_equal(mnsp("pretrain --resume --data words --out nothing --device reference"), 1);
    assert_has(program_err, "nothing/last.safetensors");
    assert_int_equal(mnsp(RUN "--objective mae --device reference --out whole"), 2);
    assert_has(program_err, "--resume");
    assert_int_equal(mnsp("pretrain --resume --data words --out whole --device reference"), 0);
    assert_int_equal(step_of(in_folder("whole/last.safetensors")), 20);
}

/* The images of the start are gone, or the log that names them is; others can be named. */
static void missing_images_are_named(void **state) {
    (void)state;
    run_whole(RUN "--objective mae --device reference", "whole");
    assert_int_equal(rename(in_folder("words"), in_folder("moved")), 0);
    assert_int_equal(mnsp("pretrain --resume --out whole --device reference"), 1);
    assert_has(program_err, "started with (--data names others): words");
    assert_int_equal(mnsp("pretrain --resume --data moved --out whole --device reference --steps 22"), 0);
    assert_int_equal(mnsp("pretrain --resume --out whole --device reference --steps 23"), 0);
    assert_int_equal(remove(in_folder("whole/log.jsonl")), 0);
    assert_int_equal(mnsp("pretrain --resume --out whole --device reference --steps 24"), 1);
    assert_has(program_err, "--data is missing: whole/log.jsonl");
    assert_int_equal(mnsp("pretrain --resume --data moved --out whole --device reference --steps 24"), 0);
    assert_int_equal(step_of(in_folder("whole/last.safetensors")), 24);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_mae_resumes_bit_for_bit),
        cmocka_unit_test(killed_lmim_with_dropout_in_parts_resumes_bit_for_bit),
        cmocka_unit_test(killed_f16_resumes_bit_for_bit),
        cmocka_unit_test(interrupted_run_resumes_bit_for_bit),
        cmocka_unit_test(another_seed_gives_another_run),
        cmocka_unit_test(wrong_resumes_are_refused),
        cmocka_unit_test(missing_images_are_named),
    };
    return cmocka_run_group_tests_name("resume", tests, start, remove_test_folder);
}
