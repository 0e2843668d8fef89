/* Reading: a recogniser that has learnt its words gives them back, from files of ours and of others, in
 * batches of any size; files that are no recogniser are refused. */
#include "tiny_recogniser.h"

#include "train/step.h"
#include "train/weights.h"

#include <math.h>

static int start(void **state) {
    if (make_test_folder(state) != 0)
        return 1;
    train_tiny_recogniser();
    return 0;
}

static struct recogniser_reading read_one(struct recogniser *recogniser, int word) {
    float *const planes = tiny_planes(word);
    struct recogniser_reading reading;
    assert_ok(recogniser_read(recogniser, planes, 1, &reading));
    free(planes);
    return reading;
}

static void learnt_words_are_read(void **state) {
    (void)state;
    struct recogniser *const recogniser = open_tiny(1);
    assert_int_equal(recogniser_batch(recogniser), 1);
    assert_int_equal(recogniser_settings(recogniser)->image_width, 32);
    assert_int_equal(recogniser_charset(recogniser)->count, 94);
    for (int word = 0; word < TINY_WORDS; word++) {
        struct recogniser_reading reading = read_one(recogniser, word);
        assert_string_equal(reading.text, tiny_words[word]);
        assert_true(reading.confidence > 0.8f && reading.confidence <= 1);
        assert_int_equal(reading.characters, strlen(tiny_words[word]));
        double product = 1;
        for (size_t i = 0; i < reading.characters; i++)
            product *= (double)reading.confidences[i];
        /* what is missing is the end mark's */
        assert_true((double)reading.confidence <= product && (double)reading.confidence > 0.8 * product);
        recogniser_readings_free(&reading, 1);
    }
    recogniser_close(recogniser);
}

/* Places of a batch do not matter, nor that some are not in use. */
static void batches_read_as_single_images_do(void **state) {
    (void)state;
    enum { PLANES = 3 * 8 * 32, COUNT = 3 };
    static const int order[COUNT] = {2, 0, 3};
    float images[COUNT * PLANES];
    struct recogniser *const single = open_tiny(1), *const several = open_tiny(5);
    for (int i = 0; i < COUNT; i++) {
        float *const planes = tiny_planes(order[i]);
        memcpy(images + i * PLANES, planes, PLANES * sizeof(float));
        free(planes);
    }
    struct recogniser_reading readings[5];
    assert_ok(recogniser_read(several, images, COUNT, readings));
    for (int i = 0; i < COUNT; i++) {
        struct recogniser_reading reading = read_one(single, order[i]);
        assert_string_equal(readings[i].text, reading.text);
        assert_true(readings[i].confidence == reading.confidence);
        recogniser_readings_free(&reading, 1);
    }
    recogniser_readings_free(readings, COUNT);
    assert_refused(recogniser_read(several, images, 6, readings), STATUS_INTERNAL, "6 images");
    recogniser_close(single);
    recogniser_close(several);
}

/* The confidence is the product of what the network gives each symbol and the end mark: the same as the
 * exponential of minus the training loss on that reading. */
static void the_confidence_is_the_probability_of_the_word(void **state) {
    (void)state;
    struct settings settings = tiny_settings();
    struct train_step *step;
    assert_ok(train_step_create(&step, &settings, &(struct train_step_options){.batch = 1}));
    struct safetensors *file;
    assert_ok(safetensors_open(&file, in_folder("run/last.safetensors")));
    assert_ok(weights_load(step->executor, step->graph, "", file, "", WEIGHTS_LAST));
    safetensors_close(file);

    struct recogniser *const recogniser = open_tiny(1);
    struct recogniser_reading reading = read_one(recogniser, 2);
    int32_t target[TINY_PLACES], length;
    assert_ok(data_charset_encode(recogniser_charset(recogniser), "xyz", TINY_PLACES, target, &length));
    float *const planes = tiny_planes(2);
    assert_ok(executor_write(step->executor, step->objective.image, planes));
    assert_ok(executor_write(step->executor, step->objective.target, target));
    assert_ok(executor_write(step->executor, step->objective.length, &length));
    struct train_result result;
    assert_ok(train_step_run(step, 0, 0));
    assert_ok(train_step_result(step, 0, &result));
    assert_true(fabs((double)reading.confidence - exp(-(double)result.loss)) < 1e-5);

    free(planes);
    recogniser_readings_free(&reading, 1);
    recogniser_close(recogniser);
    train_step_destroy(step);
}

static void live_weights_can_be_taken(void **state) {
    (void)state;
    const struct settings settings = tiny_settings();
    struct train_step *step;
    assert_ok(train_step_create(&step, &settings, &(struct train_step_options){.batch = 2}));
    assert_ok(executor_initialise(step->executor, 1));
    struct recogniser *recogniser;
    assert_ok(recogniser_create(&recogniser, &settings, 1, NULL, NULL));
    assert_ok(recogniser_take(recogniser, step->executor, step->graph));
    struct recogniser_reading before = read_one(recogniser, 2);
    struct safetensors *file;
    assert_ok(safetensors_open(&file, in_folder("run/last.safetensors")));
    assert_ok(weights_load(step->executor, step->graph, "", file, "", WEIGHTS_LAST));
    safetensors_close(file);
    assert_ok(recogniser_take(recogniser, step->executor, step->graph));
    struct recogniser_reading after = read_one(recogniser, 2);
    assert_string_not_equal(before.text, "xyz");
    assert_string_equal(after.text, "xyz");
    recogniser_readings_free(&before, 1);
    recogniser_readings_free(&after, 1);
    recogniser_close(recogniser);

    struct settings wider = settings;
    wider.recognition_width = 32;
    assert_ok(recogniser_create(&recogniser, &wider, 1, NULL, NULL));
    assert_refused(recogniser_take(recogniser, step->executor, step->graph), STATUS_INTERNAL, "is not in");
    recogniser_close(recogniser);
    train_step_destroy(step);
}

