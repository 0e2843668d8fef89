#include "cli/read_output.h"

#include "base/json.h"
#include "cli/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum status find_format(enum read_format *format, const char *name) {
    static const char *const names[] = {
        [READ_TEXT] = "text", [READ_TSV] = "tsv", [READ_JSONL] = "jsonl", [READ_JSON] = "json"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0) {
            *format = (enum read_format)i;
            return STATUS_OK;
        }
    return status_set(STATUS_USAGE, "--format %s: there are text, tsv, jsonl and json", name);
}

enum status read_output_open(struct read_output *out, const struct cli_values *values) {
    const char *const format = cli_text(values, "format");
    *out = (struct read_output){.format = cli_given(values, "json") ? READ_JSON : READ_TEXT};
    if (format != NULL)
        TRY(find_format(&out->format, format));
    if (out->format == READ_JSON && (out->list = json_array()) == NULL)
        return status_set(STATUS_MEMORY, "out of memory");
    if (out->format == READ_TSV)
        puts("image\ttext\tconfidence\tconfidences");
    return STATUS_OK;
}

/* ---- a table ---- */

static void print_cell(const char *text) {
    for (; *text != '\0'; text++)
        switch (*text) {
        case '\t':
            fputs("\\t", stdout);
            break;
        case '\n':
            fputs("\\n", stdout);
            break;
        case '\\':
            fputs("\\\\", stdout);
            break;
        default:
            putchar(*text);
        }
}

static void print_row(const char *image, const struct recogniser_reading *reading) {
    print_cell(image);
    putchar('\t');
    print_cell(reading->text);
    printf("\t%.4f\t", (double)reading->confidence);
    for (size_t i = 0; i < reading->characters; i++)
        printf("%s%.4f", i > 0 ? "," : "", (double)reading->confidences[i]);
    putchar('\n');
}

/* ---- objects ---- */

static json_t *reading_json(const char *image, const struct recogniser_reading *reading) {
    json_t *const confidences = json_array();
    for (size_t i = 0; i < reading->characters; i++)
        json_array_append_new(confidences, cli_json_real((double)reading->confidences[i]));
    return json_pack("{s:o, s:o, s:o, s:o}", "image", cli_json_text(image), "text",
                     cli_json_text(reading->text), "confidence", cli_json_real((double)reading->confidence),
                     "confidences", confidences);
}

static enum status put_object(struct read_output *output, json_t *object) {
    if (object == NULL)
        return status_set(STATUS_MEMORY, "out of memory");
    if (output->format == READ_JSON) {
        json_array_append_new(output->list, object);
        return STATUS_OK;
    }
    char *line;
    const enum status status = json_write_text(&line, object);
    json_decref(object);
    if (status == STATUS_OK) {
        puts(line);
        free(line);
    }
    return status;
}

/* ---- all of them ---- */

enum status read_output_reading(struct read_output *output, const char *image,
                                const struct recogniser_reading *reading) {
    if (output->format == READ_TEXT)
        printf("%s\t%s\t%.4f\n", image, reading->text, (double)reading->confidence);
    else if (output->format == READ_TSV)
        print_row(image, reading);
    else
        return put_object(output, reading_json(image, reading));
    return STATUS_OK;
}

enum status read_output_error(struct read_output *output, const char *image, const char *message) {
    fflush(stdout);
    cli_say("%s", message);
    if (output->format != READ_JSON && output->format != READ_JSONL)
        return STATUS_OK;
    return put_object(
        output, json_pack("{s:o, s:o}", "image", cli_json_text(image), "error", cli_json_text(message)));
}

enum status read_output_finish(struct read_output *output) {
    if (output->format != READ_JSON)
        return STATUS_OK;
    json_t *const list = output->list;
    output->list = NULL;
    return cli_print_json(json_pack("{s:o}", "images", list));
}

void read_output_close(struct read_output *output) {
    json_decref(output->list);
    output->list = NULL;
}
