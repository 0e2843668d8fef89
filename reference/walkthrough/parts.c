#include "reference/walkthrough/parts.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- arrays and weights ---- */

struct array {
    struct array *next;
    float elements[];
};

static enum status check_sizes(const struct walkthrough_sizes *s) {
    if (s->batch == 0 || s->patch_height == 0 || s->patch_width == 0 ||
        s->image_height % s->patch_height != 0 || s->image_width % s->patch_width != 0)
        return status_set(STATUS_USAGE, "the images cannot be cut into patches of %zu x %zu", s->patch_height,
                          s->patch_width);
    if (s->heads == 0 || s->decoder_heads == 0 || s->width % s->heads != 0 ||
        s->decoder_width % s->decoder_heads != 0)
        return status_set(STATUS_USAGE, "the heads, %zu and %zu, must divide the widths, %zu and %zu",
                          s->heads, s->decoder_heads, s->width, s->decoder_width);
    return STATUS_OK;
}

void walkthrough_begin(struct walkthrough *w, const struct walkthrough_weights *weights,
                       const struct walkthrough_sizes *sizes) {
    w->weights = weights;
    w->sizes = *sizes;
    w->arrays = NULL;
    w->status = check_sizes(sizes);
}

enum status walkthrough_end(struct walkthrough *w) {
    for (struct array *array = w->arrays, *next; array != NULL; array = next) {
        next = array->next;
        free(array);
    }
    return w->status;
}

static _Noreturn void stop(struct walkthrough *w, enum status status) {
    w->status = status;
    longjmp(w->failure, 1);
}

float *walk_floats(struct walkthrough *w, size_t count) {
    struct array *array = NULL;
    const size_t header = sizeof *array / sizeof *array->elements;
    if (count > SIZE_MAX - header)
        stop(w, status_set(STATUS_MEMORY, "an array of %zu floats is too large", count));
    const enum status status = memory_new(&array, header + count, sizeof *array->elements);
    if (status != STATUS_OK)
        stop(w, status);
    array->next = w->arrays;
    w->arrays = array;
    return array->elements;
}

uint32_t *walk_words(struct walkthrough *w, size_t count) {
    return (uint32_t *)(void *)walk_floats(w, count);
}

/* The formatted name in an array of the program. */
static char *format_name(struct walkthrough *w, const char *format, va_list arguments) {
    enum { LONGEST = 128 };
    char *const name = (char *)walk_floats(w, LONGEST / sizeof(float));
    vsnprintf(name, LONGEST, format, arguments);
    return name;
}

#define FORMAT_NAME(w, name)                                                                                 \
    va_list arguments;                                                                                       \
    va_start(arguments, format);                                                                             \
    const char *const name = format_name(w, format, arguments);                                              \
    va_end(arguments)

const char *walk_name(struct walkthrough *w, const char *format, ...) {
    FORMAT_NAME(w, name);
    return name;
}

const float *walk_weight(struct walkthrough *w, size_t count, const char *format, ...) {
    FORMAT_NAME(w, name);
    const float *const found = w->weights->find(w->weights->context, name, count);
    if (found == NULL)
        stop(w, status_set(STATUS_INVALID, "there is no weight %s with %zu elements", name, count));
    return found;
}

/* ---- layers ---- */

float *walk_linear(struct walkthrough *w, const float *x, size_t rows, size_t inputs, size_t outputs,
                   const char *format, ...) {
    FORMAT_NAME(w, name);
    const float *const W = walk_weight(w, outputs * inputs, "%s.weight", name);
    const float *const b = walk_weight(w, outputs, "%s.bias", name);
    float *const y = walk_floats(w, rows * outputs);
    reference_product(y, x, W, b, 1, rows, outputs, inputs, 0, 1);
    return y;
}

float *walk_project(struct walkthrough *w, const float *x, size_t rows, size_t inputs, size_t outputs,
                    const char *format, ...) {
    FORMAT_NAME(w, name);
    const float *const W = walk_weight(w, outputs * inputs, "%s.weight", name);
    float *const y = walk_floats(w, rows * outputs);
    reference_product(y, x, W, NULL, 1, rows, outputs, inputs, 0, 1);
    return y;
}

/* Mean and 1 / standard deviation of each row are only needed for gradients. */
static float *normalised(struct walkthrough *w, const float *x, const float *scale, const float *bias,
                         size_t rows, size_t width, float eps) {
    float *const y = walk_floats(w, rows * width);
    reference_layernorm(y, walk_floats(w, rows), walk_floats(w, rows), x, scale, bias, rows, width, 0, eps);
    return y;
}

float *walk_layernorm(struct walkthrough *w, const float *x, size_t rows, size_t width, float eps,
                      const char *format, ...) {
    FORMAT_NAME(w, name);
    const float *const scale = walk_weight(w, width, "%s.weight", name);
    return normalised(w, x, scale, walk_weight(w, width, "%s.bias", name), rows, width, eps);
}

float *walk_normalise(struct walkthrough *w, const float *x, size_t rows, size_t width) {
    return normalised(w, x, NULL, NULL, rows, width, 1e-5F);
}

float *walk_gelu(struct walkthrough *w, const float *x, size_t count) {
    float *const y = walk_floats(w, count);
    reference_gelu(y, x, count);
    return y;
}

float *walk_add(struct walkthrough *w, const float *a, const float *b, size_t count) {
    float *const y = walk_floats(w, count);
    reference_add(y, a, b, count);
    return y;
}

float *walk_class_token(struct walkthrough *w, const float *x, size_t tokens, size_t width) {
    float *const y = walk_floats(w, w->sizes.batch * width);
    reference_slice(y, x, w->sizes.batch, tokens, 0, 1, width);
    return y;
}

float *walk_other_tokens(struct walkthrough *w, const float *x, size_t tokens, size_t width) {
    float *const y = walk_floats(w, w->sizes.batch * (tokens - 1) * width);
    reference_slice(y, x, w->sizes.batch, tokens, 1, tokens - 1, width);
    return y;
}

float walk_squared_error(struct walkthrough *w, const float *a, const float *b, const uint32_t *removed,
                         size_t rows, size_t width, double factor) {
    float *const row = walk_floats(w, rows), sum;
    reference_masked_mse(row, a, b, removed, rows, width, (float)factor);
    reference_sum_rows(&sum, row, rows, 1, 1, 0);
    return sum;
}
