/* Attention maps: the formula, against the attention that networks compute; maps of recognisers and of
 * encoders in pre-training; how much falls on text; pages. */
#include "program.h"
#include "tiny_recogniser.h"

#include "graph/operators.h"
#include "objective/look.h"
#include "train/attention.h"
#include "train/picture.h"
#include "train/step.h"
#include "train/weights.h"

#include <math.h>

static int start(void **state) {
    if (make_test_folder(state) != 0)
        return 1;
    train_tiny_recogniser();
    return 0;
}

/* ---- the formula ---- */

/* q, k and v side by side in rows of 3 x 12, as an encoder has them; v of one number per head, 1 for one key
 * and 0 for the others, so that the network's output is the probability of that key. */
static void maps_are_what_the_network_computes(void **state) {
    (void)state;
    enum { ROWS = 5, HEADS = 3, HEAD = 4, WIDTH = HEADS * HEAD, PITCH = 3 * WIDTH };
    float qkv[ROWS][PITCH], y[ROWS][WIDTH], maps[ROWS][ROWS];
    struct graph *g;
    struct executor *executor;
    assert_ok(graph_create(&g));
    const struct tensor *const x = graph_input(g, "qkv", SHAPE(1, ROWS, PITCH));
    const struct graph_attention heads = {
        .q = {x, 0}, .k = {x, WIDTH}, .v = {x, 2 * WIDTH}, .heads = HEADS, .head_width = HEAD};
    const struct tensor *const out = graph_output(g, graph_attention(g, &heads), "y");
    assert_ok(executor_create(&executor, g, NULL, false));
    const struct look_layer layer = {.q_pitch = PITCH,
                                     .k_pitch = PITCH,
                                     .k_offset = WIDTH,
                                     .queries = ROWS,
                                     .keys = ROWS,
                                     .heads = HEADS,
                                     .head_width = HEAD};
    for (int key = 0; key < ROWS; key++) {
        for (int i = 0; i < ROWS; i++)
            for (int j = 0; j < PITCH; j++)
                qkv[i][j] = j < 2 * WIDTH ? 3 * sinf((float)(7 * i + j * j)) : (float)(i == key);
        assert_ok(executor_write(executor, x, qkv));
        assert_ok(executor_run(executor, 0));
        assert_ok(executor_read(executor, out, y));
        look_probabilities(maps[0], &layer, qkv[0], qkv[0], 0, ROWS);
        for (int i = 0; i < ROWS; i++) {
            double mean = 0;
            for (int head = 0; head < HEADS; head++)
                mean += (double)y[i][head * HEAD] / HEADS;
            if (fabs(mean - (double)maps[i][key]) > 1e-6)
                fail_msg("query %d, key %d: %.8f, the network has %.8f", i, key, (double)maps[i][key], mean);
        }
    }
    float second[ROWS];
    look_probabilities(second, &layer, qkv[0], qkv[0], 1, 1);
    assert_memory_equal(second, maps[1], sizeof second);
    executor_destroy(executor);
    graph_destroy(g);
}

/* ---- of a recogniser ---- */

static double sum(const float *values, size_t count) {
    double total = 0;
    for (size_t i = 0; i < count; i++)
        total += (double)values[i];
    return total;
}

static struct attention_maps maps_of(struct attention *attention, int word) {
    struct attention_maps maps;
    float *const planes = tiny_planes(word);
    assert_ok(attention_see(attention, planes, tiny_words[word], &maps));
    free(planes);
    return maps;
}

static void a_recogniser_has_its_maps(void **state) {
    (void)state;
    struct recogniser *const recogniser = open_tiny(2);
    struct attention *attention;
    assert_ok(attention_open(&attention, recogniser, NULL));
    for (int word = 0; word < TINY_WORDS; word++) {
        struct attention_maps maps = maps_of(attention, word);
        assert_true(maps.rows == 2 && maps.columns == 4 && maps.patches == 8);
        assert_int_equal(maps.characters, strlen(tiny_words[word]));
        const double first = sum(maps.class_token, maps.patches);
        assert_true(first > 0 && first < 1); /* the rest is the class token's own */
        for (size_t t = 0; t < maps.characters; t++) {
            const double total = sum(maps.character + t * maps.patches, maps.patches);
            assert_true(total > 0 && total < 1);
        }
        attention_maps_free(&maps);
    }
    struct attention_maps a = maps_of(attention, 1), b = maps_of(attention, 2), again = maps_of(attention, 1);
    assert_memory_equal(a.character, again.character, a.characters * a.patches * sizeof(float));
    assert_memory_not_equal(a.class_token, b.class_token, a.patches * sizeof(float));
    assert_memory_not_equal(a.character, a.character + a.patches, a.patches * sizeof(float));
    attention_maps_free(&a);
    attention_maps_free(&b);
    attention_maps_free(&again);
    attention_close(attention);
    recogniser_close(recogniser);
}

