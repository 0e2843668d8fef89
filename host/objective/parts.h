/* parts.h: what the objectives share. Private to this room. */
#ifndef MNSP_OBJECTIVE_PARTS_H
#define MNSP_OBJECTIVE_PARTS_H

#include "graph/operators.h"
#include "objective/objective.h"

/* Prefixes of the student's and the teacher's parameters in lmim and mnsp. */
#define OBJECTIVE_STUDENT "model_maeenc."
#define OBJECTIVE_TEACHER "model_maeenc_momentum."

/* ---- the objectives ---- */

typedef void objective_function(struct graph *g, const struct objective_settings *settings, size_t batch,
                                struct objective *objective);
objective_function objective_mae, objective_lmim, objective_mnsp, objective_recognition;

/* ---- inputs, terms, outputs ---- */

/* The input `name`, (B, 3, H, W). */
const struct tensor *objective_image(struct graph *g, const struct objective_settings *settings, size_t batch,
                                     const char *name);

/* The input mask_noise, or noise drawn in the graph, and which tokens it keeps. */
struct graph_mask objective_mask(struct graph *g, const struct objective_settings *settings, size_t batch,
                                 struct objective *objective);

/* Names a term of the loss; a weight other than 1 multiplies it in the loss. */
void objective_add_term(struct graph *g, struct objective *objective, const char *name,
                        const struct tensor *term, double weight);
/* With keep_outputs, lets the host read a tensor after a run. */
void objective_add_output(struct graph *g, const struct objective_settings *settings,
                          struct objective *objective, const char *name, const struct tensor *output);

/* ---- pieces of formulas ---- */

/* LN0, LayerNorm without affine map, that targets go through: eps 1e-5. */
const struct tensor *objective_normal(struct graph *g, const struct tensor *x);

/* The class token (B, 1, D), and the other tokens (B, T, D), of x (B, 1 + T, D). */
const struct tensor *objective_class(struct graph *g, const struct tensor *x);
const struct tensor *objective_tokens(struct graph *g, const struct tensor *x);

/* The pixels of each patch as a target, (B, N, 3 ph pw), ordered (row, column, channel); with
 * normalise_pixels less their mean and divided by sqrt(variance + 1e-6), the variance with divisor 3 ph pw
 * - 1. */
const struct tensor *objective_pixels(struct graph *g, const struct objective_settings *settings,
                                      const struct tensor *image);

/* The features of the teacher without the class token, not yet normalised: (B, N, D). */
const struct tensor *objective_teacher_features(struct graph *g, const struct objective_settings *settings,
                                                const struct tensor *image);

/* What a decoder predicts, so the size of its head: pixels of a patch or features. */
size_t objective_predicted_width(const struct objective_settings *settings, bool pixels);

/* sum over removed tokens of |p - t|^2 / (width * removed), p and t (B, N, width). */
const struct tensor *objective_reconstruction(struct graph *g, const struct objective_settings *settings,
                                              const struct tensor *prediction, const struct tensor *target,
                                              const struct tensor *removed);

/* factor * |f - to|^2 for two class tokens; with align_stop_gradient none flows to `to`. */
const struct tensor *objective_alignment(struct graph *g, const struct objective_settings *settings,
                                         const struct tensor *f, const struct tensor *to, double factor);

#endif
