/* share.h: the files that are installed beside the program: presets, and weights of a recogniser.
 *
 * They are looked for where the program stands, in ../share/mnsp, so that an installation may be moved; then
 * in the sources of this build, for a program that is not installed.
 */
#ifndef MNSP_CLI_SHARE_H
#define MNSP_CLI_SHARE_H

#include "base/status.h"

#include <stddef.h>

enum { CLI_SHARE_PLACES = 2 };

/* Paths of a file or folder below the places, in the order in which to look; as many as are known. */
struct cli_share {
    char *paths[CLI_SHARE_PLACES];
    size_t count;
};

MNSP_NODISCARD enum status cli_share_find(struct cli_share *out, const char *name);
void cli_share_free(struct cli_share *share);

#endif
