/* matrix_compilers.c: the part of a matrix about --compile. */
#include "conformance/matrix.h"

#include "graph/operator.h"

#include <string.h>

static double number(const json_t *pipeline, const char *key) {
    const json_t *const value = json_object_get(pipeline, key);
    return json_is_number(value) ? json_number_value(value) : -1;
}

static const char *text(const json_t *object, const char *key) {
    const char *const value = json_string_value(json_object_get(object, key));
    return value != NULL ? value : "";
}

static bool is_default(const json_t *pipeline) {
    return json_is_true(json_object_get(pipeline, "default"));
}

/* "NAVI31" of "Null hardware (RADV NAVI31)", else the whole name. */
static void write_short_name(struct buffer *out, const json_t *compiler) {
    const char *const name = text(json_object_get(compiler, "device"), "name");
    const char *const null_device = strstr(name, "(RADV ");
    const char *const begin = null_device != NULL ? null_device + strlen("(RADV ") : name;
    buffer_add(out, "%.*s", (int)(null_device != NULL ? strcspn(begin, ")") : strlen(begin)), begin);
}

/* What the pipelines that models need come to; -1 where the driver does not tell. */
struct extremes {
    size_t pipelines;
    double registers, subgroups, shared, scratch, code;
};

static void raise(double *most, double value) {
    *most = value > *most ? value : *most;
}

/* operator: NULL for all. */
static struct extremes extremes_of(const json_t *compiler, const char *operator) {
    struct extremes out = {0, -1, -1, -1, -1, -1};
    const size_t length = operator!= NULL ? strlen(operator) : 0;
    const json_t *pipeline;
    size_t i;
    json_array_foreach(json_object_get(compiler, "pipelines"), i, pipeline) {
        const char *const name = text(pipeline, "name");
        if (!is_default(pipeline) ||
            (operator!= NULL &&(strncmp(name, operator, length) != 0 || name[length] != '/')))
            continue;
        const double subgroups = number(pipeline, "subgroups");
        out.pipelines++;
        raise(&out.registers, number(pipeline, "vector_registers"));
        raise(&out.shared, number(pipeline, "shared_bytes"));
        raise(&out.scratch, number(pipeline, "scratch_bytes"));
        raise(&out.code, number(pipeline, "code_bytes"));
        if (out.subgroups < 0 || subgroups < out.subgroups)
            out.subgroups = subgroups;
    }
    return out;
}

static void write_number(struct buffer *out, double value) {
    if (value < 0)
        buffer_add(out, " - |");
    else
        buffer_add(out, " %.0f |", value);
}

static void write_compiler(struct buffer *out, const json_t *compiler) {
    const json_t *const device = json_object_get(compiler, "device");
    const struct extremes extremes = extremes_of(compiler, NULL);
    const json_int_t failed = json_integer_value(json_object_get(compiler, "failed"));
    const json_int_t spilling = json_integer_value(json_object_get(compiler, "spilling"));
    buffer_add(out, "| ");
    write_short_name(out, compiler);
    buffer_add(out, " | %s | %zu | %zu | %lld | %lld |", text(device, "driver"), extremes.pipelines,
               json_array_size(json_object_get(compiler, "pipelines")) - extremes.pipelines,
               (long long)failed, (long long)spilling);
    write_number(out, extremes.registers);
    write_number(out, extremes.subgroups);
    write_number(out, extremes.shared);
    write_number(out, extremes.scratch);
    write_number(out, extremes.code);
    buffer_add(out, "\n");
}

static void write_operators(struct buffer *out, const struct matrix *matrix) {
    buffer_add(out,
               "\nMost registers / fewest subgroups that a processor holds at once, of the pipelines that "
               "models need:\n\n| operator |");
    for (size_t i = 0; i < matrix->compiler_count; i++) {
        buffer_add(out, " ");
        write_short_name(out, matrix->compilers[i]);
        buffer_add(out, " |");
    }
    buffer_add(out, "\n|---|");
    for (size_t i = 0; i < matrix->compiler_count; i++)
        buffer_add(out, "---:|");
    for (enum operator_id id = 0; id < OPERATOR_COUNT; id++) {
        const char *const name = operator_info(id)->name;
        if (extremes_of(matrix->compilers[0], name).pipelines == 0)
            continue;
        buffer_add(out, "\n| %s |", name);
        for (size_t i = 0; i < matrix->compiler_count; i++) {
            const struct extremes extremes = extremes_of(matrix->compilers[i], name);
            if (extremes.registers < 0)
                buffer_add(out, " - |");
            else
                buffer_add(out, " %.0f / %.0f |", extremes.registers, extremes.subgroups);
        }
    }
    buffer_add(out, "\n");
}

/* ---- what is wrong ---- */

static bool is_defect(const json_t *pipeline) {
    return *text(pipeline, "error") != '\0' || number(pipeline, "spilled") > 0;
}

/* The pipeline of that name, when it is a defect; else NULL. */
static const json_t *find_defect(const json_t *compiler, const char *name) {
    const json_t *pipeline;
    size_t i;
    json_array_foreach(json_object_get(compiler, "pipelines"), i, pipeline) {
        if (strcmp(text(pipeline, "name"), name) == 0 && is_defect(pipeline))
            return pipeline;
    }
    return NULL;
}

static void write_defect(struct buffer *out, const struct matrix *matrix, const json_t *pipeline) {
    const char *const name = text(pipeline, "name");
    buffer_add(out, is_default(pipeline) ? "- **`%s`** (%s):" : "- `%s` (%s):", name, text(pipeline, "use"));
    const char *separator = " ";
    for (size_t i = 0; i < matrix->compiler_count; i++) {
        const json_t *const found = find_defect(matrix->compilers[i], name);
        if (found == NULL)
            continue;
        buffer_add(out, "%s", separator);
        write_short_name(out, matrix->compilers[i]);
        if (*text(found, "error") != '\0')
            buffer_add(out, " %s", text(found, "error"));
        else
            buffer_add(out, " %.0f registers", number(found, "spilled"));
        separator = ", ";
    }
    buffer_add(out, "\n");
}

/* A pipeline once, with all GPUs that have trouble with it. */
static void write_defects(struct buffer *out, const struct matrix *matrix) {
    buffer_add(out, "\nPipelines that were not compiled, or spill; those that models need in bold:\n\n");
    const size_t before = out->used;
    for (size_t c = 0; c < matrix->compiler_count; c++) {
        const json_t *pipeline;
        size_t i;
        json_array_foreach(json_object_get(matrix->compilers[c], "pipelines"), i, pipeline) {
            bool is_told = !is_defect(pipeline);
            for (size_t d = 0; d < c && !is_told; d++)
                is_told = find_defect(matrix->compilers[d], text(pipeline, "name")) != NULL;
            if (!is_told)
                write_defect(out, matrix, pipeline);
        }
    }
    if (out->used == before)
        buffer_add(out, "none.\n");
}

void matrix_write_compilers(struct buffer *out, const struct matrix *matrix) {
    buffer_add(out, "| GPU | compiler | pipelines of models | others | failed | spilling | most registers | "
                    "fewest subgroups | most shared bytes | most scratch bytes | most code bytes |\n"
                    "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n");
    for (size_t i = 0; i < matrix->compiler_count; i++)
        write_compiler(out, matrix->compilers[i]);
    write_operators(out, matrix);
    write_defects(out, matrix);
}
