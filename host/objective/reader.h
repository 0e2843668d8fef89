/* reader.h: reads words with a trained recogniser, a symbol at a time.
 *
 *     struct reader reader;
 *     TRY(reader_build(g, &settings, batch, &(struct reader_search){.beam = 1}, &reader));
 *     TRY(executor_create(&executor, g, device, false));      and load the parameters
 *     TRY(reader_read(executor, &reader, images, text, probability));
 *
 * Two segments: one sees the images, once; the other is run for each position of the text. It computes that
 * position alone and finds the keys and values of those before in memory that lives from run to run. Only
 * symbols go to the device, and only the best symbols to follow come back, with their probabilities. It ends
 * when every image has its EOS.
 */
#ifndef MNSP_OBJECTIVE_READER_H
#define MNSP_OBJECTIVE_READER_H

#include "graph/executor.h"
#include "model/recogniser.h"
#include "objective/beam.h"
#include "objective/objective.h"

enum { READER_MAX_BEAM = 64 };

/* How the text is searched for; beam.h says what the numbers mean. */
struct reader_search {
    size_t beam; /* beginnings that are kept; 1: greedy, the most probable symbol each time */
    double length_penalty;
};

struct reader {
    enum objective_head head;    /* of a CTC head, one segment reads all, and length is its columns and EOS */
    const struct tensor *image;  /* (B, 3, H, W) */
    struct model_next next;      /* inputs of a position */
    const struct tensor *logits; /* (B, K, classes) */
    const struct tensor *symbol; /* (B, K, C) unsigned: the most probable symbols */
    const struct tensor *probability; /* (B, K, C) of them */
    uint32_t encode, decode;          /* segments */
    size_t batch, length, classes;
    uint32_t eos, pad, bos;
    struct beam_settings search;
};

/* Appends the two segments to an empty graph. The settings are those of training; there is no dropout.
 * Errors: STATUS_USAGE for impossible sizes. */
MNSP_NODISCARD enum status reader_build(struct graph *g, const struct objective_settings *settings,
                                        size_t batch, const struct reader_search *search,
                                        struct reader *reader);

/* images: B of them, normalised. text (B, T): the symbols, EOS, then PAD; a word without EOS fills its row.
 * probability (B, T): of each symbol given those before it, EOS included; 0 after it. */
MNSP_NODISCARD enum status reader_read(struct executor *executor, const struct reader *reader,
                                       const float *images, uint32_t *text, float *probability);

#endif
