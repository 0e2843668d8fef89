/* recognise.h: a trained recogniser at work: batches of images in, texts and confidences out.
 *
 *     struct recogniser *recogniser;
 *     TRY(recogniser_open(&recogniser, &(struct recogniser_options){.path = "run/last.safetensors",
 *                                                                   .batch = 32, .device = device}));
 *     struct recogniser_reading readings[32];
 *     TRY(recogniser_read(recogniser, planes, 7, readings));
 *     ... readings[0].text, readings[0].confidence ...
 *     recogniser_readings_free(readings, 7);
 *     recogniser_close(recogniser);
 *
 * `mnsp read`, `mnsp eval` and the scores of a training run read here. Decoding is greedy, at each place the
 * most probable symbol until the end mark, or a beam search (objective/beam.h). The confidence of a reading
 * is the product of the probabilities of its symbols, the end mark included: the probability that the
 * network gives the whole word.
 *
 * Caveats: a batch costs the same however many of its rows are used. Not thread-safe.
 */
#ifndef MNSP_TRAIN_RECOGNISE_H
#define MNSP_TRAIN_RECOGNISE_H

#include "data/charset.h"
#include "gpu/gpu.h"
#include "graph/executor.h"
#include "objective/beam.h"
#include "train/settings.h"

struct recogniser;

struct recogniser_options {
    const char *path;          /* a checkpoint, or other weights with the names of spec/files.md */
    size_t batch;              /* images that are read at once */
    struct gpu_device *device; /* NULL: the reference */
    size_t beam;               /* texts that are kept in view; 0 or 1: greedy */
    double length_penalty;     /* of a beam search: 0 for the most probable text, BEAM_LENGTH_PENALTY */
    /* What is known better than the file knows it: settings as for settings_set(). A file of others carries
     * no settings: sizes are taken from its tensors, heads, places of a text and character set from here or
     * from the defaults. */
    const struct recogniser_override { const char *name, *text; } * overrides;
    size_t override_count;
    struct tiles_options tiles; /* what a checkpoint says of tiles is for going on with its training */
};

/* Loads a recogniser. Errors: STATUS_INVALID when the file is missing, damaged or no recogniser, when a
 * tensor is missing or has another shape, or when the character set does not fit; STATUS_USAGE for overrides
 * that cannot be; those of the device. */
MNSP_NODISCARD enum status recogniser_open(struct recogniser **out, const struct recogniser_options *options);

/* The network of a training run, which reads greedily, still without its weights: call
 * recogniser_take() before reading. `tiles`: the run's; or NULL. */
MNSP_NODISCARD enum status recogniser_create(struct recogniser **out, const struct settings *settings,
                                             size_t batch, struct gpu_device *device, struct tiles *tiles);

/* Copies the parameters as they are now in the executor of a training step. */
MNSP_NODISCARD enum status recogniser_take(struct recogniser *recogniser, struct executor *from,
                                           const struct graph *graph);

/* Copies the parameters that a graph has in common with the recogniser's, which must
 * be all of the graph's. */
MNSP_NODISCARD enum status recogniser_give(struct recogniser *recogniser, struct executor *to,
                                           const struct graph *graph);

void recogniser_close(struct recogniser *recogniser);

size_t recogniser_batch(const struct recogniser *recogniser);
const struct settings *recogniser_settings(const struct recogniser *recogniser);
const struct data_charset *recogniser_charset(const struct recogniser *recogniser);

struct recogniser_reading {
    char *text;       /* UTF-8 */
    float confidence; /* 0 to 1 */
    size_t characters;
    float *confidences; /* of each character of the text, given those before it */
};

/* Reads `count` images, at most a batch: images (count, 3, height, width), normalised, of the size of the
 * settings. Release what they hold with recogniser_readings_free(). */
MNSP_NODISCARD enum status recogniser_read(struct recogniser *recogniser, const float *images, size_t count,
                                           struct recogniser_reading *readings);
void recogniser_readings_free(struct recogniser_reading *readings, size_t count);

/* The character set that the setting `charset` names. Errors: those of data_charset_open(). */
MNSP_NODISCARD enum status recogniser_read_charset(struct data_charset *out, const struct settings *settings);

#endif
