#include "conformance/compile.h"

#include "base/clock.h"
#include "base/memory.h"
#include "conformance/device_facts.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

/* ---- statistics ---- */

/* A part of the name, ignoring case, and the field it goes to; several add up. */
static const struct {
    const char *part;
    size_t field;
} names[] = {
    {"spill", offsetof(struct resources, spilled)}, /* before VGPRs: "Spilled VGPRs" is another thing */
    {"pre-sched", SIZE_MAX},                        /* estimates of RADV */
    {"VGPRs", offsetof(struct resources, vector_registers)},
    {"SGPRs", offsetof(struct resources, scalar_registers)},
    {"register count", offsetof(struct resources, vector_registers)},
    {"LDS size", offsetof(struct resources, shared_bytes)},
    {"scratch", offsetof(struct resources, scratch_bytes)},
    {"code size", offsetof(struct resources, code_bytes)},
    {"binary size", offsetof(struct resources, code_bytes)},
    {"subgroups per SIMD", offsetof(struct resources, subgroups)},
};

static void take(struct resources *out, const struct gpu_statistic *statistic) {
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcasestr(statistic->name, names[i].part) == NULL)
            continue;
        if (names[i].field != SIZE_MAX) {
            double *const field = (void *)((char *)out + names[i].field);
            *field = (*field < 0 ? 0 : *field) + statistic->value;
        }
        return;
    }
}

struct resources compile_resources(const struct gpu_statistics *statistics) {
    struct resources resources = {-1, -1, -1, -1, -1, -1, -1};
    for (uint32_t i = 0; i < statistics->count; i++)
        take(&resources, &statistics->values[i]);
    return resources;
}

/* ---- compiling ---- */

static void print_number(FILE *out, const char *name, double value) {
    if (value >= 0)
        fprintf(out, "  %s %.0f", name, value);
}

static void print(FILE *out, const struct compiled *compiled) {
    const struct resources *const r = &compiled->resources;
    if (compiled->error[0] != '\0') {
        fprintf(out, "    FAILED: %s\n", compiled->error);
        return;
    }
    fprintf(out, "    compiled in %.3f s", compiled->seconds);
    if (compiled->statistics.subgroup_size != 0)
        print_number(out, "subgroup", compiled->statistics.subgroup_size);
    print_number(out, "registers", r->vector_registers);
    print_number(out, "scalar", r->scalar_registers);
    print_number(out, "spilled", r->spilled);
    print_number(out, "shared", r->shared_bytes);
    print_number(out, "scratch", r->scratch_bytes);
    print_number(out, "code", r->code_bytes);
    print_number(out, "subgroups", r->subgroups);
    fprintf(out, "%s\n", r->spilled > 0 ? "  SPILLS" : "");
}

static enum status compile_one(struct compiled *out, struct gpu_device *device) {
    struct gpu_pipeline *pipeline;
    const double start = clock_seconds();
    enum status status = gpu_pipeline_get(device, &pipeline, &out->pipeline->shader);
    out->seconds = clock_seconds() - start;
    if (status == STATUS_OK)
        status = gpu_pipeline_statistics(device, &out->statistics, pipeline);
    if (status == STATUS_UNSUPPORTED) /* the driver tells nothing */
        status = STATUS_OK;
    else if (status == STATUS_DEVICE && !gpu_device_is_lost(device)) {
        snprintf(out->error, sizeof out->error, "%s", status_message());
        status = STATUS_OK;
    }
    out->resources = compile_resources(&out->statistics);
    return status;
}

static void count(struct compile_report *report, const struct compiled *compiled) {
    const bool spills = compiled->resources.spilled > 0;
    if (compiled->error[0] != '\0')
        report->failed++;
    else if (spills && compiled->pipeline->is_default)
        report->spilling++;
    else if (spills)
        report->forgiven++;
}

enum status compile_all(struct compile_report *report, struct gpu_device *device, const char *glob,
                        FILE *out) {
    *report = (struct compile_report){.properties = *gpu_device_properties(device)};
    size_t pipeline_count;
    TRY(pipelines_collect(&report->pipelines, &pipeline_count, &report->properties));
    TRY(memory_new(&report->list, pipeline_count, sizeof *report->list));
    for (size_t i = 0; i < pipeline_count; i++) {
        const struct needed_pipeline *const pipeline = &report->pipelines[i];
        if (glob != NULL && fnmatch(glob, pipeline->name, 0) != 0)
            continue;
        struct compiled *const compiled = &report->list[report->count++];
        compiled->pipeline = pipeline;
        fprintf(out, "%s (%s)\n", pipeline->name, pipeline->use);
        fflush(out);
        TRY(compile_one(compiled, device));
        print(out, compiled);
        count(report, compiled);
    }
    if (report->count == 0)
        return status_set(STATUS_USAGE, "--filter %s: no pipeline has such a name", glob);
    return STATUS_OK;
}

void compile_report_destroy(struct compile_report *report) {
    free(report->list);
    free(report->pipelines);
}

/* ---- JSON ---- */

static json_t *constants_to_json(const struct gpu_shader *shader) {
    json_t *const array = json_array();
    for (uint32_t i = 0; i < shader->constant_count; i++)
        json_array_append_new(array, json_integer(shader->constants[i]));
    return array;
}

static json_t *statistics_to_json(const struct gpu_statistics *statistics) {
    json_t *const object = json_object();
    for (uint32_t i = 0; i < statistics->count; i++)
        json_object_set_new(object, statistics->values[i].name, json_real(statistics->values[i].value));
    return object;
}

/* NULL where the driver does not tell. */
static json_t *number(double value) {
    return value < 0 ? json_null() : json_integer((json_int_t)value);
}

static json_t *compiled_to_json(const struct compiled *compiled) {
    const struct resources *const r = &compiled->resources;
    return json_pack(
        "{s:s, s:s, s:b, s:o, s:i, s:s, s:f, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name",
        compiled->pipeline->name, "use", compiled->pipeline->use, "default", compiled->pipeline->is_default,
        "constants", constants_to_json(&compiled->pipeline->shader), "subgroup_size",
        (int)compiled->statistics.subgroup_size, "error", compiled->error, "seconds", compiled->seconds,
        "vector_registers", number(r->vector_registers), "scalar_registers", number(r->scalar_registers),
        "spilled", number(r->spilled), "shared_bytes", number(r->shared_bytes), "scratch_bytes",
        number(r->scratch_bytes), "code_bytes", number(r->code_bytes), "subgroups", number(r->subgroups),
        "statistics", statistics_to_json(&compiled->statistics));
}

enum status compile_to_json(json_t **out, const struct compile_report *report) {
    json_t *const pipelines = json_array();
    bool complete = pipelines != NULL;
    for (size_t i = 0; i < report->count; i++)
        complete = json_array_append_new(pipelines, compiled_to_json(&report->list[i])) == 0 && complete;
    *out = json_pack("{s:s, s:o, s:i, s:i, s:i, s:o}", "format", COMPILE_FORMAT, "device",
                     device_facts(&report->properties), "failed", (int)report->failed, "spilling",
                     (int)report->spilling, "forgiven", (int)report->forgiven, "pipelines", pipelines);
    if (!complete || *out == NULL)
        return status_set(STATUS_MEMORY, "not enough memory for the report");
    return STATUS_OK;
}
