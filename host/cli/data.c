#include "cli/data.h"

#include "base/clock.h"

enum status cli_data_open(const struct cli_values *values, size_t others, struct data_set **set) {
    size_t count;
    const char *const *const paths = cli_operands(values, &count);
    *set = NULL;
    if (count <= others)
        return status_set(STATUS_USAGE, "name a data set%s; see --help",
                          others > 0 ? ", and then what to write" : "");
    return data_set_open(set, paths, count - others);
}

struct cli_progress cli_progress_start(size_t of) {
    return (struct cli_progress){.of = of, .stop = cli_stop_on_signals(), .start = clock_seconds()};
}

enum status cli_progress_step(void *context, size_t done) {
    struct cli_progress *const progress = context;
    if (*progress->stop)
        return status_set(STATUS_IO, "interrupted after %zu of %zu images", done, progress->of);
    const double seconds = clock_seconds() - progress->start;
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
    return clock_seconds() - progress->start;
}
