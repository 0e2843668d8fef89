/* objective_fixture.h: an objective on an executor, with weights and inputs that depend on names alone, so
 * that two objectives, or two devices, can be compared. Shared by the tests of objectives. */
#ifndef MNSP_TESTS_OBJECTIVE_FIXTURE_H
#define MNSP_TESTS_OBJECTIVE_FIXTURE_H

#include "statuses.h"

#include "base/memory.h"
#include "base/philox.h"
#include "graph/executor.h"
#include "objective/objective.h"
#include "reference/walkthrough/walkthrough.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIXTURE_BATCH = 2, FIXTURE_NAME = 192 };

/* A network in which no two sizes are equal by accident: 4 x 8 patches of 2 x 4 pixels. */
static inline struct objective_settings fixture_settings(enum objective_kind kind) {
    struct objective_settings s = objective_defaults(kind);
    s.image_height = 8;
    s.image_width = 32;
    s.patch_height = 2;
    s.width = 12;
    s.depth = s.heads = 2;
    s.inner = 20;
    s.decoder_width = 8;
    s.decoder_depth = s.decoder_heads = 2;
    s.decoder_inner = 14;
    s.characters = 7;
    s.max_length = 5;
    s.recognition_width = 18;
    s.recognition_depth = 2;
    s.recognition_heads = 3;
    s.recognition_inner = 10;
    s.decoder_dropout = s.recognition_dropout = 0;
    s.mask_ratio = 0.6;
    s.given_noise = true;
    s.keep_outputs = true;
    return s;
}

struct fixture {
    struct objective_settings settings;
    struct graph *graph;
    struct objective objective;
    struct executor *executor;
    /* for the walkthrough */
    float *weights[512];
    size_t weight_count;
};

static inline bool fixture_is_parameter(const struct tensor *tensor) {
    return tensor->kind == TENSOR_PARAMETER && tensor->base == tensor;
}

static inline struct philox fixture_random(const char *name) {
    uint32_t step = 0;
    for (; *name != '\0'; name++)
        step = step * 31 + (unsigned char)*name;
    return philox_start(11, PHILOX_STREAM_TEST, step, 0);
}

/* Inputs: images and noise at random, texts of 2 and 4 symbols. */
static inline void fixture_write_inputs(struct fixture *f) {
    const struct tensor *const inputs[] = {f->objective.image, f->objective.guidance,
                                           f->objective.mask_noise};
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        if (inputs[i] == NULL)
            continue;
        float values[FIXTURE_BATCH * 3 * 8 * 32];
        assert_true(inputs[i]->elements <= sizeof values / sizeof *values);
        struct philox random = fixture_random(inputs[i]->name);
        for (size_t j = 0; j < inputs[i]->elements; j++)
            values[j] = philox_next_between(&random, -1, 1);
        assert_ok(executor_write(f->executor, inputs[i], values));
    }
    if (f->objective.target != NULL) {
        const uint32_t target[FIXTURE_BATCH * 5] = {3, 7, 8, 8, 8, 6, 0, 2, 7, 8},
                                              length[FIXTURE_BATCH] = {2, 4};
        assert_ok(executor_write(f->executor, f->objective.target, target));
        assert_ok(executor_write(f->executor, f->objective.length, length));
    }
    if (graph_find(f->graph, "random") != NULL) {
        const uint32_t random[4] = {5, 0, 1, 0};
        assert_ok(executor_write(f->executor, graph_find(f->graph, "random"), random));
    }
}

/* Initial values, moved a little so that no bias is 0 and no scale 1. */
static inline void fixture_write_parameters(struct fixture *f) {
    assert_ok(executor_initialise(f->executor, 3));
    for (size_t i = 0; i < graph_tensor_count(f->graph); i++) {
        const struct tensor *const p = graph_tensor(f->graph, i);
        if (!fixture_is_parameter(p) || strstr(p->name, "pos_embed") || strstr(p->name, "position_table"))
            continue;
        float *values;
        assert_ok(memory_new(&values, p->elements, sizeof *values));
        assert_ok(executor_read(f->executor, p, values));
        struct philox random = fixture_random(p->name);
        for (size_t j = 0; j < p->elements; j++)
            values[j] += philox_next_between(&random, -0.2F, 0.2F);
        assert_ok(executor_write(f->executor, p, values));
        free(values);
    }
}

