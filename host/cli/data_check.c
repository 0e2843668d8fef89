/* data_check.c: what is wrong with a data set, and of which sizes it is. */
#include "cli/data.h"
#include "cli/json.h"

#include "data/check.h"
#include "data/text.h"
#include "train/recognise.h"

#include <stdio.h>

enum { STRAYS_SHOWN = 40 };

static const struct cli_option options[] = {
    {"charset", "ascii94|FILE", "the character set that labels are held against; default: ascii94"},
    {"max-length", "N", "positions of a reading, the end mark included, as in training; default: 25"},
    {"strict", NULL, "fail on any flaw, not only when no image can be used"},
    {"json", NULL, "print one JSON object"},
    CLI_THREADS_OPTION,
    {0},
};

/* ---- as JSON ---- */

static json_t *sources_json(const struct data_set *set) {
    json_t *const sources = json_array();
    for (size_t i = 0; i < data_set_source_count(set); i++) {
        const struct data_source_info source = data_set_source(set, i);
        json_array_append_new(sources,
                              json_pack("{s:o, s:s, s:I, s:b, s:b}", "path", cli_json_text(source.path),
                                        "format", source.format, "images", (json_int_t)source.count,
                                        "labelled", source.labelled, "understated", source.understated));
    }
    return sources;
}

static json_t *flaws_json(const struct data_check *check) {
    json_t *const flaws = json_object();
    for (int i = 0; i < DATA_FLAW_COUNT; i++) {
        json_t *const first = json_array();
        for (size_t k = 0; k < check->flaw[i].named; k++)
            json_array_append_new(first, cli_json_text(check->flaw[i].first[k]));
        json_object_set_new(
            flaws, data_flaw_name[i].key,
            json_pack("{s:I, s:o}", "count", (json_int_t)check->flaw[i].count, "first", first));
    }
    return flaws;
}

static json_t *measures_json(const struct data_check *check) {
    json_t *const measures = json_object();
    for (int i = 0; i < DATA_MEASURE_COUNT; i++) {
        const struct data_histogram *const histogram = &check->measure[i];
        json_t *const edges = json_array(), *const counts = json_array();
        for (int bin = 0; bin < DATA_CHECK_BINS; bin++) {
            json_array_append_new(counts, json_integer((json_int_t)histogram->count[bin]));
            if (bin < DATA_CHECK_BINS - 1)
                json_array_append_new(edges, json_real(data_measure_bins[i].edge[bin]));
        }
        json_object_set_new(measures, data_measure_bins[i].key,
                            json_pack("{s:f, s:f, s:o, s:o}", "min", histogram->least, "max",
                                      histogram->greatest, "edges", edges, "counts", counts));
    }
    return measures;
}

static json_t *strays_json(const struct data_check *check) {
    json_t *const strays = json_array();
    for (size_t i = 0; i < check->stray_count; i++) {
        char text[5] = {0};
        data_utf8_put(text, check->stray[i].code_point);
        json_array_append_new(
            strays, json_pack("{s:s, s:I}", "character", text, "count", (json_int_t)check->stray[i].count));
    }
    return strays;
}

static json_t *report_json(const struct data_check *check, const struct data_set *set) {
    return json_pack("{s:o, s:I, s:I, s:I, s:o, s:o, s:o}", "sources", sources_json(set), "images",
                     (json_int_t)check->items, "usable", (json_int_t)check->usable, "labelled",
                     (json_int_t)check->labelled, "flaws", flaws_json(check), "characters",
                     strays_json(check), "measures", measures_json(check));
}

/* ---- as text ---- */

static void print_sources(const struct data_set *set) {
    for (size_t i = 0; i < data_set_source_count(set); i++) {
        const struct data_source_info source = data_set_source(set, i);
        printf("%s: %s, %zu images, %s\n", source.path, source.format, source.count,
               source.labelled ? "with labels" : "without labels");
        if (source.understated)
            printf("  it holds more images than num-samples says; those behind are not used\n");
    }
}

static void print_flaws(const struct data_check *check) {
    printf("\n%-32s %10zu\n%-32s %10zu\n%-32s %10zu\n", "images", check->items, "  with a label",
           check->labelled, "  that training can use", check->usable);
    for (int i = 0; i < DATA_FLAW_COUNT; i++)
        if (check->flaw[i].count > 0)
            printf("  %-30s %10zu\n", data_flaw_name[i].text, check->flaw[i].count);
}

