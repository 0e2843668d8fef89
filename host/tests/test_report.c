/* What a run writes beside its checkpoints: the events of its log, scores and pictures. */
#include "tiny_recogniser.h"

#include "base/json.h"
#include "data/image.h"
#include "train/checkpoint.h"

#include <sys/stat.h>

static int start(void **state) {
    if (make_test_folder(state) != 0)
        return 1;
    write_words(in_folder("words"));
    return 0;
}

struct told {
    char messages[4096];
};

static void keep_message(void *context, const char *text) {
    struct told *const told = context;
    strncat(told->messages, text, sizeof told->messages - strlen(told->messages) - 2);
    strcat(told->messages, "\n");
}

/* Trains for 20 steps into a folder. */
static enum status train(struct settings settings, const char *out, const char *validation,
                         struct told *told) {
    const char *const data = in_folder("words");
    settings.steps = 20;
    settings.log_every = 5;
    return train_run(&settings, &(struct train_options){.data = &data,
                                                        .data_count = 1,
                                                        .validation = &validation,
                                                        .validation_count = validation != NULL,
                                                        .out = out,
                                                        .program = "1.2.3",
                                                        .message = keep_message,
                                                        .context = told});
}

/* ---- the log ---- */

struct log {
    json_t *lines[64];
    size_t count;
};

static struct log read_log(const char *path) {
    struct log log = {0};
    char line[4096];
    FILE *const file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        assert_true(log.count < 64);
        assert_ok(json_read_text(&log.lines[log.count++], line, strlen(line), path));
    }
    fclose(file);
    return log;
}

static void free_log(struct log *log) {
    for (size_t i = 0; i < log->count; i++)
        json_decref(log->lines[i]);
}

/* The lines of one event: "step 5, step 10". */
static const json_t *nth_event(const struct log *log, const char *event, size_t n) {
    for (size_t i = 0; i < log->count; i++) {
        const char *text;
        assert_ok(json_need_text(&text, log->lines[i], "event", "log"));
        if (strcmp(text, event) == 0 && n-- == 0)
            return log->lines[i];
    }
    return NULL;
}

static double number_of(const json_t *line, const char *key) {
    double value;
    assert_ok(json_need_real(&value, line, key, "log"));
    return value;
}

static const char *text_of(const json_t *line, const char *key) {
    const char *text;
    assert_ok(json_need_text(&text, line, key, "log"));
    return text;
}

static void the_log_has_its_events(void **state) {
    (void)state;
    struct settings settings = tiny_settings();
    struct told told = {0};
    settings.evaluate_every = 15;
    assert_ok(train(settings, in_folder("log"), in_folder("words"), &told));
    struct log log = read_log(in_folder("log/log.jsonl"));
    assert_ptr_equal(nth_event(&log, "start", 0), log.lines[0]);
    assert_string_equal(text_of(log.lines[0], "program"), "1.2.3");
    assert_string_equal(text_of(log.lines[0], "device"), "reference");
    assert_string_equal(text_of(log.lines[0], "objective"), "recognition");
    assert_true(number_of(log.lines[0], "images") == TINY_WORDS && number_of(log.lines[0], "steps") == 20);
    assert_null(json_object_get(log.lines[0], "resumed_at"));
    for (size_t i = 0; i < 4; i++) {
        const json_t *const step = nth_event(&log, "step", i);
        assert_true(number_of(step, "step") == (double)(5 * (i + 1)));
        assert_true(number_of(step, "loss") > 0);
        assert_true(number_of(step, "loss") == number_of(step, "loss.recognition"));
        assert_true(number_of(step, "gradient_norm") > 0 && number_of(step, "images_per_second") > 0);
    }
    assert_null(nth_event(&log, "step", 4));
    const json_t *const first = nth_event(&log, "evaluate", 0), *const last = nth_event(&log, "evaluate", 1);
    assert_true(number_of(first, "step") == 15 && number_of(last, "step") == 20);
    assert_null(nth_event(&log, "evaluate", 2));
    assert_true(number_of(last, "words") == TINY_WORDS);
    assert_true(number_of(last, "accuracy") >= number_of(last, "case_sensitive"));
    assert_string_equal(text_of(last, "data"), in_folder("words"));
    assert_string_equal(text_of(nth_event(&log, "checkpoint", 0), "path"),
                        "best.safetensors"); /* the first */
    size_t last_checkpoint = 0;
    while (nth_event(&log, "checkpoint", last_checkpoint + 1) != NULL)
        last_checkpoint++;
    assert_string_equal(text_of(nth_event(&log, "checkpoint", last_checkpoint), "path"), "last.safetensors");
    const json_t *const end = log.lines[log.count - 1];
    assert_ptr_equal(nth_event(&log, "end", 0), end);
    assert_string_equal(text_of(end, "reason"), "done");
    assert_true(number_of(end, "step") == 20 && number_of(end, "seconds") > 0);
    assert_non_null(strstr(told.messages, "step 20  words: "));
    free_log(&log);
}

