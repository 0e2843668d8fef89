/* check.c: looks at every item of a set; check_duplicates.c at what they have in common. */
#include "data/check.h"

#include "base/hash.h"
#include "base/memory.h"
#include "data/check_internal.h"
#include "data/in_order.h"
#include "data/text.h"

#include <stdlib.h>
#include <string.h>

const struct data_flaw_name data_flaw_name[DATA_FLAW_COUNT] = {
    [DATA_FLAW_IMAGE] = {"undecodable", "cannot be decoded"},
    [DATA_FLAW_UNLABELLED] = {"unlabelled", "without a label"},
    [DATA_FLAW_TEXT] = {"not_text", "label is no UTF-8 text"},
    [DATA_FLAW_LENGTH] = {"too_long", "label too long"},
    [DATA_FLAW_CHARACTERS] = {"strange_characters", "characters outside of the set"},
    [DATA_FLAW_DUPLICATE] = {"duplicates", "same bytes as another"},
    [DATA_FLAW_CONFLICT] = {"conflicts", "same bytes, other label"},
};

const struct data_measure_bins data_measure_bins[DATA_MEASURE_COUNT] = {
    [DATA_WIDTH] = {"width", "width", {8, 16, 32, 64, 128, 256, 512}},
    [DATA_HEIGHT] = {"height", "height", {8, 16, 32, 64, 128, 256, 512}},
    [DATA_ASPECT] = {"aspect", "width / height", {0.25, 0.5, 1, 2, 4, 8, 16}},
    [DATA_LENGTH] = {"label_characters", "characters of label", {2, 4, 6, 8, 12, 16, 24}},
};

/* What a thread finds out about one item. */
struct facts {
    uint64_t hash;
    uint32_t width, height; /* 0: it cannot be decoded, and `failure` says why */
    char *failure;
    bool has_bytes;
    char *label; /* NULL: none, or no text, as `label_failure` then says */
    char *label_failure;
};

struct checking {
    struct data_set *set;
    const struct data_check_settings *settings;
    struct data_check *check;
    struct check_print *prints; /* (items) */
    size_t print_count;
};

/* Keeps the message of a failure that is the item's own; others are handed on. */
static enum status keep_failure(enum status code, char **failure) {
    if (code == STATUS_OK || code == STATUS_MEMORY || code == STATUS_INTERNAL)
        return code;
    return memory_copy_text(failure, status_message());
}

static enum status look(void *context, size_t index, void *result) {
    const struct checking *const checking = context;
    struct facts *const facts = result;
    char *bytes;
    size_t size;
    TRY(keep_failure(data_set_label(checking->set, index, &facts->label), &facts->label_failure));
    TRY(keep_failure(data_set_bytes(checking->set, index, &bytes, &size), &facts->failure));
    if (facts->failure != NULL)
        return STATUS_OK;
    facts->has_bytes = true;
    facts->hash = hash_bytes(bytes, size);
    struct data_image image;
    const enum status code = data_set_decode(checking->set, index, bytes, size, &image);
    free(bytes);
    facts->width = image.width;
    facts->height = image.height;
    data_image_free(&image);
    return keep_failure(code, &facts->failure);
}

static void drop(void *result) {
    struct facts *const facts = result;
    free(facts->failure);
    free(facts->label);
    free(facts->label_failure);
}

/* ---- what is found, item by item ---- */

bool check_count(struct data_check *check, enum data_flaw flaw) {
    check->flaw[flaw].count++;
    return check->flaw[flaw].named < DATA_CHECK_NAMED;
}

enum status check_name(struct data_check *check, enum data_flaw flaw, const char *message) {
    struct data_flaw_found *const found = &check->flaw[flaw];
    TRY(memory_copy_text(&found->first[found->named], message));
    found->named++;
    return STATUS_OK;
}

static enum status note(struct data_check *check, enum data_flaw flaw, const char *message) {
    return check_count(check, flaw) ? check_name(check, flaw, message) : STATUS_OK;
}

/* The same with a message "name: what". */
static enum status note_item(const struct checking *checking, enum data_flaw flaw, size_t index,
                             const char *what) {
    char *name, *message;
    if (!check_count(checking->check, flaw))
        return STATUS_OK;
    TRY(data_set_item_name(checking->set, index, &name));
    enum status code = memory_format(&message, "%s: %s", name, what);
    free(name);
    TRY(code);
    code = check_name(checking->check, flaw, message);
    free(message);
    return code;
}

static void measure(struct data_check *check, enum data_measure which, double value) {
    struct data_histogram *const histogram = &check->measure[which];
    int bin = 0;
    while (bin < DATA_CHECK_BINS - 1 && value >= data_measure_bins[which].edge[bin])
        bin++;
    histogram->count[bin]++;
    if (histogram->total++ == 0)
        histogram->least = histogram->greatest = value;
    histogram->least = value < histogram->least ? value : histogram->least;
    histogram->greatest = value > histogram->greatest ? value : histogram->greatest;
}

