/* json.h: JSON by jansson, with failures as statuses that name the file, the place and the key.
 *
 *     json_t *root;
 *     TRY(json_read_file(&root, "preset.json", 1 << 20));
 *     int64_t width;
 *     enum status status = json_need_integer(&width, root, "width", "preset.json");
 *     json_decref(root);
 *
 * The values themselves are jansson's (json_t, json_object_get(), json_decref(), ...); what is here is
 * what jansson leaves to its users. `origin` is the name that messages give the document.
 *
 * Caveats: a key that comes twice in an object is an error. Nesting is limited by jansson (2048 levels).
 */
#ifndef MNSP_BASE_JSON_H
#define MNSP_BASE_JSON_H

#include "base/status.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Parses a text of `size` bytes, an object or an array. Errors: STATUS_INVALID with line and column. */
MNSP_NODISCARD enum status json_read_text(json_t **out, const char *text, size_t size, const char *origin);

/* Parses a file of at most `limit` bytes. */
MNSP_NODISCARD enum status json_read_file(json_t **out, const char *path, size_t limit);

/* The value as text on one line, released with free(). */
MNSP_NODISCARD enum status json_write_text(char **out, const json_t *value);

/* The values of an object by key. Errors: STATUS_INVALID when the key is missing or its value is of another
 * type. Texts, objects and arrays are borrowed from `object`. A real may be written as an integer. */
MNSP_NODISCARD enum status json_need_integer(int64_t *out, const json_t *object, const char *key,
                                             const char *origin);
MNSP_NODISCARD enum status json_need_real(double *out, const json_t *object, const char *key,
                                          const char *origin);
MNSP_NODISCARD enum status json_need_boolean(bool *out, const json_t *object, const char *key,
                                             const char *origin);
MNSP_NODISCARD enum status json_need_text(const char **out, const json_t *object, const char *key,
                                          const char *origin);
MNSP_NODISCARD enum status json_need_object(json_t **out, const json_t *object, const char *key,
                                            const char *origin);
MNSP_NODISCARD enum status json_need_array(json_t **out, const json_t *object, const char *key,
                                           const char *origin);

/* What a value is, for messages: "an integer", "a text", ...; "nothing" for null. */
const char *json_kind(const json_t *value);

#endif
