#include "conformance/diff.h"

#include "base/memory.h"
#include "conformance/report_groups.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_LINES = 50 }; /* of one section */

/* What matters little is no drift: errors below a hundredth of the bound, times below a millisecond. */
static const double least_ratio = 0.01, least_seconds = 1e-3;

/* A case in both reports. */
struct pair {
    const struct report_entry *old, *new;
};

struct diff {
    struct buffer *out;
    struct report_changes *changes;
    const struct report *reports[2]; /* old, new */
    const struct diff_options *options;
    struct pair *pairs;
    size_t count;
};

static const struct report_entry *find(const struct report *report, const char *name) {
    const json_t *const place = report->index != NULL ? json_object_get(report->index, name) : NULL;
    return place != NULL ? &report->entries[json_integer_value(place)] : NULL;
}

static bool is_bad(const struct report_entry *entry) {
    return outcome_is_bad(entry->result.outcome);
}

/* With a waiver it fails no run, but nothing is mended either. */
static bool is_waived(const struct report_entry *entry) {
    return entry->result.outcome == OUTCOME_WAIVER;
}

/* ---- the two runs ---- */

static const char *fact(const struct report *report, const char *key) {
    const char *const text = json_string_value(json_object_get(report->device, key));
    return text != NULL ? text : "?";
}

