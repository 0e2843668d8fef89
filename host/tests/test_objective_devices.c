/* The whole training step of every objective on each Vulkan device, against the reference. */
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

static void compare(const struct fixture *f, const struct tensor *ours, const struct fixture *reference,
                    const struct tensor *theirs, double tolerance, const char *name) {
    float *const a = fixture_read(f, ours), *const b = fixture_read(reference, theirs);
    const double found = distance(a, b, ours->elements);
    if (!(found <= tolerance))
        fail_msg("%s differs by %.2e of its norm", name, found);
    free(a);
    free(b);
}

/* The loss to 1e-5, every gradient to 1e-4 of its norm, as against PyTorch (test_golden). */
static void check_step(struct gpu_device *device, const struct objective_settings *settings) {
    struct fixture f, reference;
    fixture_open(&f, settings, device, true);
    fixture_open(&reference, settings, NULL, true);
    const float ours = fixture_loss(&f), theirs = fixture_loss(&reference);
    if (!(fabsf(ours - theirs) <= 1e-5F * theirs))
        fail_msg("the loss is %.9g, and %.9g on the reference", ours, theirs);
    for (size_t i = 0; i < f.objective.term_count; i++)
        compare(&f, f.objective.terms[i].tensor, &reference, reference.objective.terms[i].tensor, 1e-5,
                f.objective.terms[i].name);
    size_t gradients = 0;
    for (size_t i = 0; i < graph_tensor_count(f.graph); i++) {
        const struct tensor *const p = graph_tensor(f.graph, i);
        const struct tensor *const gradient = graph_gradient(f.graph, p);
        if (!fixture_is_parameter(p) || gradient == NULL)
            continue;
        const struct tensor *const same = graph_find(reference.graph, p->name);
        compare(&f, gradient, &reference, graph_gradient(reference.graph, same), 1e-4, p->name);
        gradients++;
    }
    assert_true(gradients > 50);
    fixture_close(&f);
    fixture_close(&reference);
}

static void check_reading(struct gpu_device *device) {
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
        OK(graph_create(&f.graph));
        OK(reader_build(f.graph, &settings, FIXTURE_BATCH, &reader));
        OK(executor_create(&f.executor, f.graph, devices[i], false));
        fixture_write_parameters(&f);
        OK(reader_read(f.executor, &reader, pixels, text[i], probability[i]));
        fixture_close(&f);
    }
    assert_memory_equal(text[0], text[1], sizeof text[0]);
    assert_true(distance(probability[0], probability[1], FIXTURE_BATCH * 5) <= 1e-5);
}

static void check_device(struct gpu_device *device) {
    for (int kind = OBJECTIVE_MAE; kind <= OBJECTIVE_RECOGNITION; kind++) {
        struct objective_settings settings = fixture_settings((enum objective_kind)kind);
        settings.decoder_dropout = settings.recognition_dropout = 0.2F; /* the same bits everywhere */
        settings.given_noise = false;
        check_step(device, &settings);
    }
    struct objective_settings settings = fixture_settings(OBJECTIVE_MNSP);
    settings.coupling = OBJECTIVE_COUPLING_FUSED;
    check_step(device, &settings);
    settings.coupling = OBJECTIVE_COUPLING_JOINT;
    settings.nsp_target = OBJECTIVE_NSP_TEACHER;
    settings.mim_target = OBJECTIVE_MIM_PIXELS;
    check_step(device, &settings);
    check_reading(device);
}

static void test_devices(void **state) {
    (void)state;
    struct gpu_properties *list;
    size_t count, used = 0;
    const char *why;
    OK(gpu_devices_list(&list, &count, &why));
    for (size_t i = 0; i < count; i++) {
        if (list[i].missing[0] != '\0')
            continue;
        char selector[32];
        struct gpu_device *device;
        snprintf(selector, sizeof selector, "%zu", i);
        OK(gpu_device_open(&device, selector, &(struct gpu_options){0}));
        check_device(device);
        gpu_device_close(device);
        used++;
    }
    free(list);
    if (used == 0)
        skip();
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_devices)};
    return cmocka_run_group_tests_name("objectives on devices", tests, NULL, NULL);
}
