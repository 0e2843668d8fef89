/* data_pngs.h: PNG files of depths that stb_image_write does not write. */
#ifndef MNSP_TESTS_DATA_PNGS_H
#define MNSP_TESTS_DATA_PNGS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint32_t crc32_of(const uint8_t *bytes, size_t size) {
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
    }
    return ~crc;
}

static inline void put_be32(uint8_t *at, uint32_t value) {
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* Appends a PNG chunk and returns the new end. */
static inline uint8_t *put_chunk(uint8_t *at, const char *name, const uint8_t *bytes, uint32_t size) {
    put_be32(at, size);
    memcpy(at + 4, name, 4);
    memcpy(at + 8, bytes, size);
    put_be32(at + 8 + size, crc32_of(at + 4, size + 4));
    return at + 12 + size;
}

/* A PNG of the given size and depth whose rows are `raw`, stored without compression. */
static inline size_t make_png(uint8_t *out, uint32_t width, uint32_t height, uint8_t depth, uint8_t colour,
                              const uint8_t *raw, uint16_t raw_size) {
    static const uint8_t signature[8] = {0x89, 'P', 'N', 'G', 13, 10, 26, 10};
    uint8_t header[13] = {0}, data[300] = {0x78, 0x01, 1};
    memcpy(out, signature, 8);
    put_be32(header, width);
    put_be32(header + 4, height);
    header[8] = depth;
    header[9] = colour;
    data[3] = (uint8_t)raw_size;
    data[4] = (uint8_t)(raw_size >> 8);
    data[5] = (uint8_t)~data[3];
    data[6] = (uint8_t)~data[4];
    memcpy(data + 7, raw, raw_size);
    uint32_t low = 1, high = 0;
    for (int i = 0; i < raw_size; i++) {
        low = (low + raw[i]) % 65521;
        high = (high + low) % 65521;
    }
    put_be32(data + 7 + raw_size, high << 16 | low);
    uint8_t *end = put_chunk(out + 8, "IHDR", header, 13);
    end = put_chunk(end, "IDAT", data, (uint32_t)raw_size + 11);
    return (size_t)(put_chunk(end, "IEND", header, 0) - out);
}

#endif
