/* eval_output.h: what `mnsp eval` prints: tables for people, or one JSON object. */
#ifndef MNSP_CLI_EVAL_OUTPUT_H
#define MNSP_CLI_EVAL_OUTPUT_H

#include "cli/cli.h"
#include "train/evaluate.h"
#include "train/worst.h"

#include <jansson.h>

struct eval_output {
    const struct evaluate_result *result;
    const char *model, *device;
    int64_t places;            /* of a text */
    json_t *shown;             /* of --show: {label, text, confidence} */
    size_t confusions;         /* how many of them, at most */
    const struct worst *worst; /* the worst mistakes; NULL: nobody asked for them */
    const char *sheet;         /* and the file of their picture */
};

void eval_output_text(const struct eval_output *output);
MNSP_NODISCARD enum status eval_output_json(const struct eval_output *output);

#endif
