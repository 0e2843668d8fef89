/* The one place where stb_image is compiled, limited to the formats that data sets hold.
 *
 * Its allocator is ours: memory arrives zeroed, so that a file cut short decodes to the same bytes
 * every time, and no single block exceeds what the largest accepted picture needs, so that a small file
 * cannot unpack to all of the memory. */
#include "data/image.h"

#include <stdlib.h>
#include <string.h>

/* Four channels of 16 bits, and room for the decoder's doubling of its output. */
#define BLOCK_MAX ((size_t)DATA_IMAGE_PIXELS_MAX * 8 * 2)

static void *block_new(size_t size) {
    return size > BLOCK_MAX ? NULL : calloc(1, size);
}

static void *block_grow(void *old, size_t old_size, size_t size) {
    if (size > BLOCK_MAX)
        return NULL;
    char *const block = realloc(old, size);
    if (block != NULL && size > old_size)
        memset(block + old_size, 0, size - old_size);
    return block;
}

#define STBI_MALLOC(size)                             block_new(size)
#define STBI_REALLOC_SIZED(block, old_size, new_size) block_grow(block, old_size, new_size)
#define STBI_FREE(block)                              free(block)
#define STBI_MAX_DIMENSIONS                           DATA_IMAGE_SIDE_MAX
#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
#define STBI_ONLY_BMP
#define STBI_NO_STDIO
#define STB_IMAGE_IMPLEMENTATION
#include <stb_image.h>
