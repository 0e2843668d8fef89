/* Fine-tuning runs: views of an image, the average of the weights, early stopping, a frozen encoder, the CTC
 * head, character sets. */
#include "tiny_recogniser.h"

#include "train/checkpoint.h"
#include "train/safetensors.h"

#include <math.h>
#include <signal.h>

static int start(void **state) {
    if (make_test_folder(state) != 0)
        return 1;
    write_words(in_folder("words"));
    return 0;
}

/* A few steps on augmented images. */
static struct settings short_run(void) {
    struct settings settings = tiny_settings();
    settings.steps = 6;
    settings.augment = true;
    settings.views = 2;
    settings.picture_every = 0;
    return settings;
}

/* What a run is told, and when it is stopped: after step `stop_at`, 0 for never. */
struct driven {
    uint64_t stop_at;
    volatile sig_atomic_t stop;
    char messages[4096];
};

static void take_progress(void *context, const struct train_progress *progress) {
    struct driven *const driven = context;
    driven->stop = driven->stop_at != 0 && progress->step >= driven->stop_at;
}

static void take_message(void *context, const char *text) {
    struct driven *const driven = context;
    strncat(driven->messages, text, sizeof driven->messages - strlen(driven->messages) - 1);
}

static enum status drive(const char *out, const struct settings *settings, const char *validation,
                         bool resume, struct driven *driven) {
    const char *const data = in_folder("words");
    return train_run(settings, &(struct train_options){.data = &data,
                                                       .data_count = 1,
                                                       .validation = &validation,
                                                       .validation_count = validation != NULL,
                                                       .out = in_folder(out),
                                                       .resume = resume,
                                                       .stop = &driven->stop,
                                                       .progress = take_progress,
                                                       .message = take_message,
                                                       .context = driven});
}

static void train(const char *out, const struct settings *settings) {
    struct driven driven = {0};
    assert_ok(drive(out, settings, NULL, false, &driven));
}

static struct safetensors *open_file(const char *run, const char *name) {
    char path[64];
    struct safetensors *file;
    snprintf(path, sizeof path, "%s/%s", run, name);
    assert_ok(safetensors_open(&file, in_folder(path)));
    return file;
}

static struct safetensors *open_last(const char *run) {
    return open_file(run, "last.safetensors");
}

static struct checkpoint_state state_of(const char *run, const char *name) {
    struct safetensors *const file = open_file(run, name);
    struct checkpoint_state state;
    assert_ok(checkpoint_read_state(&state, file));
    safetensors_close(file);
    return state;
}

/* A text of the metadata of the last checkpoint; good until the next call. */
static const char *state_text(const char *run, const char *key) {
    static char text[256];
    struct safetensors *const file = open_last(run);
    const char *const value = safetensors_metadata(file, key);
    assert_non_null(value);
    snprintf(text, sizeof text, "%s", value);
    safetensors_close(file);
    return text;
}

static float *read_tensor(const struct safetensors *file, const struct safetensors_tensor *tensor) {
    float *const values = malloc(tensor->elements * sizeof *values);
    assert_non_null(values);
    assert_ok(safetensors_read_f32(file, tensor, values));
    return values;
}

/* The largest difference between two runs' tensors whose names begin alike. */
static double difference(const char *a, const char *b, const char *prefix) {
    struct safetensors *const first = open_last(a), *const second = open_last(b);
    double largest = 0;
    size_t compared = 0;
    for (size_t i = 0; i < safetensors_count(first); i++) {
        const struct safetensors_tensor *const tensor = safetensors_at(first, i);
        if (strncmp(tensor->name, prefix, strlen(prefix)) != 0)
            continue;
        const struct safetensors_tensor *const other = safetensors_find(second, tensor->name);
        assert_non_null(other);
        assert_int_equal(other->elements, tensor->elements);
        float *const x = read_tensor(first, tensor), *const y = read_tensor(second, other);
        for (size_t j = 0; j < tensor->elements; j++)
            largest = fmax(largest, fabs((double)x[j] - (double)y[j]));
        compared += tensor->elements;
        free(x);
        free(y);
    }
    assert_true(compared > 0);
    safetensors_close(first);
    safetensors_close(second);
    return largest;
}

/* ---- views ---- */

static void views_do_not_depend_on_threads(void **state) {
    (void)state;
    struct settings settings = short_run();
    train("one", &settings);
    settings.threads = 3;
    train("three", &settings);
    assert_true(difference("one", "three", "") == 0);
    settings.views = 1;
    train("single", &settings);
    assert_true(difference("one", "single", "decoder.") > 1e-4);
}