static void an_interrupted_run_says_so(void **state) {
    (void)state;
    struct settings settings = tiny_settings();
    const char *const data = in_folder("words");
    const volatile sig_atomic_t stop = 1;
    settings.steps = 20;
    struct train_options options = {.data = &data, .data_count = 1, .out = in_folder("stop"), .stop = &stop};
    assert_ok(train_run(&settings, &options));
    struct log log = read_log(in_folder("stop/log.jsonl"));
    assert_string_equal(text_of(nth_event(&log, "end", 0), "reason"), "interrupted");
    assert_true(number_of(nth_event(&log, "end", 0), "step") == 1);
    free_log(&log);
    options.stop = NULL;
    options.resume = true;
    assert_ok(train_run(&settings, &options));
    log = read_log(in_folder("stop/log.jsonl"));
    assert_true(number_of(nth_event(&log, "start", 1), "resumed_at") == 1);
    assert_string_equal(text_of(nth_event(&log, "end", 1), "reason"), "done");
    free_log(&log);
}

static void images_left_out_are_in_the_log(void **state) {
    (void)state;
    write_text(in_folder("words/bad.png"), "no image");
    write_text(in_folder("words/bad.tsv"), "0.png\tab\n1.png\tAb!\nbad.png\tx\n2.png\txyz\n3.png\t0\n"
                                           "3.png\tabcdefgh\n");
    struct settings settings = tiny_settings();
    const char *const data = in_folder("words/bad.tsv");
    settings.steps = 20;
    assert_ok(train_run(&settings,
                        &(struct train_options){.data = &data, .data_count = 1, .out = in_folder("skip")}));
    struct log log = read_log(in_folder("skip/log.jsonl"));
    assert_string_equal(text_of(nth_event(&log, "skip", 0), "problem"), "undecodable");
    assert_string_equal(text_of(nth_event(&log, "skip", 1), "problem"), "label too long");
    assert_true(number_of(nth_event(&log, "skip", 1), "count") == 1);
    assert_null(nth_event(&log, "skip", 2));
    free_log(&log);
}

/* ---- pictures ---- */

static void assert_picture(const char *path) {
    struct data_image image;
    assert_ok(data_image_read(&image, path));
    assert_true(image.width > 100 && image.height > 100);
    data_image_free(&image);
}

static void pictures_come_when_they_are_due(void **state) {
    (void)state;
    struct settings settings = tiny_settings();
    struct told told = {0};
    settings.picture_every = 8;
    assert_ok(train(settings, in_folder("pictures"), NULL, &told));
    assert_picture(in_folder("pictures/pictures/step-00000008.png"));
    assert_picture(in_folder("pictures/pictures/step-00000016.png"));
    assert_picture(in_folder("pictures/pictures/step-00000020.png")); /* the end */
    assert_picture(in_folder("pictures/pictures/curves.png"));
    settings.picture_every = 0;
    assert_ok(train(settings, in_folder("plain"), NULL, &told));
    struct stat about;
    assert_int_not_equal(stat(in_folder("plain/pictures"), &about), 0);
    assert_non_null(strstr(told.messages, "a step takes "));
    assert_null(strstr(told.messages, "picture"));
}

