/* tiles.h: which tiling each product of a graph runs in, by measurement.
 *
 *     struct tiles *tiles;
 *     const struct tiles_options options = {.mode = TILES_MEASURED, .kept = text_of_a_checkpoint};
 *     TRY(tiles_open(&tiles, device, &options));
 *     TRY(executor_create_tiled(&executor, graph, device, false, tiles));     measures what is not known yet
 *     TRY(tiles_write(&text, tiles));                                         for the next checkpoint
 *
 * A choice is known from the run that goes on (`kept`), else from the file of this device, driver and program
 * in the device's cache folder, else it is measured: each tiling that suits the device is timed on the
 * product, or a part of it where it is large, with the device's time stamps. That takes a few seconds once.
 * Products of little work, and those for which no time is left, take the fixed choice of tiling.h, and so
 * does a device without time stamps.
 *
 * Two fp32 tilings add the products of an element in the same order, so that the choice does not change what
 * is computed, unless the driver contracts sums differently in one of them. Since nobody promises that it
 * does not, a run keeps its choices, and a resumed one takes them again.
 *
 * Caveats: the graph must be cut and fused as the executor does it. Not thread-safe. Text of another device,
 * driver or program is passed over.
 */
#ifndef MNSP_GRAPH_TILES_H
#define MNSP_GRAPH_TILES_H

#include "gpu/gpu.h"
#include "graph/graph.h"
#include "graph/tiling.h"

struct tiles;

/* In the order of the setting `tiles`. */
enum tiles_mode {
    TILES_FIXED,    /* all by the fixed choice */
    TILES_KNOWN,    /* what is known, else the fixed choice: nothing is measured */
    TILES_MEASURED, /* what is known, else by measurement */
};

struct tiles_options {
    enum tiles_mode mode;
    const char *kept; /* what tiles_write() gave for the run that goes on; NULL: none */
    void (*report)(void *context,
                   const char *text); /* what takes a while, and what was passed over; or NULL */
    void *context;
};

/* Choices that are known. *out is NULL, which stands for the fixed choice everywhere, with TILES_FIXED and
 * for the reference (device NULL). Errors: STATUS_MEMORY; damaged text is reported, and passed over. */
MNSP_NODISCARD enum status tiles_open(struct tiles **out, struct gpu_device *device,
                                      const struct tiles_options *options);
/* NULL is fine. */
void tiles_close(struct tiles *tiles);

/* Makes the choices for all products of the graph, and keeps what was measured in the cache folder; nothing
 * without tiles. Errors: those of the device; a file that cannot be written is reported. */
MNSP_NODISCARD enum status tiles_complete(struct tiles *tiles, const struct graph *graph);

/* The tiling of a node: NULL, the fixed choice, where there is no other, and for other
 * operators. `tiles` may be NULL. */
const struct tiling *tiles_find(const struct tiles *tiles, const struct graph_node *node);

/* All choices as one line of JSON, released with free(); NULL without tiles. */
MNSP_NODISCARD enum status tiles_write(char **out, const struct tiles *tiles);

#endif
