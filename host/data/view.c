#include "data/view.h"

#include "data/augment.h"

const struct data_view_chances data_view_published = {
    .geometry = 0.5f, .deterioration = 0.25f, .colour = 0.25f, .least = 3};

/* Places in the stream of random numbers, in units of 2^14 elements of an image. */
enum { PLACE_GUIDANCE, PLACE_RECOGNITION /* and the next */ };

enum status data_view_clean(float *planes, const struct data_image *image, uint32_t height, uint32_t width) {
    struct data_image copy;
    TRY(data_image_copy(&copy, image));
    const enum status code = data_image_resize(&copy, height, width);
    if (code == STATUS_OK)
        data_image_normalise(planes, &copy);
    data_image_free(&copy);
    return code;
}

static struct philox start(const struct data_view_key *key, uint32_t place) {
    const uint64_t element = (key->index << 16) + ((uint64_t)place << 14);
    return philox_start(key->seed, PHILOX_STREAM_AUGMENT, key->epoch, element);
}

/* A random order of 0 .. count - 1. */
static void draw_order(uint32_t *order, uint32_t count, struct philox *random) {
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t j = philox_next_below(random, i + 1);
        order[i] = order[j];
        order[j] = i;
    }
}

static enum status apply(const struct augmentation *augmentation, struct data_image *image,
                         struct philox *random) {
    return augmentation->apply(image, augmentation->range, random);
}

static enum status augment_for_guidance(struct data_image *image, uint32_t height, uint32_t width,
                                        uint32_t least, struct philox *random) {
    uint32_t order[AUGMENT_GUIDANCE_COUNT] = {0};
    const uint32_t count = least + philox_next_below(random, AUGMENT_GUIDANCE_COUNT - least + 1);
    draw_order(order, AUGMENT_GUIDANCE_COUNT, random);
    TRY(data_image_limit(image, AUGMENT_SIDE_MAX));
    for (uint32_t i = 0; i < count; i++)
        TRY(apply(&augment_guidance[order[i]], image, random));
    TRY(data_image_resize(image, height, width));
    if (philox_next_uniform(random) < 0.8f)
        augment_jitter(image, &augment_guidance_jitter, random);
    if (philox_next_uniform(random) < 0.2f)
        augment_to_grey(image);
    return STATUS_OK;
}

static enum status augment_for_recognition(struct data_image *image, uint32_t height, uint32_t width,
                                           const struct data_view_chances *chances, struct philox *random) {
    TRY(data_image_limit(image, AUGMENT_SIDE_MAX));
    if (philox_next_uniform(random) < chances->geometry)
        TRY(apply(&augment_geometry[philox_next_below(random, AUGMENT_GEOMETRY_COUNT)], image, random));
    if (philox_next_uniform(random) < chances->deterioration) {
        uint32_t order[AUGMENT_DETERIORATION_COUNT] = {0};
        draw_order(order, AUGMENT_DETERIORATION_COUNT, random);
        for (int i = 0; i < AUGMENT_DETERIORATION_COUNT; i++)
            TRY(apply(&augment_deterioration[order[i]], image, random));
    }
    if (philox_next_uniform(random) < chances->colour)
        augment_jitter(image, &augment_recognition_jitter, random);
    return data_image_resize(image, height, width);
}

enum status data_view_guidance(float *planes, const struct data_image *image, uint32_t height, uint32_t width,
                               const struct data_view_chances *chances, const struct data_view_key *key) {
    struct data_image copy;
    struct philox random = start(key, PLACE_GUIDANCE);
    TRY(data_image_copy(&copy, image));
    const enum status code = augment_for_guidance(&copy, height, width, chances->least, &random);
    if (code == STATUS_OK)
        data_image_normalise(planes, &copy);
    data_image_free(&copy);
    return code;
}

enum status data_view_recognition(float *planes, const struct data_image *image, uint32_t height,
                                  uint32_t width, const struct data_view_chances *chances,
                                  const struct data_view_key *key, uint32_t view) {
    struct data_image copy;
    struct philox random = start(key, PLACE_RECOGNITION + view);
    TRY(data_image_copy(&copy, image));
    const enum status code = augment_for_recognition(&copy, height, width, chances, &random);
    if (code == STATUS_OK)
        data_image_normalise(planes, &copy);
    data_image_free(&copy);
    return code;
}
