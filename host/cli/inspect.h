/* inspect.h: the parts of `mnsp inspect`. Each looks at one kind of thing and gives a JSON object, which is
 * also what the text is printed from; but attention, which takes its time, is printed image by image. */
#ifndef MNSP_CLI_INSPECT_H
#define MNSP_CLI_INSPECT_H

#include "cli/cli.h"
#include "cli/json.h"

/* A safetensors file: a checkpoint, or other tensors. */
MNSP_NODISCARD enum status inspect_tensors(json_t **out, const char *path);
void inspect_print_tensors(const json_t *object, bool all);

/* A data set; `most` images are decoded, evenly spread. */
MNSP_NODISCARD enum status inspect_data(json_t **out, const char *source, size_t most);
void inspect_print_data(const json_t *object);

/* The folder of a run, and whether a folder is one. */
bool inspect_is_run(const char *path);
MNSP_NODISCARD enum status inspect_run(json_t **out, const char *path);
void inspect_print_run(const json_t *object);

/* `mnsp inspect --attention`: where the class token of a checkpoint's encoder looks in images; operands are
 * the checkpoint, then the images. */
MNSP_NODISCARD enum status inspect_attention(const struct cli_values *values);

/* ---- shared ---- */

/* All settings as an object; NULL when memory ran out. */
json_t *inspect_settings(const struct settings *settings);
/* Those that are not the defaults, a line or more. */
void inspect_print_settings(const json_t *settings);

/* Members of an object: "" or 0 where they are missing or null. */
const char *inspect_text(const json_t *object, const char *key);
double inspect_real(const json_t *object, const char *key);

#endif
