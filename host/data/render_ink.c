#include "base/memory.h"
#include "data/render.h"

#include <stdlib.h>
#include <string.h>

enum { SIDE_MAX = 1 << 13 };

enum status render_ink_new(struct render_ink *out, int64_t width, int64_t height) {
    *out = (struct render_ink){0};
    if (width < 1 || height < 1 || width > SIDE_MAX || height > SIDE_MAX)
        return status_set(STATUS_INVALID, "a text of %lld x %lld pixels is outside of the limits (1 .. %d)",
                          (long long)width, (long long)height, SIDE_MAX);
    TRY(memory_new(&out->coverage, (size_t)width * (size_t)height, 1));
    out->width = (uint32_t)width;
    out->height = (uint32_t)height;
    return STATUS_OK;
}

void render_ink_free(struct render_ink *ink) {
    free(ink->coverage);
    *ink = (struct render_ink){0};
}

/* The largest of the values around each along one axis: `step` is the distance of neighbours in memory. */
static void spread(uint8_t *out, const uint8_t *in, size_t count, size_t step, uint32_t radius) {
    for (size_t i = 0; i < count; i++) {
        const size_t first = i > radius ? i - radius : 0, last = i + radius < count ? i + radius : count - 1;
        uint8_t most = 0;
        for (size_t k = first; k <= last; k++)
            most = in[k * step] > most ? in[k * step] : most;
        out[i * step] = most;
    }
}

/* A square brush: at these sizes nobody can tell it from a round one. */
enum status render_ink_grow(const struct render_ink *ink, uint32_t radius, struct render_ink *out) {
    struct render_ink rows;
    TRY(render_ink_new(out, (int64_t)ink->width + 2 * radius, (int64_t)ink->height + 2 * radius));
    const enum status code = render_ink_new(&rows, out->width, out->height);
    if (code != STATUS_OK) {
        render_ink_free(out);
        return code;
    }
    for (size_t y = 0; y < ink->height; y++)
        memcpy(&out->coverage[(y + radius) * out->width + radius], &ink->coverage[y * ink->width],
               ink->width);
    for (size_t y = 0; y < out->height; y++)
        spread(&rows.coverage[y * out->width], &out->coverage[y * out->width], out->width, 1, radius);
    for (size_t x = 0; x < out->width; x++)
        spread(&out->coverage[x], &rows.coverage[x], out->height, out->width, radius);
    render_ink_free(&rows);
    return STATUS_OK;
}
