/* mnsp.c: masked next-scale prediction: LMIM, and beside it each scale of an image predicts the next finer
 * one.
 *
 * K scales; X_K = X, X_k = 2 x 2 means of X_{k+1}; N_k tokens. The same encoder and decoder in every pass.
 *
 *     z = Encoder(X_K, masked),  g = Encoder(X', unmasked),  C_k = Encoder(X_k, unmasked) for k < K
 *     p = Decoder([W_e z; mask tokens] + positions, memory W_g g)
 *     q_{k+1} = Decoder([W_e C_k,cls; N_{k+1} learned queries] + positions + scale, memory W_n C_k)
 *     T_k = LN0(2 x 2 means of Teacher(X), K - k times)
 *     L_MIM = sum over removed tokens of |p - T_K|^2 / (D * removed)
 *     L_NSP = 1 / (K - 1) sum over k < K of |q_{k+1} - T_{k+1}|^2 / (B N_{k+1} D)
 *     L_MLA = 1 / K sum over the K class tokens f of |f - g_cls|^2 / (B D)
 *     L = w_mim L_MIM + w_nsp L_NSP + w_mla L_MLA
 *
 * With K = 1 this is LMIM. Only the abstract of the paper is public: the equations are our reading of it, and
 * the settings offer others. Source: arXiv 2605.14885; spec/objectives/mnsp.md.
 */
#include "objective/parts.h"

struct mnsp {
    struct graph *g;
    const struct objective_settings *s;
    struct objective *o;
    struct model_encoder student;
    struct model_decoder decoder;
    size_t batch, scales;
    bool mim, nsp, mla; /* which losses there are */
    struct graph_mask mask;
    /* by scale 1 .. K */
    const struct tensor *image[OBJECTIVE_MAX_SCALES + 1];  /* X_k (B, 3, H_k, W_k) */
    const struct tensor *coarse[OBJECTIVE_MAX_SCALES + 1]; /* C_k (B, 1 + N_k, D), k < K */
    const struct tensor *masked, *guidance;                /* z (B, 1 + kept, D), g (B, 1 + N, D) */
    const struct tensor *teacher; /* Teacher(X) (B, N, D), where something needs it */
};

/* How many times coarser than the finest scale k is, in each direction. */
static size_t factor_of(const struct mnsp *m, size_t k) {
    return (size_t)1 << (m->scales - k);
}

static size_t tokens_of(const struct mnsp *m, size_t k) {
    return model_encoder_tokens(&m->student) / (factor_of(m, k) * factor_of(m, k));
}

/* A learned row for each of K - 1 scales, coarsest first. */
static const struct tensor *scale_table(const struct mnsp *m, const char *name, size_t width) {
    return graph_parameter(m->g, name, SHAPE(m->scales - 1, width), GRAPH_TRAINABLE,
                           (struct initial){.kind = INITIAL_NORMAL, .value = 0.02F});
}

/* ---- passes through the encoder ---- */

static void encode(struct mnsp *m) {
    struct graph *const g = m->g;
    const bool fused = m->s->coupling == OBJECTIVE_COUPLING_FUSED;
    if (m->mim || m->mla) {
        m->o->guidance = objective_image(g, m->s, m->batch, "guidance");
        m->mask = objective_mask(g, m->s, m->batch, m->o);
        graph_scope(g, "encoder, masked");
        m->masked = model_encode_kept(g, &m->student, m->o->image, m->mask.kept);
        graph_scope(g, "encoder, guidance");
        m->guidance = model_encode(g, &m->student, m->o->guidance);
    }
    m->image[m->scales] = m->o->image;
    for (size_t k = m->scales - 1; k >= 1; k--) {
        m->image[k] = graph_pool_image(g, m->image[k + 1]);
        if (m->nsp || m->mla || fused) {
            graph_scope(g, "encoder, coarse");
            m->coarse[k] = model_encode_coarse(g, &m->student, m->image[k], factor_of(m, k),
                                               scale_table(m, "scale_embed", m->s->width), k - 1);
        }
    }
}

/* ---- targets ---- */

static const struct tensor *teacher_features(struct mnsp *m) {
    if (m->teacher == NULL)
        m->teacher = objective_teacher_features(m->g, m->s, m->o->image);
    return m->teacher;
}

