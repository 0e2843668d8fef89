/* read_attention.h: `mnsp read --attention FILE`, where the recogniser looked in the first images, as a
 * picture. */
#ifndef MNSP_CLI_READ_ATTENTION_H
#define MNSP_CLI_READ_ATTENTION_H

#include "cli/cli.h"
#include "train/recognise.h"

struct read_attention;

/* *out is NULL without the option; the others take that. */
MNSP_NODISCARD enum status read_attention_open(struct read_attention **out, const struct cli_values *values,
                                               struct recogniser *recogniser, struct gpu_device *device);
/* Images as recogniser_read() takes them; those that find no room on the page are passed over. */
MNSP_NODISCARD enum status read_attention_add(struct read_attention *attention, const float *images,
                                              size_t count, const struct recogniser_reading *readings);
/* Writes the page, unless there is nothing on it. */
MNSP_NODISCARD enum status read_attention_finish(struct read_attention *attention);
void read_attention_close(struct read_attention *attention);

#endif
