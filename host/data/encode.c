/* encode.c: pictures to bytes, by stb_image_write. */
#include "data/image.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

#include <stb_image_write.h>

/* What stb_image_write hands over piece by piece. */
struct output {
    char *bytes;
    size_t size, capacity;
    enum status code;
};

static void put(void *context, void *bytes, int size) {
    struct output *const output = context;
    if (output->code == STATUS_OK)
        output->code = memory_reserve(&output->bytes, &output->capacity, output->size + (size_t)size, 1);
    if (output->code != STATUS_OK)
        return;
    memcpy(output->bytes + output->size, bytes, (size_t)size);
    output->size += (size_t)size;
}

enum status data_image_encode(const struct data_image *image, int quality, char **bytes, size_t *size) {
    struct output output = {.code = STATUS_OK};
    const int width = (int)image->width, height = (int)image->height;
    const int done = quality > 0
                         ? stbi_write_jpg_to_func(put, &output, width, height, 3, image->pixels, quality)
                         : stbi_write_png_to_func(put, &output, width, height, 3, image->pixels, 0);
    *bytes = output.bytes;
    *size = output.size;
    if (done && output.code == STATUS_OK)
        return STATUS_OK;
    free(output.bytes);
    *bytes = NULL;
    return output.code != STATUS_OK
               ? output.code
               : status_set(STATUS_MEMORY, "out of memory: a picture of %d x %d pixels cannot be encoded",
                            width, height);
}
