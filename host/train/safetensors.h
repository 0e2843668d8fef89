/* safetensors.h: named tensors in a file, in the format that PyTorch users exchange weights in.
 *
 * Layout (all integers little-endian; https://github.com/huggingface/safetensors describes it):
 *
 *     8 bytes    N, the length of the header
 *     N bytes    the header, a JSON object, padded with spaces:
 *                    {"name": {"dtype": "F32", "shape": [2,3], "data_offsets": [0,24]}, ...}
 *                and, optionally, texts under "__metadata__": {"key": "text", ...}
 *     the rest   the tensors' bytes, row-major, without holes; offsets count from here
 *
 * Reading:
 *     TRY(safetensors_open(&file, path));
 *     const uint64_t shape[] = {384, 48};
 *     status = safetensors_load_f32(file, "patch_embed.proj.weight", 2, shape, weights);
 *     safetensors_close(file);
 * Writing:
 *     const struct safetensors_view views[] = {{"loss", SAFETENSORS_F32, 0, {0}, &loss}};
 *     TRY(safetensors_write(path, views, 1, NULL, 0));
 *
 * A file is not trusted: everything in it is checked when it is opened, and nothing is mapped, so a file
 * that shrinks later gives an error and no signal.
 *
 * Caveats: a reader has no lock; use one per thread, or read only from one thread at a time.
 */
#ifndef MNSP_TRAIN_SAFETENSORS_H
#define MNSP_TRAIN_SAFETENSORS_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

enum { SAFETENSORS_MAX_RANK = 8 };

enum safetensors_type {
    SAFETENSORS_BOOL,
    SAFETENSORS_U8,
    SAFETENSORS_I8,
    SAFETENSORS_F8_E5M2,
    SAFETENSORS_F8_E4M3,
    SAFETENSORS_U16,
    SAFETENSORS_I16,
    SAFETENSORS_F16,
    SAFETENSORS_BF16,
    SAFETENSORS_U32,
    SAFETENSORS_I32,
    SAFETENSORS_F32,
    SAFETENSORS_U64,
    SAFETENSORS_I64,
    SAFETENSORS_F64,
    SAFETENSORS_TYPE_COUNT
};

/* "F32", as in the file, and the bytes of an element. */
const char *safetensors_type_name(enum safetensors_type type);
size_t safetensors_type_size(enum safetensors_type type);

/* ---- reading ---- */

/* What a file says of one tensor. Rank 0 is a single number. */
struct safetensors_tensor {
    const char *name;
    enum safetensors_type type;
    uint32_t rank;
    uint64_t shape[SAFETENSORS_MAX_RANK];
    uint64_t elements; /* product of the shape */
    uint64_t bytes;    /* elements times the type's size */
    uint64_t offset;   /* of the first byte, from the beginning of the file */
};

struct safetensors;

/* Opens a file and checks all of its header. Errors: STATUS_INVALID when it is missing or not a valid
 * file: truncated, damaged, an unknown type, tensors that overlap, leave holes or end outside the file, more
 * dimensions than SAFETENSORS_MAX_RANK, or a header over 100 MB; STATUS_IO; STATUS_MEMORY. */
MNSP_NODISCARD enum status safetensors_open(struct safetensors **out, const char *path);
void safetensors_close(struct safetensors *file);

const char *safetensors_path(const struct safetensors *file);

/* The tensors in the order in which their bytes lie in the file. Everything returned lives as long as the
 * file is open. */
size_t safetensors_count(const struct safetensors *file);
const struct safetensors_tensor *safetensors_at(const struct safetensors *file, size_t index);

/* The tensor of that name, or null. */
const struct safetensors_tensor *safetensors_find(const struct safetensors *file, const char *name);

/* The metadata's text for a key, or null. */
const char *safetensors_metadata(const struct safetensors *file, const char *key);

/* The tensor of that name, with exactly that shape. Errors: STATUS_INVALID, as in "weights.safetensors:
 * tensor 'x' has shape (2,3), expected (2,4)" or with the nearest names when there is none. */
MNSP_NODISCARD enum status safetensors_expect(const struct safetensors_tensor **out,
                                              const struct safetensors *file, const char *name, uint32_t rank,
                                              const uint64_t *shape);

/* Returns STATUS_INVALID with the message that there is no tensor of that name, what was `expected` (such as
 * "(2,3)"), and the nearest names. */
enum status safetensors_missing(const struct safetensors *file, const char *name, const char *expected);

/* Copies the tensor's bytes as they are (tensor->bytes of them). */
MNSP_NODISCARD enum status safetensors_read(const struct safetensors *file,
                                            const struct safetensors_tensor *tensor, void *out);

/* Reads tensor->elements numbers as fp32. F32, F16 and BF16 come exactly, F64 rounded. Errors:
 * STATUS_INVALID for other types. */
MNSP_NODISCARD enum status safetensors_read_f32(const struct safetensors *file,
                                                const struct safetensors_tensor *tensor, float *out);

/* Reads integers of any type and size, and booleans. Errors: STATUS_INVALID for other types and for a value
 * outside of int32_t. */
MNSP_NODISCARD enum status safetensors_read_i32(const struct safetensors *file,
                                                const struct safetensors_tensor *tensor, int32_t *out);

/* safetensors_expect() and safetensors_read_f32() in one. */
MNSP_NODISCARD enum status safetensors_load_f32(const struct safetensors *file, const char *name,
                                                uint32_t rank, const uint64_t *shape, float *out);

/* Writes a shape as "(2,3)" into `out`, which holds SAFETENSORS_SHAPE_SIZE bytes, and returns it. */
enum { SAFETENSORS_SHAPE_SIZE = 192 };
const char *safetensors_shape_text(uint32_t rank, const uint64_t *shape, char *out);

/* ---- writing ---- */

/* A tensor in memory: the caller's name and numbers, row-major. */
struct safetensors_view {
    const char *name;
    enum safetensors_type type;
    uint32_t rank;
    uint64_t shape[SAFETENSORS_MAX_RANK];
    const void *data;
};

struct safetensors_pair {
    const char *key, *value;
};

/* Writes a file, replacing one that is there only once everything is on the disk (file.h). Tensors with
 * larger elements come first, so that each is aligned; among equals the given order stays. `pairs` is the
 * metadata. The same arguments give the same bytes. Errors: STATUS_INVALID for a name or key that comes twice
 * or is not UTF-8; STATUS_IO, as when the disk is full; STATUS_MEMORY. */
MNSP_NODISCARD enum status safetensors_write(const char *path, const struct safetensors_view *views,
                                             size_t view_count, const struct safetensors_pair *pairs,
                                             size_t pair_count);

#endif