/* A text that fills all places, characters that are unknown, and none at all. */
static void odd_texts_have_maps_too(void **state) {
    (void)state;
    struct recogniser *const recogniser = open_tiny(1);
    struct attention *attention;
    struct attention_maps maps;
    float *const planes = tiny_planes(0);
    assert_ok(attention_open(&attention, recogniser, NULL));
    assert_ok(attention_see(attention, planes, "abcdefgh", &maps));
    assert_int_equal(maps.characters, TINY_PLACES - 1);
    attention_maps_free(&maps);
    assert_ok(attention_see(attention, planes, "\u00e4\u00f6", &maps));
    assert_int_equal(maps.characters, 2);
    attention_maps_free(&maps);
    assert_ok(attention_see(attention, planes, "", &maps));
    assert_int_equal(maps.characters, 0);
    assert_true(sum(maps.class_token, maps.patches) > 0);
    attention_maps_free(&maps);
    free(planes);
    attention_close(attention);
    recogniser_close(recogniser);
}

/* ---- of an encoder in pre-training ---- */

static struct settings pretraining(enum settings_objective objective) {
    struct settings s = small_settings(objective, 2);
    s.teacher_kind = SETTINGS_TEACHER_MOMENTUM, s.scales = 2;
    s.batch = 2, s.steps = 4, s.picture_every = 2, s.rate = 1e-2, s.warmup_steps = 1, s.threads = 1;
    return s;
}

/* What the checkpoint's encoder sees is what the run drew: the same bytes as from the weights in the step. */
static void check_pretraining(enum settings_objective objective, const char *name) {
    const struct settings settings = pretraining(objective);
    const char *const data = in_folder("words");
    char path[80];
    struct data_image page;
    struct attention *attention;
    struct attention_maps maps;
    assert_ok(train_run(&settings,
                        &(struct train_options){.data = &data, .data_count = 1, .out = in_folder(name)}));
    snprintf(path, sizeof path, "%s/pictures/attention.png", name);
    assert_ok(data_image_read(&page, in_folder(path)));
    assert_int_equal(page.height,
                     16 + 18 + 24 + 2 * (64 + 14 + 16) + 16); /* two of the four words in a row */
    data_image_free(&page);

    snprintf(path, sizeof path, "%s/last.safetensors", name);
    assert_ok(attention_load(&attention, in_folder(path), 0, NULL));
    assert_true(attention_settings(attention)->heads == 2);
    float *const planes = tiny_planes(1), *const other = tiny_planes(2);
    assert_ok(attention_see(attention, planes, NULL, &maps));
    assert_true(maps.rows == 2 && maps.columns == 4 && maps.patches == 8 && maps.characters == 0);
    const double total = sum(maps.class_token, maps.patches);
    assert_true(total > 0 && total < 1);
    struct attention_maps second;
    assert_ok(attention_see(attention, other, NULL, &second));
    assert_memory_not_equal(maps.class_token, second.class_token, 8 * sizeof(float));
    attention_maps_free(&second);
    attention_maps_free(&maps);
    attention_close(attention);
    free(planes);
    free(other);
}

static void every_pretraining_shows_it(void **state) {
    (void)state;
    check_pretraining(SETTINGS_OBJECTIVE_MAE, "mae");
    check_pretraining(SETTINGS_OBJECTIVE_LMIM, "lmim");
    check_pretraining(SETTINGS_OBJECTIVE_MNSP, "mnsp");
}

