/* events.h: what a run tells TensorBoard: numbers and pictures over its steps.
 *
 *     TRY(events_open(&events, "run", 0));
 *     TRY(events_scalars(events, 10, (const struct events_scalar[]){{"loss", 0.7}}, 1));
 *     TRY(events_picture(events, 10, "words", &(struct events_png){bytes, size, 640, 480}));
 *     events_close(events);
 *
 * Then `tensorboard --logdir run`, or a folder of runs. A file is named
 * events.out.tfevents.<seconds>.<host>.<process>.<number>; every start of a run writes one of its own, and
 * one that resumes tells the reader to forget what was said of later steps. A record is in the system's hands
 * when the call returns; readers pass over one that a killed program left unfinished.
 *
 * Sources: TFRecord and event.proto, summary.proto of TensorFlow; the CRC is that of RFC 3720, appendix B.4.
 */
#ifndef MNSP_TRAIN_EVENTS_H
#define MNSP_TRAIN_EVENTS_H

#include "train/evaluate.h"
#include "train/trainer.h"

struct events;

/* Makes a new file in the folder. `resumed_at`: steps that were done before; 0 of a new run. Errors:
 * STATUS_IO, STATUS_MEMORY. */
MNSP_NODISCARD enum status events_open(struct events **out, const char *folder, uint64_t resumed_at);
void events_close(struct events *events);

struct events_scalar {
    const char *tag;
    double value;
};

MNSP_NODISCARD enum status events_scalars(struct events *events, uint64_t step,
                                          const struct events_scalar *scalars, size_t count);

struct events_png {
    const void *bytes;
    size_t size;
    uint32_t width, height;
};

MNSP_NODISCARD enum status events_picture(struct events *events, uint64_t step, const char *tag,
                                          const struct events_png *png);

/* The CRC-32C of some bytes. */
uint32_t events_crc(const void *bytes, size_t size);

/* ---- of a training run (events_run.c) ---- */

/* "loss" and its terms "loss/<term>", "rate", "gradient_norm", "images_per_second". */
MNSP_NODISCARD enum status events_step(struct events *events, const struct train_progress *progress);

/* "accuracy/<set>", "case_sensitive/<set>", "one_minus_ned/<set>": 0 to 1. */
MNSP_NODISCARD enum status events_evaluation(struct events *events, uint64_t step,
                                             const struct evaluate_set *set);

/* The file of a picture, as "samples". */
MNSP_NODISCARD enum status events_picture_file(struct events *events, uint64_t step, const char *path,
                                               uint32_t width, uint32_t height);

#endif
