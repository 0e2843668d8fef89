#include "conformance/console.h"

#include "base/clock.h"

#include <string.h>

static const double progress_interval = 0.2; /* seconds */

static const char *fact(const struct report *report, const char *key) {
    const char *const text = json_string_value(json_object_get(report->device, key));
    return text != NULL ? text : "?";
}

void console_begin(struct console *console, const struct report *report, unsigned workers, size_t cases) {
    console->started = clock_seconds();
    console->total = cases;
    fprintf(console->file, "device %s, driver %s, version %s\n", fact(report, "name"), fact(report, "driver"),
            fact(report, "driver_version"));
    fprintf(console->file, "set %s%s%s, %zu cases, seed %llu, %u worker%s\n", report->set,
            report->filter != NULL ? ", filter " : "", report->filter != NULL ? report->filter : "", cases,
            (unsigned long long)report->seed, workers, workers == 1 ? "" : "s");
    fflush(console->file);
}

static void clear_progress(const struct console *console) {
    if (console->progress && console->shown > 0)
        fputs("\r\x1b[K", stderr);
}

static void show_progress(struct console *console) {
    const double now = clock_seconds();
    if (!console->progress || now - console->shown < progress_interval)
        return;
    console->shown = now;
    fprintf(stderr, "\r\x1b[K%zu of %zu cases, %zu bad, %.0f s", console->done, console->total, console->bad,
            now - console->started);
    fflush(stderr);
}

static void print_measurement(const struct console *console, const char *name,
                              const struct comparison *comparison) {
    fprintf(console->file, "%s: %.3f of the bound, at most %llu ULP, %.3g on average; worst %s\n", name,
            comparison->largest_ratio, (unsigned long long)comparison->largest_ulp, comparison->mean_ulp,
            comparison->worst[0] != '\0' ? comparison->worst : "exact");
}

void console_case(struct console *console, const char *name, const struct case_result *result,
                  const char *command) {
    const bool bad = outcome_is_bad(result->outcome);
    console->done++;
    console->bad += bad;
    if (bad || console->measure || result->outcome == OUTCOME_QUALITY_WARNING) {
        clear_progress(console);
        if (console->measure && result->comparison.elements != 0)
            print_measurement(console, name, &result->comparison);
        if (result->message[0] != '\0')
            fprintf(console->file, "%s %s\n    %s\n", outcome_name(result->outcome), name, result->message);
        if (bad)
            fprintf(console->file, "    repeat: %s\n", command);
        fflush(console->file);
    }
    show_progress(console);
}

static void print_waivers(const struct console *console, const struct report *report) {
    for (size_t i = 0; i < report->waivers.count; i++) {
        const struct waiver *const waiver = &report->waivers.list[i];
        if (waiver->state == WAIVER_UNUSED)
            fprintf(console->file, "waiver %zu (%s) is not needed: its cases do not fail; remove it: %s\n",
                    i + 1, waiver->case_glob, waiver->link);
        else if (waiver->state == WAIVER_EXPIRED)
            fprintf(console->file, "waiver %zu (%s) expired on %s: see %s\n", i + 1, waiver->case_glob,
                    waiver->expires, waiver->link);
    }
}

void console_end(struct console *console, const struct report *report) {
    clear_progress(console);
    print_waivers(console, report);
    if (!report->complete)
        fprintf(console->file, "not complete: %s\n", report->note);
    fprintf(console->file, "%zu cases in %.1f s:", report->count, report->seconds);
    const char *separator = " ";
    for (enum outcome outcome = 0; outcome < OUTCOME_COUNT; outcome++) {
        const size_t count = report_outcomes(report, outcome);
        if (count == 0)
            continue;
        fprintf(console->file, "%s%zu %s", separator, count, outcome_name(outcome));
        separator = ", ";
    }
    fprintf(console->file, "%s\n", report->count == 0 ? " none" : "");
    if (console->bad != 0)
        fprintf(
            console->file,
            "to report one: its command with --bundle FOLDER writes a program that shows it without mnsp\n");
    fflush(console->file);
}
