/* inspect_data.c: a data set: how many images, of which sizes, with which labels. */
#include "cli/inspect.h"

#include "base/memory.h"
#include "data/source.h"
#include "data/text.h"

#include <stdio.h>
#include <stdlib.h>

enum { EXAMPLES = 10 };

/* Numbers of one kind, for their least, median and greatest. */
struct numbers {
    uint32_t *values;
    size_t count;
};

struct survey {
    struct data_set *set;
    struct numbers widths, heights, lengths; /* images; characters of labels */
    json_t *examples, *problems;
    size_t looked_at, problem_count;
};

static int compare(const void *a, const void *b) {
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static json_t *range_json(struct numbers *numbers) {
    if (numbers->count == 0)
        return json_null();
    qsort(numbers->values, numbers->count, sizeof *numbers->values, compare);
    return json_pack("{s:I, s:I, s:I}", "min", (json_int_t)numbers->values[0], "median",
                     (json_int_t)numbers->values[numbers->count / 2], "max",
                     (json_int_t)numbers->values[numbers->count - 1]);
}

/* ---- looking at items ---- */

static void note_problem(struct survey *survey) {
    if (survey->problem_count++ < EXAMPLES)
        json_array_append_new(survey->problems, cli_json_text(status_message()));
}

static void add_example(struct survey *survey, const char *name, const char *label,
                        const struct data_image *image) {
    if (json_array_size(survey->examples) < EXAMPLES)
        json_array_append_new(survey->examples,
                              json_pack("{s:o, s:o, s:I, s:I}", "image", cli_json_text(name), "label",
                                        label ? cli_json_text(label) : json_null(), "width",
                                        (json_int_t)image->width, "height", (json_int_t)image->height));
}

static enum status look_at(struct survey *survey, size_t index) {
    struct data_image image = {0};
    char *label = NULL, *name = NULL;
    TRY(data_set_item_name(survey->set, index, &name));
    survey->looked_at++;
    enum status status = data_set_read(survey->set, index, &image);
    if (status == STATUS_OK)
        status = data_set_label(survey->set, index, &label);
    if (status == STATUS_OK) {
        survey->widths.values[survey->widths.count++] = image.width;
        survey->heights.values[survey->heights.count++] = image.height;
        if (label != NULL)
            survey->lengths.values[survey->lengths.count++] = (uint32_t)data_text_length(label);
        add_example(survey, name, label, &image);
    } else if (status == STATUS_INVALID || status == STATUS_IO) {
        note_problem(survey);
        status = STATUS_OK;
    }
    data_image_free(&image);
    free(label);
    free(name);
    return status;
}

/* At most `most` items: the first ones, which are shown, and others evenly spread. */
static enum status look_around(struct survey *survey, size_t most) {
    const size_t items = data_set_count(survey->set), count = items < most ? items : most;
    struct numbers *const all[] = {&survey->widths, &survey->heights, &survey->lengths};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        TRY(memory_new(&all[i]->values, count, sizeof *all[i]->values));
    for (size_t i = 0; i < count; i++) {
        if (i % 100 == 0)
            cli_show("image %zu of %zu", i, count);
        TRY(look_at(survey, i < EXAMPLES ? i : (size_t)((double)i * (double)items / (double)count)));
    }
    cli_show("%s", "");
    return STATUS_OK;
}

/* ---- the whole ---- */

static json_t *sources_json(const struct data_set *set) {
    json_t *const sources = json_array();
    for (size_t i = 0; i < data_set_source_count(set); i++) {
        const struct data_source_info source = data_set_source(set, i);
        json_array_append_new(sources, json_pack("{s:o, s:s, s:I, s:b}", "path", cli_json_text(source.path),
                                                 "format", source.format, "images", (json_int_t)source.count,
                                                 "labelled", source.labelled));
    }
    return sources;
}

static json_t *survey_json(struct survey *survey, const char *source) {
    return json_pack("{s:s, s:o, s:o, s:I, s:I, s:I, s:o, s:o, s:o, s:O, s:O}", "kind", "data", "path",
                     cli_json_text(source), "sources", sources_json(survey->set), "images",
                     (json_int_t)data_set_count(survey->set), "looked_at", (json_int_t)survey->looked_at,
                     "unusable", (json_int_t)survey->problem_count, "width", range_json(&survey->widths),
                     "height", range_json(&survey->heights), "label_characters", range_json(&survey->lengths),
                     "examples", survey->examples, "problems", survey->problems);
}

enum status inspect_data(json_t **out, const char *source, size_t most) {
    struct survey survey = {.examples = json_array(), .problems = json_array()};
    enum status status = data_set_open(&survey.set, &source, 1);
    if (status == STATUS_OK)
        status = look_around(&survey, most);
    if (status == STATUS_OK)
        *out = survey_json(&survey, source);
    data_set_close(survey.set);
    free(survey.widths.values);
    free(survey.heights.values);
    free(survey.lengths.values);
    json_decref(survey.examples);
    json_decref(survey.problems);
    return status;
}

/* ---- text ---- */

static void print_range(const json_t *object, const char *key, const char *name) {
    const json_t *const range = json_object_get(object, key);
    if (json_is_object(range))
        printf("  %-18s %.0f to %.0f, median %.0f\n", name, inspect_real(range, "min"),
               inspect_real(range, "max"), inspect_real(range, "median"));
}

static void print_example(const json_t *example) {
    printf("  %-40s %4.0f x %-4.0f  %s\n", inspect_text(example, "image"), inspect_real(example, "width"),
           inspect_real(example, "height"), inspect_text(example, "label"));
}

void inspect_print_data(const json_t *object) {
    const json_t *const sources = json_object_get(object, "sources");
    size_t index;
    json_t *item;
    json_array_foreach((json_t *)sources, index, item) {
        printf("%s: %s, %.0f images, %s\n", inspect_text(item, "path"), inspect_text(item, "format"),
               inspect_real(item, "images"),
               json_is_true(json_object_get(item, "labelled")) ? "with labels" : "without labels");
    }
    printf("of %.0f images looked at, %.0f cannot be used\n", inspect_real(object, "looked_at"),
           inspect_real(object, "unusable"));
    print_range(object, "width", "width");
    print_range(object, "height", "height");
    print_range(object, "label_characters", "label, characters");
    json_array_foreach(json_object_get(object, "examples"), index, item) {
        print_example(item);
    }
    json_array_foreach(json_object_get(object, "problems"), index, item) {
        printf("  %s\n", json_string_value(item));
    }
}
