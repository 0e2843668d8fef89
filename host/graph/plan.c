#include "graph/plan.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

enum { HOST_ALIGNMENT = 64, NO_NODE = -1 };

struct plan_limits plan_host_limits(void) {
    return (struct plan_limits){
        .arena_bytes = UINT64_MAX, .binding_bytes = UINT64_MAX, .alignment = HOST_ALIGNMENT};
}

/* When a tensor lives: the first and the last node that touch it. */
struct life {
    int64_t first, last;
    uint32_t first_segment, last_segment;
};

static uint64_t padded_bytes(const struct tensor *tensor, uint64_t alignment) {
    if (tensor->pack != NULL)
        return 4 * (uint64_t)graph_pack_elements(tensor);
    const uint64_t bytes = tensor_bytes(tensor);
    return (bytes + alignment - 1) / alignment * alignment;
}

static enum status find_lives(struct life **out, const struct graph *graph) {
    struct life *lives;
    TRY(memory_new(&lives, graph_tensor_count(graph), sizeof *lives));
    for (size_t i = 0; i < graph_tensor_count(graph); i++)
        lives[i].first = NO_NODE;
    for (size_t n = 0; n < graph_node_count(graph); n++) {
        const struct graph_node *const node = graph_node(graph, n);
        for (uint32_t i = 0; i < operator_tensor_count(node->operator); i++) {
            if (node->tensors[i] == NULL)
                continue;
            struct life *const life = &lives[node->tensors[i]->base->id];
            if (life->first == NO_NODE) {
                life->first = (int64_t)n;
                life->first_segment = node->segment;
            }
            life->last = (int64_t)n;
            life->last_segment = node->segment;
        }
    }
    *out = lives;
    return STATUS_OK;
}

static bool is_temporary(const struct tensor *tensor, const struct life *life) {
    return tensor->kind == TENSOR_ACTIVATION && !tensor->kept && tensor->pack == NULL &&
           life->first_segment == life->last_segment;
}

/* ---- placing ---- */

struct placer {
    struct plan *plan;
    const struct plan_limits *limits;
    size_t arena_capacity;
};

static enum status new_arena(struct placer *placer, enum plan_class class) {
    struct plan *const plan = placer->plan;
    TRY(memory_reserve(&plan->arenas, &placer->arena_capacity, plan->arena_count + 1, sizeof *plan->arenas));
    plan->arenas[plan->arena_count++] = (struct plan_arena){.class = class};
    return STATUS_OK;
}

static enum status check_limits(const struct tensor *tensor, const struct plan_limits *limits) {
    const uint64_t bytes = tensor_bytes(tensor);
    const uint64_t limit =
        limits->binding_bytes < limits->arena_bytes ? limits->binding_bytes : limits->arena_bytes;
    if (bytes <= limit)
        return STATUS_OK;
    char text[SHAPE_TEXT];
    return status_set(
        STATUS_UNSUPPORTED,
        "tensor %s%s takes %llu bytes, the device allows %llu in one piece: use a smaller batch",
        tensor->name[0] ? tensor->name : "of shape ", shape_text(tensor->shape, text),
        (unsigned long long)bytes, (unsigned long long)limit);
}

static void count_bytes(struct plan *plan, const struct tensor *tensor, uint64_t bytes) {
    uint64_t *const total = tensor->kind == TENSOR_INPUT       ? &plan->input_bytes
                            : tensor->kind == TENSOR_PARAMETER ? &plan->parameter_bytes
                                                               : &plan->state_bytes;
    *total += bytes;
}

/* Tensors with memory of their own, one after the other. Those of a pack count as what they are,
 * and lie where it lies. */
static enum status place_lasting(struct placer *placer, enum plan_class class, const struct life *lives) {
    struct plan *const plan = placer->plan;
    const struct graph *const graph = plan->graph;
    bool open = false;
    for (size_t i = 0; i < graph_tensor_count(graph); i++) {
        const struct tensor *const tensor = graph_tensor(graph, i);
        const bool unused = tensor->kind == TENSOR_ACTIVATION && lives[i].first == NO_NODE;
        if (tensor->base != tensor || unused || is_temporary(tensor, &lives[i]) ||
            (tensor->kind == TENSOR_INPUT) != (class == PLAN_INPUT))
            continue;
        const uint64_t bytes = padded_bytes(tensor, placer->limits->alignment);
        if (tensor->kind != TENSOR_PACK)
            count_bytes(plan, tensor, bytes);
        if (tensor->pack != NULL)
            continue;
        TRY(check_limits(tensor, placer->limits));
        if (!open || plan->arenas[plan->arena_count - 1].bytes + bytes > placer->limits->arena_bytes)
            TRY(new_arena(placer, class));
        open = true;
        struct plan_arena *const arena = &plan->arenas[plan->arena_count - 1];
        plan->places[i] = (struct plan_place){.arena = plan->arena_count - 1, .offset = arena->bytes};
        arena->bytes += bytes;
    }
    return STATUS_OK;
}

/* A temporary tensor on its way to a place. */
struct block {
    uint64_t bytes, offset;
    int64_t first, last;
    uint32_t id, arena;
};

/* Largest first; equal sizes by id, so that the plan does not depend on the sort. */
static int compare_blocks(const void *a, const void *b) {
    const struct block *const x = a, *const y = b;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    return x->id < y->id ? -1 : 1;
}

