#include "cli/json.h"

#include "base/memory.h"
#include "data/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

json_t *cli_json_real(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

enum status cli_print_json(json_t *value) {
    char *const text = value ? json_dumps(value, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) : NULL;
    json_decref(value);
    if (text == NULL)
        return status_set(STATUS_MEMORY, "out of memory: the result could not be written as JSON");
    puts(text);
    free(text);
    return STATUS_OK;
}
