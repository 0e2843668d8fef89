/* json.h: results as JSON, for the option --json. */
#ifndef MNSP_CLI_JSON_H
#define MNSP_CLI_JSON_H

#include "base/status.h"

#include <jansson.h>

/* Bytes as a JSON text: those that are not UTF-8, as a path may have them, become U+FFFD. */
json_t *cli_json_text(const char *bytes);

/* A number, or null where it is none: JSON has neither infinity nor NaN. */
json_t *cli_json_real(double value);

/* Prints a value, indented, and releases it; NULL means that memory ran out. */
MNSP_NODISCARD enum status cli_print_json(json_t *value);

#endif
