/* byte.h: floats back to 8 bits. Inside the data room only. */
#ifndef MNSP_DATA_BYTE_H
#define MNSP_DATA_BYTE_H

#include <stdint.h>

/* Rounded half up, bounded to 0 .. 255. */
static inline uint8_t byte_of(float value) {
    return (uint8_t)(value <= 0.0f ? 0.0f : value >= 255.0f ? 255.0f : value + 0.5f);
}

#endif