/* ---- files of others ---- */

/* Copies the parameters of the trained file into one without metadata; those whose names begin with `drop`
 * stay behind. */
static void write_foreign(const char *path, const char *drop) {
    struct safetensors *file;
    assert_ok(safetensors_open(&file, in_folder("run/last.safetensors")));
    struct safetensors_view views[256];
    size_t count = 0;
    for (size_t i = 0; i < safetensors_count(file); i++) {
        const struct safetensors_tensor *const tensor = safetensors_at(file, i);
        if (checkpoint_is_state(tensor->name) || strncmp(tensor->name, drop, strlen(drop)) == 0)
            continue;
        float *const numbers = malloc(tensor->bytes);
        assert_non_null(numbers);
        assert_ok(safetensors_read_f32(file, tensor, numbers));
        views[count] = (struct safetensors_view){tensor->name, SAFETENSORS_F32, tensor->rank, {0}, numbers};
        memcpy(views[count++].shape, tensor->shape, sizeof tensor->shape);
    }
    assert_ok(safetensors_write(path, views, count, NULL, 0));
    for (size_t i = 0; i < count; i++)
        free((void *)(uintptr_t)views[i].data);
    safetensors_close(file);
}

static void sizes_of_foreign_weights_come_from_their_shapes(void **state) {
    (void)state;
    write_foreign(in_folder("foreign.safetensors"), "optimiser.");
    const struct recogniser_override overrides[] = {{"heads", "2"},
                                                    {"recognition_heads", "2"},
                                                    {"max_length", "6"},
                                                    {"image_height", "8"},
                                                    {"image_width", "32"}};
    struct recogniser *recogniser;
    assert_ok(recogniser_open(
        &recogniser, &(struct recogniser_options){.path = in_folder("foreign.safetensors"),
                                                  .batch = 1,
                                                  .overrides = overrides,
                                                  .override_count = sizeof overrides / sizeof overrides[0]}));
    const struct settings *const settings = recogniser_settings(recogniser);
    assert_int_equal(settings->width, 16);
    assert_int_equal(settings->patch_width, 8);
    assert_int_equal(settings->mlp_ratio, 2);
    assert_int_equal(settings->recognition_width, 16);
    assert_int_equal(settings->recognition_depth, 1);
    assert_int_equal(settings->recognition_inner, 16);
    struct recogniser_reading reading = read_one(recogniser, 1);
    assert_string_equal(reading.text, tiny_words[1]);
    recogniser_readings_free(&reading, 1);
    recogniser_close(recogniser);
}

static enum status open_status(const char *name, const struct recogniser_override *override) {
    struct recogniser *recogniser;
    const enum status status = recogniser_open(
        &recogniser,
        &(struct recogniser_options){
            .path = in_folder(name), .batch = 1, .overrides = override, .override_count = !!override});
    assert_null(recogniser);
    return status;
}

static void what_is_no_recogniser_is_refused(void **state) {
    (void)state;
    struct settings mae = tiny_settings();
    mae.objective = SETTINGS_OBJECTIVE_MAE;
    mae.decoder_width = 16, mae.decoder_heads = 2, mae.decoder_depth = 1;
    mae.steps = 1;
    const char *const data = in_folder("words");
    assert_ok(
        train_run(&mae, &(struct train_options){.data = &data, .data_count = 1, .out = in_folder("mae")}));
    assert_refused(open_status("mae/last.safetensors", NULL), STATUS_INVALID, "an MAE, no recogniser");

    write_foreign(in_folder("encoder.safetensors"), "decoder.");
    assert_refused(open_status("encoder.safetensors", NULL), STATUS_INVALID, "without a decoder");
    write_foreign(in_folder("hole.safetensors"), "decoder.layer_norm");
    assert_int_equal(open_status("hole.safetensors", &(struct recogniser_override){"recognition_heads", "2"}),
                     STATUS_INVALID);
    assert_refused(open_status("none.safetensors", NULL), STATUS_INVALID, "none.safetensors");
    write_text(in_folder("text.safetensors"), "this is a text and not a file of weights");
    assert_refused(open_status("text.safetensors", NULL), STATUS_INVALID, "text.safetensors");
}

static void the_character_set_has_to_fit(void **state) {
    (void)state;
    char path[512];
    snprintf(path, sizeof path, "%s", in_folder("letters.txt"));
    write_text(path, "abc");
    const struct recogniser_override letters = {"charset", path}, none = {"charset", "/no/such/file"};
    assert_refused(open_status("run/last.safetensors", &letters), STATUS_INVALID, "--charset");
    assert_refused(open_status("run/last.safetensors", &none), STATUS_INVALID, "--charset");
    const struct recogniser_override wrong = {"no_such_setting", "1"};
    assert_refused(open_status("run/last.safetensors", &wrong), STATUS_USAGE, "no_such_setting");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(learnt_words_are_read),
        cmocka_unit_test(batches_read_as_single_images_do),
        cmocka_unit_test(the_confidence_is_the_probability_of_the_word),
        cmocka_unit_test(live_weights_can_be_taken),
        cmocka_unit_test(sizes_of_foreign_weights_come_from_their_shapes),
        cmocka_unit_test(what_is_no_recogniser_is_refused),
        cmocka_unit_test(the_character_set_has_to_fit),
    };
    return cmocka_run_group_tests(tests, start, remove_test_folder);
}
