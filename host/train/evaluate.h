/* evaluate.h: how many words of labelled test sets a recogniser reads right.
 *
 *     struct evaluate_result result;
 *     TRY(evaluate_run(&result, recogniser, &(struct evaluate_options){.data = paths, .data_count = 6}));
 *     ... result.sets[0].accuracy, result.average, result.weighted_average ...
 *     evaluate_free(&result);
 *
 * Every source is a test set of its own. The scores are those of spec/scores.md. "Accuracy" is WAICS, words
 * that are right ignoring case and symbols: label and reading keep their letters and digits (and Chinese
 * characters), in lower case, and must be equal. "Case-sensitive" compares words as they are, and so does
 * 1-NED, by edit distance: what part of a word is right. The average is the mean over sets, the weighted
 * average counts every word the same.
 *
 * A label too long to be trained on (characters + 1 >= places of a text) is an error whatever was read:
 * leaving such words out, as is sometimes done, gives a higher score on fewer words. An image that cannot be
 * decoded or has no label has nothing to be compared; it is counted on its own and no word.
 */
#ifndef MNSP_TRAIN_EVALUATE_H
#define MNSP_TRAIN_EVALUATE_H

#include "data/source.h"
#include "train/confusion.h"
#include "train/recognise.h"

#include <signal.h>

struct evaluate_set {
    char *path, *name; /* as it was given; its last part */
    uint64_t words;    /* scored: with image and label */
    uint64_t right;    /* by letters and digits, ignoring case */
    uint64_t right_case;
    double similarity;                /* sum of 1 - edit distance / length of the longer one */
    uint64_t too_long;                /* words whose label is too long, and so counted as errors */
    uint64_t undecodable, unlabelled; /* images that were left out */
};

struct evaluate_result {
    struct evaluate_set *sets;
    size_t count;
    struct confusions confusions; /* of all sets, the most frequent first; words too long left out */
};

/* What is found about one word. */
struct evaluate_verdict {
    bool right, right_case, too_long;
    double similarity; /* 0 to 1 */
};

/* A word that was scored. All of it lasts as long as the call that tells it. */
struct evaluate_word {
    const char *label;
    const struct recogniser_reading *reading;
    struct evaluate_verdict verdict;
    const float *image;         /* (3, height, width), as the network saw it */
    const struct data_set *set; /* where it is item `item` */
    uint32_t item;
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
    /* Each word that is scored, in order; another status than STATUS_OK ends the pass with it. */
    enum status (*word)(void *context, const struct evaluate_word *word);
    void *context;
};

/* Reads and scores every set. Errors: STATUS_INVALID for a set that is missing, empty, or without one
 * usable image and label, and when it was stopped; those of the device. */
MNSP_NODISCARD enum status evaluate_run(struct evaluate_result *out, struct recogniser *recogniser,
                                        const struct evaluate_options *options);
void evaluate_free(struct evaluate_result *result);

/* Whether a reading is right ignoring case and symbols. */
MNSP_NODISCARD enum status evaluate_is_right(bool *out, const char *label, const char *reading);

/* Compares a reading with its label. `places` as below. */
MNSP_NODISCARD enum status evaluate_judge(struct evaluate_verdict *out, const char *label,
                                          const char *reading, size_t places);

/* Counts one word in a set. `places` is the number of places of a text (max_length). */
MNSP_NODISCARD enum status evaluate_count(struct evaluate_set *set, const char *label, const char *reading,
                                          size_t places);

enum evaluate_score { EVALUATE_WAICS, EVALUATE_CASE_SENSITIVE, EVALUATE_ONE_MINUS_NED };

/* The score of a set, 0 to 1; 0 where there are no words. */
double evaluate_accuracy(const struct evaluate_set *set, enum evaluate_score score);
/* The mean over sets. That over words is the score of evaluate_sum(). */
double evaluate_average(const struct evaluate_result *result, enum evaluate_score score);

/* The sums of words and counts over all sets; path and name are NULL. */
struct evaluate_set evaluate_sum(const struct evaluate_result *result);

#endif
