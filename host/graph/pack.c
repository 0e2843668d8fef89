/* pack.c: tensors that lie side by side, and averages that follow them. */
#include "base/memory.h"
#include "graph/graph_internal.h"
#include "graph/operators.h"

#include <stdlib.h>

size_t graph_pack_elements(const struct tensor *tensor) {
    return (tensor->elements + GRAPH_PACK_ELEMENTS - 1) / GRAPH_PACK_ELEMENTS * GRAPH_PACK_ELEMENTS;
}

const struct tensor *graph_pack(struct graph *graph, const struct tensor *const *members, size_t count) {
    size_t elements = 0;
    for (size_t i = 0; i < count; i++) {
        if (members[i]->base != members[i] || members[i]->pack != NULL || members[i]->is_unsigned)
            graph_fail(graph, STATUS_INTERNAL, "tensor %s cannot be packed: it is a view, or packed already",
                       members[i]->name);
        elements += graph_pack_elements(members[i]);
    }
    struct tensor *const pack = graph_new_tensor(graph, TENSOR_PACK, SHAPE(elements), "");
    if (pack == NULL)
        return &graph_nothing;
    size_t first = 0;
    for (size_t i = 0; i < count; i++) {
        struct tensor *const member = graph->tensors[members[i]->id];
        member->pack = pack;
        member->pack_first = first;
        first += graph_pack_elements(member);
    }
    return pack;
}

const struct tensor *graph_pack_part(struct graph *graph, const struct tensor *pack, size_t first,
                                     size_t elements) {
    if (first == 0 && elements == pack->elements)
        return pack;
    if (first % GRAPH_PACK_ELEMENTS != 0 || first > pack->elements || elements > pack->elements - first)
        graph_fail(graph, STATUS_INTERNAL, "a pack of %zu elements has no part %zu + %zu", pack->elements,
                   first, elements);
    struct tensor *const part = graph_new_tensor(graph, TENSOR_PACK, SHAPE(elements), "");
    if (part == NULL)
        return &graph_nothing;
    part->pack = pack;
    part->pack_first = first;
    return part;
}

/* ---- averages ---- */

static int compare_sources(const void *a, const void *b) {
    const struct tensor *const x = ((const struct graph_follower *)a)->source,
                               *const y = ((const struct graph_follower *)b)->source;
    if (x->pack != y->pack)
        return (x->pack ? x->pack->id + 1 : 0) < (y->pack ? y->pack->id + 1 : 0) ? -1 : 1;
    const size_t i = x->pack ? x->pack_first : x->id, j = y->pack ? y->pack_first : y->id;
    return i < j ? -1 : i > j;
}

static bool is_next(const struct tensor *a, const struct tensor *b) {
    return a->pack != NULL && a->pack == b->pack && b->pack_first == a->pack_first + graph_pack_elements(a);
}

/* How many of the followers can be served by one node. */
static size_t run_of(const struct graph_follower *followers, size_t count) {
    const bool packed = followers[0].average->pack != NULL;
    size_t run = 1;
    while (run < count && is_next(followers[run - 1].source, followers[run].source) &&
           (packed ? is_next(followers[run - 1].average, followers[run].average)
                   : followers[run].average->pack == NULL))
        run++;
    return run;
}

static const struct tensor *part_of_run(struct graph *g, const struct tensor *begin, size_t elements) {
    return graph_pack_part(g, begin->pack, begin->pack_first, elements);
}

/* `averages` are those of the run. */
static void follow_run(struct graph *g, const struct graph_follower *run,
                       const struct tensor *const *averages, size_t count, const struct tensor *control,
                       float momentum) {
    size_t elements = 0;
    if (count == 1) {
        graph_ema(g, run->average, run->source, control, momentum);
        return;
    }
    for (size_t i = 0; i < count; i++)
        elements += graph_pack_elements(run[i].source);
    if (run->average->pack == NULL)
        graph_pack(g, averages, count);
    if (g->status == STATUS_OK)
        graph_ema(g, part_of_run(g, run->average, elements), part_of_run(g, run->source, elements), control,
                  momentum);
}

void graph_ema_all(struct graph *g, struct graph_follower *followers, size_t count,
                   const struct tensor *control, float momentum) {
    const struct tensor **averages;
    if (memory_new(&averages, count + 1, sizeof *averages) != STATUS_OK) {
        graph_fail(g, STATUS_MEMORY, "%s", status_message());
        return;
    }
    qsort(followers, count, sizeof *followers, compare_sources);
    for (size_t i = 0; i < count; i++)
        averages[i] = followers[i].average;
    for (size_t done = 0; done < count && g->status == STATUS_OK;) {
        const size_t run = run_of(followers + done, count - done);
        follow_run(g, followers + done, averages + done, run, control, momentum);
        done += run;
    }
    free(averages);
}