/* T_k as the features of the teacher that saw the image at scale k. */
static const struct tensor *teacher_at_scale(struct mnsp *m, size_t k) {
    if (k == m->scales)
        return objective_normal(m->g, teacher_features(m));
    const struct model_encoder teacher = objective_encoder(m->s, OBJECTIVE_TEACHER, GRAPH_FROZEN);
    graph_scope(m->g, "teacher");
    const struct tensor *const x = model_encode_coarse(m->g, &teacher, m->image[k], factor_of(m, k), NULL, 0);
    return objective_normal(m->g, objective_tokens(m->g, x));
}

/* T_k as means of the features of the teacher that saw the image itself. */
static const struct tensor *pooled_at_scale(struct mnsp *m, size_t k) {
    const struct tensor *x = teacher_features(m);
    size_t rows = model_encoder_rows(&m->student), columns = model_encoder_columns(&m->student);
    for (size_t finer = m->scales; finer > k; finer--, rows /= 2, columns /= 2)
        x = graph_pool_tokens(m->g, x, rows, columns);
    return objective_normal(m->g, x);
}

static const struct tensor *scale_target(struct mnsp *m, size_t k) {
    switch (m->s->nsp_target) {
    case OBJECTIVE_NSP_PIXELS:
        return objective_pixels(m->g, m->s, m->image[k]);
    case OBJECTIVE_NSP_TEACHER:
        return teacher_at_scale(m, k);
    case OBJECTIVE_NSP_POOLED:
        break;
    }
    return pooled_at_scale(m, k);
}

/* ---- masked reconstruction ---- */

/* W_g g; in the fused form [W_g g, W_n C_{K-1}, ..., W_n C_1]. */
static const struct tensor *reconstruction_memory(struct mnsp *m) {
    const struct tensor *memory = model_decoder_embed(m->g, &m->decoder, "decoder_embed2", m->guidance);
    if (m->s->coupling == OBJECTIVE_COUPLING_FUSED)
        for (size_t k = m->scales - 1; k >= 1; k--)
            memory = graph_concatenate(m->g, memory,
                                       model_decoder_embed(m->g, &m->decoder, "nsp_embed", m->coarse[k]));
    return memory;
}

static void masked_reconstruction(struct mnsp *m) {
    struct graph *const g = m->g;
    const bool pixels = m->s->mim_target == OBJECTIVE_MIM_PIXELS;
    graph_scope(g, "decoder");
    const struct tensor *const embedded = model_decoder_embed(g, &m->decoder, "decoder_embed", m->masked);
    const struct tensor *const queries = model_decoder_queries(g, &m->decoder, embedded, m->mask.restore);
    const struct tensor *const x = model_decode_with(g, &m->decoder, queries, reconstruction_memory(m));
    const struct tensor *const p =
        model_decoder_predict(g, x, "decoder_pred", objective_predicted_width(m->s, pixels));
    const struct tensor *const t =
        pixels ? objective_pixels(g, m->s, m->o->image) : objective_normal(g, teacher_features(m));

    graph_scope(g, "loss");
    objective_add_term(g, m->o, "mim", objective_reconstruction(g, m->s, p, t, m->mask.removed),
                       m->s->weight_mim);
    objective_add_output(g, m->s, m->o, "prediction", p);
    objective_add_output(g, m->s, m->o, "target", t);
    objective_add_output(g, m->s, m->o, "removed", m->mask.removed);
}

/* ---- next-scale prediction ---- */

/* Names of outputs, by scale. */
static const char *const next_names[OBJECTIVE_MAX_SCALES + 1] = {
    [2] = "next.2", [3] = "next.3", [4] = "next.4", [5] = "next.5", [6] = "next.6"};
static const char *const next_target_names[OBJECTIVE_MAX_SCALES + 1] = {[2] = "next_target.2",
                                                                        [3] = "next_target.3",
                                                                        [4] = "next_target.4",
                                                                        [5] = "next_target.5",
                                                                        [6] = "next_target.6"};

/* [W_e C_k,cls; N_{k+1} learned queries] + positions of scale k + 1 + embedding of that scale. */
static const struct tensor *scale_queries(struct mnsp *m, size_t k) {
    struct graph *const g = m->g;
    const size_t width = m->decoder.width, tokens = tokens_of(m, k + 1);
    const struct tensor *const positions = model_decoder_positions(g, &m->decoder);
    const struct tensor *class = objective_class(g, m->coarse[k]);
    class = model_decoder_embed(g, &m->decoder, "decoder_embed", class);
    class = graph_add_rows(g, class, positions, 0, 1);

    const struct tensor *const query =
        graph_parameter(g, "nsp_query", SHAPE(1, 1, width), GRAPH_TRAINABLE,
                        (struct initial){.kind = INITIAL_NORMAL, .value = 0.02F});
    const struct tensor *queries = graph_broadcast_rows(g, query, SHAPE(m->batch, tokens, width));
    if (k + 1 == m->scales)
        queries = graph_add_rows(g, queries, positions, 1, tokens);
    else
        queries = graph_add_rows(
            g, queries, model_coarse_positions(g, &m->student, factor_of(m, k + 1), width), 0, tokens);
    return graph_add_rows(g, graph_concatenate(g, class, queries),
                          scale_table(m, "decoder_scale_embed", width), k - 1, 1);
}

