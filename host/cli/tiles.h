/* tiles.h: the tiles of what a command runs, by --tiles. */
#ifndef MNSP_CLI_TILES_H
#define MNSP_CLI_TILES_H

#include "cli/cli.h"
#include "graph/tiles.h"

/* Options for tiles_open() that say on stderr what takes a while. */
struct tiles_options cli_tiles(enum tiles_mode mode);
/* The same in the mode of --tiles, which is `standard` where it was not given. Errors: STATUS_USAGE. */
MNSP_NODISCARD enum status cli_tiles_given(struct tiles_options *out, const struct cli_values *values,
                                           enum tiles_mode standard);

#endif
