/* Beam search against trying all texts: over probabilities that depend on the whole past of a text in no
 * simple way, and over a small network's. */
#include "whole_text.h"

#include "objective/reader.h"
#include "reference/reference.h"

enum { CHARACTERS = 2, EOS = 2, PAD = 3, CLASSES = 5, LENGTH = 4, WIDE = READER_MAX_BEAM };

struct text {
    uint32_t symbol[LENGTH];
    float probability[LENGTH];
};

static bool ends(uint32_t symbol) {
    return symbol == EOS || symbol == PAD;
}

static double score(const struct text *text, double penalty) {
    double log_probability = 0;
    size_t n = 0;
    do {
        log_probability += log((double)text->probability[n]);
    } while (!ends(text->symbol[n]) && ++n < LENGTH);
    return log_probability / pow((5 + (double)(n < LENGTH ? n + 1 : n)) / 6, penalty);
}

/* The probabilities of what follows the first t symbols of a text. */
typedef void followers(void *context, const uint32_t *symbol, size_t t, float probability[CLASSES]);

/* The best of all texts that begin with the first t symbols of `text`. */
static void try_all(followers *follow, void *context, struct text *text, size_t t, double penalty,
                    struct text *best, double *best_score) {
    if (t == LENGTH || (t > 0 && ends(text->symbol[t - 1]))) {
        for (size_t i = t; i < LENGTH; i++) {
            text->symbol[i] = PAD;
            text->probability[i] = 0;
        }
        if (score(text, penalty) > *best_score) {
            *best_score = score(text, penalty);
            *best = *text;
        }
        return;
    }
    float probability[CLASSES];
    follow(context, text->symbol, t, probability);
    for (uint32_t c = 0; c < CLASSES; c++) {
        text->symbol[t] = c;
        text->probability[t] = probability[c];
        try_all(follow, context, text, t + 1, penalty, best, best_score);
    }
}

static struct text best_of_all(followers *follow, void *context, double penalty) {
    struct text text = {0}, best = {0};
    double best_score = -INFINITY;
    try_all(follow, context, &text, 0, penalty, &best, &best_score);
    return best;
}

/* ---- probabilities out of a hat ---- */

static void from_hash(void *context, const uint32_t *symbol, size_t t, float probability[CLASSES]) {
    uint32_t past = *(const uint32_t *)context * 2 + 1;
    float sum = 0;
    for (size_t i = 0; i < t; i++)
        past = past * 31 + symbol[i] + 1;
    struct philox random = philox_start(past, PHILOX_STREAM_TEST, 0, 0);
    for (size_t c = 0; c < CLASSES; c++)
        sum += probability[c] = expf(philox_next_between(&random, -3, 3));
    for (size_t c = 0; c < CLASSES; c++)
        probability[c] /= sum;
}

static struct text search(followers *follow, void *context, size_t width, double penalty) {
    const struct beam_settings settings = {width,   LENGTH,     beam_choices(width, CLASSES),
                                           penalty, .eos = EOS, .pad = PAD};
    struct beam *beam;
    struct text text = {0};
    uint32_t made[WIDE][LENGTH]; /* what each row of the network was given, by position */
    assert_ok(beam_create(&beam, &settings));
    for (size_t t = 0; beam_is_open(beam); t++) {
        uint32_t history[WIDE * LENGTH], best[WIDE * CLASSES];
        float probability[WIDE][CLASSES], value[WIDE * CLASSES];
        beam_history(beam, history);
        for (size_t k = 0; k < width; k++) {
            uint32_t past[LENGTH + 1];
            made[k][t] = beam_last(beam, k);
            for (size_t s = 0; s <= t && history[k * LENGTH + s] != UINT32_MAX; s++)
                past[s] = made[history[k * LENGTH + s] / LENGTH][history[k * LENGTH + s] % LENGTH];
            follow(context, past + 1, history[k * LENGTH] == UINT32_MAX ? 0 : t, probability[k]);
        }
        reference_top_k(value, best, probability[0], width, CLASSES, settings.choices);
        beam_advance(beam, best, value);
    }
    beam_result(beam, text.symbol, text.probability);
    beam_destroy(beam);
    return text;
}

static const double penalties[] = {0, BEAM_LENGTH_PENALTY, 3};
enum { PENALTIES = sizeof penalties / sizeof penalties[0] };

static void a_wide_beam_finds_the_best_of_all_texts(void **state) {
    (void)state;
    int greedy_misses = 0, narrow_misses = 0, longer = 0;
    for (uint32_t seed = 0; seed < 200; seed++) {
        for (size_t i = 0; i < PENALTIES; i++) {
            const struct text best = best_of_all(from_hash, &seed, penalties[i]);
            const struct text wide = search(from_hash, &seed, WIDE, penalties[i]);
            const struct text narrow = search(from_hash, &seed, 2, penalties[i]);
            const struct text greedy = search(from_hash, &seed, 1, penalties[i]);
            assert_memory_equal(&wide, &best, sizeof best);
            narrow_misses += memcmp(&narrow, &best, sizeof best) != 0;
            greedy_misses += memcmp(&greedy, &best, sizeof best) != 0;
            longer += i == 2 && !ends(best.symbol[0]);
        }
    }
    /* Each of the three is a search of its own. */
    assert_true(greedy_misses > narrow_misses && narrow_misses > 0 && longer > 0);
}

/* A certain word has only improbable followers beside it, end marks among them: they
 * must not end the search. */
