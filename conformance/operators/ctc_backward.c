#include "conformance/ctc.h"

#include "reference/reference.h"

#define AT(argument) ARGUMENT_INDEX(ctc_backward, argument)

static const struct sizes sizes[] = {CTC_SIZES};
static const struct sizes patterns[] = {CTC_PATTERNS};

static void shapes(struct shape *shape, const struct application *application) {
    const struct values_ctc_backward v = values_ctc_backward(application);
    shape[AT(dloss)] = shape[AT(likelihood)] = shape[AT(length)] = SHAPE(v.batch.n);
    shape[AT(alpha)] = SHAPE(v.batch.n, v.steps.n, 2 * v.places.n - 1);
    shape[AT(lse)] = SHAPE(v.batch.n, v.steps.n);
    shape[AT(dlogits)] = shape[AT(logits)] = SHAPE(v.batch.n, v.steps.n, v.classes.n);
    shape[AT(target)] = SHAPE(v.batch.n, v.places.n);
}

/* likelihood, alpha and lse are what ctc gives; its losses go where dloss is drawn afterwards. */
static void fill(struct application *application, struct philox *random) {
    const struct values_ctc_backward v = values_ctc_backward(application);
    ctc_fill_labels(v.target.u, v.length.u, v.batch.n, v.places.n, v.classes.n, random);
    reference_ctc(v.dloss.f, v.likelihood.f, v.alpha.f, v.lse.f, v.logits.f, v.target.u, v.length.u,
                  v.batch.n, v.steps.n, v.classes.n, v.places.n, v.blank.n, v.factor.real);
    inputs_reals(v.dloss.f, v.batch.n, -2, 2, random);
}

/* Of one image: what is still to come, its error, and the same of the step ahead. */
struct retreat {
    double beta[CTC_MAX_STATES], error[CTC_MAX_STATES], ahead_error[CTC_MAX_STATES];
    float ahead[CTC_MAX_STATES];
};

static void step_back(struct retreat *r, const struct ctc_label *label, bool last) {
    for (size_t s = 0; s < label->states; s++) {
        const size_t to[] = {s, s + 1, s + 2};
        const size_t ways = s + 2 < label->states && ctc_skips(label, s + 2) ? 3
                            : s + 1 < label->states                          ? 2
                                                                             : 1;
        r->error[s] = 0;
        r->beta[s] = s + 2 >= label->states ? 0 : CTC_IMPOSSIBLE;
        if (last)
            continue;
        r->beta[s] = ctc_join(r->ahead[s], ways > 1 ? r->ahead[s + 1] : CTC_IMPOSSIBLE,
                              ways > 2 ? r->ahead[s + 2] : CTC_IMPOSSIBLE);
        r->error[s] =
            ctc_mean_error(r->ahead_error, r->ahead, to, ways) + (CTC_JOIN + fabs(r->beta[s])) * EPS;
    }
}

static void look_ahead(struct retreat *r, const struct ctc_label *label, const float *row, double lse) {
    for (size_t s = 0; s < label->states; s++) {
        const size_t symbol = ctc_symbol(label, s);
        const bool possible = ctc_possible(r->beta[s]) && symbol < label->classes;
        const double emitted = possible ? row[symbol] - lse : 0;
        r->ahead[s] = (float)(possible ? r->beta[s] + emitted : CTC_IMPOSSIBLE);
        r->ahead_error[s] = r->error[s] + (fabs(emitted) + fabs((double)r->ahead[s])) * EPS;
    }
}

/* The error of the part of the paths that are at a class, and that part. */
static double part_error(const struct retreat *r, const struct ctc_label *label, const float *alpha,
                         double end, size_t class, double *part) {
    double error = 0;
    *part = 0;
    for (size_t s = 0; s < label->states; s++) {
        if (ctc_symbol(label, s) != class || !ctc_possible(alpha[s]) || !ctc_possible(r->beta[s]))
            continue;
        const double joined = alpha[s] + r->beta[s], x = joined - end, p = exp(x);
        error +=
            p * expm1(r->error[s] + (3 + 3 * fabs(x) + fabs(joined)) * EPS); /* not small where x is not */
        *part += p;
    }
    return error + (double)label->states * EPS * *part;
}

static void bound(const struct application *application) {
    const struct values_ctc_backward v = values_ctc_backward(application);
    struct retreat r;
    for (size_t b = 0; b < v.batch.n; b++) {
        const struct ctc_label label =
            ctc_label(v.target.u + b * v.places.n, v.length.u[b], v.places.n, v.classes.n, v.blank.n);
        const double scale = fabs((double)v.factor.real * v.dloss.f[b]), end = v.likelihood.f[b];
        if (!ctc_possible(end))
            continue;
        for (size_t t = v.steps.n; t-- > 0;) {
            const size_t row = b * v.steps.n + t;
            const float *const logits = v.logits.f + row * v.classes.n;
            step_back(&r, &label, t + 1 == v.steps.n);
            for (size_t c = 0; c < v.classes.n; c++) {
                const double x = (double)logits[c] - v.lse.f[row], p = exp(x);
                double part;
                const double error =
                    part_error(&r, &label, v.alpha.f + row * (2 * v.places.n - 1), end, c, &part);
                application->bounds[AT(dlogits)][row * v.classes.n + c] =
                    scale * (p * expm1(exp_error(x)) + error + 4 * EPS * (p + part));
            }
            look_ahead(&r, &label, logits, v.lse.f[row]);
        }
    }
}

const struct conformance_operator conformance_ctc_backward = {
    SIZES(sizes), PATTERNS(patterns), .without = CTC_WITHOUT, .shapes = shapes, .fill = fill, .bound = bound};
