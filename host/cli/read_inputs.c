#include "cli/read_inputs.h"

#include "base/memory.h"
#include "base/range.h"
#include "data/ink.h"
#include "data/source.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

struct input {
    const char *path;
    struct data_set *set; /* NULL: one image, or what cannot be opened */
    enum status status;   /* of opening it */
    char *message;
    size_t first, count; /* of all images */
};

struct read_inputs {
    struct input *inputs;
    size_t input_count, count;
};

static bool is_list(const char *path) {
    static const char *const endings[] = {".tsv", ".txt", ".json", ".jsonl"};
    const size_t length = strlen(path);
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        const size_t size = strlen(endings[i]);
        if (length > size && strcasecmp(path + length - size, endings[i]) == 0)
            return true;
    }
    return false;
}

static bool is_image(const char *path) {
    static const char render[] = "render:";
    struct stat about;
    if (strncmp(path, render, sizeof render - 1) == 0)
        return false;
    return !is_list(path) && (stat(path, &about) != 0 || !S_ISDIR(about.st_mode));
}

static enum status open_input(struct input *input, const char *path, size_t first) {
    *input = (struct input){.path = path, .first = first, .count = 1};
    if (is_image(path))
        return STATUS_OK;
    input->status = data_set_open(&input->set, &path, 1);
    if (input->status == STATUS_MEMORY)
        return input->status;
    if (input->status != STATUS_OK)
        return memory_copy_text(&input->message, status_message());
    input->count = data_set_count(input->set);
    return STATUS_OK;
}

enum status read_inputs_open(struct read_inputs **out, const char *const *operands, size_t count) {
    struct read_inputs *inputs;
    *out = NULL;
    TRY(memory_new(&inputs, 1, sizeof *inputs));
    enum status status = memory_new(&inputs->inputs, count, sizeof *inputs->inputs);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        inputs->input_count++;
        status = open_input(&inputs->inputs[i], operands[i], inputs->count);
        inputs->count += inputs->inputs[i].count;
    }
    if (status != STATUS_OK) {
        read_inputs_close(inputs);
        return status;
    }
    *out = inputs;
    return STATUS_OK;
}

void read_inputs_close(struct read_inputs *inputs) {
    if (inputs == NULL)
        return;
    for (size_t i = 0; i < inputs->input_count; i++) {
        data_set_close(inputs->inputs[i].set);
        free(inputs->inputs[i].message);
    }
    free(inputs->inputs);
    free(inputs);
}

size_t read_inputs_count(const struct read_inputs *inputs) {
    return inputs->count;
}

/* The last input that does not begin behind image i. */
static const struct input *input_of(const struct read_inputs *inputs, size_t i) {
    return &inputs->inputs[range_find(&inputs->inputs[0].first, sizeof inputs->inputs[0], inputs->input_count,
                                      i)];
}

enum status read_inputs_name(const struct read_inputs *inputs, size_t i, char **name) {
    const struct input *const input = input_of(inputs, i);
    return input->set == NULL ? memory_copy_text(name, input->path)
                              : data_set_item_name(input->set, i - input->first, name);
}

enum status read_inputs_image(const struct read_inputs *inputs, size_t i, struct data_image *image) {
    const struct input *const input = input_of(inputs, i);
    if (input->status != STATUS_OK)
        return status_set(input->status, "%s", input->message);
    return input->set == NULL ? data_image_read(image, input->path)
                              : data_set_read(input->set, i - input->first, image);
}

enum status read_inputs_ink(const struct read_inputs *inputs, size_t i, const struct data_image *image,
                            uint32_t height, uint32_t width, float *ink, bool *known) {
    const struct input *const input = input_of(inputs, i);
    return data_ink_find(ink, known, input->set, i - input->first, image, height, width);
}
