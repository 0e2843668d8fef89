/* output.c: lines for people, devices by their option, and signals. */
#include "cli/cli.h"

#include "base/file.h"
#include "base/memory.h"
#include "train/threads.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- lines ---- */

static bool line_is_open; /* cli_show left one that has to go first */

static void clear_line(void) {
    if (line_is_open)
        fputs("\r\033[K", stderr);
    line_is_open = false;
}

void cli_say(const char *format, ...) {
    clear_line();
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

void cli_show(const char *format, ...) {
    if (!isatty(STDERR_FILENO))
        return;
    clear_line();
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fflush(stderr);
    line_is_open = true;
}

const char *cli_time(double seconds, char text[CLI_TIME_SIZE]) {
    const long long whole = isfinite(seconds) && seconds < 1e15 ? llround(seconds) : 0;
    if (whole >= 3600)
        snprintf(text, CLI_TIME_SIZE, "%lld h %02lld min", whole / 3600, whole / 60 % 60);
    else if (whole >= 60)
        snprintf(text, CLI_TIME_SIZE, "%lld min %02lld s", whole / 60, whole % 60);
    else
        snprintf(text, CLI_TIME_SIZE, "%lld s", whole);
    return text;
}

/* ---- devices ---- */

/* The user's cache folder, as freedesktop.org's base directories have it; NULL when there is no home. */
static char *cache_folder(void) {
    char *folder = NULL;
    const char *const cache = getenv("XDG_CACHE_HOME"), *const home = getenv("HOME");
    enum status status = STATUS_OK;
    if (cache != NULL && cache[0] == '/')
        status = memory_format(&folder, "%s/mnsp", cache);
    else if (home != NULL && home[0] == '/')
        status = memory_format(&folder, "%s/.cache/mnsp", home);
    return status == STATUS_OK ? folder : NULL;
}

enum status cli_threads(const struct cli_values *values, uint32_t *threads) {
    long long number = 0;
    TRY(cli_number(values, "threads", 1, &number));
    *threads = train_threads(number);
    return STATUS_OK;
}

enum status cli_device(const struct cli_values *values, struct gpu_device **device) {
    *device = NULL;
    const char *const selector = cli_text(values, "device");
    if (selector != NULL && strcmp(selector, "reference") == 0)
        return STATUS_OK;
    char *const cache = cache_folder();
    const struct gpu_options options = {.validate = cli_given(values, "validate"), .cache_directory = cache};
    const enum status status = gpu_device_open(device, selector, &options);
    free(cache);
    if (status == STATUS_DEVICE || (status == STATUS_UNSUPPORTED && !options.validate))
        return status_set(status, "%s, or use --device reference", status_message());
    return status;
}

const char *cli_device_name(const struct gpu_device *device) {
    return device ? gpu_device_properties(device)->name : "reference";
}

const char *cli_driver_name(const struct gpu_device *device) {
    return device ? gpu_device_properties(device)->driver : "scalar C";
}

/* ---- signals ---- */

static volatile sig_atomic_t stop;

static void on_signal(int number) {
    stop = 1;
    signal(number, SIG_DFL);
}

const volatile sig_atomic_t *cli_stop_on_signals(void) {
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    return &stop;
}
