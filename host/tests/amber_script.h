/* amber_script.h: reads a script by the grammar of Amber (docs/amber_script.md of
 * https://github.com/google/amber), as far as bundles use it, and by what its parser does beyond that: a
 * number with an exponent has a point, places are multiples of 4 that are floats, behind a shader's last byte
 * there is no white space. What it does not know is an error. It looks into the files that the script names.
 *
 *     struct amber_script script = {.folder = "bundle"};
 *     if (!amber_script_read(&script, text))
 *         fail_msg("line %d: %s", script.line, script.problem);
 */
#ifndef MNSP_TESTS_AMBER_SCRIPT_H
#define MNSP_TESTS_AMBER_SCRIPT_H

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AMBER_TEXT = 256, AMBER_BUFFERS = 48 };

struct amber_script {
    const char *folder;
    int features, specialisations, storage_buffers, runs, expectations; /* how many there are */
    bool has_subgroup_sizes, binds_push;
    /* While reading: */
    struct amber_buffer {
        char name[AMBER_TEXT];
        bool is_float;
        uint64_t elements;
    } buffers[AMBER_BUFFERS];
    int buffer_count, line;
    const char *rest;
    char token[AMBER_TEXT]; /* "\n" at the end of a line, "" at the end of the text */
    char problem[2 * AMBER_TEXT];
};

static inline bool amber_problem(struct amber_script *script, const char *what) {
    snprintf(script->problem, sizeof script->problem, "%s at '%.200s'", what,
             script->token[0] == '\n' ? "the end of the line" : script->token);
    return false;
}

/* ---- tokens ---- */

static inline void amber_next(struct amber_script *script) {
    script->rest += strspn(script->rest, " \t");
    if (*script->rest == '#')
        script->rest += strcspn(script->rest, "\n");
    size_t length = strcspn(script->rest, " \t\n");
    if (length == 0 && *script->rest == '\n') {
        length = 1;
        script->line++;
    }
    snprintf(script->token, sizeof script->token, "%.*s", (int)length, script->rest);
    script->rest += length;
}

static inline bool amber_is(const struct amber_script *script, const char *word) {
    return strcmp(script->token, word) == 0;
}

static inline bool amber_word(struct amber_script *script, const char *word) {
    amber_next(script);
    return amber_is(script, word) || amber_problem(script, word);
}

static inline bool amber_end_of_line(struct amber_script *script) {
    amber_next(script);
    return amber_is(script, "\n") || amber_is(script, "") || amber_problem(script, "the line should end");
}

static inline bool amber_name(struct amber_script *script, char *out) {
    amber_next(script);
    if (!isalpha((unsigned char)script->token[0]))
        return amber_problem(script, "a name should stand");
    snprintf(out, AMBER_TEXT, "%s", script->token);
    return true;
}

static inline bool amber_integer(struct amber_script *script, uint64_t *out) {
    amber_next(script);
    char *end;
    *out = strtoull(script->token, &end, 10);
    if (!isdigit((unsigned char)script->token[0]) || *end != '\0')
        return amber_problem(script, "an integer should stand");
    return true;
}

/* Without a point a number ends before its exponent. */
static inline bool amber_number(struct amber_script *script, double *out) {
    amber_next(script);
    char *end;
    *out = strtod(script->token, &end);
    const bool is_integer = strspn(script->token + (script->token[0] == '-'), "0123456789") ==
                            strlen(script->token + (script->token[0] == '-'));
    if (strpbrk(script->token, "0123456789") == NULL || *end != '\0' ||
        strpbrk(script->token, "xXnN") != NULL || (!is_integer && strchr(script->token, '.') == NULL))
        return amber_problem(script, "a number should stand, with a point if it has an exponent");
    return true;
}

/* ---- files ---- */

/* Released with free(); the number of bytes in *size. */
static inline unsigned char *amber_file(struct amber_script *script, const char *name, size_t *size) {
    char path[3 * AMBER_TEXT];
    snprintf(path, sizeof path, "%s/%s", script->folder, name);
    FILE *const file = fopen(path, "rb");
    unsigned char *bytes = NULL;
    if (file != NULL) {
        fseek(file, 0, SEEK_END);
        *size = (size_t)ftell(file);
        rewind(file);
        bytes = malloc(*size + 1);
        if (bytes != NULL && fread(bytes, 1, *size, file) != *size) {
            free(bytes);
            bytes = NULL;
        }
        fclose(file);
    }
    if (bytes == NULL)
        amber_problem(script, "a file that can be read should be named");
    return bytes;
}

/* ---- SHADER, BUFFER ---- */

