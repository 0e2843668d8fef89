/* weights.h: parameters between an executor and files.
 *
 * Names are those that were published (spec/files.md). Every shape is compared, so that a file of another
 * architecture is refused with the first tensor that differs, before anything is run.
 */
#ifndef MNSP_TRAIN_WEIGHTS_H
#define MNSP_TRAIN_WEIGHTS_H

#include "graph/executor.h"
#include "graph/graph.h"
#include "train/checkpoint.h"
#include "train/safetensors.h"
#include "train/settings.h"

/* Which weights: those of the last step, or where there is one their average, in a file or beside them. */
enum weights_kind { WEIGHTS_LAST, WEIGHTS_AVERAGE };

/* What the setting use_average says. */
enum weights_kind weights_used(const struct settings *settings);

/* Whether the file has every parameter of the graph in its shape. Errors: STATUS_INVALID naming the first
 * that it has not. */
MNSP_NODISCARD enum status weights_check(const struct graph *graph, const struct safetensors *file);

/* Reads every parameter of the graph whose name begins with `graph_prefix` from the tensor with `file_prefix`
 * in its place; "" and "" for all under their own names. Errors: STATUS_INVALID for one that is missing or
 * has another shape, and when no parameter has the prefix. */
MNSP_NODISCARD enum status weights_load(struct executor *executor, const struct graph *graph,
                                        const char *graph_prefix, const struct safetensors *file,
                                        const char *file_prefix, enum weights_kind kind);

/* Reads the encoder of an MAE, an LMIM or MNSP student, or a recogniser, into the encoder whose names begin
 * with `graph_prefix`. Errors: STATUS_INVALID without an encoder in the file, otherwise as weights_load(). */
MNSP_NODISCARD enum status weights_load_encoder(struct executor *executor, const struct graph *graph,
                                                const char *graph_prefix, const struct safetensors *file,
                                                enum weights_kind kind);

/* Copies every parameter of a graph from the one of that name in another executor, on whatever device.
 * Errors: STATUS_INTERNAL when there is none of that name and shape. */
MNSP_NODISCARD enum status weights_copy(struct executor *to, const struct graph *to_graph,
                                        struct executor *from, const struct graph *from_graph,
                                        enum weights_kind kind);

/* Reads the state of the optimiser: moments and average. Errors: as weights_load(). */
MNSP_NODISCARD enum status weights_load_state(struct executor *executor, const struct graph *graph,
                                              const struct safetensors *file);

/* Writes parameters and state of a run as checkpoint_save() does, or as checkpoint_save_best(). */
MNSP_NODISCARD enum status weights_save(struct executor *executor, const struct graph *graph,
                                        const char *folder, const struct checkpoint_state *state);
MNSP_NODISCARD enum status weights_save_best(struct executor *executor, const struct graph *graph,
                                             const char *folder, const struct checkpoint_state *state);

/* ---- sizes, as the shapes in a file show them (weights_sizes.c) ---- */

/* Sets the sizes of the encoder (patches, width, depth, inner width; heads stay) to those of the encoder in a
 * file: of an MAE, an LMIM or MNSP student, or a recogniser. Settings that the file carries itself come
 * first, so that heads are right too. Errors: STATUS_INVALID when there is no encoder in it, or one that no
 * settings describe. */
MNSP_NODISCARD enum status weights_encoder_settings(struct settings *settings,
                                                    const struct safetensors *file);

/* Sets every size of the whole network of settings->objective: also the decoder's or the recogniser's, the
 * number of scales, and whether features or pixels are predicted. Heads, and the size of images, stay. Where
 * the file carries settings, its model, recogniser and objective (but not which objective) come first.
 * Errors: as above. */
MNSP_NODISCARD enum status weights_settings(struct settings *settings, const struct safetensors *file);

/* The characters of a recogniser's set: the classes but three. */
MNSP_NODISCARD enum status weights_characters(size_t *out, const struct safetensors *file);

#endif