/* Of images that are left alone, the two views are the same, and their mean loss is that of one: after a step
 * at rate 0 the first moment, (1 - beta1) times the gradient, differs by roundings only. */
static void two_equal_views_are_one(void **state) {
    (void)state;
    struct settings settings = short_run();
    settings.steps = 1, settings.rate = 1e-30;
    settings.augment_geometry = settings.augment_deterioration = settings.augment_colour = 0;
    train("equal", &settings);
    settings.accumulate = 2;
    train("equal-parts", &settings);
    settings.accumulate = 1, settings.views = 1;
    train("plain", &settings);
    settings.augment = false;
    train("clean", &settings);
    assert_true(difference("plain", "clean", "") == 0);
    assert_true(difference("plain", "equal", "optimiser.m.") < 1e-6);
    assert_true(difference("plain", "equal-parts", "optimiser.m.") < 1e-6);
}

/* ---- the average ---- */

/* After each step average = decay average + (1 - decay) weight, within the bound of `ema`. */
static void the_average_follows_the_weights(void **state) {
    (void)state;
    enum { CLASSES = 97, WIDTH = 16 };
    static const char name[] = "decoder.classifier.weight";
    static const uint64_t shape[] = {CLASSES, WIDTH};
    static float before[CLASSES * WIDTH], after[CLASSES * WIDTH], weight[CLASSES * WIDTH];
    struct settings settings = short_run();
    settings.ema_decay = 0.75, settings.keep_every = settings.checkpoint_every = 1;
    train("average", &settings);
    struct safetensors *const third = open_file("average", "step-00000003.safetensors"),
                              *const fourth = open_file("average", "step-00000004.safetensors");
    char average[64];
    snprintf(average, sizeof average, CHECKPOINT_AVERAGE "%s", name);
    assert_ok(safetensors_load_f32(third, average, 2, shape, before));
    assert_ok(safetensors_load_f32(fourth, average, 2, shape, after));
    assert_ok(safetensors_load_f32(fourth, name, 2, shape, weight));
    double moved = 0;
    for (size_t i = 0; i < CLASSES * WIDTH; i++) {
        const double kept = 0.75 * (double)before[i], taken = 0.25 * (double)weight[i];
        assert_true(fabs((double)after[i] - (kept + taken)) <= 0x1p-22 * (fabs(kept) + fabs(taken)));
        moved = fmax(moved, fabs((double)after[i] - (double)weight[i]));
    }
    assert_true(moved > 1e-4);
    safetensors_close(third);
    safetensors_close(fourth);
}

/* What a recogniser reads with; the confidence shows which weights it has. */
static float confidence(const char *path, const char *use_average) {
    struct recogniser_override override = {"use_average", use_average};
    struct recogniser *recogniser;
    assert_ok(recogniser_open(
        &recogniser,
        &(struct recogniser_options){.path = path, .batch = 1, .overrides = &override, .override_count = 1}));
    struct recogniser_reading reading;
    float *const planes = tiny_planes(1);
    assert_ok(recogniser_read(recogniser, planes, 1, &reading));
    const float value = reading.confidence;
    recogniser_readings_free(&reading, 1);
    free(planes);
    recogniser_close(recogniser);
    return value;
}

/* Reading takes the average or the last weights, as is chosen, and so does a run
 * that starts from the file. */
static void either_weights_can_be_used(void **state) {
    (void)state;
    struct settings settings = short_run();
    settings.ema_decay = 0.75;
    train("both", &settings);
    const float averaged = confidence(in_folder("both/last.safetensors"), "true");
    const float last = confidence(in_folder("both/last.safetensors"), "false");
    assert_true(fabsf(averaged - last) > 1e-4F * last);
    for (int use = 0; use < 2; use++) {
        const char *const out = use ? "from-average" : "from-last", *const data = in_folder("words");
        settings.use_average = use, settings.steps = 1, settings.rate = 1e-30, settings.ema_decay = 0;
        assert_ok(train_run(&settings, &(struct train_options){.data = &data,
                                                               .data_count = 1,
                                                               .init = in_folder("both/last.safetensors"),
                                                               .out = in_folder(out)}));
        const float begun = confidence(
            in_folder(use ? "from-average/last.safetensors" : "from-last/last.safetensors"), "true");
        assert_true(begun == (use ? averaged : last));
    }
}

/* ---- scores ---- */

/* Labels that nobody reads: every score is 0. */
static const char *hopeless_words(void) {
    static bool written;
    if (!written)
        write_text(in_folder("words/hopeless.tsv"), "0.png\tqqqq\n1.png\tqqqq\n");
    written = true;
    return in_folder("words/hopeless.tsv");
}

