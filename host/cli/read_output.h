/* read_output.h: what `mnsp read` prints of each image, in the format of --format.
 *
 *     text    path, tab, text, tab, confidence
 *     tsv     a table with a line of names; \t, \n and \\ stand for a tab, a line end and a backslash
 *     jsonl   an object a line: {"image", "text", "confidence", "confidences"} or {"image", "error"}
 *     json    one object: {"images": [these objects]}
 *
 * Bad images are named on stderr too, whatever the format.
 */
#ifndef MNSP_CLI_READ_OUTPUT_H
#define MNSP_CLI_READ_OUTPUT_H

#include "cli/cli.h"
#include "train/recognise.h"

#include <jansson.h>

enum read_format { READ_TEXT, READ_TSV, READ_JSONL, READ_JSON };

struct read_output {
    enum read_format format;
    json_t *list; /* of READ_JSON */
};

/* The format of --format, or of --json. Errors: STATUS_USAGE. */
MNSP_NODISCARD enum status read_output_open(struct read_output *out, const struct cli_values *values);

MNSP_NODISCARD enum status read_output_reading(struct read_output *output, const char *image,
                                               const struct recogniser_reading *reading);
MNSP_NODISCARD enum status read_output_error(struct read_output *output, const char *image,
                                             const char *message);

/* Ends the output: prints what has been collected. */
MNSP_NODISCARD enum status read_output_finish(struct read_output *output);
void read_output_close(struct read_output *output);

#endif
