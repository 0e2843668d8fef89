#include "conformance/pipelines.h"

#include "base/memory.h"
#include "conformance/application.h"
#include "graph/dispatch.h"
#include "graph/fuse.h"
#include "graph/narrow.h"
#include "objective/reader.h"
#include "train/optimiser.h"

#include <stdio.h>
#include <stdlib.h>

struct collection {
    const struct gpu_properties *device;
    struct needed_pipeline *list;
    size_t count, capacity;
};

/* ---- one application of an operator ---- */

static bool same_pipeline(const struct gpu_shader *a, const struct gpu_shader *b) {
    return a->code == b->code && a->constant_count == b->constant_count &&
           a->subgroup_size == b->subgroup_size &&
           memcmp(a->constants, b->constants, a->constant_count * sizeof a->constants[0]) == 0;
}

static bool is_known(const struct collection *collection, const struct gpu_shader *shader) {
    for (size_t i = 0; i < collection->count; i++)
        if (same_pipeline(&collection->list[i].shader, shader))
            return true;
    return false;
}

/* What is asked of a device, and by whom. */
struct need {
    enum operator_id id;
    const union operator_value *values;
    uint32_t stored;
    struct variant variant;
    const char *use;
    bool is_default;
};

/* "matmul/a=f16,bias=none,batch=1,m=64,n=384,k=384@narrow+quads": sizes that are 0 are left out, and
 * tensors that are given in 32 bits. */
static void write_name(char name[CASE_NAME], const struct need *need) {
    const struct operator_info *const info = operator_info(need->id);
    int used = snprintf(name, CASE_NAME, "%s", info->name);
    char separator = '/';
    for (uint32_t i = 0; i < info->argument_count && used < CASE_NAME; i++) {
        const struct operator_argument *const argument = &info->arguments[i];
        const size_t room = (size_t)(CASE_NAME - used);
        const bool is_missing = argument_is_tensor(argument->kind) && !dispatch_has(need->stored, i);
        const bool is_narrow =
            argument_is_tensor(argument->kind) && dispatch_format(need->stored, i) != PRECISION_F32;
        const bool is_size = argument->kind == ARGUMENT_SIZE && need->values[i].size != 0;
        if (is_missing || is_narrow)
            used += snprintf(name + used, room, "%c%s=%s", separator, argument->name,
                             is_missing ? "none" : precision_name(dispatch_format(need->stored, i)));
        else if (is_size)
            used += snprintf(name + used, room, "%c%s=%zu", separator, argument->name, need->values[i].size);
        separator = is_missing || is_narrow || is_size ? ',' : separator;
    }
    char variant[VARIANT_TEXT];
    if (need->variant.is_forced && used < CASE_NAME)
        snprintf(name + used, (size_t)(CASE_NAME - used), "@%s", variant_name(variant, &need->variant));
}

static enum status add(struct collection *collection, const struct need *need) {
    struct dispatch choice;
    const enum status status =
        variant_dispatch(&choice, &need->variant, need->id, need->values, need->stored, collection->device);
    if (status == STATUS_UNSUPPORTED)
        return STATUS_OK; /* this device never runs it */
    TRY(status);
    const struct gpu_shader shader = dispatch_shader(&choice, need->id);
    if (is_known(collection, &shader))
        return STATUS_OK;
    TRY(memory_reserve(&collection->list, &collection->capacity, collection->count + 1,
                       sizeof *collection->list));
    struct needed_pipeline *const pipeline = &collection->list[collection->count++];
    *pipeline = (struct needed_pipeline){.is_default = need->is_default, .shader = shader};
    snprintf(pipeline->use, sizeof pipeline->use, "%s", need->use);
    write_name(pipeline->name, need);
    return STATUS_OK;
}

/* ---- the models ---- */

static enum status add_graph(struct collection *collection, struct graph *graph, const char *use) {
    TRY(graph_status(graph));
    for (size_t i = 0; i < graph_node_count(graph); i++) {
        const struct graph_node *const node = graph_node(graph, i);
        TRY(add(collection, &(struct need){.id = node->operator,
                                           .values = node->numbers,
                                           .stored = dispatch_stored(node),
                                           .use = use,
                                           .is_default = true}));
    }
    return STATUS_OK;
}

