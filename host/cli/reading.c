#include "cli/reading.h"

#include "base/memory.h"
#include "data/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum status cli_recogniser(const struct cli_values *values, size_t most, struct gpu_device *device,
                           struct recogniser **recogniser) {
    static const struct {
        const char *option, *setting;
    } names[] = {{"charset", "charset"},
                 {"heads", "heads"},
                 {"decoder-heads", "recognition_heads"},
                 {"max-length", "max_length"}};
    struct recogniser_override overrides[sizeof names / sizeof names[0]];
    struct recogniser_options options = {.device = device, .overrides = overrides};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (cli_given(values, names[i].option))
            overrides[options.override_count++] =
                (struct recogniser_override){names[i].setting, cli_text(values, names[i].option)};
    long long batch = 32;
    TRY(cli_required(values, "model", &options.path));
    TRY(cli_number(values, "batch", 1, &batch));
    options.batch = (size_t)batch < most ? (size_t)batch : most;
    return recogniser_open(recogniser, &options);
}

json_t *cli_json_text(const char *bytes) {
    const char *const end = bytes + strlen(bytes);
    char *text;
    if (memory_new(&text, (size_t)(end - bytes) + 1, 3) != STATUS_OK)
        return NULL;
    char *write = text;
    while (bytes < end) {
        uint32_t code_point;
        if (!data_utf8_next(&bytes, end, &code_point)) {
            code_point = 0xFFFD;
            bytes++;
        }
        write += data_utf8_put(write, code_point);
    }
    json_t *const value = json_string(text);
    free(text);
    return value;
}

enum status cli_print_json(json_t *object) {
    char *const text = object ? json_dumps(object, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) : NULL;
    json_decref(object);
    if (text == NULL)
        return status_set(STATUS_MEMORY, "out of memory: the result could not be written as JSON");
    puts(text);
    free(text);
    return STATUS_OK;
}
