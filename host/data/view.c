#include "data/view.h"

enum status data_view_clean(float *planes, const struct data_image *image, uint32_t height, uint32_t width) {
    struct data_image copy;
    TRY(data_image_copy(&copy, image));
    const enum status code = data_image_resize(&copy, height, width);
    if (code == STATUS_OK)
        data_image_normalise(planes, &copy);
    data_image_free(&copy);
    return code;
}
