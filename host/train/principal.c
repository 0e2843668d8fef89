#include "train/principal.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ITERATIONS = 200 };

static double dot(const double *a, const double *b, size_t width) {
    double sum = 0;
    for (size_t i = 0; i < width; i++)
        sum += a[i] * b[i];
    return sum;
}

static void find_mean(double *mean, const float *rows, size_t count, size_t width) {
    for (size_t r = 0; r < count; r++)
        for (size_t i = 0; i < width; i++)
            mean[i] += (double)rows[r * width + i] / (double)count;
}

/* The covariance (width, width). */
static void find_covariance(double *covariance, const double *mean, const float *rows, size_t count,
                            size_t width) {
    for (size_t r = 0; r < count; r++)
        for (size_t i = 0; i < width; i++) {
            const double x = ((double)rows[r * width + i] - mean[i]) / (double)count;
            for (size_t j = 0; j < width; j++)
                covariance[i * width + j] += x * ((double)rows[r * width + j] - mean[j]);
        }
}

/* Makes a vector perpendicular to those before it, and of length 1; 0 when nothing is left of it. */
static double straighten(double *axes, size_t which, size_t width) {
    double *const axis = axes + which * width;
    for (size_t k = 0; k < which; k++) {
        const double part = dot(axis, axes + k * width, width);
        for (size_t i = 0; i < width; i++)
            axis[i] -= part * axes[k * width + i];
    }
    const double length = sqrt(dot(axis, axis, width));
    for (size_t i = 0; i < width; i++)
        axis[i] = length > 1e-12 ? axis[i] / length : 0;
    return length > 1e-12 ? length : 0;
}

/* The largest entry is positive, so that colours do not change sides. */
static void orient(double *axis, size_t width) {
    size_t largest = 0;
    for (size_t i = 1; i < width; i++)
        if (fabs(axis[i]) > fabs(axis[largest]))
            largest = i;
    const double sign = axis[largest] < 0 ? -1 : 1;
    for (size_t i = 0; i < width; i++)
        axis[i] *= sign;
}

/* axes <- covariance axes, made perpendicular, again and again. */
static void iterate(struct principal *p, const double *covariance, double *products) {
    const size_t width = p->width;
    for (size_t k = 0; k < PRINCIPAL_COUNT; k++) {
        for (size_t i = 0; i < width; i++)
            p->axis[k * width + i] = cos((double)((k + 1) * (2 * i + 1))); /* no direction in particular */
        straighten(p->axis, k, width);
    }
    for (int iteration = 0; iteration < ITERATIONS; iteration++) {
        for (size_t k = 0; k < PRINCIPAL_COUNT; k++)
            for (size_t i = 0; i < width; i++)
                products[k * width + i] = dot(covariance + i * width, p->axis + k * width, width);
        memcpy(p->axis, products, PRINCIPAL_COUNT * width * sizeof *products);
        for (size_t k = 0; k < PRINCIPAL_COUNT; k++)
            p->deviation[k] = sqrt(straighten(p->axis, k, width));
    }
    for (size_t k = 0; k < PRINCIPAL_COUNT; k++)
        orient(p->axis + k * width, width);
}

static enum status find(struct principal *p, const float *rows, size_t count) {
    const size_t width = p->width;
    double *covariance = NULL, *products = NULL;
    TRY(memory_new(&p->mean, width, sizeof *p->mean));
    TRY(memory_new(&p->axis, PRINCIPAL_COUNT * width, sizeof *p->axis));
    enum status status = memory_new(&covariance, width * width, sizeof *covariance);
    if (status == STATUS_OK)
        status = memory_new(&products, PRINCIPAL_COUNT * width, sizeof *products);
    if (status == STATUS_OK) {
        find_mean(p->mean, rows, count, width);
        find_covariance(covariance, p->mean, rows, count, width);
        iterate(p, covariance, products);
    }
    free(covariance);
    free(products);
    return status;
}

enum status principal_find(struct principal *out, const float *rows, size_t count, size_t width) {
    *out = (struct principal){.width = width};
    const enum status status = find(out, rows, count);
    if (status != STATUS_OK)
        principal_free(out);
    return status;
}

void principal_free(struct principal *principal) {
    free(principal->mean);
    free(principal->axis);
    *principal = (struct principal){0};
}

void principal_project(const struct principal *p, const float *row, double out[PRINCIPAL_COUNT]) {
    for (size_t k = 0; k < PRINCIPAL_COUNT; k++) {
        double sum = 0;
        for (size_t i = 0; i < p->width; i++)
            sum += ((double)row[i] - p->mean[i]) * p->axis[k * p->width + i];
        out[k] = p->deviation[k] > 0 ? sum / p->deviation[k] : 0;
    }
}

void principal_colour(const struct principal *p, const float *row, uint8_t out[PRINCIPAL_COUNT]) {
    double components[PRINCIPAL_COUNT];
    principal_project(p, row, components);
    for (size_t k = 0; k < PRINCIPAL_COUNT; k++) {
        const double value = 127.5 + components[k] / 2.5 * 127.5;
        out[k] = (uint8_t)(value > 0 ? (value < 255 ? value : 255) : 0); /* not a number: 0 */
    }
}