static int compare_offsets(const void *a, const void *b) {
    const struct block *const x = *(const struct block *const *)a, *const y = *(const struct block *const *)b;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* The lowest offset in an arena where the block fits between those placed blocks that live at the same time;
 * `neighbours` is scratch for `placed` pointers. */
static uint64_t lowest_gap(const struct block *block, const struct block *blocks, size_t placed,
                           uint32_t arena, const struct block **neighbours) {
    size_t count = 0;
    for (size_t i = 0; i < placed; i++)
        if (blocks[i].arena == arena && blocks[i].first <= block->last && block->first <= blocks[i].last)
            neighbours[count++] = &blocks[i];
    if (count > 0)
        qsort(neighbours, count, sizeof *neighbours, compare_offsets);
    uint64_t offset = 0;
    for (size_t i = 0; i < count && neighbours[i]->offset < offset + block->bytes; i++)
        if (neighbours[i]->offset + neighbours[i]->bytes > offset)
            offset = neighbours[i]->offset + neighbours[i]->bytes;
    return offset;
}

/* Greedy by size: Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference", 2020. */
static enum status place_blocks(struct placer *placer, struct block *blocks, size_t count,
                                const struct block **neighbours) {
    struct plan *const plan = placer->plan;
    const uint32_t first_arena = plan->arena_count;
    qsort(blocks, count, sizeof *blocks, compare_blocks);
    for (size_t i = 0; i < count; i++) {
        TRY(check_limits(graph_tensor(plan->graph, blocks[i].id), placer->limits));
        uint32_t arena = first_arena;
        uint64_t offset = 0;
        for (;; arena++) {
            if (arena == plan->arena_count)
                TRY(new_arena(placer, PLAN_TEMPORARY));
            offset = lowest_gap(&blocks[i], blocks, i, arena, neighbours);
            if (offset + blocks[i].bytes <= placer->limits->arena_bytes)
                break;
        }
        blocks[i].arena = arena;
        blocks[i].offset = offset;
        plan->places[blocks[i].id] = (struct plan_place){.arena = arena, .offset = offset};
        if (plan->arenas[arena].bytes < offset + blocks[i].bytes)
            plan->arenas[arena].bytes = offset + blocks[i].bytes;
    }
    for (uint32_t arena = first_arena; arena < plan->arena_count; arena++)
        plan->temporary_bytes += plan->arenas[arena].bytes;
    return STATUS_OK;
}

static enum status place_temporary(struct placer *placer, const struct life *lives) {
    struct plan *const plan = placer->plan;
    const size_t tensors = graph_tensor_count(plan->graph);
    struct block *blocks = NULL;
    const struct block **neighbours = NULL;
    size_t count = 0;
    enum status status = memory_new(&blocks, tensors, sizeof *blocks);
    TRY_GOTO(status, status, done);
    TRY_GOTO(status, memory_new(&neighbours, tensors, sizeof *neighbours), done);
    for (size_t i = 0; i < tensors; i++) {
        const struct tensor *const tensor = graph_tensor(plan->graph, i);
        if (tensor->base != tensor || lives[i].first == NO_NODE || !is_temporary(tensor, &lives[i]))
            continue;
        blocks[count++] = (struct block){.bytes = padded_bytes(tensor, placer->limits->alignment),
                                         .first = lives[i].first,
                                         .last = lives[i].last,
                                         .id = (uint32_t)i};
        plan->unshared_bytes += blocks[count - 1].bytes;
    }
    status = place_blocks(placer, blocks, count, neighbours);
done:
    free(blocks);
    free(neighbours);
    return status;
}

static struct plan_place place_of(const struct plan *plan, const struct tensor *base) {
    if (base->pack == NULL)
        return plan->places[base->id];
    const struct plan_place pack = plan->places[base->pack->id];
    return (struct plan_place){.arena = pack.arena, .offset = pack.offset + 4 * (uint64_t)base->pack_first};
}

static enum status place_all(struct placer *placer, const struct life *lives) {
    struct plan *const plan = placer->plan;
    const struct graph *const graph = plan->graph;
    TRY(memory_new(&plan->places, graph_tensor_count(graph), sizeof *plan->places));
    TRY(place_lasting(placer, PLAN_PERSISTENT, lives));
    TRY(place_lasting(placer, PLAN_INPUT, lives));
    TRY(place_temporary(placer, lives));
    for (size_t i = 0; i < graph_tensor_count(graph); i++)
        plan->places[i] = place_of(plan, graph_tensor(graph, i)->base);
    return STATUS_OK;
}

enum status plan_create(struct plan **out, struct graph *graph, const struct plan_limits *limits) {
    *out = NULL;
    TRY(graph_status(graph));
    struct plan *plan = NULL;
    struct life *lives = NULL;
    TRY(memory_new(&plan, 1, sizeof *plan));
    plan->graph = graph;
    enum status status;
    TRY_GOTO(status, find_lives(&lives, graph), done);
    status = place_all(&(struct placer){.plan = plan, .limits = limits}, lives);
done:
    free(lives);
    if (status != STATUS_OK) {
        plan_destroy(plan);
        return status;
    }
    *out = plan;
    return STATUS_OK;
}

void plan_destroy(struct plan *plan) {
    if (plan == NULL)
        return;
    free(plan->arenas);
    free(plan->places);
    free(plan);
}

uint64_t plan_bytes(const struct plan *plan) {
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < plan->arena_count; i++)
        bytes += plan->arenas[i].bytes;
    return bytes;
}