static void certain(void *context, const uint32_t *symbol, size_t t, float probability[CLASSES]) {
    (void)context, (void)symbol;
    const uint32_t next = t < LENGTH - 1 ? 1 : EOS;
    for (uint32_t c = 0; c < CLASSES; c++)
        probability[c] = c == next ? 0.96F : 0.01F;
}

static void a_certain_word_is_found_by_any_beam(void **state) {
    (void)state;
    for (size_t width = 1; width <= WIDE; width++)
        for (size_t i = 0; i < PENALTIES; i++) {
            const struct text text = search(certain, NULL, width, penalties[i]);
            assert_memory_equal(text.symbol, ((const uint32_t[]){1, 1, 1, EOS}), sizeof text.symbol);
        }
}

/* Width 1 takes the most probable symbol each time, whatever the penalty. */
static void a_beam_of_one_is_greedy(void **state) {
    (void)state;
    for (uint32_t seed = 0; seed < 200; seed++) {
        const struct text greedy = search(from_hash, &seed, 1, penalties[seed % PENALTIES]);
        bool ended = false;
        for (size_t t = 0; t < LENGTH; t++) {
            float probability[CLASSES];
            uint32_t best = 0;
            from_hash(&seed, greedy.symbol, t, probability);
            for (uint32_t c = 1; c < CLASSES; c++)
                best = probability[c] > probability[best] ? c : best;
            assert_int_equal(greedy.symbol[t], ended ? PAD : best);
            assert_true(greedy.probability[t] == (ended ? 0 : probability[best]));
            ended = ended || ends(best);
        }
    }
}

static void nothing(void *context, const uint32_t *symbol, size_t t, float probability[CLASSES]) {
    (void)symbol, (void)t;
    for (size_t c = 0; c < CLASSES; c++)
        probability[c] = *(const float *)context;
}

/* A network that has gone astray gives texts that mean nothing, and no crash. */
static void numbers_that_are_no_probabilities_are_survived(void **state) {
    (void)state;
    static const float bad[] = {NAN, 0, -1, INFINITY};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        for (size_t width = 1; width <= 4; width++) {
            float value = bad[i];
            const struct text text = search(nothing, &value, width, 1);
            for (size_t t = 0; t < LENGTH; t++)
                assert_true(text.symbol[t] < CLASSES);
        }
}

/* ---- a network ---- */

struct network {
    struct whole whole;
    size_t image;
};

static void from_network(void *context, const uint32_t *symbol, size_t t, float probability[CLASSES]) {
    struct network *const n = context;
    uint32_t text[FIXTURE_BATCH][LENGTH] = {0};
    float logits[FIXTURE_BATCH][LENGTH][CLASSES];
    memcpy(text[n->image], symbol, t * sizeof *symbol);
    assert_ok(executor_write(n->whole.f.executor, n->whole.text, text));
    assert_ok(executor_run(n->whole.f.executor, 0));
    assert_ok(executor_read(n->whole.f.executor, n->whole.logits, logits));
    reference_softmax(probability, logits[n->image][t], 1, CLASSES);
}

static void check_network(const struct objective_settings *settings, size_t width, double penalty,
                          const float *pixels) {
    struct network network;
    struct fixture f = {.settings = *settings};
    struct reader reader;
    uint32_t text[FIXTURE_BATCH * LENGTH];
    float probability[FIXTURE_BATCH * LENGTH];
    open_whole(&network.whole, settings, NULL, pixels);
    assert_ok(graph_create(&f.graph));
    assert_ok(
        reader_build(f.graph, settings, FIXTURE_BATCH, &(struct reader_search){width, penalty}, &reader));
    assert_ok(executor_create(&f.executor, f.graph, NULL, false));
    fixture_write_parameters(&f);
    assert_ok(reader_read(f.executor, &reader, pixels, text, probability));
    for (network.image = 0; network.image < FIXTURE_BATCH; network.image++) {
        const struct text best = width == WIDE ? best_of_all(from_network, &network, penalty)
                                               : search(from_network, &network, width, penalty);
        assert_memory_equal(text + network.image * LENGTH, best.symbol, sizeof best.symbol);
        assert_memory_equal(probability + network.image * LENGTH, best.probability, sizeof best.probability);
    }
    fixture_close(&f);
    fixture_close(&network.whole.f);
}

/* The same bits: the reference computes a position alone as it does within the text. */
static void the_reader_finds_the_best_of_all_texts(void **state) {
    (void)state;
    struct objective_settings settings = fixture_settings(OBJECTIVE_RECOGNITION);
    float pixels[FIXTURE_BATCH * 3 * 8 * 32];
    struct philox random = fixture_random("beam");
    settings.characters = CHARACTERS;
    settings.max_length = LENGTH;
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < sizeof pixels / sizeof *pixels; i++)
            pixels[i] = philox_next_between(&random, -1, 1);
        for (size_t i = 0; i < PENALTIES; i++) {
            check_network(&settings, WIDE, penalties[i], pixels);
            check_network(&settings, 3, penalties[i], pixels);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wide_beam_finds_the_best_of_all_texts),
        cmocka_unit_test(a_certain_word_is_found_by_any_beam),
        cmocka_unit_test(a_beam_of_one_is_greedy),
        cmocka_unit_test(numbers_that_are_no_probabilities_are_survived),
        cmocka_unit_test(the_reader_finds_the_best_of_all_texts),
    };
    return cmocka_run_group_tests_name("beam search", tests, NULL, NULL);
}
