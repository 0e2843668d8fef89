#include "train/threads.h"

#include <unistd.h>

uint32_t train_threads(int64_t setting) {
    if (setting > 0)
        return (uint32_t)setting;
    const long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count > 0 ? (uint32_t)count : 1;
}
