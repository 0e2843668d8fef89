/* reading.h: what `mnsp eval` and `mnsp read` share: opening a recogniser by options. */
#ifndef MNSP_CLI_READING_H
#define MNSP_CLI_READING_H

#include "cli/cli.h"
#include "cli/json.h"
#include "train/recognise.h"

/* Options behind --model are for files that do not say themselves. */
#define CLI_READING_OPTIONS                                                                                  \
    {"model", "FILE",                                                                                        \
     "the recogniser: a checkpoint of 'mnsp finetune', or weights with the same names; default: the one "    \
     "that comes with mnsp"},                                                                                \
        {"json", NULL, "print one JSON object"}, {"batch", "N", "images that are read at once; default 32"}, \
        {"beam", "K", "search for the best text with K at a time in view (1 .. 64); default 1, greedy"},     \
        {"length-penalty", "A",                                                                              \
         "how much the search favours longer texts; 0: the most probable one wins; default 0.6"},            \
        {"charset", "FILE", "the character set, where it is not the one the model was trained with"},        \
        {"heads", "N", "attention heads of the encoder, for weights that do not say; default width / 64"},   \
        {"decoder-heads", "N", "attention heads of the recogniser's decoder, likewise; default 8"},          \
        {"max-length", "N", "places of a text, the end mark included, likewise; default 25"},                \
        {"tiles", "fixed|known|measured",                                                                    \
         "tiles of matrix products: by a fixed rule, as measured earlier on this device, or measured first " \
         "where they were not; default known"},                                                              \
        {"no-use-average", NULL, "read with the weights of the last step, not with their average"},          \
        CLI_THREADS_OPTION, CLI_DEVICE_OPTIONS

/* The file of --model, or else of the recogniser that comes with mnsp. Release with free(). Errors:
 * STATUS_USAGE when there is neither. */
MNSP_NODISCARD enum status cli_model(const struct cli_values *values, char **path);

/* Opens the recogniser in a file on the device, for at most `most` images at once. */
MNSP_NODISCARD enum status cli_recogniser(const struct cli_values *values, const char *path, size_t most,
                                          struct gpu_device *device, struct recogniser **recogniser);

#endif