static struct settings scored_run(void) {
    struct settings settings = short_run();
    settings.steps = 20, settings.checkpoint_every = 3;
    settings.evaluate_every = 2, settings.patience = 2;
    settings.ema_decay = 0.75;
    return settings;
}

/* The first score is the best there is; two more evaluations bring nothing better. */
static void a_run_without_progress_ends(void **state) {
    (void)state;
    struct settings settings = scored_run();
    struct driven driven = {0};
    assert_ok(drive("hopeless", &settings, hopeless_words(), false, &driven));
    assert_non_null(strstr(driven.messages, "no better score"));
    struct checkpoint_state last = state_of("hopeless", "last.safetensors");
    assert_int_equal(last.step, 6);
    assert_int_equal(last.scores.waited, 2);
    assert_int_equal(state_of("hopeless", "best.safetensors").step, 2);
    assert_ok(drive("hopeless", &settings, hopeless_words(), true, &driven)); /* it has ended */
    assert_int_equal(state_of("hopeless", "last.safetensors").step, 6);
    settings.patience = 4;
    assert_ok(drive("hopeless", &settings, hopeless_words(), true, &driven));
    assert_int_equal(state_of("hopeless", "last.safetensors").step, 10);
    (void)confidence(in_folder("hopeless/best.safetensors"), "true");
}

static void assert_same_file(const char *name) {
    struct safetensors *const a = open_file("unbroken", name), *const b = open_file("broken", name);
    assert_int_equal(safetensors_count(a), safetensors_count(b));
    for (size_t i = 0; i < safetensors_count(a); i++) {
        const struct safetensors_tensor *const tensor = safetensors_at(a, i);
        float *const x = read_tensor(a, tensor), *const y = read_tensor(b, safetensors_find(b, tensor->name));
        assert_memory_equal(x, y, tensor->bytes);
        free(x);
        free(y);
    }
    assert_string_equal(safetensors_metadata(a, "mnsp.scores"), safetensors_metadata(b, "mnsp.scores"));
    safetensors_close(a);
    safetensors_close(b);
}

/* Stopped after any step, before that step is evaluated, a run goes on to the same
 * weights, average and scores. */
static void a_scored_run_resumes_bit_for_bit(void **state) {
    (void)state;
    struct settings settings = scored_run();
    settings.patience = 3;
    struct driven driven = {0};
    assert_ok(drive("unbroken", &settings, hopeless_words(), false, &driven));
    assert_int_equal(state_of("unbroken", "last.safetensors").step, 8);
    driven.stop_at = 4;
    assert_ok(drive("broken", &settings, hopeless_words(), false, &driven));
    assert_int_equal(state_of("broken", "last.safetensors").step, 4);
    assert_int_equal(state_of("broken", "last.safetensors").scores.evaluated, 2);
    driven = (struct driven){.stop_at = 5};
    assert_ok(drive("broken", &settings, hopeless_words(), true, &driven));
    assert_int_equal(state_of("broken", "last.safetensors").scores.evaluated, 4);
    driven = (struct driven){0};
    assert_ok(drive("broken", &settings, NULL, true, &driven)); /* on the set that it was started with */
    assert_same_file("last.safetensors");
    assert_same_file("best.safetensors");
}

static void patience_needs_scores(void **state) {
    (void)state;
    struct settings settings = scored_run();
    struct driven driven = {0};
    assert_refused(drive("refused", &settings, NULL, false, &driven), STATUS_USAGE, "--validation");
    settings.evaluate_every = 0;
    assert_refused(drive("refused", &settings, hopeless_words(), false, &driven), STATUS_USAGE,
                   "--evaluate-every");
    settings = short_run();
    train("unaveraged", &settings);
    settings.ema_decay = 0.9;
    assert_refused(drive("unaveraged", &settings, NULL, true, &driven), STATUS_USAGE, "no average");
}

/* ---- the frozen encoder ---- */

static void a_frozen_encoder_stays(void **state) {
    (void)state;
    struct settings settings = short_run();
    settings.steps = 1, settings.rate = 1e-30;
    train("begin", &settings);
    settings.steps = 6, settings.rate = 1e-2, settings.freeze_encoder = true, settings.ema_decay = 0.75;
    train("frozen", &settings);
    assert_true(difference("begin", "frozen", "encoder.") < 1e-20); /* what a rate of 1e-30 makes of zeros */
    assert_true(difference("begin", "frozen", "decoder.") > 1e-3);
    struct safetensors *const file = open_last("frozen");
    assert_null(safetensors_find(file, CHECKPOINT_FIRST_MOMENT "encoder.norm.weight"));
    assert_null(safetensors_find(file, CHECKPOINT_AVERAGE "encoder.norm.weight"));
    assert_non_null(safetensors_find(file, CHECKPOINT_AVERAGE "decoder.classifier.weight"));
    safetensors_close(file);
    (void)confidence(in_folder("frozen/last.safetensors"), "true"); /* which has no average of the encoder */
}

