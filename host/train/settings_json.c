/* Settings as JSON, and presets. */
#include "train/settings.h"

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST_PRESET = 1 << 20 };

/* ---- writing ---- */

/* Numbers are written by settings_format() and not by jansson, which would write 0.1 with 17 digits. */
static enum status put_value(FILE *stream, const struct settings *settings, const struct setting *row) {
    char text[SETTINGS_TEXT_SIZE];
    settings_format(settings, row, text);
    if (row->kind != SETTINGS_CHOICE && row->kind != SETTINGS_TEXT) {
        fputs(text, stream);
        return STATUS_OK;
    }
    char *quoted;
    json_t *const value = json_string(text);
    const enum status status = json_write_text(&quoted, value);
    json_decref(value);
    if (status == STATUS_OK)
        fputs(quoted, stream);
    free(quoted);
    return status;
}

enum status settings_to_json(char **out, const struct settings *settings) {
    char *text = NULL;
    size_t size;
    enum status status = STATUS_OK;
    FILE *const stream = open_memstream(&text, &size);
    *out = NULL;
    if (stream == NULL)
        return status_set(STATUS_MEMORY, "out of memory while writing settings");
    const struct setting *const table = settings_table();
    for (size_t i = 0; status == STATUS_OK && i < settings_count(); i++) {
        fprintf(stream, "%s\n    \"%s\": ", i ? "," : "{", table[i].name);
        status = put_value(stream, settings, &table[i]);
    }
    fputs("\n}\n", stream);
    const bool failed = ferror(stream) != 0;
    if ((fclose(stream) != 0 || failed) && status == STATUS_OK)
        status = status_set(STATUS_MEMORY, "out of memory while writing settings");
    if (status == STATUS_OK)
        *out = text;
    else
        free(text);
    return status;
}

/* ---- reading ---- */

/* Is the value of the kind that the setting has? "4" is no number and 4 no text. */
static bool fits(const struct setting *row, const json_t *value) {
    switch (row->kind) {
    case SETTINGS_INTEGER:
        return json_is_integer(value);
    case SETTINGS_REAL:
        return json_is_number(value);
    case SETTINGS_BOOLEAN:
        return json_is_boolean(value);
    case SETTINGS_CHOICE:
    case SETTINGS_TEXT:
        return json_is_string(value);
    }
    return false;
}

static enum status set_from_value(struct settings *settings, const char *key, const json_t *value) {
    const struct setting *const row = strchr(key, '-') == NULL ? settings_find(key) : NULL;
    if (row == NULL) /* for its message */
        return settings_set(settings, strncmp(key, "no_", 3) == 0 ? key + 3 : key, "");
    if (!fits(row, value)) {
        char range[SETTINGS_TEXT_SIZE];
        return status_set(STATUS_USAGE, "setting '%s' is %s, expected %s", key, json_kind(value),
                          settings_range(row, range));
    }
    if (json_is_string(value))
        return settings_set(settings, key, json_string_value(value));
    char number[SETTINGS_TEXT_SIZE];
    if (json_is_integer(value))
        snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value))
        snprintf(number, sizeof number, "%.17g", json_real_value(value));
    else
        snprintf(number, sizeof number, "%s", json_is_true(value) ? "true" : "false");
    return settings_set(settings, key, number);
}

static enum status set_from_object(struct settings *settings, json_t *object) {
    if (!json_is_object(object))
        return status_set(STATUS_USAGE, "the settings are %s, expected an object", json_kind(object));
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value) {
        if (strcmp(key, "about") != 0)
            TRY(set_from_value(settings, key, value));
    }
    return STATUS_OK;
}

enum status settings_from_json(struct settings *settings, const char *text, const char *origin) {
    json_t *object;
    struct settings next = *settings;
    TRY(json_read_text(&object, text, strlen(text), origin));
    const enum status status = set_from_object(&next, object);
    json_decref(object);
    if (status != STATUS_OK)
        return status_context(status, "%s", origin);
    *settings = next;
    return STATUS_OK;
}

/* ---- presets ---- */

static enum status load_file(struct settings *settings, const char *path) {
    char *text;
    TRY(file_read(&text, NULL, path, LARGEST_PRESET));
    const enum status status = settings_from_json(settings, text, path);
    free(text);
    return status;
}

/* Writes the presets' names into `out`, as ": a, b, c". A folder that is missing has none. */
static void list_presets(char *out, size_t size, const char *const *folders, size_t folder_count) {
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < folder_count; i++) {
        struct file_names names;
        if (file_list(&names, folders[i], ".json") != STATUS_OK)
            continue;
        for (size_t j = 0; j < names.count && used < size; j++)
            used += (size_t)snprintf(out + used, size - used, "%s%.*s", used ? ", " : ": ",
                                     (int)(strlen(names.names[j]) - strlen(".json")), names.names[j]);
        file_names_free(&names);
    }
}

enum status settings_load_preset(struct settings *settings, const char *name, const char *const *folders,
                                 size_t folder_count) {
    if (strchr(name, '/') != NULL || text_ends_with(name, ".json"))
        return load_file(settings, name);
    for (size_t i = 0; i < folder_count; i++) {
        char *path;
        TRY(memory_format(&path, "%s/%s.json", folders[i], name));
        const bool there = file_exists(path);
        const enum status status = there ? load_file(settings, path) : STATUS_OK;
        free(path);
        if (there)
            return status;
    }
    char names[512];
    list_presets(names, sizeof names, folders, folder_count);
    return status_set(STATUS_USAGE, "no preset '%.80s'; name a path or one of those there are%s", name,
                      names);
}
