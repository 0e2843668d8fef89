/* check.h: what is wrong with a data set, and of which sizes it is, before hours are spent on it.
 *
 *     struct data_check *check;
 *     const struct data_check_settings settings = {.charset = &charset, .target_steps = 25, .threads = 4};
 *     TRY(data_check_run(&check, set, &settings));
 *     if (check->flaw[DATA_FLAW_IMAGE].count > 0) ...
 *     data_check_free(check);
 *
 * Every image is read and decoded. What is found does not depend on the number of threads. Duplicates are
 * images whose files have the same bytes; the same picture encoded anew is not found.
 */
#ifndef MNSP_DATA_CHECK_H
#define MNSP_DATA_CHECK_H

#include "data/charset.h"
#include "data/source.h"

enum data_flaw {
    DATA_FLAW_IMAGE,      /* missing, or not to be decoded */
    DATA_FLAW_UNLABELLED, /* without a label, in a set where others have one */
    DATA_FLAW_TEXT,       /* the label is no UTF-8 text */
    DATA_FLAW_LENGTH,     /* the label is too long to train on */
    DATA_FLAW_CHARACTERS, /* the label has characters outside of the set */
    DATA_FLAW_DUPLICATE,  /* the same bytes as an earlier image */
    DATA_FLAW_CONFLICT,   /* and another label; these are counted as duplicates, too */
    DATA_FLAW_COUNT
};

enum { DATA_CHECK_NAMED = 10, DATA_CHECK_BINS = 8 };

/* What is said of a flaw in tables ("cannot be decoded") and called in JSON ("undecodable"). */
struct data_flaw_name {
    const char *key, *text;
};
extern const struct data_flaw_name data_flaw_name[DATA_FLAW_COUNT];

struct data_flaw_found {
    size_t count;
    char *first[DATA_CHECK_NAMED]; /* messages that name the first of them */
    size_t named;
};

enum data_measure { DATA_WIDTH, DATA_HEIGHT, DATA_ASPECT, DATA_LENGTH, DATA_MEASURE_COUNT };

/* The bins of a measure: below edge[0], from edge[i - 1] to below edge[i], from the last edge on. */
struct data_measure_bins {
    const char *key, *text;
    double edge[DATA_CHECK_BINS - 1];
};
extern const struct data_measure_bins data_measure_bins[DATA_MEASURE_COUNT];

struct data_histogram {
    size_t count[DATA_CHECK_BINS], total;
    double least, greatest;
};

struct data_stray { /* a character outside of the set */
    uint32_t code_point;
    size_t count;
};

struct data_check {
    size_t items, labelled;
    size_t usable; /* by training: of recognition when any item has a label, else of images alone */
    struct data_flaw_found flaw[DATA_FLAW_COUNT];
    struct data_histogram measure[DATA_MEASURE_COUNT]; /* of images that decode; of labels that are text */
    struct data_stray *stray;                          /* (stray_count), the most frequent first */
    size_t stray_count, stray_capacity;
};

struct data_check_settings {
    const struct data_charset *charset;
    size_t target_steps; /* as in data_loader_settings */
    uint32_t threads;
    /* Called after each item on the caller's thread; a failure ends the check. May be NULL. */
    enum status (*progress)(void *context, size_t done);
    void *context;
};

/* Looks at every item. Errors: STATUS_MEMORY, STATUS_IO when threads cannot be started,
 * and those of progress(). */
MNSP_NODISCARD enum status data_check_run(struct data_check **out, struct data_set *set,
                                          const struct data_check_settings *settings);

/* NULL is fine. */
void data_check_free(struct data_check *check);

#endif