/* The network of a run, with the weights of a step, is the one that is loaded from what the step saves. */
static void a_run_and_its_file_see_the_same(void **state) {
    (void)state;
    struct safetensors *file;
    struct attention *of_run, *of_file;
    struct train_step *step;
    struct attention_maps a, b;
    struct settings settings = pretraining(SETTINGS_OBJECTIVE_LMIM);
    assert_ok(train_step_create(&step, &settings, &(struct train_step_options){.batch = 2}));
    assert_ok(safetensors_open(&file, in_folder("lmim/last.safetensors")));
    assert_ok(weights_load(step->executor, step->graph, "", file, "", WEIGHTS_LAST));
    safetensors_close(file);
    assert_ok(attention_create(&of_run, &settings, NULL));
    assert_ok(attention_copy(of_run, step->executor, step->graph));
    assert_ok(attention_load(&of_file, in_folder("lmim/last.safetensors"), 0, NULL));
    float *const planes = tiny_planes(2);
    assert_ok(attention_see(of_run, planes, NULL, &a));
    assert_ok(attention_see(of_file, planes, NULL, &b));
    assert_memory_equal(a.class_token, b.class_token, a.patches * sizeof(float));
    attention_maps_free(&a);
    attention_maps_free(&b);
    free(planes);
    attention_close(of_run);
    attention_close(of_file);
    train_step_destroy(step);
}

/* ---- shares ---- */

static void shares_are_those_of_the_formula(void **state) {
    (void)state;
    enum { HEIGHT = 4, WIDTH = 8 };
    /* 2 x 2 patches of 2 x 4 pixels; half of patch 0 is text, a quarter of patch 3 */
    float ink[HEIGHT][WIDTH] = {{1, 1, 1, 1}, {0}, {0}, {0, 0, 0, 0, 0.5F, 0.5F, 0.5F, 0.5F}};
    float map[4] = {0.3F, 0.1F, 0, 0.2F}; /* 0.4 is the class token's own */
    const struct attention_maps maps = {.rows = 2, .columns = 2, .patches = 4, .class_token = map};
    struct attention_share share = attention_share(&maps, ink[0], HEIGHT, WIDTH);
    assert_true(fabs(share.area - 6.0 / 32) < 1e-6);
    assert_true(fabs(share.text - (0.5 * 0.5 + 0.25 / 3)) < 1e-6);
    const double entropy = -(0.5 * log(0.5) + log(1.0 / 6) / 6 + log(1.0 / 3) / 3);
    assert_true(fabs(share.spread - exp(entropy) / 4) < 1e-6);
    for (int i = 0; i < 4; i++)
        map[i] = 0.1F;
    share = attention_share(&maps, ink[0], HEIGHT, WIDTH);
    assert_true(fabs(share.text - share.area) < 1e-6 && fabs(share.spread - 1) < 1e-6);
    memset(map, 0, sizeof map); /* all of it the class token's own */
    share = attention_share(&maps, ink[0], HEIGHT, WIDTH);
    assert_true(share.text == 0 && share.area > 0);
}

/* ---- pages ---- */

/* A map of one patch alone: there the picture is tinted, elsewhere grey. */
static void the_page_lights_what_is_looked_at(void **state) {
    (void)state;
    const struct settings settings = tiny_settings();
    float class_token[8] = {0}, character[8] = {0};
    class_token[2] = 0.5F; /* row 0, column 2 */
    character[7] = 0.1F;
    float *const planes = tiny_planes(3);
    struct lettering *lettering;
    struct data_image page;
    const struct attention_word word = {
        .image = planes, .text = "0", .maps = {2, 4, 8, class_token, 1, character}};
    assert_ok(lettering_open_plain(&lettering));
    assert_ok(attention_draw(&word, 1, &settings, lettering, &page));
    size_t tinted = 0, in_place = 0;
    const size_t left = 16 + 264, top = 16 + 18 + 24; /* the second cell: 32 x 8 pixels, 8 times as large */
    for (size_t y = 0; y < 64; y++)
        for (size_t x = 0; x < 256; x++) {
            const uint8_t *const pixel = page.pixels + ((top + y) * page.width + left + x) * 3;
            const bool is_tinted = pixel[0] > pixel[2] + 50;
            tinted += is_tinted;
            in_place += is_tinted && y < 32 && x >= 128 && x < 192;
        }
    assert_int_equal(in_place, 32 * 64);
    assert_int_equal(tinted, in_place);
    data_image_free(&page);
    lettering_close(lettering);
    free(planes);
}

