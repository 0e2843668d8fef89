#include "data/file.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum status read_open(char **bytes, size_t *size, int file, const char *path, size_t limit) {
    struct stat about;
    if (fstat(file, &about) != 0)
        return status_set(STATUS_IO, "%s: %s", path, strerror(errno));
    if (!S_ISREG(about.st_mode))
        return status_set(STATUS_INVALID, "%s: not a regular file", path);
    if ((unsigned long long)about.st_size > limit)
        return status_set(STATUS_INVALID, "%s: %lld bytes, more than the limit of %zu", path,
                          (long long)about.st_size, limit);
    const size_t wanted = (size_t)about.st_size;
    TRY(memory_new(bytes, wanted + 1, 1));
    size_t done = 0;
    while (done < wanted) {
        const ssize_t count = read(file, *bytes + done, wanted - done);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0) {
            free(*bytes);
            *bytes = NULL;
            return status_set(STATUS_IO, "%s: %s", path, strerror(errno));
        }
        if (count == 0)
            break; /* it was cut while being read */
        done += (size_t)count;
    }
    *size = done;
    return STATUS_OK;
}

enum status data_file_read(char **bytes, size_t *size, const char *path, size_t limit) {
    *bytes = NULL;
    *size = 0;
    /* Without O_NONBLOCK a pipe would hold us before fstat() can refuse it. */
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return status_set(STATUS_IO, "%s: %s", path, strerror(errno));
    const enum status code = read_open(bytes, size, file, path, limit);
    close(file);
    return code;
}
