/* inspect_run.c: the folder of a run: what it learns, how far it is, and its checkpoints. */
#include "cli/inspect.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "train/checkpoint.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool inspect_is_run(const char *path) {
    static const char *const names[] = {"settings.json", "log.jsonl", CHECKPOINT_LAST};
    bool found = false;
    for (size_t i = 0; file_is_folder(path) && i < sizeof names / sizeof names[0]; i++) {
        char *inside;
        if (file_join(&inside, path, names[i]) != STATUS_OK)
            return false;
        found = found || file_exists(inside);
        free(inside);
    }
    return found;
}

/* ---- settings, log, checkpoints ---- */

static enum status describe_settings(json_t *object, const char *folder) {
    char *path, objective[SETTINGS_TEXT_SIZE];
    struct settings settings;
    TRY(file_join(&path, folder, "settings.json"));
    settings_defaults(&settings);
    const bool there = file_exists(path);
    const enum status status = there ? settings_load_preset(&settings, path, NULL, 0) : STATUS_OK;
    free(path);
    TRY(status);
    if (!there)
        return STATUS_OK;
    settings_format(&settings, settings_find("objective"), objective);
    json_object_set_new(object, "objective", json_string(objective));
    json_object_set_new(object, "settings", inspect_settings(&settings));
    return STATUS_OK;
}

/* Keeps the first and the last line about a step. Lines that an interrupted program left are passed over. */
static enum status describe_log(json_t *object, const char *folder) {
    char *path, *line = NULL;
    size_t size = 0, steps = 0;
    TRY(file_join(&path, folder, "log.jsonl"));
    FILE *const file = fopen(path, "r");
    free(path);
    if (file == NULL)
        return STATUS_OK;
    while (getline(&line, &size, file) > 0) {
        json_t *const entry = json_loads(line, 0, NULL);
        if (json_object_get(entry, "step") != NULL && json_object_get(entry, "loss") != NULL) {
            json_object_set(object, "last", entry);
            if (steps++ == 0)
                json_object_set(object, "first", entry);
        }
        json_decref(entry);
    }
    free(line);
    fclose(file);
    return STATUS_OK;
}

static enum status add_checkpoint(json_t *checkpoints, const char *folder, const char *name) {
    char *path;
    struct safetensors *file;
    struct checkpoint_state state;
    TRY(file_join(&path, folder, name));
    const enum status status = checkpoint_open(&file, &state, path);
    free(path);
    if (status != STATUS_OK) {
        json_array_append_new(checkpoints, json_pack("{s:o, s:o}", "name", cli_json_text(name), "problem",
                                                     cli_json_text(status_message())));
        return STATUS_OK;
    }
    safetensors_close(file);
    json_array_append_new(checkpoints, json_pack("{s:o, s:I, s:I, s:o}", "name", cli_json_text(name), "step",
                                                 (json_int_t)state.step, "epoch", (json_int_t)state.epoch,
                                                 "program", cli_json_text(state.program)));
    return STATUS_OK;
}

static enum status describe_checkpoints(json_t *object, const char *folder) {
    json_t *const checkpoints = json_array();
    struct file_names names;
    json_object_set_new(object, "checkpoints", checkpoints);
    TRY(file_list(&names, folder, ".safetensors"));
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < names.count; i++)
        status = add_checkpoint(checkpoints, folder, names.names[i]);
    file_names_free(&names);
    return status;
}

enum status inspect_run(json_t **out, const char *path) {
    json_t *const object = json_pack("{s:s, s:o}", "kind", "run", "path", cli_json_text(path));
    enum status status = describe_settings(object, path);
    if (status == STATUS_OK)
        status = describe_log(object, path);
    if (status == STATUS_OK)
        status = describe_checkpoints(object, path);
    if (status != STATUS_OK)
        json_decref(object);
    else
        *out = object;
    return status;
}

/* ---- text ---- */

static void print_step(const char *when, const json_t *entry) {
    if (entry == NULL)
        return;
    printf("  %-6s step %.0f, loss %.4f", when, inspect_real(entry, "step"), inspect_real(entry, "loss"));
    if (json_is_number(json_object_get(entry, "images_per_second")))
        printf(", %.1f images/s", inspect_real(entry, "images_per_second"));
    printf("\n");
}

void inspect_print_run(const json_t *object) {
    size_t index;
    json_t *item;
    printf("%s: a run, %s\n", inspect_text(object, "path"), inspect_text(object, "objective"));
    inspect_print_settings(json_object_get(object, "settings"));
    print_step("first", json_object_get(object, "first"));
    print_step("last", json_object_get(object, "last"));
    json_array_foreach(json_object_get(object, "checkpoints"), index, item) {
        if (json_object_get(item, "problem") != NULL)
            printf("  %s: %s\n", inspect_text(item, "name"), inspect_text(item, "problem"));
        else
            printf("  %s: step %.0f, epoch %.0f\n", inspect_text(item, "name"), inspect_real(item, "step"),
                   inspect_real(item, "epoch"));
    }
}
