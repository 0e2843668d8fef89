/* tiles_internal.h: what tiles.c and tiles_measure.c share. */
#ifndef MNSP_GRAPH_TILES_INTERNAL_H
#define MNSP_GRAPH_TILES_INTERNAL_H

#include "graph/tiles.h"

/* Times the tilings that suit the device on a product. NULL: none is faster than the fixed choice. */
MNSP_NODISCARD enum status tiles_measure(const struct tiling **out, struct gpu_device *device,
                                         const struct product *product);

#endif
