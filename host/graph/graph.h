/* graph.h: a computation, written once as operators on tensors, for both executors.
 *
 * Use: create a graph; declare inputs and parameters; append operators (operators.h), each of which returns
 * its output tensor; ask for the gradients of a scalar; make a plan (plan.h) and run it (executor.h).
 *
 *     const struct initial small = {.kind = INITIAL_NORMAL, .value = 0.02F};
 *     const struct tensor *x = graph_input(g, "x", SHAPE(batch, width));
 *     const struct tensor *w = graph_parameter(g, "w", SHAPE(width, width), GRAPH_TRAINABLE, small);
 *     graph_output(g, graph_gelu(g, graph_linear(g, x, w, NULL)), "y");
 *     TRY(graph_status(g));
 *
 * Errors: appending never fails visibly. The first mistake (shapes that do not fit, no memory) is kept, every
 * later call returns a harmless tensor, and graph_status() reports it. So a model reads like its formula.
 *
 * Caveats: tensors belong to the graph and live as long as it does. Elements are float or uint32_t; in
 * memory some floats have 16 bits (narrow.h).
 * A graph is not thread-safe.
 */
#ifndef MNSP_GRAPH_GRAPH_H
#define MNSP_GRAPH_GRAPH_H

#include "base/precision.h"
#include "base/status.h"
#include "graph/operator.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- shapes ---- */

enum { SHAPE_MAX_RANK = 4 };

struct shape {
    int rank;
    size_t of[SHAPE_MAX_RANK]; /* the last one is contiguous */
};

/* SHAPE(batch, tokens, width) */
#define SHAPE(...) ((struct shape){(int)(sizeof((size_t[]){__VA_ARGS__}) / sizeof(size_t)), {__VA_ARGS__}})

size_t shape_elements(struct shape shape);
bool shape_equal(struct shape a, struct shape b);
/* "(8, 257, 384)" in a buffer of the caller, returned for use in messages. */
enum { SHAPE_TEXT = 96 };
const char *shape_text(struct shape shape, char text[SHAPE_TEXT]);

/* ---- tensors ---- */

enum tensor_kind {
    TENSOR_ACTIVATION, /* made and used up inside a run; its memory is shared */
    TENSOR_INPUT,      /* written by the host before a run */
    TENSOR_PARAMETER,  /* kept from run to run; has a published name */
    TENSOR_STATE,      /* kept from run to run, such as the optimiser's moments */
    TENSOR_CONSTANT,   /* one value everywhere, written once */
    TENSOR_PACK,       /* the memory of several tensors that lie side by side (graph_pack) */
};

/* Initial values of parameters; drawn on the host, the same for every device. */
enum { INITIAL_NUMBERS = 3 };
struct initial {
    enum { INITIAL_CONSTANT, INITIAL_NORMAL, INITIAL_UNIFORM, INITIAL_TABLE } kind;
    float value; /* the constant, the standard deviation, or the bound of [-value, value) */
    /* INITIAL_TABLE: writes the whole tensor; `numbers` are those given here, such as the sides of a grid */
    void (*table)(float *out, struct shape shape, const size_t numbers[INITIAL_NUMBERS]);
    size_t numbers[INITIAL_NUMBERS];
};

struct tensor {
    struct shape shape;
    size_t elements;
    enum tensor_kind kind;
    bool is_unsigned;
    bool differentiable;   /* a gradient may flow to it */
    bool kept;             /* readable by the host after a run (graph_output) */
    enum precision format; /* of a base: how its elements are stored, once the graph is finished */
    uint32_t id;
    const char *name;          /* "" for most activations */
    const struct tensor *base; /* whose elements these are: itself, unless this is a view */
    const struct tensor *pack; /* whose memory this one's is a part of, or NULL */
    size_t pack_first;         /* its first element there */
    struct initial initial;    /* parameters, state and constants */
};

/* How its elements are stored, and what they take. */
enum precision tensor_format(const struct tensor *tensor);
uint64_t tensor_bytes(const struct tensor *tensor);

/* ---- graphs ---- */

/* One application of an operator. Arguments are indexed as in spec/operators.def. */
struct graph_node {
    enum operator_id operator;
    const struct tensor *tensors[OPERATOR_MAX_TENSORS];   /* NULL: a missing optional */
    union operator_value numbers[OPERATOR_MAX_ARGUMENTS]; /* SIZE and REAL, by argument index */
    uint32_t segment;
    const char *scope; /* the part of the model that appended it, for profiles, such as "encoder" */
    uint32_t block;    /* see graph_block_begin; 0: none */
    bool is_copy;      /* computes again what a node of a block has computed */
};

struct graph;

MNSP_NODISCARD enum status graph_create(struct graph **out);
void graph_destroy(struct graph *graph);

/* STATUS_OK, or the first mistake made in building this graph, with its message. */
MNSP_NODISCARD enum status graph_status(struct graph *graph);

/* Reports a mistake found by the caller (a model with impossible sizes, say). Only the first one counts. */
void graph_fail(struct graph *graph, enum status code, const char *format, ...) MNSP_PRINTF(3, 4);

/* What the factors of products are rounded to, in operators appended from here on; at first PRECISION_F32. */
void graph_set_precision(struct graph *graph, enum precision precision);
enum precision graph_precision(const struct graph *graph);

