/* threads.h: how many threads prepare images. */
#ifndef MNSP_TRAIN_THREADS_H
#define MNSP_TRAIN_THREADS_H

#include <stdint.h>

/* The setting `threads`, or one per processor where it is 0. */
uint32_t train_threads(int64_t setting);

#endif
