#include "base/precision.h"

static const char *const names[PRECISION_COUNT] = {"f32", "f16", "bf16"};

const char *precision_name(enum precision precision) {
    return names[precision];
}

bool precision_by_name(enum precision *out, const char *name) {
    for (int i = 0; i < PRECISION_COUNT; i++)
        if (strcmp(names[i], name) == 0) {
            *out = (enum precision)i;
            return true;
        }
    return false;
}
