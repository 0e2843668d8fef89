#include "conformance/runner.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "conformance/console.h"
#include "conformance/schedule.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct runner {
    const struct options *options;
    const volatile sig_atomic_t *stop;
    struct report *report;
    struct console console;
    struct selection selection; /* of this round */
    struct schedule schedule;
    size_t first_of_round; /* cases of the rounds before */
    uint64_t round;        /* from 0 */
    double started;
    enum status status; /* of beginning a round */
};

/* ---- the command that repeats a case ---- */

static enum status repeat_command(char **out, const struct runner *runner, const char *name, uint64_t seed) {
    const struct options *const options = runner->options;
    const char *const device = json_string_value(json_object_get(runner->report->device, "name"));
    struct buffer text = {0};
    buffer_add(&text, "mnsp-conformance --device ");
    buffer_add_shell(&text, device != NULL ? device : "");
    if (options->selection.set == SET_FULL)
        buffer_add(&text, " --set full");
    buffer_add(&text, " --seed %llu%s --filter ", (unsigned long long)seed,
               options->validate ? " --validate" : "");
    buffer_add_shell(&text, name);
    *out = text.bytes;
    return buffer_status(&text);
}

/* ---- tasks ---- */

static bool is_last_round(const struct runner *runner) {
    const struct options *const options = runner->options;
    if (options->soak_seconds > 0)
        return clock_seconds() - runner->started >= options->soak_seconds;
    return runner->round + 1 >= options->rounds;
}

/* Round r draws with seed + r, random sizes included. */
static enum status begin_round(struct runner *runner) {
    struct selection_options options = runner->options->selection;
    options.seed += runner->round;
    runner->first_of_round += runner->selection.count;
    schedule_destroy(&runner->schedule);
    selection_destroy(&runner->selection);
    TRY(selection_create(&runner->selection, &options));
    return schedule_create(&runner->schedule, &runner->selection);
}

static bool next_task(void *context, unsigned worker, struct pool_task *out) {
    struct runner *const runner = context;
    size_t place;
    if (runner->options->soak_seconds > 0 && runner->round > 0 && is_last_round(runner))
        return false;
    while (!schedule_next(&place, &runner->schedule, worker)) {
        if (is_last_round(runner) || runner->selection.count == 0)
            return false;
        runner->round++;
        runner->status = begin_round(runner);
        if (runner->status != STATUS_OK)
            return false;
        runner->console.total += runner->selection.count;
    }
    *out = (struct pool_task){.seed = runner->options->selection.seed + runner->round,
                              .tag = runner->first_of_round + place};
    strcpy(out->name, runner->selection.cases[place].name);
    out->inject = inject_for(&runner->options->injections, out->name);
    return true;
}

static enum status task_done(void *context, const struct pool_task *task, const struct case_result *result,
                             const char *output) {
    struct runner *const runner = context;
    char *command;
    TRY(repeat_command(&command, runner, task->name, task->seed));
    console_case(&runner->console, task->name, result, command);
    free(command);
    return report_add(runner->report, task->name, task->tag, task->seed, result, output);
}

/* ---- the report around the cases ---- */

static void today(char out[16]) {
    const time_t now = time(NULL);
    struct tm parts;
    strftime(out, 16, "%Y-%m-%d", gmtime_r(&now, &parts));
}

static enum status describe_run(struct report *report, const struct options *options) {
    char started[32];
    const time_t now = time(NULL);
    struct tm parts;
    strftime(started, sizeof started, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &parts));
    TRY(memory_copy_text(&report->started, started));
    TRY(memory_copy_text(&report->version, MNSP_VERSION));
    TRY(memory_copy_text(&report->set, set_name(options->selection.set)));
    if (options->selection.filter != NULL)
        TRY(memory_copy_text(&report->filter, options->selection.filter));
    report->part = options->selection.part;
    report->parts = options->selection.parts;
    report->seed = options->selection.seed;
    report->validate = options->validate;
    return STATUS_OK;
}

