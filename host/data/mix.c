#include "data/mix.h"

#include "base/memory.h"
#include "data/shuffle.h"

#include <math.h>
#include <stdlib.h>

struct part {
    uint32_t first, count;  /* items */
    uint32_t whole, places; /* of them are shown: whole copies, and places in all */
    uint32_t *order;        /* of an epoch, where some are shown once more; else NULL */
};

struct data_mix {
    struct part *parts;
    size_t part_count;
    uint32_t count;
};

static enum status add_part(struct data_mix *mix, const struct data_source_info *source) {
    struct part *const part = &mix->parts[mix->part_count++];
    const double places = round(source->weight * (double)source->count);
    if (places + mix->count > UINT32_MAX)
        return status_set(STATUS_USAGE, "%s: with its weight %g an epoch has more than 2^32 - 1 images",
                          source->path, source->weight);
    *part = (struct part){
        .first = (uint32_t)source->first, .count = (uint32_t)source->count, .places = (uint32_t)places};
    part->whole = part->places / part->count;
    mix->count += part->places;
    return part->places % part->count == 0 ? STATUS_OK
                                           : memory_new(&part->order, part->count, sizeof *part->order);
}

static enum status add_parts(struct data_mix *mix, const struct data_set *set) {
    const size_t sources = data_set_source_count(set);
    TRY(memory_new(&mix->parts, sources, sizeof *mix->parts));
    for (size_t i = 0; i < sources; i++) {
        const struct data_source_info source = data_set_source(set, i);
        TRY(add_part(mix, &source));
    }
    if (mix->count == 0)
        return status_set(STATUS_USAGE, "by the weights of the data an epoch has no image");
    return STATUS_OK;
}

enum status data_mix_open(struct data_mix **out, const struct data_set *set) {
    struct data_mix *mix;
    *out = NULL;
    TRY(memory_new(&mix, 1, sizeof *mix));
    const enum status status = add_parts(mix, set);
    if (status != STATUS_OK) {
        data_mix_close(mix);
        return status;
    }
    *out = mix;
    return STATUS_OK;
}

void data_mix_close(struct data_mix *mix) {
    if (mix == NULL)
        return;
    for (size_t i = 0; i < mix->part_count; i++)
        free(mix->parts[i].order);
    free(mix->parts);
    free(mix);
}

uint32_t data_mix_count(const struct data_mix *mix) {
    return mix->count;
}

void data_mix_begin(struct data_mix *mix, uint64_t seed, uint32_t epoch) {
    /* The next seeds are those of the parts: the epoch's own order has the seed itself. */
    for (size_t i = 0; i < mix->part_count; i++)
        if (mix->parts[i].order != NULL)
            data_shuffle(mix->parts[i].order, mix->parts[i].count, seed + 1 + i, epoch);
}

struct data_mix_place data_mix_at(const struct data_mix *mix, uint32_t place) {
    const struct part *part = mix->parts;
    for (; place >= part->places; part++)
        place -= part->places;
    const uint32_t copy = place / part->count, index = place % part->count;
    return (struct data_mix_place){.item = part->first + (copy < part->whole ? index : part->order[index]),
                                   .copy = copy};
}
