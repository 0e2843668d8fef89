/* Products of factors in bf16 by cooperative matrices, on devices that have them of f16 alone: all of the
 * variant but the multiplication itself.
 *
 * The type of the factors in its code is made f16 again. A device then multiplies the 16 bits that it is
 * handed as numbers of f16. So factors are floats whose upper halves, after rounding to bf16, are small
 * integers in f16; every sum is exact, and tells rounding, packing, staging, loading and storing. */
#include "program.h"

#include "base/philox.h"
#include "graph/dispatch.h"
#include "graph/operator_index.h"

#include <stdlib.h>

#define AT(argument) ARGUMENT_INDEX(matmul, argument)

enum { OF_C = AT(c), OF_A = AT(a), OF_B = AT(b), TENSORS = AT(batch) };

/* ---- the code ---- */

/* SPIR-V: a module's header, and instructions of which the first word has the length and the operation. */
enum { HEADER = 5, EXTENSION = 10, CAPABILITY = 17, TYPE_FLOAT = 22 };
enum { FLOAT16 = 9, BFLOAT16_TYPE = 5116, BFLOAT16_MATRICES = 5118 };

/* Of one instruction, what it is in f16; returns how many words. */
static size_t put_as_f16(uint32_t *out, const uint32_t *instruction) {
    const uint32_t code = instruction[0] & 0xFFFF;
    size_t words = instruction[0] >> 16;
    if (code == EXTENSION && strcmp((const char *)(instruction + 1), "SPV_KHR_bfloat16") == 0)
        return 0;
    if (code == CAPABILITY && instruction[1] == BFLOAT16_MATRICES)
        return 0;
    const bool has_encoding = code == TYPE_FLOAT && words == 4;
    words -= has_encoding;
    memcpy(out, instruction, words * sizeof *out);
    out[0] = (uint32_t)words << 16 | code;
    if (code == CAPABILITY && instruction[1] == BFLOAT16_TYPE)
        out[1] = FLOAT16;
    return words;
}

static struct operator_shader as_f16(uint32_t *out, struct operator_shader shader) {
    size_t count = HEADER;
    memcpy(out, shader.code, HEADER * sizeof *out);
    for (size_t at = HEADER; at < shader.bytes / 4; at += shader.code[at] >> 16)
        count += put_as_f16(out + count, shader.code + at);
    assert_true(count < shader.bytes / 4);
    return (struct operator_shader){out, count * sizeof *out};
}

/* ---- factors ---- */

/* What a device takes x for. */
static double factor_of(float x) {
    return (double)precision_widen(precision_narrow(x, PRECISION_BF16), PRECISION_F16);
}

/* A float that rounds to the bits of an integer in f16: from above, from below, or from half way, where the
 * even number is taken. */
static float draw(uint32_t stream, size_t i) {
    const uint32_t choice = philox_word(1, PHILOX_STREAM_TEST, stream, 2 * i);
    const uint32_t noise = philox_word(1, PHILOX_STREAM_TEST, stream, 2 * i + 1) & 0x7FFF;
    const float integer = (float)(choice % 9) - 4;
    uint32_t bits = (uint32_t)precision_narrow(integer, PRECISION_F16) << 16;
    if (integer == 0 || choice >> 16 & 1)
        bits += noise;
    else
        bits -= choice >> 17 & 1 ? 0x8000 : noise;
    float x;
    memcpy(&x, &bits, sizeof x);
    assert_true(factor_of(x) == (double)integer);
    return x;
}

/* ---- products ---- */

struct example {
    size_t batch, m, n, k;
    bool transpose_a, transpose_b;
};

static const struct example examples[] = {
    {1, 64, 64, 64, false, false},  {2, 37, 41, 43, false, false}, {1, 133, 140, 70, true, false},
    {1, 140, 133, 70, false, true}, {2, 40, 36, 133, true, true},
};

static size_t elements_of(const struct example *e, size_t tensor) {
    return e->batch * (tensor == OF_C ? e->m * e->n : tensor == OF_A ? e->m * e->k : e->k * e->n);
}

static void expect(double *c, const struct example *e, const float *a, const float *b) {
    const size_t a_row = e->transpose_a ? 1 : e->k, a_step = e->transpose_a ? e->m : 1;
    const size_t b_column = e->transpose_b ? e->k : 1, b_step = e->transpose_b ? 1 : e->n;
    for (size_t i = 0; i < elements_of(e, OF_C); i++) {
        const size_t item = i / (e->m * e->n), row = i / e->n % e->m, column = i % e->n;
        c[i] = 0;
        for (size_t l = 0; l < e->k; l++)
            c[i] += factor_of(a[item * e->m * e->k + row * a_row + l * a_step]) *
                    factor_of(b[item * e->k * e->n + column * b_column + l * b_step]);
    }
}

/* One product on a device: all its tensors, and 1 number in place of each that it has not. */
struct product_on_device {
    const struct example *example;
    struct gpu_device *device;
    union operator_value values[OPERATOR_MAX_ARGUMENTS];
    float *data[TENSORS];
    struct gpu_buffer *buffers[TENSORS];
    double *expected;
};