static bool is_same_device(const struct diff *diff) {
    static const char *const keys[] = {"name", "driver", "driver_version"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (strcmp(fact(diff->reports[0], keys[i]), fact(diff->reports[1], keys[i])) != 0)
            return false;
    return true;
}

static void add_runs(const struct diff *diff) {
    for (int i = 0; i < 2; i++) {
        const struct report *const report = diff->reports[i];
        buffer_add(diff->out, "%s: %s, %s, set %s, seed %llu, %zu cases, %zu bad%s\n", i ? "new" : "old",
                   fact(report, "name"), fact(report, "driver"), report->set,
                   (unsigned long long)report->seed, report->count, report_bad(report),
                   report->complete ? "" : ", not complete");
    }
    if (diff->reports[0]->seed != diff->reports[1]->seed)
        buffer_add(diff->out, "the seeds differ, and so do the inputs: accuracy is compared loosely\n");
}

static enum status make_pairs(struct diff *diff) {
    const struct report *const old = diff->reports[0], *const new = diff->reports[1];
    TRY(memory_new(&diff->pairs, old->count, sizeof *diff->pairs));
    for (size_t i = 0; i < old->count; i++) {
        const struct report_entry *const other = find(new, old->entries[i].name);
        if (other != NULL)
            diff->pairs[diff->count++] = (struct pair){&old->entries[i], other};
    }
    diff->changes->only_old = old->count - diff->count;
    diff->changes->only_new = new->count - diff->count;
    return STATUS_OK;
}

/* ---- sections ---- */

/* The title before the first line, and no more than MOST_LINES lines. */
static bool begin_line(const struct diff *diff, const char *title, size_t number) {
    if (number == 0)
        buffer_add(diff->out, "\n%s\n", title);
    if (number == MOST_LINES)
        buffer_add(diff->out, "  and more\n");
    return number < MOST_LINES;
}

static void add_outcomes(struct diff *diff, const char *title, size_t *count,
                         bool (*belongs)(const struct pair *pair)) {
    for (size_t i = 0; i < diff->count; i++) {
        const struct pair *const pair = &diff->pairs[i];
        if (!belongs(pair) || !begin_line(diff, title, (*count)++))
            continue;
        buffer_add(diff->out, "  %s: %s -> %s\n", pair->new->name, outcome_name(pair->old->result.outcome),
                   outcome_name(pair->new->result.outcome));
        if (!is_bad(pair->new))
            continue;
        buffer_add(diff->out, "    %s\n    repeat: %s\n", pair->new->result.message, pair->new->command);
    }
}

static bool is_newly_failing(const struct pair *pair) {
    return is_bad(pair->new) && !is_bad(pair->old);
}

static bool is_fixed(const struct pair *pair) {
    return (is_bad(pair->old) || is_waived(pair->old)) && !is_bad(pair->new) && !is_waived(pair->new);
}

static bool has_other_outcome(const struct pair *pair) {
    return pair->old->result.outcome != pair->new->result.outcome && !is_newly_failing(pair) &&
           !is_fixed(pair);
}

static void add_missing(const struct diff *diff, const char *title, int from, size_t count) {
    size_t lines = 0;
    for (size_t i = 0; count != 0 && i < diff->reports[from]->count; i++) {
        const char *const name = diff->reports[from]->entries[i].name;
        if (find(diff->reports[1 - from], name) == NULL && begin_line(diff, title, lines++))
            buffer_add(diff->out, "  %s\n", name);
    }
}

/* new / old, where both matter; 1 where they do not. */
static double drift(double old, double new, double least) {
    if (fmax(old, new) < least)
        return 1;
    return fmax(new, least / 10) / fmax(old, least / 10);
}

static void add_accuracy(struct diff *diff, const char *title, size_t *count, bool worse) {
    for (size_t i = 0; i < diff->count; i++) {
        const struct comparison *const old = &diff->pairs[i].old->result.comparison;
        const struct comparison *const new = &diff->pairs[i].new->result.comparison;
        const double factor = drift(old->largest_ratio, new->largest_ratio, least_ratio);
        if (old->elements == 0 || new->elements == 0 ||
            !(worse ? factor >= diff->options->accuracy : factor <= 1 / diff->options->accuracy) ||
            !begin_line(diff, title, (*count)++))
            continue;
        buffer_add(diff->out, "  %s: %.3g -> %.3g of the bound, %llu -> %llu ULP\n", diff->pairs[i].new->name,
                   old->largest_ratio, new->largest_ratio, (unsigned long long)old->largest_ulp,
                   (unsigned long long)new->largest_ulp);
    }
}

/* Of an operator's cases together: single ones take some microseconds, which clocks tell badly. */
static double operator_factor(const struct diff *diff, const struct report_group *group, size_t *cases) {
    double before = 0, after = 0;
    *cases = 0;
    for (size_t i = 0; i < diff->count; i++) {
        const double old = diff->pairs[i].old->result.device_seconds;
        const double new = diff->pairs[i].new->result.device_seconds;
        if (!report_group_has(group, diff->pairs[i].new) || !(old > 0) || !(new > 0))
            continue;
        before += old;
        after += new;
        (*cases)++;
    }
    return drift(before, after, least_seconds);
}

static enum status add_speed(struct diff *diff, const char *title, size_t *count, bool slower) {
    struct report_group *groups;
    size_t group_count;
    TRY(report_groups(&groups, &group_count, diff->reports[1]));
    for (size_t i = 0; i < group_count; i++) {
        size_t cases;
        const double factor = operator_factor(diff, &groups[i], &cases);
        if ((slower ? factor >= diff->options->speed : factor <= 1 / diff->options->speed) &&
            begin_line(diff, title, (*count)++))
            buffer_add(diff->out, "  %.*s: %.3g times as long, over %zu cases\n", (int)groups[i].length,
                       groups[i].name, factor, cases);
    }
    free(groups);
    return STATUS_OK;
}

static void count_other_bits(struct diff *diff) {
    for (size_t i = 0; i < diff->count; i++) {
        const struct report_entry *const old = diff->pairs[i].old, *const new = diff->pairs[i].new;
        diff->changes->other_bits += old->seed == new->seed && old->rounds == new->rounds &&
                                     old->result.digest != 0 && new->result.digest != 0 &&
                                     old->result.digest != new->result.digest;
    }
    if (diff->changes->other_bits != 0)
        buffer_add(diff->out, "\n%zu cases with the same inputs gave other bits%s\n",
                   diff->changes->other_bits,
                   is_same_device(diff) ? ", on the same device and driver: results are not repeated" : "");
}

enum status report_diff(struct buffer *out, struct report_changes *changes, const struct report *old,
                        const struct report *new, const struct diff_options *options) {
    struct diff diff = {.out = out, .changes = changes, .reports = {old, new}, .options = options};
    *changes = (struct report_changes){0};
    add_runs(&diff);
    TRY(make_pairs(&diff));
    add_outcomes(&diff, "newly failing", &changes->newly_failing, is_newly_failing);
    add_outcomes(&diff, "fixed", &changes->fixed, is_fixed);
    add_outcomes(&diff, "other outcome", &changes->other_outcome, has_other_outcome);
    add_missing(&diff, "only in the old report", 0, changes->only_old);
    add_missing(&diff, "only in the new report", 1, changes->only_new);
    add_accuracy(&diff, "less accurate", &changes->less_accurate, true);
    add_accuracy(&diff, "more accurate", &changes->more_accurate, false);
    enum status status = add_speed(&diff, "slower", &changes->slower, true);
    if (status == STATUS_OK)
        status = add_speed(&diff, "faster", &changes->faster, false);
    count_other_bits(&diff);
    buffer_add(out,
               "\n%zu newly failing, %zu fixed, %zu with another outcome; %zu less and %zu more accurate; "
               "operators: %zu slower, %zu faster\n",
               changes->newly_failing, changes->fixed, changes->other_outcome, changes->less_accurate,
               changes->more_accurate, changes->slower, changes->faster);
    free(diff.pairs);
    return status != STATUS_OK ? status : buffer_status(out);
}