/* An input of floats or of unsigned numbers; the same name gives the same tensor. */
const struct tensor *graph_input(struct graph *graph, const char *name, struct shape shape);
const struct tensor *graph_input_unsigned(struct graph *graph, const char *name, struct shape shape);

enum graph_training { GRAPH_FROZEN, GRAPH_TRAINABLE };

/* A parameter under its published name. The same name gives the same tensor, so that passes share weights;
 * another shape under the same name is a mistake. */
const struct tensor *graph_parameter(struct graph *graph, const char *name, struct shape shape,
                                     enum graph_training training, struct initial initial);

/* Memory of the graph that lives from run to run, with a name of its own. */
const struct tensor *graph_state(struct graph *graph, const char *name, struct shape shape,
                                 struct initial initial);

/* A tensor with one value everywhere. */
const struct tensor *graph_constant(struct graph *graph, struct shape shape, float value);

/* The same elements in another shape. */
const struct tensor *graph_view(struct graph *graph, const struct tensor *x, struct shape shape);

/* Puts tensors of floats side by side into memory that lasts, and returns a tensor of all of it, so that
 * an operator that treats elements alike takes them at once: the weights of a network, say. Each begins at
 * a multiple of GRAPH_PACK_ELEMENTS; the elements between them are 0 at first. A tensor can be in one pack
 * only, and is used as before. An activation should be written by one node, each run anew or by adding. */
enum { GRAPH_PACK_ELEMENTS = 64 };
const struct tensor *graph_pack(struct graph *graph, const struct tensor *const *members, size_t count);
/* The elements of a pack that `tensor` needs, with those up to the next one. */
size_t graph_pack_elements(const struct tensor *tensor);
/* A part of a pack; `first` a multiple of GRAPH_PACK_ELEMENTS. */
const struct tensor *graph_pack_part(struct graph *graph, const struct tensor *pack, size_t first,
                                     size_t elements);

/* The same elements; no gradient flows back through it. */
const struct tensor *graph_detach(struct graph *graph, const struct tensor *x);

/* Keeps a tensor for the host to read after a run, under a name. Returns x. */
const struct tensor *graph_output(struct graph *graph, const struct tensor *x, const char *name);

/* What follows belongs to a part of the model with this name (for profiles). The text must outlive the
 * graph. */
void graph_scope(struct graph *graph, const char *name);

/* What is appended between these is a block, such as a layer of a transformer: with graph_recompute(),
 * what it computes inside is not kept until the backward pass, but computed again from what the block
 * started with. Blocks do not nest; operators that change a tensor cannot be in one whose gradient is
 * wanted. */
void graph_block_begin(struct graph *graph);
void graph_block_end(struct graph *graph);
/* Asks for that, before graph_backward(). Gradients are the same, bit for bit. */
void graph_recompute(struct graph *graph);

/* Starts a new segment and returns its number; the first is 0. Segments are run one by one; a tensor used in
 * several of them keeps its memory. */
uint32_t graph_segment(struct graph *graph);
uint32_t graph_segment_count(const struct graph *graph);

/* Appends the gradient of the scalar `loss`, times the scalar `scale` (NULL: 1), with respect to every
 * differentiable tensor that it depends on; reverse-mode, by the rules in gradients.c. Call it once. */
void graph_backward(struct graph *graph, const struct tensor *loss, const struct tensor *scale);

/* The gradient of the loss with respect to a parameter or another tensor after graph_backward; NULL when
 * the loss does not depend on it. */
const struct tensor *graph_gradient(const struct graph *graph, const struct tensor *x);

/* Appends, to the segment of the gradients, their sums over several runs of it, each times `factor`; a run in
 * which the input `part` (1, unsigned) is 0 begins anew. From here on graph_gradient() gives the sum of a
 * parameter's gradients, which is whole after the last of the runs. */
void graph_accumulate_gradients(struct graph *graph, const struct tensor *part, float factor);

/* The random state that dropout and random_uniform read: an input of 4 words {seed low, seed high, step, 0}.
 */
const struct tensor *graph_random(struct graph *graph);

/* ---- looking at a graph ---- */

size_t graph_node_count(const struct graph *graph);
const struct graph_node *graph_node(const struct graph *graph, size_t index);
size_t graph_tensor_count(const struct graph *graph);
const struct tensor *graph_tensor(const struct graph *graph, size_t id);
/* The parameter, input, state or output of that name; NULL when there is none. */
const struct tensor *graph_find(const struct graph *graph, const char *name);

/* Estimated floating-point operations of a node: products count 2 m n k, others their elements. */
double graph_node_work(const struct graph_node *node);

/* ---- for operators.c and gradients.c ---- */

/* Appends a node; values in the order of the table, tensors as `const struct tensor *`. Marks the outputs
 * differentiable where the operator and one of its inputs are. */
union graph_value {
    const struct tensor *tensor;
    size_t size;
    float real;
};
void graph_append(struct graph *graph, enum operator_id id, const union graph_value *values);

/* A fresh activation, float or unsigned. */
const struct tensor *graph_activation(struct graph *graph, struct shape shape);
const struct tensor *graph_activation_unsigned(struct graph *graph, struct shape shape);

/* A stream number for random numbers that no other node of this graph uses. */
size_t graph_new_stream(struct graph *graph);

#endif