static void mnsp_read_draws_a_page(void **state) {
    (void)state;
    struct data_image page;
    assert_int_equal(mnsp("read --device reference --model run/last.safetensors --attention page.png words"),
                     0);
    assert_has(program_out, "Ab!");
    assert_ok(data_image_read(&page, in_folder("page.png")));
    assert_int_equal(page.width, 2 * 16 + 6 * 264 - 8);
    assert_int_equal(page.height, 16 + 18 + 24 + 4 * (64 + 14 + 16) + 16);
    data_image_free(&page);
    assert_failed(mnsp("read --device reference --model run/last.safetensors --attention no/such.png words"),
                  1, "no/such.png");
}

static void mnsp_inspect_draws_and_counts(void **state) {
    (void)state;
    struct data_image page;
    assert_int_equal(mnsp("inspect --device reference --attention seen.png mnsp/last.safetensors words "
                          "words/0.png render:count=3,seed=2"),
                     0);
    assert_has(program_out, "words/0.png");
    assert_has(program_out, "mean of 8 images; what is text is estimated in 5 of them");
    assert_ok(data_image_read(&page, in_folder("seen.png")));
    assert_int_equal(page.height, 16 + 18 + 24 + 4 * (64 + 14 + 16) + 16);
    data_image_free(&page);

    assert_int_equal(
        mnsp("inspect --device reference --json --attention seen.png run/last.safetensors words"), 0);
    json_t *const object = printed_json(), *const images = json_object_get(object, "images");
    assert_int_equal(json_array_size(images), TINY_WORDS);
    double text = 0;
    for (size_t i = 0; i < TINY_WORDS; i++) {
        const json_t *const image = json_array_get(images, i);
        const double area = json_real_value(json_object_get(image, "area"));
        assert_true(area > 0 && area < 1);
        assert_true(json_is_true(json_object_get(image, "estimated")));
        text += json_real_value(json_object_get(image, "text")) / TINY_WORDS;
    }
    const json_t *const mean = json_object_get(object, "mean");
    assert_true(fabs(json_real_value(json_object_get(mean, "text")) - text) < 1e-6);
    json_decref(object);

    assert_int_equal(
        mnsp("inspect --device reference --attention seen.png mae/last.safetensors words/0.png no.png"), 1);
    assert_has(program_err, "no.png");
    assert_has(program_err, "1 of 2 images could not be read");
    assert_failed(mnsp("inspect --attention seen.png mae/last.safetensors"), 2,
                  "needs a checkpoint and images");
    assert_failed(mnsp("inspect --device reference --attention seen.png words/0.png words/0.png"), 1,
                  "words/0.png");
    assert_failed(mnsp("inspect --device reference --attention no/such.png mae/last.safetensors words/0.png"),
                  1, "no/such.png");
}

static void a_run_shows_it(void **state) {
    (void)state;
    struct data_image page;
    struct settings settings = tiny_settings();
    const char *const data = in_folder("words");
    settings.steps = 4, settings.picture_every = 2;
    assert_ok(train_run(&settings,
                        &(struct train_options){.data = &data, .data_count = 1, .out = in_folder("shown")}));
    assert_ok(data_image_read(&page, in_folder("shown/pictures/attention.png")));
    data_image_free(&page);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(maps_are_what_the_network_computes),
        cmocka_unit_test(a_recogniser_has_its_maps),
        cmocka_unit_test(odd_texts_have_maps_too),
        cmocka_unit_test(every_pretraining_shows_it),
        cmocka_unit_test(a_run_and_its_file_see_the_same),
        cmocka_unit_test(shares_are_those_of_the_formula),
        cmocka_unit_test(the_page_lights_what_is_looked_at),
        cmocka_unit_test(mnsp_read_draws_a_page),
        cmocka_unit_test(mnsp_inspect_draws_and_counts),
        cmocka_unit_test(a_run_shows_it),
    };
    return cmocka_run_group_tests(tests, start, remove_test_folder);
}
