/* mean_pool: the mean of each 2 x 2 square; an odd last row or column is left out
 *
 * x (batch, height, width, channels); y (batch, height / 2, width / 2, channels).
 */
#include "reference/reference.h"

void reference_mean_pool(float *y, const float *x, size_t batch, size_t height, size_t width,
                         size_t channels) {
    for (size_t b = 0; b < batch; b++) {
        for (size_t i = 0; i < height / 2; i++) {
            for (size_t j = 0; j < width / 2; j++) {
                for (size_t c = 0; c < channels; c++) {
                    const float *upper = x + ((b * height + 2 * i) * width + 2 * j) * channels + c;
                    const float *lower = upper + width * channels;
                    const double sum = (double)upper[0] + upper[channels] + lower[0] + lower[channels];
                    y[((b * (height / 2) + i) * (width / 2) + j) * channels + c] = (float)(sum / 4);
                }
            }
        }
    }
}
