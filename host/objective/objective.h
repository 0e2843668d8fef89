/* objective.h: what a network is trained for, as a graph that ends in one number, the loss.
 *
 *     struct objective_settings settings = objective_defaults(OBJECTIVE_MNSP);
 *     struct objective objective;
 *     TRY(objective_build(g, &settings, batch, &objective));
 *     graph_backward(g, objective.loss, NULL);
 *     ... the optimiser's nodes (train/optimiser.h) ...
 *     objective_after_update(g, &settings, optimiser.control);
 *
 *     executor_write(executor, objective.image, pixels);      and the other inputs that are not NULL
 *     executor_run(executor, 0);
 *     executor_read(executor, objective.loss, &loss);
 *
 * Objectives: mae.c, lmim.c and mnsp.c pre-train an encoder, recognition.c trains a recogniser on it. Each
 * says at its top what it computes; spec/objectives/ derives it.
 */
#ifndef MNSP_OBJECTIVE_OBJECTIVE_H
#define MNSP_OBJECTIVE_OBJECTIVE_H

#include "graph/graph.h"
#include "model/ctc.h"
#include "model/decoder.h"
#include "model/encoder.h"
#include "model/recogniser.h"

/* ---- settings: names, order and defaults as in train/settings.def ---- */

enum objective_kind { OBJECTIVE_MAE, OBJECTIVE_LMIM, OBJECTIVE_MNSP, OBJECTIVE_RECOGNITION };

enum objective_mim_target {
    OBJECTIVE_MIM_FEATURES, /* the teacher's, normalised */
    OBJECTIVE_MIM_PIXELS,   /* those of the removed patch */
};

enum objective_teacher {
    OBJECTIVE_TEACHER_FROZEN,   /* as it was loaded */
    OBJECTIVE_TEACHER_MOMENTUM, /* moving average of the student */
};

/* Which class tokens are drawn together. */
enum objective_align {
    OBJECTIVE_ALIGN_ALL,      /* every scale's to the guidance view's */
    OBJECTIVE_ALIGN_ADJACENT, /* every scale's to the next finer one's, the finest to the guidance view's */
    OBJECTIVE_ALIGN_OFF,
};

enum objective_coupling {
    OBJECTIVE_COUPLING_JOINT, /* two losses, shared weights */
    OBJECTIVE_COUPLING_FUSED, /* one pass: coarse scales are memory for the masked reconstruction */
};

/* What reads the features. */
enum objective_head {
    OBJECTIVE_HEAD_ATTENTION, /* the recogniser's decoder */
    OBJECTIVE_HEAD_CTC,       /* a linear map of the columns */
};

enum objective_nsp_target {
    OBJECTIVE_NSP_POOLED,  /* the teacher's features of the finest scale, pooled */
    OBJECTIVE_NSP_TEACHER, /* the teacher's features of the image at that scale */
    OBJECTIVE_NSP_PIXELS,  /* the pixels of the image at that scale */
};

enum { OBJECTIVE_MAX_SCALES = 6 };

struct objective_settings {
    enum objective_kind kind;
    enum precision precision; /* of products */

    /* encoder */
    size_t image_height, image_width, patch_height, patch_width;
    size_t width, depth, heads, inner;
    enum position_table position_table; /* of encoder and decoder; initial values, files have their own */

    /* decoder of pre-training */
    size_t decoder_width, decoder_depth, decoder_heads, decoder_inner;
    float decoder_dropout;

    /* recogniser */
    enum objective_head head;
    size_t characters, max_length;
    size_t recognition_width, recognition_depth, recognition_heads, recognition_inner;
    float recognition_dropout;
    bool freeze_encoder; /* no gradient to it */

    /* pre-training */
    double mask_ratio;     /* part of the tokens that is removed */
    bool given_noise;      /* mask_noise is an input (replay), or drawn in the graph (training) */
    bool keep_outputs;     /* the host can read them; if not, there are none */
    bool normalise_pixels; /* pixel targets: each patch to mean 0 and variance 1 */