/* Builds the objective, with gradients if asked for. */
static inline void fixture_build(struct fixture *f, const struct objective_settings *settings,
                                 bool gradients) {
    *f = (struct fixture){.settings = *settings};
    assert_ok(graph_create(&f->graph));
    assert_ok(objective_build(f->graph, settings, FIXTURE_BATCH, &f->objective));
    const size_t tensors = graph_tensor_count(f->graph);
    if (gradients)
        graph_backward(f->graph, f->objective.loss, NULL);
    for (size_t i = 0; gradients && i < tensors; i++) {
        const struct tensor *const p = graph_tensor(f->graph, i);
        char name[FIXTURE_NAME];
        snprintf(name, sizeof name, "grad.%s", p->name);
        if (fixture_is_parameter(p) && graph_gradient(f->graph, p) != NULL)
            graph_output(f->graph, graph_gradient(f->graph, p), name);
    }
    objective_after_update(f->graph, settings, NULL);
}

/* Puts what has been built on the reference or a device, and fills it. */
static inline void fixture_start(struct fixture *f, struct gpu_device *device) {
    assert_ok(executor_create(&f->executor, f->graph, device, false));
    fixture_write_parameters(f);
    fixture_write_inputs(f);
}

static inline void fixture_open(struct fixture *f, const struct objective_settings *settings,
                                struct gpu_device *device, bool gradients) {
    fixture_build(f, settings, gradients);
    fixture_start(f, device);
}

static inline void fixture_close(struct fixture *f) {
    for (size_t i = 0; i < f->weight_count; i++)
        free(f->weights[i]);
    executor_destroy(f->executor);
    graph_destroy(f->graph);
}

/* The elements of a tensor, released with free(). */
static inline float *fixture_read(const struct fixture *f, const struct tensor *tensor) {
    float *values;
    assert_ok(memory_new(&values, tensor->elements, sizeof *values));
    assert_ok(executor_read(f->executor, tensor, values));
    return values;
}

static inline float fixture_loss(const struct fixture *f) {
    float loss;
    assert_ok(executor_run(f->executor, 0));
    assert_ok(executor_read(f->executor, f->objective.loss, &loss));
    return loss;
}

/* ---- the same weights for the walkthrough ---- */

static inline const float *fixture_find_weight(void *context, const char *name, size_t count) {
    struct fixture *const f = context;
    const struct tensor *const tensor = graph_find(f->graph, name);
    if (tensor == NULL || tensor->elements != count || !fixture_is_parameter(tensor))
        return NULL;
    assert_true(f->weight_count < sizeof f->weights / sizeof *f->weights);
    return f->weights[f->weight_count++] = fixture_read(f, tensor);
}

static inline struct walkthrough_sizes fixture_sizes(const struct objective_settings *s) {
    const bool recognition = s->kind == OBJECTIVE_RECOGNITION;
    return (struct walkthrough_sizes){
        .batch = FIXTURE_BATCH,
        .image_height = s->image_height,
        .image_width = s->image_width,
        .patch_height = s->patch_height,
        .patch_width = s->patch_width,
        .width = s->width,
        .depth = s->depth,
        .heads = s->heads,
        .inner = s->inner,
        .decoder_width = recognition ? s->recognition_width : s->decoder_width,
        .decoder_depth = recognition ? s->recognition_depth : s->decoder_depth,
        .decoder_heads = recognition ? s->recognition_heads : s->decoder_heads,
        .decoder_inner = recognition ? s->recognition_inner : s->decoder_inner,
        .mask_ratio = s->mask_ratio,
        .scales = s->scales,
        .characters = s->characters,
        .length = s->max_length,
    };
}

#endif
