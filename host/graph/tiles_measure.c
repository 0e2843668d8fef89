/* tiles_measure.c: times tilings on one product. */
#include "graph/dispatch.h"
#include "graph/operator_index.h"
#include "graph/tiles_internal.h"

#include <math.h>

/* What a tiling must be faster by to be taken: less is within what times scatter. */
static const double worthwhile = 0.97;
/* A tiling that takes so many times the best in its first run is not tried again. */
static const double hopeless = 1.5;
enum { RUNS = 4 }; /* the first one warms up, and does not count */

/* ---- a product that is large enough to tell tilings apart, and not larger ---- */

static double work_of(const struct product *p) {
    return 2 * (double)p->batch * (double)p->m * (double)p->n * (double)p->k;
}

/* About half; whether it is a multiple of 4 stays as it is, since shaders depend on it. */
static size_t half(size_t size) {
    return size / 8 * 4 + size % 4;
}

/* Part of a large product, which has the same speed: some milliseconds of work. */
static struct product part_of(struct product p, const struct gpu_properties *device) {
    enum { LONG_SUM = 2048, MANY_ROWS = 512 };
    const double enough = device->type == GPU_TYPE_CPU ? 5e8 : 2e10;
    while (work_of(&p) > enough) {
        if (p.batch > 1)
            p.batch = (p.batch + 1) / 2;
        else if (p.k > LONG_SUM)
            p.k = half(p.k);
        else if (p.m > MANY_ROWS || p.n > MANY_ROWS)
            *(p.m > p.n ? &p.m : &p.n) = half(p.m > p.n ? p.m : p.n);
        else
            break;
    }
    return p;
}

/* ---- timing ---- */

struct bench {
    struct gpu_device *device;
    struct product product; /* the part of it that is timed */
    union operator_value values[OPERATOR_MAX_ARGUMENTS];
    struct gpu_buffer *c, *a, *b;
};

static void set_sizes(struct bench *bench) {
    const struct product *const p = &bench->product;
    bench->values[ARGUMENT_INDEX(matmul, batch)].size = p->batch;
    bench->values[ARGUMENT_INDEX(matmul, m)].size = p->m;
    bench->values[ARGUMENT_INDEX(matmul, n)].size = p->n;
    bench->values[ARGUMENT_INDEX(matmul, k)].size = p->k;
    bench->values[ARGUMENT_INDEX(matmul, transpose_a)].size = p->transpose_a;
    bench->values[ARGUMENT_INDEX(matmul, transpose_b)].size = p->transpose_b;
    bench->values[ARGUMENT_INDEX(matmul, rounding)].size = p->precision;
}

static enum status make_buffer(struct gpu_buffer **out, struct gpu_device *device, size_t batch, size_t rows,
                               size_t columns, bool narrow) {
    const uint32_t word = 0x3C003C00; /* a normal number, as fp32 and as two of 16 bits */
    const uint64_t bytes = (uint64_t)batch * rows * columns * (narrow ? 2 : 4);
    TRY(gpu_buffer_create(device, out, bytes, GPU_MEMORY_DEVICE, "tiles"));
    return gpu_buffer_fill(*out, 0, bytes, word);
}

static enum status make_buffers(struct bench *bench) {
    const struct product *const p = &bench->product;
    TRY(make_buffer(&bench->c, bench->device, p->batch, p->m, p->n, p->narrow_c));
    TRY(make_buffer(&bench->a, bench->device, p->batch, p->m, p->k, p->narrow_a));
    return make_buffer(&bench->b, bench->device, p->batch, p->k, p->n, p->narrow_b);
}

static void set_binding(struct gpu_dispatch *dispatch, size_t index, struct gpu_buffer *buffer,
                        bool written) {
    dispatch->bindings[index] =
        (struct gpu_binding){.buffer = buffer, .bytes = gpu_buffer_bytes(buffer), .written = written};
}

