#include "base/json.h"

#include "base/file.h"

#include <stdlib.h>

enum status json_read_text(json_t **out, const char *text, size_t size, const char *origin) {
    json_error_t error;
    *out = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    if (*out != NULL)
        return STATUS_OK;
    if (json_error_code(&error) == json_error_out_of_memory)
        return status_set(STATUS_MEMORY, "%s: out of memory while reading JSON", origin);
    return status_set(STATUS_INVALID, "%s: not valid JSON at line %d, column %d: %s", origin, error.line,
                      error.column, error.text);
}

enum status json_read_file(json_t **out, const char *path, size_t limit) {
    char *text;
    size_t size;
    *out = NULL;
    TRY(file_read(&text, &size, path, limit));
    const enum status status = json_read_text(out, text, size, path);
    free(text);
    return status;
}

enum status json_write_text(char **out, const json_t *value) {
    *out = json_dumps(value, JSON_ENCODE_ANY);
    return *out == NULL ? status_set(STATUS_MEMORY, "out of memory while writing JSON") : STATUS_OK;
}

const char *json_kind(const json_t *value) {
    if (value == NULL)
        return "nothing";
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_STRING:
        return "a text";
    case JSON_INTEGER:
        return "an integer";
    case JSON_REAL:
        return "a real number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "a boolean";
    case JSON_NULL:
        return "null";
    }
    return "something else";
}

static enum status need(json_t **out, const json_t *object, const char *key, const char *origin,
                        bool (*fits)(const json_t *), const char *kind) {
    *out = json_object_get(object, key);
    if (*out == NULL)
        return status_set(STATUS_INVALID, "%s: key '%s' is missing, expected %s", origin, key, kind);
    if (!fits(*out))
        return status_set(STATUS_INVALID, "%s: key '%s' is %s, expected %s", origin, key, json_kind(*out),
                          kind);
    return STATUS_OK;
}

static bool is_integer(const json_t *value) {
    return json_is_integer(value);
}

static bool is_number(const json_t *value) {
    return json_is_number(value);
}

static bool is_boolean(const json_t *value) {
    return json_is_boolean(value);
}

static bool is_text(const json_t *value) {
    return json_is_string(value);
}

static bool is_object(const json_t *value) {
    return json_is_object(value);
}

static bool is_array(const json_t *value) {
    return json_is_array(value);
}

enum status json_need_integer(int64_t *out, const json_t *object, const char *key, const char *origin) {
    json_t *value;
    TRY(need(&value, object, key, origin, is_integer, "an integer"));
    *out = json_integer_value(value);
    return STATUS_OK;
}

enum status json_need_real(double *out, const json_t *object, const char *key, const char *origin) {
    json_t *value;
    TRY(need(&value, object, key, origin, is_number, "a number"));
    *out = json_number_value(value);
    return STATUS_OK;
}

enum status json_need_boolean(bool *out, const json_t *object, const char *key, const char *origin) {
    json_t *value;
    TRY(need(&value, object, key, origin, is_boolean, "a boolean"));
    *out = json_is_true(value);
    return STATUS_OK;
}

enum status json_need_text(const char **out, const json_t *object, const char *key, const char *origin) {
    json_t *value;
    TRY(need(&value, object, key, origin, is_text, "a text"));
    *out = json_string_value(value);
    return STATUS_OK;
}

enum status json_need_object(json_t **out, const json_t *object, const char *key, const char *origin) {
    return need(out, object, key, origin, is_object, "an object");
}

enum status json_need_array(json_t **out, const json_t *object, const char *key, const char *origin) {
    return need(out, object, key, origin, is_array, "an array");
}
