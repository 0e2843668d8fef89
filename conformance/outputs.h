/* outputs.h: the files into which a run's report is written. They are opened before the run, so that a path
 * that cannot be written is known before the work is done, and take their place when all is written.
 */
#ifndef MNSP_CONFORMANCE_OUTPUTS_H
#define MNSP_CONFORMANCE_OUTPUTS_H

#include "base/file.h"
#include "conformance/options.h"
#include "conformance/report.h"

enum { OUTPUTS_MOST = 4 };

struct outputs {
    struct file_writer *writers[OUTPUTS_MOST]; /* NULL: not asked for */
};

/* Errors: STATUS_USAGE when a path cannot be written. */
MNSP_NODISCARD enum status outputs_open(struct outputs *out, const struct options *options);
/* Writes all of them and releases `outputs`, also after an error. */
MNSP_NODISCARD enum status outputs_write(struct outputs *outputs, const struct report *report);
void outputs_discard(struct outputs *outputs);

/* Whether one of them is standard output, which then is for it alone. */
bool outputs_use_stdout(const struct options *options);

#endif
