/* step.h: what `mnsp replay`, `mnsp bench` and `mnsp profile` share: choosing a training step by options. */
#ifndef MNSP_CLI_STEP_H
#define MNSP_CLI_STEP_H

#include "cli/cli.h"
#include "train/step.h"

/* The objective of that name; "recogniser" also stands for recognition. Errors: STATUS_USAGE. */
MNSP_NODISCARD enum status cli_objective(enum settings_objective *out, const char *option, const char *name);

/* The settings of the step that --step, --preset, --batch and the settings among the options describe. What
 * is not given: lmim, the preset of the published size, 8 images. */
#define CLI_STEP_OPTIONS                                                                                     \
    {"step", "OBJECTIVE", "the training step: mae, lmim, mnsp or recognition"},                              \
        {"batch", "N", "images of the step; default 8"}, {"json", NULL, "print one JSON object"},            \
        CLI_DEVICE_OPTIONS
MNSP_NODISCARD enum status cli_step_settings(const struct cli_values *values, struct settings *settings);
/* The preset of those settings, as it was named. */
const char *cli_step_preset(const struct cli_values *values, const struct settings *settings);

/* Makes that step, with initial weights and made-up images. */
MNSP_NODISCARD enum status cli_step_create(struct train_step **out, const struct settings *settings,
                                           struct gpu_device *device, bool timed);

/* ---- what a node costs ---- */

/* Bytes that it reads and writes at least. */
double cli_node_bytes(const struct graph_node *node);
/* Is its speed a matter of arithmetic (products, attention) rather than of memory? */
bool cli_node_is_product(const struct graph_node *node);
/* "2056x1536x384 nt" (rows, columns, inner, transposed), "8x6 257x257x64" (images, heads, queries, keys,
 * width of a head), or the shape of its largest tensor. */
enum { CLI_SIZES_TEXT = 128 }; /* at least SHAPE_TEXT */
const char *cli_node_sizes(const struct graph_node *node, char text[CLI_SIZES_TEXT]);

/* ---- times ---- */

/* Sorts the values; the mean of the middle two where their number is even. */
double cli_median(double *values, size_t count);

#endif
