#include "data/ink.h"

#include <math.h>

enum { LEVELS = 256 };

/* The lower median of one channel along the border. */
static int border_median(const struct data_image *image, size_t channel) {
    const size_t width = image->width, height = image->height;
    size_t count[LEVELS] = {0}, total = 0, below = 0;
    for (size_t y = 0; y < height; y++) {
        const bool whole = y == 0 || y + 1 == height;
        const size_t step = whole || width == 1 ? 1 : width - 1;
        for (size_t x = 0; x < width; x += step, total++)
            count[image->pixels[(y * width + x) * 3 + channel]]++;
    }
    int level = 0;
    while ((below += count[level]) < (total + 1) / 2)
        level++;
    return level;
}

/* Root mean square over the channels, rounded. */
static int distance(const uint8_t *pixel, const int ground[3]) {
    double sum = 0;
    for (int c = 0; c < 3; c++)
        sum += (double)(pixel[c] - ground[c]) * (pixel[c] - ground[c]);
    return (int)lround(sqrt(sum / 3));
}

/* The last level of the lower of two classes whose means lie farthest apart: Otsu, "A threshold selection
 * method from gray-level histograms", 1979. */
static int threshold(const size_t count[LEVELS]) {
    double total = 0, sum = 0, below = 0, below_sum = 0, most = -1;
    int best = LEVELS;
    for (int i = 0; i < LEVELS; i++) {
        total += (double)count[i];
        sum += (double)count[i] * i;
    }
    for (int i = 0; i < LEVELS - 1; i++) {
        below += (double)count[i];
        below_sum += (double)count[i] * i;
        if (below == 0 || below == total)
            continue;
        const double apart = below_sum / below - (sum - below_sum) / (total - below);
        const double between = below * (total - below) * apart * apart;
        if (between > most) {
            most = between;
            best = i;
        }
    }
    return best;
}

void data_ink_estimate(float *ink, const struct data_image *image) {
    const size_t pixels = (size_t)image->width * image->height;
    const int ground[3] = {border_median(image, 0), border_median(image, 1), border_median(image, 2)};
    size_t count[LEVELS] = {0};
    for (size_t i = 0; i < pixels; i++)
        count[distance(image->pixels + i * 3, ground)]++;
    const int least = threshold(count);
    for (size_t i = 0; i < pixels; i++)
        ink[i] = distance(image->pixels + i * 3, ground) > least ? 1.0F : 0.0F;
}

static enum status estimate(float *ink, const struct data_image *image, uint32_t height, uint32_t width) {
    struct data_image copy;
    TRY(data_image_copy(&copy, image));
    const enum status code = data_image_resize(&copy, height, width);
    if (code == STATUS_OK)
        data_ink_estimate(ink, &copy);
    data_image_free(&copy);
    return code;
}

enum status data_ink_find(float *ink, bool *known, struct data_set *set, size_t index,
                          const struct data_image *image, uint32_t height, uint32_t width) {
    struct data_image laid = {0};
    if (set != NULL)
        TRY(data_set_ink(set, index, &laid));
    *known = laid.pixels != NULL;
    if (!*known)
        return estimate(ink, image, height, width);
    const enum status code = data_image_resize(&laid, height, width);
    for (size_t i = 0; i < (size_t)height * width && code == STATUS_OK; i++)
        ink[i] = (float)laid.pixels[i * 3] / 255.0F;
    data_image_free(&laid);
    return code;
}
