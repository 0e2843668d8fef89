/* optimiser.h: AdamW on every trainable parameter of a graph, with the gradient's norm and clipping.
 *
 *     graph_backward(g, objective.loss);
 *     TRY(train_optimiser_append(g, &(struct train_optimiser_options){...}, &optimiser));
 *     ...
 *     train_optimiser_write(executor, &optimiser, rate, step)      before each run of optimiser.segment
 *
 * Sources: Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019; the order of operations
 * is PyTorch's. Rate decay by layer: Clark et al., "ELECTRA", ICLR 2020, as the recogniser's authors use it.
 *
 * train_average_append() adds a moving average of the trained weights: Polyak and Juditsky, "Acceleration of
 * stochastic approximation by averaging", 1992, with the exponential weights of Tarvainen and Valpola, 2017. It is
 * state, "optimiser.average.<parameter>".
 *
 * Moments are state tensors "optimiser.m.<parameter>" and "optimiser.v.<parameter>", kept in checkpoints. A
 * step whose gradient is not finite leaves parameters and moments as they are.
 */
#ifndef MNSP_TRAIN_OPTIMISER_H
#define MNSP_TRAIN_OPTIMISER_H

#include "graph/executor.h"
#include "graph/graph.h"

struct train_optimiser_options {
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
    const struct tensor *schedule; /* input (3): rate, 1 - beta1^t, 1 - beta2^t */
    const struct tensor *control;  /* output (3): norm of the gradient, its factor, whether it was finite */
    float beta1, beta2;
};

/* Appends the update in a segment of its own. A parameter that the loss does not depend on is left alone.
 * Errors: STATUS_MEMORY; mistakes show in graph_status. */
MNSP_NODISCARD enum status train_optimiser_append(struct graph *graph,
                                                  const struct train_optimiser_options *options,
                                                  struct train_optimiser *optimiser);

/* Appends average = decay average + (1 - decay) parameter, for every parameter that the optimiser updates, to the
 * current segment. With decay 0 the average becomes the parameter, as before the first step. */
void train_average_append(struct graph *graph, double decay);

/* Writes the schedule for step `step`, counted from 0: t = step + 1. */
MNSP_NODISCARD enum status train_optimiser_write(struct executor *executor,
                                                 const struct train_optimiser *optimiser, double rate,
                                                 uint64_t step);

/* Whether a parameter is decayed: all but biases and vectors (of one dimension); in fine-tuning, not the
 * class token either. */
bool train_decays(const struct tensor *parameter, bool fine_tuning);

/* The factor of the rate for a parameter by its name, under layer-wise decay. */
double train_rate_scale(const char *name, double layer_decay, size_t encoder_depth);

#endif
