/* Reading a tensor as fp32 or as int32_t, whatever its type in the file. */
#include "train/safetensors.h"

#include "base/precision.h"

#include <stdbool.h>

enum { PIECE = 1024 }; /* elements converted at a time */

static void piece_to_f32(float *out, const void *piece, size_t count, enum safetensors_type type) {
    const enum precision precision = type == SAFETENSORS_BF16 ? PRECISION_BF16 : PRECISION_F16;
    for (size_t i = 0; i < count; i++)
        out[i] = type == SAFETENSORS_F64 ? (float)((const double *)piece)[i]
                                         : precision_widen(((const uint16_t *)piece)[i], precision);
}

/* The part of `tensor` that begins at element `first`, as a tensor of its own. */
static struct safetensors_tensor piece_of(const struct safetensors_tensor *tensor, uint64_t first) {
    struct safetensors_tensor piece = *tensor;
    const size_t size = safetensors_type_size(tensor->type);
    const uint64_t left = tensor->elements - first;
    piece.elements = left < PIECE ? left : PIECE;
    piece.bytes = piece.elements * size;
    piece.offset += first * size;
    return piece;
}

enum status safetensors_read_f32(const struct safetensors *file, const struct safetensors_tensor *tensor,
                                 float *out) {
    switch (tensor->type) {
    case SAFETENSORS_F32:
        return safetensors_read(file, tensor, out);
    case SAFETENSORS_F16:
    case SAFETENSORS_BF16:
    case SAFETENSORS_F64:
        break;
    default:
        return status_set(STATUS_INVALID, "%s: tensor '%s' is %s, expected F32, F16, BF16 or F64",
                          safetensors_path(file), tensor->name, safetensors_type_name(tensor->type));
    }
    double buffer[PIECE]; /* the largest of the three */
    for (uint64_t first = 0; first < tensor->elements; first += PIECE) {
        const struct safetensors_tensor piece = piece_of(tensor, first);
        TRY(safetensors_read(file, &piece, buffer));
        piece_to_f32(out + first, buffer, piece.elements, tensor->type);
    }
    return STATUS_OK;
}

/* The integer at `index`; false when int64_t cannot hold it or the type has none. */
static bool integer_at(int64_t *out, const void *piece, size_t index, enum safetensors_type type) {
    switch (type) {
    case SAFETENSORS_BOOL:
    case SAFETENSORS_U8:
        *out = ((const uint8_t *)piece)[index];
        return true;
    case SAFETENSORS_I8:
        *out = ((const int8_t *)piece)[index];
        return true;
    case SAFETENSORS_U16:
        *out = ((const uint16_t *)piece)[index];
        return true;
    case SAFETENSORS_I16:
        *out = ((const int16_t *)piece)[index];
        return true;
    case SAFETENSORS_U32:
        *out = ((const uint32_t *)piece)[index];
        return true;
    case SAFETENSORS_I32:
        *out = ((const int32_t *)piece)[index];
        return true;
    case SAFETENSORS_U64:
    case SAFETENSORS_I64: /* as an unsigned number too large for int64_t it comes out negative */
        *out = ((const int64_t *)piece)[index];
        return type == SAFETENSORS_I64 || *out >= 0;
    default:
        return false;
    }
}

static bool has_integers(enum safetensors_type type) {
    const uint64_t zero = 0;
    int64_t value;
    return integer_at(&value, &zero, 0, type);
}

enum status safetensors_read_i32(const struct safetensors *file, const struct safetensors_tensor *tensor,
                                 int32_t *out) {
    if (!has_integers(tensor->type))
        return status_set(STATUS_INVALID, "%s: tensor '%s' is %s, expected integers such as I32",
                          safetensors_path(file), tensor->name, safetensors_type_name(tensor->type));
    int64_t buffer[PIECE];
    for (uint64_t first = 0; first < tensor->elements; first += PIECE) {
        const struct safetensors_tensor piece = piece_of(tensor, first);
        TRY(safetensors_read(file, &piece, buffer));
        for (size_t i = 0; i < piece.elements; i++) {
            int64_t value;
            if (!integer_at(&value, buffer, i, tensor->type) || value < INT32_MIN || value > INT32_MAX)
                return status_set(STATUS_INVALID, "%s: tensor '%s': element %llu does not fit in 32 bits",
                                  safetensors_path(file), tensor->name, (unsigned long long)(first + i));
            out[first + i] = (int32_t)value;
        }
    }
    return STATUS_OK;
}

enum status safetensors_load_f32(const struct safetensors *file, const char *name, uint32_t rank,
                                 const uint64_t *shape, float *out) {
    const struct safetensors_tensor *tensor;
    TRY(safetensors_expect(&tensor, file, name, rank, shape));
    return safetensors_read_f32(file, tensor, out);
}
