/* Reading on each Vulkan device, against the reference. Whole training steps are cases of the conformance
 * suite (conformance/steps.h). */
#include "every_device.h"
#include "objective_fixture.h"

#include "objective/reader.h"

/* |a - b| / |b|; NaN fails every comparison. */
static double distance(const float *a, const float *b, size_t count) {
    double difference = 0, size = 0;
    for (size_t i = 0; i < count; i++) {
        difference += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
        size += (double)b[i] * b[i];
    }
    return difference == 0 ? 0 : sqrt(difference) / sqrt(size);
}

static void check_reading(struct gpu_device *device, size_t beam) {
    const struct objective_settings settings = fixture_settings(OBJECTIVE_RECOGNITION);
    struct gpu_device *const devices[] = {device, NULL};
    uint32_t text[2][FIXTURE_BATCH * 5];
    float probability[2][FIXTURE_BATCH * 5], pixels[FIXTURE_BATCH * 3 * 8 * 32];
    struct philox random = fixture_random("pixels");
    for (size_t i = 0; i < sizeof pixels / sizeof *pixels; i++)
        pixels[i] = philox_next_between(&random, -1, 1);
    for (size_t i = 0; i < 2; i++) {
        struct fixture f = {.settings = settings};
        struct reader reader;
        assert_ok(graph_create(&f.graph));
        assert_ok(
            reader_build(f.graph, &settings, FIXTURE_BATCH, &(struct reader_search){.beam = beam}, &reader));
        assert_ok(executor_create(&f.executor, f.graph, devices[i], false));
        fixture_write_parameters(&f);
        assert_ok(reader_read(f.executor, &reader, pixels, text[i], probability[i]));
        fixture_close(&f);
    }
    assert_memory_equal(text[0], text[1], sizeof text[0]);
    assert_true(distance(probability[0], probability[1], FIXTURE_BATCH * 5) <= 1e-5);
}

static void check_device(struct gpu_device *device, void *context) {
    (void)context;
    check_reading(device, 1);
    check_reading(device, 4);
}

static void test_devices(void **state) {
    (void)state;
    on_every_device(check_device, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_devices)};
    return cmocka_run_group_tests_name("reading on devices", tests, NULL, NULL);
}
