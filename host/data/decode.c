/* decode.c: encoded bytes to pictures. stb_image does the work; the limits are checked first. */
#include "base/file.h"
#include "data/image.h"
#include "data/jpeg_check.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define STBI_NO_STDIO
#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
#define STBI_ONLY_BMP
#include <stb_image.h>

enum status data_image_decode(struct data_image *out, const void *bytes, size_t size) {
    *out = (struct data_image){0};
    if (size == 0)
        return status_set(STATUS_INVALID, "the image is empty");
    if (size > DATA_IMAGE_BYTES_MAX)
        return status_set(STATUS_INVALID, "the image has %zu bytes, more than the limit of %d", size,
                          DATA_IMAGE_BYTES_MAX);
    if (!jpeg_check(bytes, size))
        return status_set(STATUS_INVALID,
                          "the image is a damaged JPEG: a Huffman table has more than 256 codes");
    int width, height, channels;
    if (!stbi_info_from_memory(bytes, (int)size, &width, &height, &channels))
        return status_set(STATUS_INVALID, "not a JPEG, PNG or BMP image, or one of too many pixels (%s)",
                          stbi_failure_reason());
    if (width < 1 || height < 1 || (int64_t)width * height > DATA_IMAGE_PIXELS_MAX)
        return status_set(STATUS_INVALID, "the image has %d x %d pixels, more than the limit of %d", width,
                          height, DATA_IMAGE_PIXELS_MAX);
    uint8_t *const pixels = stbi_load_from_memory(bytes, (int)size, &width, &height, &channels, 3);
    if (pixels == NULL) {
        const char *const reason = stbi_failure_reason();
        const enum status code = strcmp(reason, "outofmem") == 0 ? STATUS_MEMORY : STATUS_INVALID;
        return status_set(code, "the image cannot be decoded (%s)", reason);
    }
    *out = (struct data_image){.width = (uint32_t)width, .height = (uint32_t)height, .pixels = pixels};
    return STATUS_OK;
}

const char *data_image_ending(const char *bytes, size_t size) {
    static const struct {
        const char *start, *ending;
    } kinds[] = {{"\xFF\xD8\xFF", ".jpg"}, {"\x89PNG\r\n\x1A\n", ".png"}, {"BM", ".bmp"}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (size >= strlen(kinds[i].start) && memcmp(bytes, kinds[i].start, strlen(kinds[i].start)) == 0)
            return kinds[i].ending;
    return NULL;
}

enum status data_image_bytes(char **bytes, size_t *size, const char *path) {
    /* A pipe that a list names would hold us for ever. */
    struct stat about;
    *bytes = NULL;
    if (stat(path, &about) == 0 && !S_ISREG(about.st_mode))
        return status_set(STATUS_INVALID, "%s: not a regular file", path);
    return file_read(bytes, size, path, DATA_IMAGE_BYTES_MAX);
}

enum status data_image_read(struct data_image *out, const char *path) {
    *out = (struct data_image){0};
    char *bytes = NULL;
    size_t size = 0;
    TRY(data_image_bytes(&bytes, &size, path));
    const enum status code = data_image_decode(out, bytes, size);
    free(bytes);
    return code == STATUS_OK ? code : status_context(code, "%s", path);
}
