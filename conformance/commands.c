#include "conformance/commands.h"

#include "conformance/diff.h"
#include "conformance/matrix.h"
#include "conformance/outputs.h"
#include "conformance/report_json.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A report that was named on the command line: whatever is wrong with it is a matter of usage. */
static enum status read_report(struct report *out, const char *path) {
    const enum status status = report_read(out, path);
    if (status != STATUS_INVALID && status != STATUS_IO)
        return status;
    return status_set(STATUS_USAGE, "%s", status_message());
}

static enum status unknown_option(char **values) {
    return status_set(STATUS_USAGE, "unknown option %s, or its value is missing; see --help",
                      values[optind - 1]);
}

/* ---- diff ---- */

static enum status parse_factor(double *out, const char *option, const char *text) {
    char *end;
    *out = strtod(text, &end);
    if (end == text || *end != '\0' || !(*out > 1 && *out <= 1e6))
        return status_set(STATUS_USAGE, "%s %s: take a factor above 1", option, text);
    return STATUS_OK;
}

static enum status parse_diff(struct diff_options *out, int count, char **values) {
    static const struct option options[] = {{"accuracy", required_argument, NULL, 'a'},
                                            {"speed", required_argument, NULL, 's'},
                                            {NULL, 0, NULL, 0}};
    *out = (struct diff_options){.accuracy = 2, .speed = 1.5};
    for (int code; (code = getopt_long(count, values, ":", options, NULL)) != -1;)
        if (code == 'a')
            TRY(parse_factor(&out->accuracy, "--accuracy", optarg));
        else if (code == 's')
            TRY(parse_factor(&out->speed, "--speed", optarg));
        else
            return unknown_option(values);
    if (count - optind != 2)
        return status_set(STATUS_USAGE, "diff takes two reports: mnsp-conformance diff OLD.json NEW.json");
    return STATUS_OK;
}

static enum status run_diff(bool *bad, int count, char **values) {
    struct diff_options options;
    TRY(parse_diff(&options, count, values));
    struct report old, new = {0};
    struct report_changes changes;
    struct buffer text = {0};
    enum status status = read_report(&old, values[optind]);
    if (status == STATUS_OK)
        status = read_report(&new, values[optind + 1]);
    if (status == STATUS_OK)
        status = report_diff(&text, &changes, &old, &new, &options);
    if (status == STATUS_OK) {
        fputs(text.bytes, stdout);
        *bad = changes.newly_failing != 0;
    }
    free(text.bytes);
    report_destroy(&old);
    report_destroy(&new);
    return status;
}

/* ---- convert ---- */

static enum status run_convert(int count, char **values) {
    static const struct option list[] = {{"html", required_argument, NULL, 'h'},
                                         {"junit", required_argument, NULL, 'j'},
                                         {"tap", required_argument, NULL, 't'},
                                         {NULL, 0, NULL, 0}};
    struct options options = {0};
    for (int code; (code = getopt_long(count, values, ":", list, NULL)) != -1;)
        if (code == 'h')
            options.html = optarg;
        else if (code == 'j')
            options.junit = optarg;
        else if (code == 't')
            options.tap = optarg;
        else
            return unknown_option(values);
    if (count - optind != 1)
        return status_set(STATUS_USAGE, "convert takes one report and --html, --junit or --tap FILE");
    if (options.html == NULL && options.junit == NULL && options.tap == NULL)
        return status_set(STATUS_USAGE, "convert: say what to write: --html, --junit or --tap FILE");
    struct report report;
    struct outputs outputs;
    enum status status = read_report(&report, values[optind]);
    if (status == STATUS_OK)
        status = outputs_open(&outputs, &options);
    if (status == STATUS_OK)
        status = outputs_write(&outputs, &report);
    report_destroy(&report);
    return status;
}

/* ---- matrix ---- */

static enum status run_matrix(int count, char **values) {
    struct matrix matrix = {0};
    struct buffer text = {0};
    enum status status = STATUS_OK;
    if (count < 2 || values[1][0] == '-')
        return status_set(STATUS_USAGE, "matrix takes reports: mnsp-conformance matrix REPORT.json ...");
    for (int i = 1; status == STATUS_OK && i < count; i++)
        status = matrix_read(&matrix, values[i]);
    if (status == STATUS_INVALID || status == STATUS_IO)
        status = status_set(STATUS_USAGE, "%s", status_message());
    if (status == STATUS_OK)
        status = matrix_write(&text, &matrix);
    if (status == STATUS_OK)
        fputs(text.bytes, stdout);
    free(text.bytes);
    matrix_destroy(&matrix);
    return status;
}

/* ---- which ---- */

bool command_is_known(const char *name) {
    return strcmp(name, "diff") == 0 || strcmp(name, "convert") == 0 || strcmp(name, "matrix") == 0;
}

enum status command_run(bool *bad, int count, char **values) {
    opterr = 0;
    if (strcmp(values[1], "matrix") == 0)
        return run_matrix(count - 1, values + 1);
    return strcmp(values[1], "diff") == 0 ? run_diff(bad, count - 1, values + 1)
                                          : run_convert(count - 1, values + 1);
}
