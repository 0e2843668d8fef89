/* worst.h: the worst mistakes of a recogniser, for people to look at.
 *
 *     struct worst worst;
 *     TRY(worst_open(&worst, recogniser_settings(recogniser), 40));
 *     ... worst_take(&worst, word) for each word of evaluate_run() ...
 *     worst_sort(&worst);
 *     TRY(worst_draw(&worst, lettering, "title", &page));
 *     worst_close(&worst);
 *
 * A mistake is a word that is wrong by letters and digits. The less of the label was read, the worse (1-NED,
 * spec/scores.md); of equally wrong ones, the more confident reading. Labels that are too long count as
 * errors whatever was read, and are no mistakes to look at.
 */
#ifndef MNSP_TRAIN_WORST_H
#define MNSP_TRAIN_WORST_H

#include "train/evaluate.h"
#include "train/lettering.h"

struct mistake {
    char *image; /* what to call it */
    char *label, *text;
    double similarity;
    float confidence;
    float *planes;  /* (3, height, width), as the network saw it */
    uint64_t place; /* among all mistakes, so that equal ones have an order */
};

struct worst {
    struct mistake *list;
    size_t count, most;
    uint32_t height, width;
    uint64_t seen;
};

/* Keeps the `most` worst ones. */
MNSP_NODISCARD enum status worst_open(struct worst *out, const struct settings *settings, size_t most);
void worst_close(struct worst *worst);

/* Looks at a word. Errors: STATUS_MEMORY. */
MNSP_NODISCARD enum status worst_take(struct worst *worst, const struct evaluate_word *word);

/* The worst first. */
void worst_sort(struct worst *worst);

/* A sheet of images with label, reading and confidence. */
MNSP_NODISCARD enum status worst_draw(const struct worst *worst, struct lettering *lettering,
                                      const char *title, struct data_image *page);

#endif