static void print_strays(const struct data_check *check) {
    if (check->stray_count == 0)
        return;
    printf("\ncharacters outside of the set:");
    for (size_t i = 0; i < check->stray_count && i < STRAYS_SHOWN; i++) {
        char text[5] = {0};
        data_utf8_put(text, check->stray[i].code_point);
        printf(" '%s' x %zu", text, check->stray[i].count);
    }
    if (check->stray_count > STRAYS_SHOWN)
        printf(" and %zu others", check->stray_count - STRAYS_SHOWN);
    printf("\n");
}

static void print_measure(const struct data_measure_bins *bins, const struct data_histogram *histogram) {
    if (histogram->total == 0)
        return;
    printf("\n%-20s", bins->text);
    for (int bin = 0; bin < DATA_CHECK_BINS; bin++) {
        char head[16];
        snprintf(head, sizeof head, bin == 0 ? "<%g" : "%g-", bins->edge[bin == 0 ? 0 : bin - 1]);
        printf(" %8s", head);
    }
    char range[32];
    snprintf(range, sizeof range, "%.6g to %.6g", histogram->least, histogram->greatest);
    printf("\n%-20s", range);
    for (int bin = 0; bin < DATA_CHECK_BINS; bin++)
        printf(" %8zu", histogram->count[bin]);
    printf("\n");
}

static void print_first(const struct data_check *check) {
    for (int i = 0; i < DATA_FLAW_COUNT; i++) {
        const struct data_flaw_found *const found = &check->flaw[i];
        if (found->count == 0 || i == DATA_FLAW_CONFLICT) /* these stand among the duplicates */
            continue;
        printf("\n%s:\n", data_flaw_name[i].text);
        for (size_t k = 0; k < found->named; k++)
            printf("  %s\n", found->first[k]);
        if (found->count > found->named)
            printf("  and %zu others\n", found->count - found->named);
    }
}

static void print_report(const struct data_check *check, const struct data_set *set) {
    print_sources(set);
    print_flaws(check);
    print_strays(check);
    for (int i = 0; i < DATA_MEASURE_COUNT; i++)
        print_measure(&data_measure_bins[i], &check->measure[i]);
    print_first(check);
}

/* ---- the command ---- */

static enum status judge(const struct data_check *check, bool strict) {
    size_t flaws = 0;
    for (int i = 0; i < DATA_FLAW_CONFLICT; i++)
        flaws += check->flaw[i].count;
    if (check->usable == 0)
        return status_set(STATUS_INVALID, "none of the %zu images can be used", check->items);
    if (strict && flaws > 0)
        return status_set(STATUS_INVALID, "%zu flaws, which --strict does not allow", flaws);
    return STATUS_OK;
}

static enum status check_set(const struct cli_values *values, struct data_set *set,
                             const struct data_charset *charset, size_t places) {
    struct data_check *check;
    struct cli_progress progress = cli_progress_start(data_set_count(set));
    struct data_check_settings settings = {
        .charset = charset, .target_steps = places, .progress = cli_progress_step, .context = &progress};
    TRY(cli_threads(values, &settings.threads));
    TRY(data_check_run(&check, set, &settings));
    const double seconds = cli_progress_end(&progress);
    enum status status = STATUS_OK;
    if (cli_given(values, "json"))
        status = cli_print_json(report_json(check, set));
    else
        print_report(check, set);
    cli_say("%zu images looked at, %.0f images/s", check->items, (double)check->items / seconds);
    if (status == STATUS_OK)
        status = judge(check, cli_given(values, "strict"));
    data_check_free(check);
    return status;
}

static enum status run(const struct cli_values *values) {
    struct settings settings;
    struct data_charset charset;
    struct data_set *set;
    settings_defaults(&settings);
    if (cli_given(values, "charset"))
        TRY(settings_set(&settings, "charset", cli_text(values, "charset")));
    if (cli_given(values, "max-length"))
        TRY(settings_set(&settings, "max_length", cli_text(values, "max-length")));
    TRY(cli_data_open(values, 0, &set));
    enum status status = recogniser_read_charset(&charset, &settings);
    if (status == STATUS_OK) {
        status = check_set(values, set, &charset, (size_t)settings.max_length);
        data_charset_free(&charset);
    }
    data_set_close(set);
    return status;
}

const struct cli_command command_data_check = {
    .name = "data check",
    .operands = "SOURCE ...",
    .summary = "look for flaws in a data set: images, labels, duplicates, sizes",
    .example = "mnsp data check --charset chinese.txt words",
    .options = options,
    .run = run,
};
