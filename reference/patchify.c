/* patchify: an image as the sequence of its patches, row by row
 *
 * image (batch, channels, height, width); y (batch, (height / patch_height) (width / patch_width),
 * channels patch_height patch_width). Within a patch the order is (channel, row, column), that of a
 * convolution's weight, or (row, column, channel) if channel_last, that of MAE's pixel targets. The patch
 * must divide the image.
 */
#include "reference/reference.h"

void reference_patchify(float *y, const float *image, size_t batch, size_t channels, size_t height,
                        size_t width, size_t patch_height, size_t patch_width, size_t channel_last) {
    const size_t across = width / patch_width;
    const size_t tokens = height / patch_height * across;
    const size_t floats = channels * patch_height * patch_width;
    for (size_t b = 0; b < batch; b++) {
        for (size_t c = 0; c < channels; c++) {
            for (size_t i = 0; i < height; i++) {
                for (size_t j = 0; j < width; j++) {
                    const size_t token = i / patch_height * across + j / patch_width;
                    const size_t pixel = i % patch_height * patch_width + j % patch_width;
                    const size_t place =
                        channel_last ? pixel * channels + c : c * patch_height * patch_width + pixel;
                    y[(b * tokens + token) * floats + place] =
                        image[((b * channels + c) * height + i) * width + j];
                }
            }
        }
    }
}
