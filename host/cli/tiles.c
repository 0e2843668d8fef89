#include "cli/tiles.h"

static void report(void *context, const char *text) {
    (void)context;
    cli_say("%s", text);
}

struct tiles_options cli_tiles(enum tiles_mode mode) {
    return (struct tiles_options){.mode = mode, .report = report};
}

enum status cli_tiles_given(struct tiles_options *out, const struct cli_values *values,
                            enum tiles_mode standard) {
    const char *const word = cli_text(values, "tiles");
    struct settings settings = {.tiles = (enum settings_tiles)standard};
    if (word != NULL && settings_set(&settings, "tiles", word) != STATUS_OK)
        return status_set(STATUS_USAGE, "--tiles %s: choose fixed, known or measured", word);
    *out = cli_tiles((enum tiles_mode)settings.tiles);
    return STATUS_OK;
}
