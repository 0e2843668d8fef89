/* inspect.c: describes a checkpoint or other tensors, what its encoder looks at, a data set, settings,
 * or the folder of a run. */
#include "cli/inspect.h"

#include "base/text.h"
#include "train/page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { STANDARD_IMAGES = 1000 };

static const struct cli_option options[] = {
    {"json", NULL, "print one JSON object"},
    {"html", "FILE", "of a run: write its page, as training does in report.html"},
    {"all", NULL, "every image of a data set, not 1000 of them; and every tensor, the optimiser's too"},
    {"attention", "FILE.png",
     "with images named behind the checkpoint: draw where the class token of its encoder looks in the first "
     "40, and "
     "print how much of its attention falls on text in each"},
    {"heads", "N", "attention heads of the encoder, for weights that do not say; default width / 64"},
    CLI_DEVICE_OPTIONS,
    {0},
};

/* ---- settings ---- */

json_t *inspect_settings(const struct settings *settings) {
    char *text;
    if (settings_to_json(&text, settings) != STATUS_OK)
        return NULL;
    json_t *const object = json_loads(text, 0, NULL);
    free(text);
    return object;
}

static void print_value(const json_t *value) {
    if (json_is_string(value))
        printf("%s", json_string_value(value));
    else if (json_is_boolean(value))
        printf("%s", json_is_true(value) ? "true" : "false");
    else
        printf("%.9g", json_number_value(value));
}

void inspect_print_settings(const json_t *settings) {
    struct settings standard;
    settings_defaults(&standard);
    json_t *const defaults = inspect_settings(&standard);
    const char *key, *before = "settings that are not the defaults: ";
    json_t *value;
    json_object_foreach((json_t *)settings, key, value) {
        if (json_equal(value, json_object_get(defaults, key)))
            continue;
        printf("%s%s ", before, key);
        print_value(value);
        before = ", ";
    }
    if (before[0] == ',')
        printf("\n");
    json_decref(defaults);
}

const char *inspect_text(const json_t *object, const char *key) {
    const char *const text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

double inspect_real(const json_t *object, const char *key) {
    return json_number_value(json_object_get(object, key));
}

/* ---- what it is ---- */

/* Tensors by the name of the file, or by its first bytes: the length of a header, and its brace. */
static bool has_tensors(const char *path) {
    if (text_ends_with(path, ".safetensors"))
        return true;
    unsigned char head[9] = {0};
    struct stat about;
    const bool regular = stat(path, &about) == 0 && S_ISREG(about.st_mode); /* a pipe would keep us waiting */
    FILE *const file = regular ? fopen(path, "rb") : NULL;
    const size_t size = file ? fread(head, 1, sizeof head, file) : 0;
    if (file != NULL)
        fclose(file);
    return size == sizeof head && head[8] == '{' && head[4] == 0 && head[5] == 0 && head[6] == 0 &&
           head[7] == 0;
}

static enum status show_tensors(const struct cli_values *values, const char *path) {
    json_t *object;
    TRY(inspect_tensors(&object, path));
    if (cli_given(values, "json"))
        return cli_print_json(object);
    inspect_print_tensors(object, cli_given(values, "all"));
    json_decref(object);
    return STATUS_OK;
}

static enum status show_run(const struct cli_values *values, const char *path) {
    json_t *object;
    TRY(inspect_run(&object, path));
    if (cli_given(values, "json"))
        return cli_print_json(object);
    inspect_print_run(object);
    json_decref(object);
    return STATUS_OK;
}

static enum status write_page(const struct cli_values *values, const char *path) {
    if (!inspect_is_run(path))
        return status_set(STATUS_USAGE, "%s: not the folder of a run, of which --html writes a page", path);
    const char *const page = cli_text(values, "html");
    TRY(page_write(path, page));
    cli_say("%s", page);
    return STATUS_OK;
}

static enum status show_data(const struct cli_values *values, const char *source) {
    json_t *object;
    TRY(inspect_data(&object, source, cli_given(values, "all") ? SIZE_MAX : STANDARD_IMAGES));
    if (cli_given(values, "json"))
        return cli_print_json(object);
    inspect_print_data(object);
    json_decref(object);
    return STATUS_OK;
}

/* A preset or the settings of a run. Other files of JSON may be lists of images. */
static bool has_settings(const char *path, struct settings *settings) {
    settings_defaults(settings);
    return text_ends_with(path, ".json") && settings_load_preset(settings, path, NULL, 0) == STATUS_OK;
}

static enum status show_settings(const struct cli_values *values, const struct settings *settings,
                                 const char *path) {
    json_t *const object = inspect_settings(settings);
    if (cli_given(values, "json"))
        return cli_print_json(json_pack("{s:s, s:o, s:o}", "kind", "settings", "path", cli_json_text(path),
                                        "settings", object));
    printf("%s: settings\n", path);
    inspect_print_settings(object);
    json_decref(object);
    return STATUS_OK;
}

static enum status run(const struct cli_values *values) {
    struct settings settings;
    size_t count;
    const char *const *const operands = cli_operands(values, &count);
    if (cli_given(values, "attention"))
        return inspect_attention(values);
    if (count != 1)
        return status_set(STATUS_USAGE, "name one file or folder; example: %s",
                          "mnsp inspect run/last.safetensors");
    const char *const path = operands[0];
    if (cli_given(values, "html"))
        return write_page(values, path);
    if (has_tensors(path))
        return show_tensors(values, path);
    if (inspect_is_run(path))
        return show_run(values, path);
    if (has_settings(path, &settings))
        return show_settings(values, &settings, path);
    return show_data(values, path);
}

const struct cli_command command_inspect = {
    .name = "inspect",
    .operands = "FILE|FOLDER [IMAGE|FOLDER|LIST ...]",
    .summary = "describe a checkpoint, a data set or the folder of a run",
    .example = "mnsp inspect run/last.safetensors",
    .options = options,
    .run = run,
};
