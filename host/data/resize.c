/* resize.c: separable cubic resampling with antialiasing, in the fixed-point arithmetic of Pillow. */
#include "base/memory.h"
#include "data/image.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WEIGHT_BITS = 22 }; /* 32 bits less 8 of the pixel, one of sign and one of overshoot */

/* The weights of one axis: output i is the sum over taps t of weight[i * taps + t] * input[first[i] + t]. */
struct filter {
    uint32_t taps; /* room per output; unused ones weigh nothing */
    uint32_t *first, *count;
    int32_t *weight;
};

/* The cubic of Keys with a = -0.5. */
static double cubic(double x) {
    x = fabs(x);
    if (x < 1.0)
        return (1.5 * x - 2.5) * x * x + 1.0;
    if (x < 2.0)
        return ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0;
    return 0.0;
}

static void filter_free(struct filter *filter) {
    free(filter->first);
    free(filter->count);
    free(filter->weight);
}

/* Fills the taps of output `index`, whose centre lies at (index + 1/2) * step in the input. */
static void filter_fill(struct filter *filter, double *scratch, uint32_t index, uint32_t input, double step) {
    const double stretch = step < 1.0 ? 1.0 : step; /* shrinking widens the kernel */
    const double centre = (index + 0.5) * step, support = 2.0 * stretch;
    const double low = centre - support + 0.5, high = centre + support + 0.5;
    const uint32_t first = low > 0.0 ? (uint32_t)low : 0;
    const uint32_t end = high < input ? (uint32_t)high : input;
    double sum = 0.0;
    for (uint32_t tap = 0; tap < end - first; tap++) {
        scratch[tap] = cubic((tap + first - centre + 0.5) / stretch);
        sum += scratch[tap];
    }
    filter->first[index] = first;
    filter->count[index] = end - first;
    int32_t *const weight = &filter->weight[(size_t)index * filter->taps];
    for (uint32_t tap = 0; tap < end - first; tap++)
        weight[tap] = (int32_t)lround(scratch[tap] / sum * (1 << WEIGHT_BITS));
}

static enum status filter_new(struct filter *filter, uint32_t input, uint32_t output) {
    const double step = (double)input / output;
    *filter = (struct filter){.taps = (uint32_t)ceil(2.0 * (step < 1.0 ? 1.0 : step)) * 2 + 1};
    double *scratch = NULL;
    enum status code;
    TRY_GOTO(code, memory_new(&scratch, filter->taps, sizeof *scratch), done);
    TRY_GOTO(code, memory_new(&filter->first, output, sizeof *filter->first), done);
    TRY_GOTO(code, memory_new(&filter->count, output, sizeof *filter->count), done);
    TRY_GOTO(code, memory_new(&filter->weight, (size_t)output * filter->taps, sizeof *filter->weight), done);
    for (uint32_t i = 0; i < output; i++)
        filter_fill(filter, scratch, i, input, step);
done:
    free(scratch);
    if (code != STATUS_OK)
        filter_free(filter);
    return code;
}

/* A sum of products stays within 31 bits: the weights' absolute values add up to less than 1.3. */
static uint8_t to_byte(int32_t sum) {
    const int32_t value = (sum + (1 << (WEIGHT_BITS - 1))) >> WEIGHT_BITS;
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

static void resize_columns(struct data_image *out, const struct data_image *in, const struct filter *filter) {
    for (uint32_t y = 0; y < out->height; y++) {
        const uint8_t *const row = &in->pixels[(size_t)y * in->width * 3];
        uint8_t *pixel = &out->pixels[(size_t)y * out->width * 3];
        for (uint32_t x = 0; x < out->width; x++, pixel += 3) {
            const int32_t *const weight = &filter->weight[(size_t)x * filter->taps];
            const uint8_t *source = &row[(size_t)filter->first[x] * 3];
            int32_t sum[3] = {0};
            for (uint32_t tap = 0; tap < filter->count[x]; tap++, source += 3)
                for (int channel = 0; channel < 3; channel++)
                    sum[channel] += weight[tap] * source[channel];
            for (int channel = 0; channel < 3; channel++)
                pixel[channel] = to_byte(sum[channel]);
        }
    }
}

static void resize_rows(struct data_image *out, const struct data_image *in, const struct filter *filter) {
    const size_t pitch = (size_t)in->width * 3;
    for (uint32_t y = 0; y < out->height; y++) {
        const int32_t *const weight = &filter->weight[(size_t)y * filter->taps];
        const uint8_t *const source = &in->pixels[filter->first[y] * pitch];
        for (size_t x = 0; x < pitch; x++) {
            int32_t sum = 0;
            for (uint32_t tap = 0; tap < filter->count[y]; tap++)
                sum += weight[tap] * source[tap * pitch + x];
            out->pixels[y * pitch + x] = to_byte(sum);
        }
    }
}

/* One pass along one axis; `pass` is resize_columns or resize_rows. */
static enum status
resize_axis(struct data_image *image, uint32_t width, uint32_t height, uint32_t input, uint32_t output,
            void (*pass)(struct data_image *, const struct data_image *, const struct filter *)) {
    struct data_image out;
    struct filter filter;
    TRY(data_image_new(&out, width, height));
    const enum status code = filter_new(&filter, input, output);
    if (code != STATUS_OK) {
        data_image_free(&out);
        return code;
    }
    pass(&out, image, &filter);
    filter_free(&filter);
    data_image_replace(image, &out);
    return STATUS_OK;
}

enum status data_image_resize(struct data_image *image, uint32_t height, uint32_t width) {
    if (width != image->width)
        TRY(resize_axis(image, width, image->height, image->width, width, resize_columns));
    if (height != image->height)
        TRY(resize_axis(image, image->width, height, image->height, height, resize_rows));
    return STATUS_OK;
}