struct model {
    const char *name;
    struct objective_settings settings;
    bool reads; /* a trained recogniser at work, not a step of training */
};

static enum status build_model(struct graph *graph, const struct model *model, size_t batch) {
    if (model->reads) {
        struct reader reader;
        return reader_build(graph, &model->settings, batch, &(struct reader_search){.beam = 1}, &reader);
    }
    struct objective objective;
    struct train_optimiser optimiser;
    TRY(objective_build(graph, &model->settings, batch, &objective));
    graph_backward(graph, objective.loss, NULL);
    TRY(train_optimiser_append(
        graph,
        &(struct train_optimiser_options){
            .scaler = train_scaler(graph, 1), .weight_decay = 0.05F, .clip_norm = 1, .layer_decay = 1},
        &optimiser));
    objective_after_update(graph, &model->settings, optimiser.control);
    return STATUS_OK;
}

static enum status add_model(struct collection *collection, const struct model *model, size_t batch) {
    char use[PIPELINE_USE];
    struct graph *graph;
    snprintf(use, sizeof use, "%s in %s, batch %zu", model->name, precision_name(model->settings.precision),
             batch);
    TRY(graph_create(&graph));
    enum status status = build_model(graph, model, batch);
    if (status == STATUS_OK)
        status = graph_fuse(graph);
    if (status == STATUS_OK)
        status = graph_narrow(graph);
    if (status == STATUS_OK)
        status = add_graph(collection, graph, use);
    graph_destroy(graph);
    return status;
}

/* The published sizes in every precision; and settings that bring in operators which those do without. */
static enum status add_models(struct collection *collection) {
    static const size_t batches[] = {64, 8, 1};
    struct model models[] = {
        {.name = "mae", .settings = objective_defaults(OBJECTIVE_MAE)},
        {.name = "lmim", .settings = objective_defaults(OBJECTIVE_LMIM)},
        {.name = "mnsp", .settings = objective_defaults(OBJECTIVE_MNSP)},
        {.name = "mnsp fused, momentum teacher", .settings = objective_defaults(OBJECTIVE_MNSP)},
        {.name = "mnsp on pixels", .settings = objective_defaults(OBJECTIVE_MNSP)},
        {.name = "recognition", .settings = objective_defaults(OBJECTIVE_RECOGNITION)},
        {.name = "reading", .settings = objective_defaults(OBJECTIVE_RECOGNITION), .reads = true},
    };
    models[3].settings.coupling = OBJECTIVE_COUPLING_FUSED;
    models[3].settings.teacher = OBJECTIVE_TEACHER_MOMENTUM;
    models[4].settings.mim_target = OBJECTIVE_MIM_PIXELS;
    models[4].settings.nsp_target = OBJECTIVE_NSP_PIXELS;
    for (enum precision p = 0; p < PRECISION_COUNT; p++)
        for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
            models[i].settings.precision = p;
            for (size_t b = 0; b < sizeof batches / sizeof batches[0]; b++)
                TRY(add_model(collection, &models[i], batches[b]));
        }
    return STATUS_OK;
}

/* ---- the cases ---- */

static enum status add_case(struct collection *collection, const struct conformance_case *one) {
    if (one->group != NULL)
        return STATUS_OK;
    struct application application;
    TRY(application_measure(&application, one));
    union operator_value values[OPERATOR_MAX_ARGUMENTS];
    application_numbers(values, &application);
    return add(collection, &(struct need){.id = one->id,
                                          .values = values,
                                          .stored = application.stored,
                                          .variant = one->variant,
                                          .use = "a case of the suite"});
}

static enum status add_cases(struct collection *collection) {
    struct conformance_case *cases;
    size_t count;
    TRY(registry_cases(&cases, &count, NULL));
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        status = add_case(collection, &cases[i]);
    free(cases);
    return status;
}

enum status pipelines_collect(struct needed_pipeline **list, size_t *count,
                              const struct gpu_properties *device) {
    struct collection collection = {.device = device};
    enum status status = add_models(&collection);
    if (status == STATUS_OK)
        status = add_cases(&collection);
    *list = collection.list;
    *count = collection.count;
    if (status != STATUS_OK) {
        free(collection.list);
        *list = NULL;
        *count = 0;
    }
    return status;
}
