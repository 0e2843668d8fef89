#include "train/canvas.h"

#include "base/file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <stb_image_write.h>

enum status canvas_new(struct data_image *out, uint32_t width, uint32_t height) {
    TRY(data_image_new(out, width, height));
    memset(out->pixels, 255, (size_t)width * height * 3);
    return STATUS_OK;
}

static uint8_t *pixel_at(struct data_image *page, int x, int y) {
    return page->pixels + ((size_t)y * page->width + (size_t)x) * 3;
}

/* The part of a box that lies on the page. */
static struct canvas_box clip(const struct data_image *page, struct canvas_box box) {
    const int left = box.x > 0 ? box.x : 0, top = box.y > 0 ? box.y : 0;
    const int page_width = (int)page->width, page_height = (int)page->height;
    const int right = box.x + box.width < page_width ? box.x + box.width : page_width;
    const int bottom = box.y + box.height < page_height ? box.y + box.height : page_height;
    return (struct canvas_box){left, top, right - left, bottom - top};
}

void canvas_fill(struct data_image *page, struct canvas_box box, struct canvas_colour colour) {
    const struct canvas_box part = clip(page, box);
    for (int y = part.y; y < part.y + part.height; y++)
        for (int x = part.x; x < part.x + part.width; x++) {
            uint8_t *const pixel = pixel_at(page, x, y);
            pixel[0] = colour.red, pixel[1] = colour.green, pixel[2] = colour.blue;
        }
}

static uint8_t mix(uint8_t under, uint8_t over, double coverage) {
    return (uint8_t)lround((double)under + ((double)over - (double)under) * coverage);
}

void canvas_blend(struct data_image *page, int x, int y, struct canvas_colour colour, double coverage) {
    if (x < 0 || y < 0 || x >= (int)page->width || y >= (int)page->height || !(coverage > 0))
        return;
    const double part = coverage < 1 ? coverage : 1;
    uint8_t *const pixel = pixel_at(page, x, y);
    pixel[0] = mix(pixel[0], colour.red, part);
    pixel[1] = mix(pixel[1], colour.green, part);
    pixel[2] = mix(pixel[2], colour.blue, part);
}

/* Distance of a point from the line between two others. */
static double distance(struct canvas_point p, struct canvas_point from, struct canvas_point to) {
    const double x = to.x - from.x, y = to.y - from.y, length = x * x + y * y;
    double part = length > 0 ? ((p.x - from.x) * x + (p.y - from.y) * y) / length : 0;
    part = part < 0 ? 0 : part > 1 ? 1 : part;
    return hypot(p.x - from.x - part * x, p.y - from.y - part * y);
}

void canvas_line(struct data_image *page, struct canvas_point from, struct canvas_point to, double thickness,
                 struct canvas_colour colour) {
    const double reach = thickness / 2 + 1;
    const int left = (int)floor(fmin(from.x, to.x) - reach), top = (int)floor(fmin(from.y, to.y) - reach);
    const int right = (int)ceil(fmax(from.x, to.x) + reach), bottom = (int)ceil(fmax(from.y, to.y) + reach);
    const struct canvas_box part =
        clip(page, (struct canvas_box){left, top, right - left + 1, bottom - top + 1});
    for (int y = part.y; y < part.y + part.height; y++)
        for (int x = part.x; x < part.x + part.width; x++) {
            const struct canvas_point centre = {x + 0.5, y + 0.5};
            canvas_blend(page, x, y, colour, thickness / 2 + 0.5 - distance(centre, from, to));
        }
}

void canvas_paste(struct data_image *page, int x, int y, const struct data_image *picture, int scale) {
    for (uint32_t row = 0; row < picture->height; row++)
        for (uint32_t column = 0; column < picture->width; column++) {
            const uint8_t *const pixel = picture->pixels + ((size_t)row * picture->width + column) * 3;
            canvas_fill(page,
                        (struct canvas_box){x + (int)column * scale, y + (int)row * scale, scale, scale},
                        (struct canvas_colour){pixel[0], pixel[1], pixel[2]});
        }
}

/* Where the library's bytes go. */
struct sink {
    struct file_writer *writer;
    enum status status;
};

static void put(void *context, void *bytes, int size) {
    struct sink *const sink = context;
    if (sink->status == STATUS_OK)
        sink->status = file_writer_put(sink->writer, bytes, (size_t)size);
}

enum status canvas_save(const struct data_image *page, const char *path) {
    struct sink sink = {0};
    TRY(file_writer_open(&sink.writer, path));
    const int made = stbi_write_png_to_func(put, &sink, (int)page->width, (int)page->height, 3, page->pixels,
                                            (int)page->width * 3);
    if (made == 0 && sink.status == STATUS_OK)
        sink.status = status_set(STATUS_MEMORY, "out of memory: %s could not be made", path);
    if (sink.status == STATUS_OK)
        return file_writer_commit(sink.writer);
    file_writer_discard(sink.writer);
    return sink.status;
}
