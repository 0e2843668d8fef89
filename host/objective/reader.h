/* reader.h: reads words with a trained recogniser, greedily, a symbol at a time.
 *
 *     struct reader reader;
 *     TRY(reader_build(g, &settings, batch, &reader));
 *     TRY(executor_create(&executor, g, device, false));      and load the parameters
 *     TRY(reader_read(executor, &reader, images, text, confidence));
 *
 * Two segments: one sees the images, once; the other is run for each position, and row t of it is about
 * symbol t, given those before. It ends when every image has its EOS.
 */
#ifndef MNSP_OBJECTIVE_READER_H
#define MNSP_OBJECTIVE_READER_H

#include "graph/executor.h"
#include "objective/objective.h"

struct reader {
    const struct tensor *image;         /* (B, 3, H, W) */
    const struct tensor *text;          /* (B, T) unsigned: symbols read so far */
    const struct tensor *probabilities; /* (B, T, classes) */
    uint32_t encode, decode;            /* segments */
    size_t batch, length, classes;
    uint32_t eos, pad;
};

/* Appends the two segments to an empty graph. The settings are those of training; there is no dropout. */
MNSP_NODISCARD enum status reader_build(struct graph *g, const struct objective_settings *settings,
                                        size_t batch, struct reader *reader);

/* images: B of them, normalised. text (B, T): the symbols, EOS, then PAD; a word without EOS fills its row.
 * probability (B, T): of each symbol given those before it, EOS included; 0 after it. */
MNSP_NODISCARD enum status reader_read(struct executor *executor, const struct reader *reader,
                                       const float *images, uint32_t *text, float *probability);

#endif