static void set_up(struct product_on_device *p, struct gpu_device *device, const struct example *e) {
    *p = (struct product_on_device){.example = e, .device = device};
    p->values[AT(batch)].size = e->batch, p->values[AT(rounding)].size = PRECISION_BF16;
    p->values[AT(m)].size = e->m, p->values[AT(n)].size = e->n, p->values[AT(k)].size = e->k;
    p->values[AT(transpose_a)].size = e->transpose_a, p->values[AT(transpose_b)].size = e->transpose_b;
    for (size_t t = 0; t < TENSORS; t++) {
        const size_t count = t == OF_C || t == OF_A || t == OF_B ? elements_of(e, t) : 1;
        p->data[t] = malloc(count * sizeof *p->data[t]);
        assert_non_null(p->data[t]);
        for (size_t i = 0; i < count; i++)
            p->data[t][i] = draw((uint32_t)t, i);
        assert_ok(gpu_buffer_create(device, &p->buffers[t], count * 4, GPU_MEMORY_DEVICE, "tensor"));
        assert_ok(gpu_buffer_write(p->buffers[t], 0, p->data[t], count * 4));
    }
    p->expected = malloc(elements_of(e, OF_C) * sizeof *p->expected);
    assert_non_null(p->expected);
    expect(p->expected, e, p->data[OF_A], p->data[OF_B]);
}

static void tear_down(struct product_on_device *p) {
    for (size_t t = 0; t < TENSORS; t++) {
        gpu_buffer_destroy(p->buffers[t]);
        free(p->data[t]);
    }
    free(p->expected);
}

static void run(const struct product_on_device *p, const struct dispatch *choice) {
    struct gpu_dispatch dispatch = {.label = "product", .work = choice->work};
    const struct gpu_shader shader = dispatch_shader(choice, OPERATOR_matmul);
    struct gpu_recording *recording;
    assert_ok(gpu_pipeline_get(p->device, &dispatch.pipeline, &shader));
    memcpy(dispatch.groups, choice->groups, sizeof dispatch.groups);
    dispatch_push_words(dispatch.push, OPERATOR_matmul, p->values);
    for (size_t t = 0; t < TENSORS; t++)
        dispatch.bindings[t] = (struct gpu_binding){
            .buffer = p->buffers[t], .bytes = gpu_buffer_bytes(p->buffers[t]), .written = t == OF_C};
    assert_ok(gpu_recording_create(p->device, &recording, "product", false));
    assert_ok(gpu_record_dispatch(recording, &dispatch));
    assert_ok(gpu_recording_finish(recording));
    assert_ok(gpu_recording_run(recording));
    gpu_recording_destroy(recording);
}

static void check(const struct product_on_device *p, const struct tiling *tiling,
                  const struct gpu_properties *seen) {
    const size_t count = elements_of(p->example, OF_C);
    const uint32_t stored = dispatch_stored_as(OF_C, PRECISION_F32) |
                            dispatch_stored_as(OF_A, PRECISION_F32) | dispatch_stored_as(OF_B, PRECISION_F32);
    uint32_t *const code = malloc(operator_shader(OPERATOR_matmul, SHADER_MATRICES_BF16).bytes);
    struct dispatch choice;
    assert_non_null(code);
    assert_ok(dispatch_choose_tiled(&choice, OPERATOR_matmul, p->values, stored, seen, tiling));
    assert_int_equal(choice.variant, SHADER_MATRICES_BF16);
    choice.shader = as_f16(code, choice.shader);
    run(p, &choice);
    free(code);
    assert_ok(gpu_buffer_read(p->buffers[OF_C], 0, p->data[OF_C], count * 4));
    for (size_t i = 0; i < count; i++)
        if ((double)p->data[OF_C][i] != p->expected[i])
            fail_msg("%s, k = %zu: element %zu is %g, not %g", tiling->name, p->example->k, i,
                     (double)p->data[OF_C][i], p->expected[i]);
}

static void words_of_bf16_are_multiplied_as_they_are(void **state) {
    (void)state;
    if (!has_device())
        skip();
    struct gpu_device *device;
    assert_ok(gpu_device_open(&device, NULL, &(struct gpu_options){0}));
    struct gpu_properties seen = *gpu_device_properties(device);
    seen.matrix[PRECISION_BF16] = seen.matrix[PRECISION_F16];
    size_t checked = 0;
    for (size_t e = 0; e < sizeof examples / sizeof examples[0]; e++) {
        struct product_on_device product;
        set_up(&product, device, &examples[e]);
        for (size_t i = 0; tiling_at(i) != NULL; i++)
            if (tiling_at(i)->variant == SHADER_MATRICES &&
                tiling_fits(tiling_at(i), PRECISION_BF16, &seen)) {
                check(&product, tiling_at(i), &seen);
                checked++;
            }
        tear_down(&product);
    }
    gpu_device_close(device);
    if (checked == 0)
        skip(); /* the device has no matrices of f16, or this build none at all */
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(words_of_bf16_are_multiplied_as_they_are)};
    return cmocka_run_group_tests_name("matrices_bf16", tests, NULL, NULL);
}