    /* lmim, mnsp */
    enum objective_mim_target mim_target;
    enum objective_teacher teacher;
    double teacher_momentum;
    enum objective_align align;
    bool align_stop_gradient; /* no gradient to the class token that another one is drawn to */

    /* mnsp */
    size_t scales; /* 1 is lmim */
    enum objective_coupling coupling;
    enum objective_nsp_target nsp_target;
    double weight_mim, weight_nsp, weight_mla; /* 0 leaves the term out */
};

/* The published sizes: ViT-S, the decoders of MAE and LMIM, the recogniser for printable ASCII. */
struct objective_settings objective_defaults(enum objective_kind kind);

/* Tokens that masking keeps: int(tokens * (1 - ratio)) in double precision, as the papers' programs count. */
size_t objective_kept_tokens(size_t tokens, double mask_ratio);

/* What stands in front of the names of the encoder that is trained: "" for mae,
 * "model_maeenc.", "encoder.". */
const char *objective_encoder_prefix(enum objective_kind kind);

/* The models that the settings describe. */
struct model_encoder objective_encoder(const struct objective_settings *settings, const char *prefix,
                                       enum graph_training training);
struct model_decoder objective_decoder(const struct objective_settings *settings);
struct model_recogniser objective_recogniser(const struct objective_settings *settings);
struct model_ctc objective_ctc(const struct objective_settings *settings);

/* ---- objectives ---- */

enum { OBJECTIVE_MAX_NAMED = 16 };

struct objective_named {
    const char *name;
    const struct tensor *tensor;
};

struct objective {
    /* inputs; NULL where the objective has none of it */
    const struct tensor *image;      /* (B, 3, H, W), normalised */
    const struct tensor *guidance;   /* the same shape: the guidance view */
    const struct tensor *mask_noise; /* (B, N): the tokens of least noise are kept */
    const struct tensor *target;     /* (B, T) unsigned: symbols, EOS, then PAD */
    const struct tensor *length;     /* (B) unsigned: symbols with EOS */

    const struct tensor *loss; /* (1); the host can read it, like the terms */
    /* terms of the loss, without their weights, (1) each: "mim", "nsp", "mla", "recognition" */
    struct objective_named terms[OBJECTIVE_MAX_NAMED];
    size_t term_count;
    /* With keep_outputs alone, since they take memory of their own (the terms are single numbers).
     * "prediction": (B, N, 48) pixels, (B, N, D) features, or (B, T, classes) logits; in pre-training also
     * "target", of the same shape, and "removed": (B, N) unsigned, 1 where a token was removed. mnsp, for
     * each scale k from 2 on: "next.<k>" and "next_target.<k>", what is predicted of its N_k tokens */
    struct objective_named outputs[OBJECTIVE_MAX_NAMED];
    size_t output_count;
};

/* Appends the objective. Random numbers (masks, dropout) come from graph_random. Errors: STATUS_USAGE for
 * settings that do not fit together, and those of the graph. */
MNSP_NODISCARD enum status objective_build(struct graph *g, const struct objective_settings *settings,
                                           size_t batch, struct objective *objective);

/* An output by its name; NULL when there is none. */
const struct tensor *objective_output(const struct objective *objective, const char *name);

/* ---- a teacher that follows ---- */

/* Appends, to the current segment, the moving average of a momentum teacher:
 * teacher = momentum teacher + (1 - momentum) student, but for a step that `control` has left out (NULL: for
 * none). Nothing with a frozen teacher. */
void objective_after_update(struct graph *g, const struct objective_settings *settings,
                            const struct tensor *control);

/* The same with momentum 0, in a segment of its own whose number it returns: run it once before training
 * starts, so that a momentum teacher begins as the student. Without such a teacher the segment is empty. */
uint32_t objective_teacher_start(struct graph *g, const struct objective_settings *settings);

#endif
