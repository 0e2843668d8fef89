#include "cli/data.h"

enum status cli_data_open(const struct cli_values *values, size_t others, struct data_set **set) {
    size_t count;
    const char *const *const paths = cli_operands(values, &count);
    *set = NULL;
    if (count <= others)
        return status_set(STATUS_USAGE, "name a data set%s; see --help",
                          others > 0 ? ", and then what to write" : "");
    return data_set_open(set, paths, count - others);
}

static double seconds_since(const struct timespec *start) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) + 1e-9 * (double)(now.tv_nsec - start->tv_nsec);
}

struct cli_progress cli_progress_start(size_t of) {
    struct cli_progress progress = {.of = of, .stop = cli_stop_on_signals()};
    clock_gettime(CLOCK_MONOTONIC, &progress.start);
    return progress;
}

enum status cli_progress_step(void *context, size_t done) {
    struct cli_progress *const progress = context;
    if (*progress->stop)
        return status_set(STATUS_IO, "interrupted after %zu of %zu images", done, progress->of);
    const double seconds = seconds_since(&progress->start);
    if (seconds < progress->shown + 0.2)
        return STATUS_OK;
    progress->shown = seconds;
    char left[CLI_TIME_SIZE];
    const double rate = (double)done / seconds;
    cli_show("%zu/%zu images  %.0f images/s  %s left", done, progress->of, rate,
             cli_time((double)(progress->of - done) / rate, left));
    return STATUS_OK;
}

double cli_progress_end(const struct cli_progress *progress) {
    cli_show("%s", "");
    return seconds_since(&progress->start);
}
