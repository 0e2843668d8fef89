/* Writing a text position by position, with the keys and values of earlier positions kept, gives the logits
 * of the whole text at once: the same bits on the reference, which computes both row by row; on a device
 * within the envelope of spec/numerics.md, "Whole steps". */
#include "every_device.h"
#include "whole_text.h"

#include "objective/reader.h"

enum { TEXTS = 3, LENGTH = 5, CLASSES = 10, ROWS = FIXTURE_BATCH * TEXTS, PERTURBED = 8 };

static uint32_t texts[ROWS][LENGTH];
static float pixels[FIXTURE_BATCH * 3 * 8 * 32];

typedef float all_logits[ROWS][LENGTH][CLASSES];

static int start(void **state) {
    (void)state;
    struct philox random = fixture_random("texts");
    for (size_t row = 0; row < ROWS; row++)
        for (size_t t = 0; t < LENGTH; t++)
            texts[row][t] = philox_next_below(&random, CLASSES);
    for (size_t i = 0; i < sizeof pixels / sizeof *pixels; i++)
        pixels[i] = philox_next_between(&random, -1, 1);
    return 0;
}

/* ---- the whole text at once ---- */

static void open_fixture(struct whole *whole, struct gpu_device *device) {
    const struct objective_settings settings = fixture_settings(OBJECTIVE_RECOGNITION);
    open_whole(whole, &settings, device, pixels);
}

static void run_whole(struct whole *w, all_logits out) {
    for (size_t k = 0; k < TEXTS; k++) {
        uint32_t text[FIXTURE_BATCH][LENGTH];
        float logits[FIXTURE_BATCH][LENGTH][CLASSES];
        for (size_t b = 0; b < FIXTURE_BATCH; b++)
            memcpy(text[b], texts[b * TEXTS + k], sizeof text[b]);
        assert_ok(executor_write(w->f.executor, w->text, text));
        assert_ok(executor_run(w->f.executor, 0));
        assert_ok(executor_read(w->f.executor, w->logits, logits));
        for (size_t b = 0; b < FIXTURE_BATCH; b++)
            memcpy(out[b * TEXTS + k], logits[b], sizeof logits[b]);
    }
}

/* ---- position by position ---- */

/* Text k is in row (k + shift t) % width of its image at position t: with a shift, each
 * goes on in another row. */
static size_t row_of(size_t k, size_t t, size_t width, size_t shift) {
    return (k + shift * t) % width;
}

static void write_position(struct executor *executor, const struct reader *reader, size_t first, size_t t,
                           size_t shift) {
    const size_t width = reader->search.width;
    uint32_t symbol[ROWS], position[ROWS], length[ROWS], history[ROWS * LENGTH];
    memset(history, 0xFF, sizeof history);
    for (size_t b = 0; b < FIXTURE_BATCH; b++)
        for (size_t k = 0; k < width; k++) {
            const size_t row = b * width + row_of(k, t, width, shift);
            symbol[row] = t == 0 ? reader->bos : texts[b * TEXTS + first + k][t - 1];
            position[row] = (uint32_t)t;
            length[row] = (uint32_t)t + 1;
            for (size_t s = 0; s <= t; s++)
                history[row * LENGTH + s] = (uint32_t)(row_of(k, s, width, shift) * LENGTH + s);
        }
    assert_ok(executor_write(executor, reader->next.symbol, symbol));
    assert_ok(executor_write(executor, reader->next.position, position));
    assert_ok(executor_write(executor, reader->next.length, length));
    if (reader->next.history != NULL)
        assert_ok(executor_write(executor, reader->next.history, history));
}

/* The texts first .. first + width - 1 of each image. */
static void run_cached(struct executor *executor, const struct reader *reader, size_t first, size_t shift,
                       all_logits out) {
    const size_t width = reader->search.width;
    float logits[ROWS][CLASSES];
    for (size_t t = 0; t < LENGTH; t++) {
        write_position(executor, reader, first, t, shift);
        assert_ok(executor_run(executor, reader->decode));
        assert_ok(executor_read(executor, reader->logits, logits));
        for (size_t b = 0; b < FIXTURE_BATCH; b++)
            for (size_t k = 0; k < width; k++)
                memcpy(out[b * TEXTS + first + k][t], logits[b * width + row_of(k, t, width, shift)],
                       sizeof logits[0]);
    }
}

static void read_cached(struct gpu_device *device, size_t width, size_t shift, all_logits out) {
    struct fixture f = {.settings = fixture_settings(OBJECTIVE_RECOGNITION)};
    struct reader reader;
    assert_ok(graph_create(&f.graph));
    assert_ok(
        reader_build(f.graph, &f.settings, FIXTURE_BATCH, &(struct reader_search){.beam = width}, &reader));
    assert_ok(executor_create(&f.executor, f.graph, device, false));
    fixture_write_parameters(&f);
    assert_ok(executor_write(f.executor, reader.image, pixels));
    assert_ok(executor_run(f.executor, reader.encode));
    for (size_t first = 0; first < TEXTS; first += width)
        run_cached(f.executor, &reader, first, shift, out);
    fixture_close(&f);
}

static const struct { size_t width, shift; } forms[] = {{1, 0}, {TEXTS, 0}, {TEXTS, 1}, {TEXTS, 2}};

static void the_reference_gives_the_same_bits(void **state) {
    (void)state;
    static all_logits expected, cached;
    struct whole whole;
    open_fixture(&whole, NULL);
    run_whole(&whole, expected);
    fixture_close(&whole.f);
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        memset(cached, 0, sizeof cached);
        read_cached(NULL, forms[i].width, forms[i].shift, cached);
        assert_memory_equal(cached, expected, sizeof expected);
    }
}

/* ---- on devices ---- */

static double distance(const float *a, const float *b) {
    double sum = 0;
    for (size_t i = 0; i < sizeof(all_logits) / sizeof(float); i++)
        sum += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
    return sqrt(sum);
}

/* 4 max over perturbed runs of |pi - r| + eps |r|. */
static double find_envelope(all_logits exact) {
    static const all_logits zero;
    static all_logits perturbed;
    struct whole whole;
    double largest = 0;
    open_fixture(&whole, NULL);
    run_whole(&whole, exact);
    for (uint64_t seed = 1; seed <= PERTURBED; seed++) {
        assert_ok(executor_perturb(whole.f.executor, seed, 16 * 0x1p-23F));
        run_whole(&whole, perturbed);
        largest = fmax(largest, distance(**perturbed, **exact));
    }
    fixture_close(&whole.f);
    return 4 * largest + 0x1p-23 * distance(**exact, **zero);
}

struct expectation {
    all_logits exact;
    double envelope;
};

static void check_device(struct gpu_device *device, void *context) {
    const struct expectation *const expected = context;
    static all_logits logits;
    struct whole whole;
    open_fixture(&whole, device);
    run_whole(&whole, logits);
    fixture_close(&whole.f);
    assert_true(distance(**logits, **expected->exact) <= expected->envelope);
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        memset(logits, 0, sizeof logits);
        read_cached(device, forms[i].width, forms[i].shift, logits);
        assert_true(distance(**logits, **expected->exact) <= expected->envelope);
    }
}

static void devices_stay_within_the_envelope(void **state) {
    (void)state;
    static struct expectation expected;
    expected.envelope = find_envelope(expected.exact);
    on_every_device(check_device, &expected);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_gives_the_same_bits),
        cmocka_unit_test(devices_stay_within_the_envelope),
    };
    return cmocka_run_group_tests_name("reading with a cache", tests, start, NULL);
}
