#include "cli/share.h"

#include "base/file.h"
#include "base/memory.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The folder that the program lies in; false when the system does not say. */
static bool program_folder(char path[PATH_MAX]) {
    const ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);
    if (length <= 0 || length >= PATH_MAX - 1)
        return false;
    path[length] = '\0';
    char *const slash = strrchr(path, '/');
    if (slash == NULL)
        return false;
    *slash = '\0';
    return true;
}

enum status cli_share_find(struct cli_share *out, const char *name) {
    char folder[PATH_MAX];
    *out = (struct cli_share){0};
    if (program_folder(folder)) {
        TRY(memory_format(&out->paths[0], "%s/../share/mnsp/%s", folder, name));
        out->count = 1;
    }
    const enum status status = memory_format(&out->paths[out->count], "%s/%s", MNSP_SOURCE_SHARE, name);
    if (status == STATUS_OK)
        out->count++;
    else
        cli_share_free(out);
    return status;
}

void cli_share_free(struct cli_share *share) {
    for (size_t i = 0; i < share->count; i++)
        free(share->paths[i]);
    *share = (struct cli_share){0};
}
