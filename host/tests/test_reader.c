/* Greedy reading: the graph, run segment by segment, against the walkthrough. */
#include "objective_fixture.h"

#include "objective/reader.h"

enum { LENGTH = 5, CHARACTERS = 7, EOS = 7, PAD = 8, CLASSES = 10 };

struct reading {
    uint32_t text[FIXTURE_BATCH * LENGTH];
    float probability[FIXTURE_BATCH * LENGTH];
};

static const struct reader_search greedy = {.beam = 1};
static float pixels[FIXTURE_BATCH * 3 * 8 * 32];

/* Opens a reader; `eos_bias` makes words end earlier the higher it is. */
static void open_reader(struct fixture *f, struct reader *reader, float eos_bias) {
    *f = (struct fixture){.settings = fixture_settings(OBJECTIVE_RECOGNITION)};
    f->settings.recognition_dropout = 0.5F; /* of training: reading has none */
    assert_ok(graph_create(&f->graph));
    assert_ok(reader_build(f->graph, &f->settings, FIXTURE_BATCH, &greedy, reader));
    assert_ok(executor_create(&f->executor, f->graph, NULL, false));
    fixture_write_parameters(f);
    const struct tensor *const bias = graph_find(f->graph, "decoder.classifier.bias");
    float *const values = fixture_read(f, bias);
    assert_int_equal(bias->elements, CLASSES);
    values[EOS] += eos_bias;
    values[PAD] -= 100;
    assert_ok(executor_write(f->executor, bias, values));
    free(values);
    struct philox random = fixture_random("reader");
    for (size_t i = 0; i < sizeof pixels / sizeof *pixels; i++)
        pixels[i] = philox_next_between(&random, -1, 1);
}

/* Reads with both; they must agree. Probabilities are made by the same scalar functions on the same rows. */
static struct reading read_both(float eos_bias) {
    struct fixture f;
    struct reader reader;
    struct reading ours, theirs;
    open_reader(&f, &reader, eos_bias);
    const struct walkthrough_weights weights = {fixture_find_weight, &f};
    const struct walkthrough_sizes sizes = fixture_sizes(&f.settings);
    assert_null(graph_find(f.graph, "random")); /* nothing is drawn */
    assert_ok(reader_read(f.executor, &reader, pixels, ours.text, ours.probability));
    assert_ok(walkthrough_read(theirs.text, theirs.probability, &weights, &sizes, pixels));
    for (size_t i = 0; i < FIXTURE_BATCH * LENGTH; i++) {
        assert_int_equal(ours.text[i], theirs.text[i]);
        assert_true(fabsf(ours.probability[i] - theirs.probability[i]) <= 0x1p-22F);
    }
    fixture_close(&f);
    return ours;
}

static void check_rows(const struct reading *reading, size_t *symbols) {
    for (size_t b = 0; b < FIXTURE_BATCH; b++) {
        bool ended = false;
        for (size_t t = 0; t < LENGTH; t++) {
            const uint32_t symbol = reading->text[b * LENGTH + t];
            const float probability = reading->probability[b * LENGTH + t];
            if (ended) {
                assert_int_equal(symbol, PAD);
                assert_true(probability == 0);
            } else {
                assert_true(symbol < CLASSES && symbol != PAD);
                assert_true(probability >= 1.0F / CLASSES && probability <= 1);
            }
            ended = ended || symbol == EOS;
            *symbols += !ended;
        }
    }
}

/* From words that fill every position to empty ones; each is as long as the one before or shorter, and some
 * end in between. */
static void test_reading(void **state) {
    (void)state;
    size_t longest = 0, before = FIXTURE_BATCH * LENGTH;
    bool between = false;
    for (float bias = -20; bias <= 20; bias += 0.5F) {
        const struct reading reading = read_both(bias);
        size_t symbols = 0;
        check_rows(&reading, &symbols);
        assert_true(symbols <= before);
        before = symbols;
        longest = symbols > longest ? symbols : longest;
        between = between || (symbols > 0 && symbols < FIXTURE_BATCH * LENGTH);
    }
    assert_int_equal(longest, FIXTURE_BATCH * LENGTH);
    assert_true(between);
    assert_int_equal(before, 0);
}

/* What is read, fed to the training graph as a label, has the loss that the probabilities say. */
static void test_reading_has_its_loss(void **state) {
    (void)state;
    struct fixture reading_graph, f;
    struct reader reader;
    struct reading reading = {0};
    open_reader(&reading_graph, &reader, -20);
    assert_ok(reader_read(reading_graph.executor, &reader, pixels, reading.text, reading.probability));
    const struct objective_settings settings = fixture_settings(OBJECTIVE_RECOGNITION);
    fixture_open(&f, &settings, NULL, false);
    for (size_t i = 0; i < graph_tensor_count(f.graph); i++) {
        const struct tensor *const p = graph_tensor(f.graph, i);
        if (!fixture_is_parameter(p))
            continue;
        float *const values = fixture_read(&reading_graph, graph_find(reading_graph.graph, p->name));
        assert_ok(executor_write(f.executor, p, values));
        free(values);
    }
    const uint32_t length[FIXTURE_BATCH] = {LENGTH, LENGTH};
    assert_ok(executor_write(f.executor, f.objective.image, pixels));
    assert_ok(executor_write(f.executor, f.objective.target, reading.text));
    assert_ok(executor_write(f.executor, f.objective.length, length));
    double expected = 0;
    for (size_t i = 0; i < FIXTURE_BATCH * LENGTH; i++)
        expected -= log((double)reading.probability[i]) / FIXTURE_BATCH;
    /* ten probabilities, each rounded a few times */
    assert_true(fabs(fixture_loss(&f) - expected) <= 10 * 8 * 0x1p-24 * (1 + expected));
    fixture_close(&reading_graph);
    fixture_close(&f);
}

static void test_bad_sizes(void **state) {
    (void)state;
    struct objective_settings settings = fixture_settings(OBJECTIVE_RECOGNITION);
    struct reader reader;
    struct graph *g;
    assert_ok(graph_create(&g));
    settings.max_length = 1000;
    assert_int_equal(reader_build(g, &settings, 1, &greedy, &reader), STATUS_USAGE);
    graph_destroy(g);
    assert_ok(graph_create(&g));
    settings = fixture_settings(OBJECTIVE_RECOGNITION);
    assert_int_equal(reader_build(g, &settings, 0, &greedy, &reader), STATUS_USAGE);
    graph_destroy(g);
    static const struct reader_search impossible[] = {{.beam = 0}, {.beam = 1000}, {2, -1}, {2, NAN}};
    for (size_t i = 0; i < sizeof impossible / sizeof impossible[0]; i++) {
        assert_ok(graph_create(&g));
        assert_int_equal(reader_build(g, &settings, 1, &impossible[i], &reader), STATUS_USAGE);
        graph_destroy(g);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reading),
        cmocka_unit_test(test_reading_has_its_loss),
        cmocka_unit_test(test_bad_sizes),
    };
    return cmocka_run_group_tests_name("reader", tests, NULL, NULL);
}