static inline bool amber_same_bytes(struct amber_script *script, const unsigned char *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if (i != 0) {
            script->line += *script->rest == '\n';
            script->rest += strspn(script->rest, " \n") == 1;
        }
        if (!isxdigit((unsigned char)script->rest[0]) || !isxdigit((unsigned char)script->rest[1]) ||
            (i + 1 < size && strchr(" \n", script->rest[2]) == NULL))
            return amber_problem(script, "the shader should be bytes of two digits");
        const char digits[] = {script->rest[0], script->rest[1], '\0'};
        if (strtoul(digits, NULL, 16) != bytes[i])
            return amber_problem(script, "the shader should be that of shader.spv");
        script->rest += 2;
    }
    return strncmp(script->rest, "END\n", 4) == 0 || amber_problem(script, "END should follow the last byte");
}

static inline bool amber_shader(struct amber_script *script) {
    if (!amber_word(script, "compute") || !amber_word(script, "shader") || !amber_word(script, "SPIRV-HEX") ||
        !amber_end_of_line(script))
        return false;
    size_t size;
    unsigned char *const bytes = amber_file(script, "shader.spv", &size);
    const bool is_same = bytes != NULL && amber_same_bytes(script, bytes, size);
    free(bytes);
    return is_same && amber_word(script, "END") && amber_end_of_line(script);
}

static inline struct amber_buffer *amber_known_buffer(struct amber_script *script) {
    char name[AMBER_TEXT];
    if (!amber_name(script, name))
        return NULL;
    for (int i = 0; i < script->buffer_count; i++)
        if (strcmp(script->buffers[i].name, name) == 0)
            return &script->buffers[i];
    amber_problem(script, "a buffer should be named");
    return NULL;
}

static inline bool amber_buffer_data(struct amber_script *script, struct amber_buffer *buffer) {
    if (!amber_end_of_line(script))
        return false;
    for (const char *before = script->rest; strncmp(before, "END", 3) != 0; before = script->rest) {
        uint64_t value;
        if (!amber_integer(script, &value) || !amber_end_of_line(script))
            return false;
        buffer->elements++;
    }
    return amber_word(script, "END") && amber_end_of_line(script);
}

static inline bool amber_buffer_file(struct amber_script *script, const struct amber_buffer *buffer) {
    char name[AMBER_TEXT];
    size_t size = 0;
    if (!amber_word(script, "BINARY") || !amber_name(script, name))
        return false;
    unsigned char *const bytes = amber_file(script, name, &size);
    free(bytes);
    if (bytes == NULL)
        return false;
    if (size != buffer->elements * 4)
        return amber_problem(script, "the file should be as long as the buffer");
    return amber_end_of_line(script);
}

static inline bool amber_buffer(struct amber_script *script) {
    double value;
    if (script->buffer_count == AMBER_BUFFERS)
        return amber_problem(script, "there are more buffers than this knows");
    struct amber_buffer *const buffer = &script->buffers[script->buffer_count++];
    if (!amber_name(script, buffer->name) || !amber_word(script, "DATA_TYPE"))
        return false;
    amber_next(script);
    buffer->is_float = amber_is(script, "float");
    if (!buffer->is_float && !amber_is(script, "uint32"))
        return amber_problem(script, "a type should stand");
    amber_next(script);
    if (amber_is(script, "DATA"))
        return amber_buffer_data(script, buffer);
    if (!amber_is(script, "SIZE") || !amber_integer(script, &buffer->elements) || buffer->elements == 0)
        return amber_problem(script, "a size above 0 should stand");
    amber_next(script);
    if (amber_is(script, "FILE"))
        return amber_buffer_file(script, buffer);
    return (amber_is(script, "FILL") || amber_problem(script, "FILL or FILE should stand")) &&
           amber_number(script, &value) && amber_end_of_line(script);
}

/* ---- PIPELINE, RUN ---- */

static inline bool amber_attach(struct amber_script *script) {
    if (!amber_word(script, "shader"))
        return false;
    for (;;) {
        uint64_t id, value;
        amber_next(script);
        if (amber_is(script, "\n"))
            return true;
        if (!amber_is(script, "SPECIALIZE"))
            return amber_problem(script, "SPECIALIZE should stand");
        if (!amber_integer(script, &id) || !amber_word(script, "AS") || !amber_word(script, "uint32") ||
            !amber_integer(script, &value))
            return false;
        script->specialisations++;
    }
}

static inline bool amber_bind(struct amber_script *script) {
    uint64_t set, binding;
    if (!amber_word(script, "BUFFER") || amber_known_buffer(script) == NULL || !amber_word(script, "AS"))
        return false;
    amber_next(script);
    if (amber_is(script, "push_constant")) {
        script->binds_push = true;
        return amber_end_of_line(script);
    }
    if (!amber_is(script, "storage"))
        return amber_problem(script, "storage or push_constant should stand");
    if (!amber_word(script, "DESCRIPTOR_SET") || !amber_integer(script, &set) ||
        !amber_word(script, "BINDING") || !amber_integer(script, &binding) || !amber_end_of_line(script))
        return false;
    if (set != 0 || binding != (uint64_t)script->storage_buffers++)
        return amber_problem(script, "the bindings should be 0, 1, ... of set 0");
    return true;
}