/* Pictures and scores have networks of their own: the weights are the same with and without. */
static void what_is_shown_does_not_change_what_is_learned(void **state) {
    (void)state;
    struct settings settings = tiny_settings();
    struct told told = {0};
    settings.dropout = true;
    settings.picture_every = 3, settings.evaluate_every = 4;
    assert_ok(train(settings, in_folder("shown"), in_folder("words"), &told));
    settings.picture_every = 0, settings.evaluate_every = 0;
    assert_ok(train(settings, in_folder("blind"), NULL, &told));
    struct safetensors *shown, *blind;
    assert_ok(safetensors_open(&shown, in_folder("shown/last.safetensors")));
    assert_ok(safetensors_open(&blind, in_folder("blind/last.safetensors")));
    assert_int_equal(safetensors_count(shown), safetensors_count(blind));
    for (size_t i = 0; i < safetensors_count(shown); i++) {
        const struct safetensors_tensor *const a = safetensors_at(shown, i);
        const struct safetensors_tensor *const b = safetensors_find(blind, a->name);
        unsigned char *const ours = malloc(a->bytes), *const theirs = malloc(a->bytes);
        assert_non_null(b);
        assert_ok(safetensors_read(shown, a, ours));
        assert_ok(safetensors_read(blind, b, theirs));
        assert_memory_equal(ours, theirs, a->bytes);
        free(ours);
        free(theirs);
    }
    safetensors_close(shown);
    safetensors_close(blind);
}

static void a_picture_that_fails_does_not_end_the_run(void **state) {
    (void)state;
    struct settings settings = tiny_settings();
    struct told told = {0};
    settings.picture_every = 20;
    mkdir(in_folder("hindered"), 0777);
    mkdir(in_folder("hindered/pictures"), 0777);
    mkdir(in_folder("hindered/pictures/step-00000020.png"), 0777); /* no file can take its place */
    assert_ok(train(settings, in_folder("hindered"), NULL, &told));
    assert_non_null(strstr(told.messages, "no picture of step 20"));
    struct log log = read_log(in_folder("hindered/log.jsonl"));
    assert_string_equal(text_of(nth_event(&log, "end", 0), "reason"), "done");
    free_log(&log);
}

static void a_missing_validation_set_shows_before_the_first_step(void **state) {
    (void)state;
    struct told told = {0};
    mkdir(in_folder("bare"), 0777);
    write_png(in_folder("bare/a.png"), 8, 8, 1);
    assert_refused(train(tiny_settings(), in_folder("novalidation"), in_folder("bare"), &told),
                   STATUS_INVALID, "none of its images has a label");
    assert_refused(train(tiny_settings(), in_folder("novalidation"), "/no/such/set", &told), STATUS_INVALID,
                   "/no/such/set");
    struct stat about;
    assert_int_not_equal(stat(in_folder("novalidation/last.safetensors"), &about), 0);
}

static void what_was_learned_is_kept_where_it_cannot_be_scored(void **state) {
    (void)state;
    struct told told = {0};
    mkdir(in_folder("broken"), 0777);
    write_text(in_folder("broken/a.png"), "no image");
    write_text(in_folder("broken/labels.tsv"), "a.png\tword\n");
    assert_refused(train(tiny_settings(), in_folder("unscored"), in_folder("broken"), &told), STATUS_INVALID,
                   "broken/a.png");
    struct checkpoint_state checkpoint;
    struct safetensors *file;
    assert_ok(checkpoint_open(&file, &checkpoint, in_folder("unscored/last.safetensors")));
    assert_int_equal(checkpoint.step, 20);
    safetensors_close(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_log_has_its_events),
        cmocka_unit_test(an_interrupted_run_says_so),
        cmocka_unit_test(images_left_out_are_in_the_log),
        cmocka_unit_test(pictures_come_when_they_are_due),
        cmocka_unit_test(what_is_shown_does_not_change_what_is_learned),
        cmocka_unit_test(a_picture_that_fails_does_not_end_the_run),
        cmocka_unit_test(a_missing_validation_set_shows_before_the_first_step),
        cmocka_unit_test(what_was_learned_is_kept_where_it_cannot_be_scored),
    };
    return cmocka_run_group_tests(tests, start, remove_test_folder);
}