static enum status read_waivers(struct report *report, const struct options *options) {
    const char *path = options->waivers;
    if (path == NULL)
        path = file_exists(MNSP_WAIVERS) ? MNSP_WAIVERS : "";
    if (*path == '\0')
        return STATUS_OK;
    const enum status status = waivers_read(&report->waivers, path);
    return status == STATUS_MEMORY || status == STATUS_OK ? status
                                                          : status_set(STATUS_USAGE, "%s", status_message());
}

static enum status apply_waivers(struct runner *runner) {
    struct report *const report = runner->report;
    char day[16];
    today(day);
    report_sort(report);
    for (size_t i = 0; i < report->count; i++) {
        struct report_entry *const entry = &report->entries[i];
        if (entry->command == NULL)
            TRY(repeat_command(&entry->command, runner, entry->name, entry->seed));
        entry->waiver =
            waivers_find(&report->waivers, report->device, entry->name, entry->result.outcome, day);
        if (entry->waiver == NULL)
            continue;
        entry->waived = entry->result.outcome;
        entry->result.outcome = OUTCOME_WAIVER;
    }
    waivers_judge(&report->waivers, report->device, day);
    return STATUS_OK;
}

/* A driver may also stumble when its device is closed: that is a case, if it happens. */
static enum status report_end(struct runner *runner, const char *how) {
    if (how[0] == '\0')
        return STATUS_OK;
    struct case_result result = {.outcome = OUTCOME_CRASH};
    snprintf(result.message, sizeof result.message, "a worker process was %s when it closed its device", how);
    static const char name[] = "device/close", command[] = "mnsp-conformance --set smoke";
    console_case(&runner->console, name, &result, command);
    TRY(report_add(runner->report, name, SIZE_MAX, runner->options->selection.seed, &result, ""));
    return memory_copy_text(&runner->report->entries[runner->report->count - 1].command, command);
}

/* ---- together ---- */

static enum status run_pool(struct runner *runner, struct pool *pool) {
    struct report *const report = runner->report;
    const struct pool_client client = {next_task, task_done, runner};
    report->device = json_incref((json_t *)pool_device(pool));
    runner->started = clock_seconds();
    console_begin(&runner->console, report, pool_workers(pool), runner->selection.count);
    enum status status = pool_run(pool, &client);
    status = status != STATUS_OK ? status : runner->status;
    report->seconds = clock_seconds() - runner->started;
    report->rounds = runner->round + 1;
    report->complete = status == STATUS_OK && *runner->stop == 0;
    if (!report->complete)
        TRY(memory_copy_text(&report->note, status != STATUS_OK ? status_message() : "interrupted"));
    return status;
}

static enum status run_all(struct runner *runner) {
    const struct options *const options = runner->options;
    TRY(begin_round(runner));
    const struct pool_options pool_options = {.device = options->device,
                                              .validate = options->validate,
                                              .workers = options->workers,
                                              .limits = options->limits,
                                              .stop = runner->stop};
    struct pool *pool;
    char how[CHILD_END_TEXT];
    TRY(pool_create(&pool, &pool_options));
    enum status status = run_pool(runner, pool);
    pool_destroy(pool, how);
    if (status == STATUS_OK)
        status = report_end(runner, how);
    const enum status applied = apply_waivers(runner);
    console_end(&runner->console, runner->report);
    return status != STATUS_OK ? status : applied;
}

enum status runner_run(struct report *out, const struct options *options, FILE *console,
                       const volatile sig_atomic_t *stop) {
    *out = (struct report){0};
    struct runner runner = {
        .options = options,
        .stop = stop,
        .report = out,
        .console = {.file = console, .progress = isatty(STDERR_FILENO) == 1, .measure = options->measure}};
    TRY(describe_run(out, options));
    TRY(read_waivers(out, options));
    const enum status status = run_all(&runner);
    schedule_destroy(&runner.schedule);
    selection_destroy(&runner.selection);
    return status;
}