/* ---- the CTC head ---- */

/* It learns the words by heart, and reads them with a confidence for each symbol. */
static void a_ctc_head_learns_to_read(void **state) {
    (void)state;
    struct settings settings = tiny_settings();
    settings.head = SETTINGS_HEAD_CTC, settings.picture_every = 0;
    train("ctc", &settings);
    struct recogniser *recogniser;
    assert_ok(recogniser_open(
        &recogniser, &(struct recogniser_options){.path = in_folder("ctc/last.safetensors"), .batch = 1}));
    for (int word = 0; word < TINY_WORDS; word++) {
        struct recogniser_reading reading;
        float *const planes = tiny_planes(word);
        assert_ok(recogniser_read(recogniser, planes, 1, &reading));
        assert_string_equal(reading.text, tiny_words[word]);
        assert_true(reading.confidence > 0.5F && reading.confidence <= 1);
        assert_int_equal(reading.characters, strlen(tiny_words[word]));
        recogniser_readings_free(&reading, 1);
        free(planes);
    }
    recogniser_close(recogniser);
    assert_refused(recogniser_open(&recogniser,
                                   &(struct recogniser_options){
                                       .path = in_folder("ctc/last.safetensors"), .batch = 1, .beam = 3}),
                   STATUS_USAGE, "beam");
}

/* Of a recogniser with another head the encoder is taken, as for a comparison of encoders. */
static void another_head_begins_anew(void **state) {
    (void)state;
    const char *const data = in_folder("words");
    struct settings settings = short_run();
    train("decoder", &settings);
    settings.head = SETTINGS_HEAD_CTC, settings.freeze_encoder = true;
    assert_ok(train_run(&settings, &(struct train_options){.data = &data,
                                                           .data_count = 1,
                                                           .init = in_folder("decoder/last.safetensors"),
                                                           .out = in_folder("probe")}));
    assert_true(difference("decoder", "probe", "encoder.") == 0);
}

/* ---- character sets ---- */

/* A checkpoint carries its set: it is read when the file that named it is gone. */
static void a_checkpoint_carries_its_characters(void **state) {
    (void)state;
    struct settings settings = tiny_settings();
    settings.picture_every = 0, settings.steps = 100;
    write_text(in_folder("set.txt"), "zyx\n0!bA\xC3\xA9\na");
    snprintf(settings.charset, sizeof settings.charset, "%s", in_folder("set.txt"));
    train("own-set", &settings);
    assert_int_equal(remove(in_folder("set.txt")), 0);
    assert_string_equal(state_text("own-set", "mnsp.charset"), "zyx0!bA\xC3\xA9"
                                                               "a");
    struct recogniser *recogniser;
    assert_ok(recogniser_open(&recogniser, &(struct recogniser_options){
                                               .path = in_folder("own-set/last.safetensors"), .batch = 1}));
    assert_int_equal(recogniser_charset(recogniser)->count, 9);
    recogniser_close(recogniser);
    /* Named on the command line, another one is taken, here of a wrong size. */
    struct recogniser_override override = {"charset", "ascii36"};
    assert_refused(recogniser_open(&recogniser,
                                   &(struct recogniser_options){.path = in_folder("own-set/last.safetensors"),
                                                                .batch = 1,
                                                                .overrides = &override,
                                                                .override_count = 1}),
                   STATUS_INVALID, "--charset");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(views_do_not_depend_on_threads),
        cmocka_unit_test(two_equal_views_are_one),
        cmocka_unit_test(the_average_follows_the_weights),
        cmocka_unit_test(either_weights_can_be_used),
        cmocka_unit_test(a_run_without_progress_ends),
        cmocka_unit_test(a_scored_run_resumes_bit_for_bit),
        cmocka_unit_test(patience_needs_scores),
        cmocka_unit_test(a_frozen_encoder_stays),
        cmocka_unit_test(a_ctc_head_learns_to_read),
        cmocka_unit_test(another_head_begins_anew),
        cmocka_unit_test(a_checkpoint_carries_its_characters),
    };
    return cmocka_run_group_tests_name("fine-tuning", tests, start, remove_test_folder);
}
