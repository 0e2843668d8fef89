#include "objective/parts.h"

/* ---- inputs, terms, outputs ---- */

const struct tensor *objective_image(struct graph *g, const struct objective_settings *s, size_t batch,
                                     const char *name) {
    return graph_input(g, name, SHAPE(batch, 3, s->image_height, s->image_width));
}

static size_t token_count(const struct objective_settings *s) {
    return s->image_height / s->patch_height * (s->image_width / s->patch_width);
}

struct graph_mask objective_mask(struct graph *g, const struct objective_settings *s, size_t batch,
                                 struct objective *objective) {
    const size_t tokens = token_count(s);
    const struct tensor *noise;
    if (s->given_noise)
        noise = objective->mask_noise = graph_input(g, "mask_noise", SHAPE(batch, tokens));
    else
        noise = graph_random_uniform(g, SHAPE(batch, tokens));
    return graph_mask_tokens(g, noise, objective_kept_tokens(tokens, s->mask_ratio));
}

void objective_add_term(struct graph *g, struct objective *objective, const char *name,
                        const struct tensor *term, double weight) {
    graph_output(g, term, name);
    objective->terms[objective->term_count++] = (struct objective_named){name, term};
    const struct tensor *const weighted = weight == 1 ? term : graph_scale(g, term, (float)weight);
    objective->loss = objective->loss ? graph_add(g, objective->loss, weighted) : weighted;
}

void objective_add_output(struct graph *g, const struct objective_settings *s, struct objective *objective,
                          const char *name, const struct tensor *output) {
    if (!s->keep_outputs)
        return;
    graph_output(g, output, name);
    objective->outputs[objective->output_count++] = (struct objective_named){name, output};
}

/* ---- pieces of formulas ---- */

const struct tensor *objective_normal(struct graph *g, const struct tensor *x) {
    return graph_normalise(g, x, 1e-5F, 0);
}

const struct tensor *objective_class(struct graph *g, const struct tensor *x) {
    return graph_slice(g, x, 0, 1);
}

const struct tensor *objective_tokens(struct graph *g, const struct tensor *x) {
    return graph_slice(g, x, 1, x->shape.of[1] - 1);
}

const struct tensor *objective_pixels(struct graph *g, const struct objective_settings *s,
                                      const struct tensor *image) {
    const struct tensor *const pixels = graph_patchify(g, image, s->patch_height, s->patch_width, true);
    return s->normalise_pixels ? graph_normalise(g, pixels, 1e-6F, 1) : pixels;
}

const struct tensor *objective_teacher_features(struct graph *g, const struct objective_settings *s,
                                                const struct tensor *image) {
    const struct model_encoder teacher = objective_encoder(s, OBJECTIVE_TEACHER, GRAPH_FROZEN);
    graph_scope(g, "teacher");
    return objective_tokens(g, model_encode(g, &teacher, image));
}

size_t objective_predicted_width(const struct objective_settings *s, bool pixels) {
    return pixels ? 3 * s->patch_height * s->patch_width : s->width;
}

const struct tensor *objective_reconstruction(struct graph *g, const struct objective_settings *s,
                                              const struct tensor *prediction, const struct tensor *target,
                                              const struct tensor *removed) {
    const size_t batch = prediction->shape.of[0], width = prediction->shape.of[2], tokens = token_count(s);
    const size_t removed_count = batch * (tokens - objective_kept_tokens(tokens, s->mask_ratio));
    const double factor = 1 / ((double)width * (double)removed_count);
    return graph_masked_mse(g, prediction, target, removed, (float)factor);
}

const struct tensor *objective_alignment(struct graph *g, const struct objective_settings *s,
                                         const struct tensor *f, const struct tensor *to, double factor) {
    if (s->align_stop_gradient)
        to = graph_detach(g, to);
    return graph_masked_mse(g, f, to, NULL, (float)factor);
}