static enum status record(struct gpu_recording *recording, const struct bench *bench,
                          const struct tiling *tiling) {
    const uint32_t stored = product_stored(&bench->product);
    struct dispatch choice;
    TRY(dispatch_choose_tiled(&choice, OPERATOR_matmul, bench->values, stored,
                              gpu_device_properties(bench->device), tiling));
    const struct gpu_shader shader = dispatch_shader(&choice, OPERATOR_matmul);
    struct gpu_dispatch dispatch = {.label = tiling->name, .work = choice.work};
    for (uint32_t i = 0; i < operator_tensor_count(OPERATOR_matmul); i++)
        set_binding(&dispatch, i, bench->a, false);
    set_binding(&dispatch, ARGUMENT_INDEX(matmul, c), bench->c, true);
    set_binding(&dispatch, ARGUMENT_INDEX(matmul, b), bench->b, false);
    for (int i = 0; i < 3; i++)
        dispatch.groups[i] = choice.groups[i];
    dispatch_push_words(dispatch.push, OPERATOR_matmul, bench->values);
    TRY(gpu_pipeline_get(bench->device, &dispatch.pipeline, &shader));
    TRY(gpu_record_dispatch(recording, &dispatch));
    return gpu_recording_finish(recording);
}

/* The least nanoseconds of a few runs: what disturbs makes them more. */
static enum status time_runs(double *least, struct gpu_recording *recording, double best) {
    *least = INFINITY;
    for (int run = 0; run < RUNS; run++) {
        TRY(gpu_recording_run(recording));
        const double time = gpu_recording_nanoseconds(recording, 0);
        if (run > 0)
            *least = fmin(*least, time);
        if (*least > hopeless * best && run > 0)
            break;
    }
    return STATUS_OK;
}

static enum status time_tiling(double *least, const struct bench *bench, const struct tiling *tiling,
                               double best) {
    struct gpu_recording *recording;
    TRY(gpu_recording_create(bench->device, &recording, tiling->name, true));
    enum status status = record(recording, bench, tiling);
    if (status == STATUS_OK)
        status = time_runs(least, recording, best);
    gpu_recording_destroy(recording);
    return status;
}

/* ---- choosing ---- */

/* What a tiling computes beyond the product, past its edges. */
static double waste(const struct tiling *tiling, const struct product *p,
                    const struct gpu_properties *device) {
    const double padded = (double)tiling_count(tiling, p, device) *
                          tiling_rows(tiling, p->precision, device) *
                          tiling_columns(tiling, p->precision, device);
    return padded / ((double)p->batch * (double)p->m * (double)p->n);
}

static enum status choose(const struct tiling **out, const struct bench *bench) {
    const struct product *const product = &bench->product;
    const struct gpu_properties *const device = gpu_device_properties(bench->device);
    const struct tiling *const standard = tiling_standard(product, device);
    double best;
    *out = standard;
    TRY(time_tiling(&best, bench, standard, INFINITY));
    for (size_t i = 0; tiling_at(i) != NULL; i++) {
        const struct tiling *const tiling = tiling_at(i);
        double time;
        if (tiling == standard || !tiling_suits(tiling, device) ||
            !tiling_fits(tiling, product->precision, device) ||
            waste(tiling, product, device) > 2 * waste(standard, product, device))
            continue;
        TRY(time_tiling(&time, bench, tiling, best));
        if (time < worthwhile * best) {
            best = time;
            *out = tiling;
        }
    }
    return STATUS_OK;
}

enum status tiles_measure(const struct tiling **out, struct gpu_device *device,
                          const struct product *product) {
    struct bench bench = {.device = device, .product = part_of(*product, gpu_device_properties(device))};
    set_sizes(&bench);
    enum status status = make_buffers(&bench);
    if (status == STATUS_OK)
        status = choose(out, &bench);
    gpu_buffer_destroy(bench.c);
    gpu_buffer_destroy(bench.a);
    gpu_buffer_destroy(bench.b);
    return status;
}
