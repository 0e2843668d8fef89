/* main.c: the conformance suite's command. */
#include "conformance/bundle_run.h"
#include "conformance/commands.h"
#include "conformance/compile_run.h"
#include "conformance/in_process.h"
#include "conformance/mutants_run.h"
#include "conformance/options.h"
#include "conformance/outputs.h"
#include "conformance/runner.h"
#include "conformance/worker.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_USAGE = 2 };

static volatile sig_atomic_t stop; /* an interrupt has come */

static void handle_signal(int number) {
    (void)number;
    stop = 1;
}

/* The first one ends the run and writes the reports, the second ends the program. */
static void catch_signals(void) {
    const struct sigaction action = {.sa_handler = handle_signal, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static enum status list_cases(const struct options *options) {
    struct selection selection;
    TRY(selection_create(&selection, &options->selection));
    for (size_t i = 0; i < selection.count; i++)
        puts(selection.cases[i].name);
    selection_destroy(&selection);
    return STATUS_OK;
}

/* Sets *bad when a case ended badly, or the run could not be ended. */
static enum status run_workers(bool *bad, const struct options *options) {
    struct outputs outputs;
    struct report report;
    TRY(outputs_open(&outputs, options));
    catch_signals();
    enum status status = runner_run(&report, options, outputs_use_stdout(options) ? stderr : stdout, &stop);
    if (report.device != NULL) {
        char message[512];
        snprintf(message, sizeof message, "%s", status_message());
        const enum status written = outputs_write(&outputs, &report);
        status = status != STATUS_OK ? status_set(status, "%s", message) : written;
    } else {
        outputs_discard(&outputs);
    }
    *bad = report_bad(&report) != 0 || !report.complete;
    report_destroy(&report);
    return status;
}

static enum status run(bool *bad, int count, char **values) {
    struct options parsed;
    const struct options *const options = &parsed;
    if (count > 1 && command_is_known(values[1]))
        return command_run(bad, count, values);
    TRY(options_parse(&parsed, count, values));
    if (options->help) {
        fputs(options_help, stdout);
        return STATUS_OK;
    }
    if (options->version) {
        puts("mnsp-conformance " MNSP_VERSION);
        return STATUS_OK;
    }
    if (options->compile)
        return compile_run(bad, options);
    if (options->list && options->mutants) {
        mutants_print(&options->selection);
        return STATUS_OK;
    }
    if (options->list)
        return list_cases(options);
    if (options->bundle != NULL)
        return bundle_run(options);
    if (!options->in_process && !options->mutants)
        return run_workers(bad, options);
    int failures = 0;
    TRY(options->mutants ? mutants_run(&failures, options) : in_process_run(&failures, options));
    *bad = failures != 0;
    return STATUS_OK;
}

int main(int count, char **values) {
    if (count == 2 && strcmp(values[1], WORKER_ARGUMENT) == 0)
        return worker_main();
    bool bad = false;
    const enum status status = run(&bad, count, values);
    if (status == STATUS_OK)
        return bad ? EXIT_FAILURE : EXIT_SUCCESS;
    fprintf(stderr, "mnsp-conformance: %s\n", status_message());
    return status == STATUS_USAGE ? EXIT_USAGE : EXIT_FAILURE;
}
