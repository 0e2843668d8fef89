/* evaluate.h: how many words of labelled test sets a recogniser reads right.
 *
 *     struct evaluate_result result;
 *     TRY(evaluate_run(&result, recogniser, &(struct evaluate_options){.data = paths, .data_count = 6}));
 *     ... result.sets[0].accuracy, result.average, result.weighted_average ...
 *     evaluate_free(&result);
 *
 * Every source is a test set of its own. Two scores, both of whole words: "accuracy" is WAICS, that is,
 * ignoring case and symbols: label and reading keep their letters and digits (and Chinese characters), in
 * lower case, and must be equal. "Case-sensitive" compares them as they are. The average is the mean over
 * sets, the weighted average counts every word the same.
 *
 * A label too long to be trained on (characters + 1 >= places of a text) is an error whatever was read:
 * leaving such words out, as is sometimes done, gives a higher score on fewer words. An image that cannot be
 * decoded or has no label has nothing to be compared; it is counted on its own and no word.
 */
#ifndef MNSP_TRAIN_EVALUATE_H
#define MNSP_TRAIN_EVALUATE_H

#include "train/recognise.h"

#include <signal.h>

struct evaluate_set {
    char *path, *name; /* as it was given; its last part */
    uint64_t words;    /* scored: with image and label */
    uint64_t right;    /* by letters and digits, ignoring case */
    uint64_t right_case;
    uint64_t too_long;                /* words whose label is too long, and so counted as errors */
    uint64_t undecodable, unlabelled; /* images that were left out */
};

struct evaluate_result {
    struct evaluate_set *sets;
    size_t count;
};

/* What is told while it goes on, after every batch. */
struct evaluate_progress {
    uint64_t images, of; /* of all sets */
    double seconds;      /* since the beginning */
};

struct evaluate_options {
    const char *const *data; /* sources as data/source.h names them */
    size_t data_count;
    uint32_t threads;                  /* that prepare images, at least 1 */
    const volatile sig_atomic_t *stop; /* not 0: give up; or NULL */
    void (*message)(void *context, const char *text);
    void (*progress)(void *context, const struct evaluate_progress *progress);
    /* Each word that is scored, in order: what is written, and what was read. */
    void (*word)(void *context, const char *label, const struct recogniser_reading *reading);
    void *context;
};

/* Reads and scores every set. Errors: STATUS_INVALID for a set that is missing, empty, or without one
 * usable image and label, and when it was stopped; those of the device. */
MNSP_NODISCARD enum status evaluate_run(struct evaluate_result *out, struct recogniser *recogniser,
                                        const struct evaluate_options *options);
void evaluate_free(struct evaluate_result *result);

/* Counts one word in a set. `places` is the number of places of a text (max_length). */
MNSP_NODISCARD enum status evaluate_count(struct evaluate_set *set, const char *label, const char *reading,
                                          size_t places);

enum evaluate_score { EVALUATE_WAICS, EVALUATE_CASE_SENSITIVE };

/* Part of the words that are right, 0 to 1; 0 where there are no words. */
double evaluate_accuracy(const struct evaluate_set *set, enum evaluate_score score);
/* The mean over sets, and over words. */
double evaluate_average(const struct evaluate_result *result, enum evaluate_score score);
double evaluate_weighted_average(const struct evaluate_result *result, enum evaluate_score score);

/* The sums of words and counts over all sets; path and name are NULL. */
struct evaluate_set evaluate_sum(const struct evaluate_result *result);

#endif