static inline bool amber_subgroup(struct amber_script *script) {
    uint64_t size;
    if (!script->has_subgroup_sizes)
        return amber_problem(script, "a DEVICE_FEATURE should say that sizes of subgroups are chosen");
    return amber_word(script, "shader") && amber_end_of_line(script) && amber_word(script, "REQUIRED_SIZE") &&
           amber_integer(script, &size) && amber_end_of_line(script) && amber_word(script, "END") &&
           amber_end_of_line(script);
}

static inline bool amber_pipeline(struct amber_script *script) {
    if (!amber_word(script, "compute") || !amber_word(script, "pipeline") || !amber_end_of_line(script))
        return false;
    for (;;) {
        amber_next(script);
        bool is_well = false;
        if (amber_is(script, "END"))
            return amber_end_of_line(script);
        if (amber_is(script, "ATTACH"))
            is_well = amber_attach(script);
        else if (amber_is(script, "BIND"))
            is_well = amber_bind(script);
        else if (amber_is(script, "SUBGROUP"))
            is_well = amber_subgroup(script);
        else
            amber_problem(script, "a statement of a pipeline should stand");
        if (!is_well)
            return false;
    }
}

static inline bool amber_run(struct amber_script *script) {
    uint64_t groups;
    script->runs++;
    return amber_word(script, "pipeline") && amber_integer(script, &groups) &&
           amber_integer(script, &groups) && amber_integer(script, &groups) && amber_end_of_line(script);
}

/* ---- EXPECT ---- */

/* The value must be that of the bundle, whatever way it is written. */
static inline bool amber_same_value(struct amber_script *script, const struct amber_buffer *buffer,
                                    uint64_t place, double value) {
    char name[2 * AMBER_TEXT];
    size_t size;
    snprintf(name, sizeof name, "%s.expected.bin", buffer->name);
    unsigned char *const bytes = amber_file(script, name, &size);
    if (bytes == NULL)
        return false;
    float expected = 0;
    if (place + sizeof expected <= size)
        memcpy(&expected, bytes + place, sizeof expected);
    free(bytes);
    return (float)value == expected || amber_problem(script, "the value should be the expected one");
}

static inline bool amber_expect(struct amber_script *script) {
    uint64_t place;
    double tolerance, value;
    const struct amber_buffer *const buffer = amber_known_buffer(script);
    script->expectations++;
    if (buffer == NULL)
        return false;
    amber_next(script);
    if (amber_is(script, "EQ_BUFFER")) {
        const struct amber_buffer *const other = amber_known_buffer(script);
        if (other == NULL)
            return false;
        if (other->is_float != buffer->is_float || other->elements != buffer->elements)
            return amber_problem(script, "the two buffers should be alike");
        return amber_end_of_line(script);
    }
    if (!amber_is(script, "IDX") || !amber_integer(script, &place))
        return amber_problem(script, "a place should stand");
    if (place % 4 != 0 || place / 4 >= buffer->elements || (uint64_t)(float)place != place)
        return amber_problem(script, "the place should be one of an element, as a float");
    return amber_word(script, "TOLERANCE") && amber_number(script, &tolerance) && amber_word(script, "EQ") &&
           amber_number(script, &value) && amber_same_value(script, buffer, place, value) &&
           amber_end_of_line(script);
}

/* ---- all of it ---- */

static inline bool amber_feature(struct amber_script *script) {
    char name[AMBER_TEXT];
    static const char *const known[] = {"SubgroupSupportedOperations.basic",
                                        "SubgroupSupportedOperations.quad", "SubgroupSupportedStages.compute",
                                        "SubgroupSizeControl.subgroupSizeControl"};
    if (!amber_name(script, name))
        return false;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i], name) == 0) {
            script->features++;
            script->has_subgroup_sizes |= i == 3;
            return amber_end_of_line(script);
        }
    return amber_problem(script, "a feature should stand");
}

static inline bool amber_statement(struct amber_script *script) {
    char name[AMBER_TEXT];
    if (amber_is(script, "DEVICE_FEATURE"))
        return amber_feature(script);
    if (amber_is(script, "DEVICE_EXTENSION"))
        return amber_name(script, name) && amber_end_of_line(script);
    if (amber_is(script, "SHADER"))
        return amber_shader(script);
    if (amber_is(script, "BUFFER"))
        return amber_buffer(script);
    if (amber_is(script, "PIPELINE"))
        return amber_pipeline(script);
    if (amber_is(script, "RUN"))
        return amber_run(script);
    if (amber_is(script, "EXPECT"))
        return amber_expect(script);
    return amber_problem(script, "a statement should stand");
}

static inline bool amber_script_read(struct amber_script *script, const char *text) {
    script->line = 1;
    script->rest = text;
    if (strncmp(text, "#!amber\n", 8) != 0)
        return amber_problem(script, "the first line should be #!amber");
    for (amber_next(script); !amber_is(script, ""); amber_next(script))
        if (!amber_is(script, "\n") && !amber_statement(script))
            return false;
    return script->runs == 1 || amber_problem(script, "there should be one RUN");
}

#endif
