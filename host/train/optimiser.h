/* optimiser.h: AdamW on every trainable parameter of a graph, with the gradient's norm and clipping.
 *
 *     const struct tensor *scaler = train_scaler(g, 65536);
 *     graph_backward(g, objective.loss, train_scale(g, scaler));
 *     TRY(train_optimiser_append(g, &(struct train_optimiser_options){...}, &optimiser));
 *     ...
 *     train_optimiser_write(executor, &optimiser, rate)      before each run of optimiser.segment
 *
 * Sources: Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019; the order of operations
 * is PyTorch's. Rate decay by layer: Clark et al., "ELECTRA", ICLR 2020, as the recogniser's authors use it.
 *
 * train_average_append() adds a moving average of the trained weights: Polyak and Juditsky, "Acceleration of
 * stochastic approximation by averaging", 1992, with the exponential weights of Tarvainen and Valpola, 2017.
 * It is state, "optimiser.average.<parameter>".
 *
 * Moments are state tensors "optimiser.m.<parameter>" and "optimiser.v.<parameter>", kept in checkpoints. A
 * step whose gradient is not finite leaves parameters, moments and averages as they are, and does not
 * count for the corrections of the moments. That is decided on the device, by the state
 * "optimiser.scaler" (spec/operators.md, loss_scale), which also has the factor of a loss whose gradients
 * would be too small for 16 bits.
 */
#ifndef MNSP_TRAIN_OPTIMISER_H
#define MNSP_TRAIN_OPTIMISER_H

#include "graph/executor.h"
#include "graph/graph.h"

struct train_optimiser_options {
    const struct tensor *scaler; /* of train_scaler() */
    size_t scale_every; /* good steps after which the loss is scaled twice as much; 0: its scale stays */
    float beta1, beta2, epsilon, weight_decay;
    float clip_norm; /* 0: not clipped */
    /* Fine-tuning: encoder block i trains at rate * layer_decay^(depth - i), patches and class token at
     * layer_decay^(depth + 1), everything behind the encoder at the whole rate; and the class token is not
     * decayed. 1 and false in pre-training. */
    float layer_decay;
    size_t encoder_depth;
    bool fine_tuning;
};

struct train_optimiser {
    uint32_t segment;
    const struct tensor *schedule; /* input (1): rate */
    const struct tensor *control;  /* output (5): norm of the gradient, its factor, is it finite, ... */
    const struct tensor *scaler;   /* state (4): scale, good steps in a row, applied, skipped */
};

/* The state that counts steps and has the factor of the loss, at first `scale`, a power of two. */
const struct tensor *train_scaler(struct graph *graph, size_t scale);

/* Appends its first number, the factor, as a tensor of its own. */
const struct tensor *train_scale(struct graph *graph, const struct tensor *scaler);

/* Appends the update in a segment of its own. A parameter that the loss does not depend on is left alone.
 * Errors: STATUS_MEMORY; mistakes show in graph_status. */
MNSP_NODISCARD enum status train_optimiser_append(struct graph *graph,
                                                  const struct train_optimiser_options *options,
                                                  struct train_optimiser *optimiser);

/* Appends average = decay average + (1 - decay) parameter, for every parameter that the optimiser updates, to
 * the current segment; not in a step that `control` has left out. With decay 0 and control NULL the average
 * becomes the parameter, as before the first step. */
void train_average_append(struct graph *graph, const struct tensor *control, double decay);

/* Writes the schedule of a step. */
MNSP_NODISCARD enum status train_optimiser_write(struct executor *executor,
                                                 const struct train_optimiser *optimiser, double rate);

/* Whether a parameter is decayed: all but biases and vectors (of one dimension); in fine-tuning, not the
 * class token either. */
bool train_decays(const struct tensor *parameter, bool fine_tuning);

/* The factor of the rate for a parameter by its name, under layer-wise decay. */
double train_rate_scale(const char *name, double layer_decay, size_t encoder_depth);

#endif
