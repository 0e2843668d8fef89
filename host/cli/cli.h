/* cli.h: what the commands of `mnsp` share: options, settings, devices, output.
 *
 * A command is one file with one structure, listed in main.c:
 *
 *     static enum status run(const struct cli_values *values) { ... }
 *     const struct cli_command command_devices = {
 *         .name = "devices", .summary = "list the devices", .example = "mnsp devices", .run = run};
 *
 * A name may be of two words, "data check"; the first then names a group.
 *
 * Options are GNU long options. A command lists its own; with `settings` set, every setting of
 * train/settings.def is an option too, with dashes for underscores, unless the command has one of that name
 * itself. --help comes by itself.
 *
 * Only this room prints and exits. Results go to stdout, everything else to stderr. Exit status: 0 done, 1
 * failed, 2 wrong usage.
 */
#ifndef MNSP_CLI_CLI_H
#define MNSP_CLI_CLI_H

#include "base/status.h"
#include "gpu/gpu.h"
#include "train/settings.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

struct cli_option {
    const char *name;     /* "data" for --data */
    const char *argument; /* what its value is called in the help; NULL: it takes none */
    const char *help;
};

struct cli_values;

struct cli_command {
    const char *name;
    const char *operands;             /* as in the usage line, such as "FILE"; "" for none */
    const char *summary;              /* one line without a full stop */
    const char *example;              /* one command line */
    const struct cli_option *options; /* up to one without a name; NULL for none */
    bool settings;                    /* takes --preset and every setting */
    const char *preset;               /* the preset when none is named; NULL for none */
    enum status (*run)(const struct cli_values *values);
};

extern const struct cli_command command_devices, command_pretrain, command_finetune, command_eval,
    command_read, command_replay, command_inspect, command_export, command_bench, command_profile,
    command_data_check, command_data_convert, command_data_split, command_data_render, command_completion;

/* ---- what was given ---- */

/* The value of an option, the last one if it was repeated; NULL when it was not given. */
const char *cli_text(const struct cli_values *values, const char *option);
bool cli_given(const struct cli_values *values, const char *option);
/* All values of an option, in order. The array lives as long as `values`. */
const char *const *cli_all(const struct cli_values *values, const char *option, size_t *count);
/* What followed the options. */
const char *const *cli_operands(const struct cli_values *values, size_t *count);
/* A whole number of at least `least`. Errors: STATUS_USAGE. *out stays when the option was not given. */
MNSP_NODISCARD enum status cli_number(const struct cli_values *values, const char *option, long long least,
                                      long long *out);
/* The same for a number with a point. */
MNSP_NODISCARD enum status cli_real(const struct cli_values *values, const char *option, double least,
                                    double *out);
/* The option's value; STATUS_USAGE when it was not given. */
MNSP_NODISCARD enum status cli_required(const struct cli_values *values, const char *option,
                                        const char **out);

/* The preset (--preset, or `preset` unless NULL), then the settings given as options, on top of what
 * `settings` holds. */
MNSP_NODISCARD enum status cli_settings(const struct cli_values *values, const char *preset,
                                        struct settings *settings);
/* Only the preset, on top of what `settings` holds; nothing without one. */
MNSP_NODISCARD enum status cli_preset(const struct cli_values *values, const char *preset,
                                      struct settings *settings);
/* Only the settings given as options, on top of what `settings` holds. */
MNSP_NODISCARD enum status cli_override(const struct cli_values *values, struct settings *settings);

/* ---- devices ---- */

/* Options of every command that computes. */
#define CLI_DEVICE_OPTIONS                                                                                   \
    {"device", "N|NAME|reference",                                                                           \
     "where to compute: number or part of the name of a device, or the scalar "                              \
     "reference; default: the best there is"},                                                               \
    {                                                                                                        \
        "validate", NULL, "load the Vulkan validation layer, and fail on its first message"                  \
    }

/* Opens the device of --device; *device is NULL for the reference. Close it with gpu_device_close(). */
MNSP_NODISCARD enum status cli_device(const struct cli_values *values, struct gpu_device **device);
/* "llvmpipe (...)", or "reference". */
const char *cli_device_name(const struct gpu_device *device);
const char *cli_driver_name(const struct gpu_device *device);

/* ---- threads ---- */

/* --threads, or one per processor. Errors: STATUS_USAGE. */
#define CLI_THREADS_OPTION                                                                                   \
    { "threads", "N", "threads that work on images; default: one per processor; the result is the same" }
MNSP_NODISCARD enum status cli_threads(const struct cli_values *values, uint32_t *threads);

/* ---- output ---- */

/* A line on stderr. */
void cli_say(const char *format, ...) MNSP_PRINTF(1, 2);
/* A line on stderr that the next one replaces, when stderr is a terminal; nothing otherwise. */
void cli_show(const char *format, ...) MNSP_PRINTF(1, 2);
/* "2 h 05 min", "3 min 20 s", "41 s". */
enum { CLI_TIME_SIZE = 32 };
const char *cli_time(double seconds, char text[CLI_TIME_SIZE]);

/* Not 0 once SIGINT or SIGTERM has come; a second one ends the program at once. */
const volatile sig_atomic_t *cli_stop_on_signals(void);

#endif