/* Counts one character outside of the set; the list stays sorted by code point until the end. */
static enum status count_stray(struct data_check *check, uint32_t code_point) {
    size_t low = 0, high = check->stray_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (check->stray[middle].code_point < code_point)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == check->stray_count || check->stray[low].code_point != code_point) {
        TRY(memory_reserve(&check->stray, &check->stray_capacity, check->stray_count + 1,
                           sizeof *check->stray));
        memmove(&check->stray[low + 1], &check->stray[low],
                (check->stray_count - low) * sizeof *check->stray);
        check->stray[low] = (struct data_stray){.code_point = code_point};
        check->stray_count++;
    }
    check->stray[low].count++;
    return STATUS_OK;
}

static enum status check_characters(const struct checking *checking, size_t index, const char *label) {
    const char *cursor = label, *const end = label + strlen(label);
    uint32_t code_point;
    bool stray = false;
    while (data_utf8_next(&cursor, end, &code_point)) {
        if (data_charset_has(checking->settings->charset, code_point))
            continue;
        stray = true;
        TRY(count_stray(checking->check, code_point));
    }
    return stray ? note_item(checking, DATA_FLAW_CHARACTERS, index, label) : STATUS_OK;
}

/* *fits: whether training takes the label. */
static enum status check_label(const struct checking *checking, size_t index, const struct facts *facts,
                               bool *fits) {
    struct data_check *const check = checking->check;
    *fits = false;
    check->labelled += facts->label != NULL || facts->label_failure != NULL;
    if (facts->label_failure != NULL)
        return note(check, DATA_FLAW_TEXT, facts->label_failure);
    if (facts->label == NULL)
        return note_item(checking, DATA_FLAW_UNLABELLED, index, "it has no label");
    measure(check, DATA_LENGTH, (double)data_text_length(facts->label));
    *fits = data_charset_fits(facts->label, checking->settings->target_steps);
    if (!*fits)
        TRY(note_item(checking, DATA_FLAW_LENGTH, index, facts->label));
    return check_characters(checking, index, facts->label);
}

static enum status take(void *context, size_t index, void *result) {
    struct checking *const checking = context;
    const struct facts *const facts = result;
    struct data_check *const check = checking->check;
    bool fits;
    TRY(check_label(checking, index, facts, &fits));
    if (facts->failure != NULL) {
        TRY(note(check, DATA_FLAW_IMAGE, facts->failure));
    } else {
        measure(check, DATA_WIDTH, facts->width);
        measure(check, DATA_HEIGHT, facts->height);
        measure(check, DATA_ASPECT, (double)facts->width / facts->height);
        check->usable += fits;
    }
    if (facts->has_bytes)
        checking->prints[checking->print_count++] = (struct check_print){
            .content = facts->hash,
            .label = facts->label ? (uint32_t)hash_bytes(facts->label, strlen(facts->label)) : 0,
            .item = (uint32_t)index,
        };
    check->items++;
    return checking->settings->progress
               ? checking->settings->progress(checking->settings->context, check->items)
               : STATUS_OK;
}

/* ---- the whole ---- */

static int by_frequency(const void *left, const void *right) {
    const struct data_stray *const a = left, *const b = right;
    if (a->count != b->count)
        return a->count < b->count ? 1 : -1;
    return (a->code_point > b->code_point) - (a->code_point < b->code_point);
}

static void forget(struct data_flaw_found *found) {
    for (size_t i = 0; i < found->named; i++)
        free(found->first[i]);
    *found = (struct data_flaw_found){0};
}

static enum status run(struct checking *checking) {
    struct data_check *const check = checking->check;
    const size_t count = data_set_count(checking->set);
    const struct in_order job = {.count = count,
                                 .threads = checking->settings->threads,
                                 .size = sizeof(struct facts),
                                 .make = look,
                                 .take = take,
                                 .drop = drop,
                                 .context = checking};
    TRY(memory_new(&checking->prints, count, sizeof *checking->prints));
    TRY(in_order_run(&job));
    if (check->labelled == 0) { /* images for pre-training: nothing lacks */
        forget(&check->flaw[DATA_FLAW_UNLABELLED]);
        check->usable = check->measure[DATA_WIDTH].total;
    }
    if (check->stray_count > 1)
        qsort(check->stray, check->stray_count, sizeof *check->stray, by_frequency);
    return check_duplicates(check, checking->set, checking->prints, checking->print_count);
}

enum status data_check_run(struct data_check **out, struct data_set *set,
                           const struct data_check_settings *settings) {
    struct checking checking = {.set = set, .settings = settings};
    *out = NULL;
    TRY(memory_new(&checking.check, 1, sizeof *checking.check));
    const enum status code = run(&checking);
    free(checking.prints);
    if (code != STATUS_OK)
        data_check_free(checking.check);
    else
        *out = checking.check;
    return code;
}

void data_check_free(struct data_check *check) {
    if (check == NULL)
        return;
    for (int i = 0; i < DATA_FLAW_COUNT; i++)
        forget(&check->flaw[i]);
    free(check->stray);
    free(check);
}
