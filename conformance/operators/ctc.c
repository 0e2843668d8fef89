#include "conformance/ctc.h"

#define AT(argument) ARGUMENT_INDEX(ctc, argument)

static const struct sizes sizes[] = {CTC_SIZES};
static const struct sizes patterns[] = {CTC_PATTERNS};

static void shapes(struct shape *shape, const struct application *application) {
    const struct values_ctc v = values_ctc(application);
    shape[AT(loss)] = shape[AT(likelihood)] = shape[AT(length)] = SHAPE(v.batch.n);
    shape[AT(alpha)] = SHAPE(v.batch.n, v.steps.n, 2 * v.places.n - 1);
    shape[AT(lse)] = SHAPE(v.batch.n, v.steps.n);
    shape[AT(logits)] = SHAPE(v.batch.n, v.steps.n, v.classes.n);
    shape[AT(target)] = SHAPE(v.batch.n, v.places.n);
}

static void fill(struct application *application, struct philox *random) {
    const struct values_ctc v = values_ctc(application);
    ctc_fill_labels(v.target.u, v.length.u, v.batch.n, v.places.n, v.classes.n, random);
}

static double largest_of(const float *row, size_t count) {
    double largest = 0;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs((double)row[i]));
    return largest;
}

/* Errors of the states' logarithms go along with the paths. */
static void bound(const struct application *application) {
    const struct values_ctc v = values_ctc(application);
    const double n = (double)v.classes.n;
    const size_t pitch = 2 * v.places.n - 1;
    for (size_t b = 0; b < v.batch.n; b++) {
        const struct ctc_label label =
            ctc_label(v.target.u + b * v.places.n, v.length.u[b], v.places.n, v.classes.n, v.blank.n);
        double error[2][CTC_MAX_STATES] = {{0}};
        for (size_t t = 0; t < v.steps.n; t++) {
            const size_t row = b * v.steps.n + t;
            const double largest = largest_of(v.logits.f + row * v.classes.n, v.classes.n);
            const double sum = (n + 8 * log(n) + 12 + 2 * largest) * EPS; /* of lse, as in cross_entropy */
            application->bounds[AT(lse)][row] = sum;
            for (size_t s = 0; s < label.states; s++) {
                const float value = v.alpha.f[row * pitch + s];
                const size_t from[] = {s, s - 1, s - 2};
                const size_t ways = ctc_skips(&label, s) ? 3 : s >= 1 ? 2 : 1;
                double before = 0;
                if (t > 0)
                    before = ctc_mean_error(error[(t + 1) % 2], v.alpha.f + (row - 1) * pitch, from, ways);
                error[t % 2][s] =
                    before + sum +
                    (CTC_JOIN + 3 * fabs((double)value) + 2 * largest + fabs((double)v.lse.f[row])) * EPS;
                application->bounds[AT(alpha)][row * pitch + s] = ctc_possible(value) ? error[t % 2][s] : 0;
            }
        }
        const double end = v.likelihood.f[b];
        const size_t last[] = {label.states - 1, label.states - 2};
        const double of_end =
            ctc_mean_error(error[(v.steps.n - 1) % 2], v.alpha.f + (b * v.steps.n + v.steps.n - 1) * pitch,
                           last, label.states > 1 ? 2 : 1) +
            (CTC_JOIN + 2 * fabs(end)) * EPS;
        application->bounds[AT(likelihood)][b] = ctc_possible(end) ? of_end : 0;
        application->bounds[AT(loss)][b] =
            ctc_possible(end) ? fabs((double)v.factor.real) * (of_end + 2 * EPS * fabs(end)) : 0;
    }
}

const struct conformance_operator conformance_ctc = {
    SIZES(sizes), PATTERNS(patterns), .without = CTC_WITHOUT, .shapes = shapes, .fill = fill, .bound = bound};
