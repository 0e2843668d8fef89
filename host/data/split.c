#include "data/split.h"

#include "base/hash.h"
#include "base/memory.h"
#include "base/philox.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void data_split_free(struct data_split *split) {
    free(split->text);
    *split = (struct data_split){0};
}

static enum status wrong(const char *text, const char *why) {
    return status_set(STATUS_USAGE, "parts '%s': %s; write train=0.9,validation=0.1", text, why);
}

/* Takes "name=share" apart; upto is the share alone for now. */
static enum status parse_part(struct data_split *split, char *word, const char *text) {
    char *const equals = strchr(word, '='), *end;
    if (split->count == DATA_SPLIT_PARTS_MAX)
        return wrong(text, "too many");
    if (equals == NULL || equals == word)
        return wrong(text, "each needs a name and a share");
    *equals = '\0';
    if (word[0] == '.' || strchr(word, '/') != NULL)
        return wrong(text, "a name cannot begin with '.' nor hold '/'");
    for (size_t i = 0; i < split->count; i++)
        if (strcmp(split->part[i].name, word) == 0)
            return wrong(text, "a name comes twice");
    const double share = strtod(equals + 1, &end);
    if (end == equals + 1 || *end != '\0' || !(share > 0) || !isfinite(share))
        return wrong(text, "a share is a number above 0");
    split->part[split->count].name = word;
    split->part[split->count++].upto = share;
    return STATUS_OK;
}

enum status data_split_parse(struct data_split *out, const char *text, uint64_t seed) {
    *out = (struct data_split){.seed = seed};
    TRY(memory_copy_text(&out->text, text));
    enum status code = STATUS_OK;
    char *rest = out->text, *word;
    while (code == STATUS_OK && (word = strsep(&rest, ",")) != NULL)
        code = parse_part(out, word, text);
    if (code == STATUS_OK && out->count < 2)
        code = wrong(text, "a split has two at least");
    if (code != STATUS_OK) {
        data_split_free(out);
        return code;
    }
    double sum = 0, upto = 0;
    for (size_t i = 0; i < out->count; i++)
        sum += out->part[i].upto;
    for (size_t i = 0; i < out->count; i++)
        out->part[i].upto = upto += out->part[i].upto / sum;
    return STATUS_OK;
}

size_t data_split_part(const void *context, const char *bytes, size_t size) {
    const struct data_split *const split = context;
    const double place = (double)philox_uniform(split->seed, PHILOX_STREAM_SPLIT, 0, hash_bytes(bytes, size));
    size_t part = 0;
    while (part + 1 < split->count && place >= split->part[part].upto)
        part++;
    return part;
}