/* |q_{k+1} - T_{k+1}|^2 / ((K - 1) B N_{k+1} D) */
static const struct tensor *predict_next(struct mnsp *m, size_t k) {
    struct graph *const g = m->g;
    const bool pixels = m->s->nsp_target == OBJECTIVE_NSP_PIXELS;
    const bool own_head = m->mim && pixels != (m->s->mim_target == OBJECTIVE_MIM_PIXELS);
    const size_t width = objective_predicted_width(m->s, pixels);
    graph_scope(g, "decoder, next scale");
    const struct tensor *const queries = scale_queries(m, k);
    const struct tensor *const memory = model_decoder_embed(g, &m->decoder, "nsp_embed", m->coarse[k]);
    const struct tensor *const x = model_decode_with(g, &m->decoder, queries, memory);
    const struct tensor *const q = model_decoder_predict(g, x, own_head ? "nsp_pred" : "decoder_pred", width);
    const struct tensor *const t = scale_target(m, k + 1);
    objective_add_output(g, m->s, m->o, next_names[k + 1], q);
    objective_add_output(g, m->s, m->o, next_target_names[k + 1], t);

    graph_scope(g, "loss");
    const double terms = (double)(m->scales - 1) * (double)(m->batch * tokens_of(m, k + 1) * width);
    return graph_masked_mse(g, q, t, NULL, (float)(1 / terms));
}

static void next_scale_prediction(struct mnsp *m) {
    const struct tensor *sum = NULL;
    for (size_t k = 1; k < m->scales; k++) {
        const struct tensor *const term = predict_next(m, k);
        sum = sum ? graph_add(m->g, sum, term) : term;
    }
    objective_add_term(m->g, m->o, "nsp", sum, m->s->weight_nsp);
}

/* ---- alignment between scales ---- */

static void alignment(struct mnsp *m) {
    struct graph *const g = m->g;
    const double factor = 1 / ((double)m->scales * (double)m->batch * (double)m->s->width);
    const struct tensor *const guidance = objective_class(g, m->guidance);
    const struct tensor *finer = objective_class(g, m->masked);
    const struct tensor *sum = objective_alignment(g, m->s, finer, guidance, factor);
    for (size_t k = m->scales - 1; k >= 1; k--) {
        const struct tensor *const class = objective_class(g, m->coarse[k]);
        const struct tensor *const to = m->s->align == OBJECTIVE_ALIGN_ADJACENT ? finer : guidance;
        sum = graph_add(g, sum, objective_alignment(g, m->s, class, to, factor));
        finer = class;
    }
    objective_add_term(g, m->o, "mla", sum, m->s->weight_mla);
}

void objective_mnsp(struct graph *g, const struct objective_settings *s, size_t batch, struct objective *o) {
    const bool joint = s->coupling == OBJECTIVE_COUPLING_JOINT;
    struct mnsp m = {.g = g,
                     .s = s,
                     .o = o,
                     .student = objective_encoder(s, OBJECTIVE_STUDENT, GRAPH_TRAINABLE),
                     .decoder = objective_decoder(s),
                     .batch = batch,
                     .scales = s->scales,
                     .mim = s->weight_mim > 0,
                     .nsp = s->weight_nsp > 0 && s->scales > 1 && joint,
                     .mla = s->weight_mla > 0 && s->align != OBJECTIVE_ALIGN_OFF};
    o->image = objective_image(g, s, batch, "image");
    encode(&m);
    if (m.mim)
        masked_reconstruction(&m);
    if (m.nsp)
        next_scale_prediction(&m);
    if (m.mla)
        alignment(&m);
    if (o->term_count == 0)
        graph_fail(g, STATUS_USAGE,
                   "nothing is left of the loss: give weight_mim, weight_nsp or weight_mla a "
                   "weight that counts");
}
