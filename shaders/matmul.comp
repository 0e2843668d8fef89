#version 450
#extension GL_GOOGLE_include_directive : require
// matmul: c[b] = op(a[b]) op(b[b]) + bias, through gelu, dropout or gelu's gradient, + addend[b]
//                                                                  (spec/operators.md, "matmul")
//
// A workgroup makes one tile of c, an invocation ROWS x COLUMNS elements of it, kept in registers. The
// invocations stand in LANE_ROWS rows; each owns 4 x 4 blocks in the same place of every repetition of the
// pattern (here LANE_ROWS = 2, four lanes per row, ROWS = COLUMNS = 8):
//
//           columns ->
//     rows  +-----+-----+-----+-----+-----+-----+-----+-----+
//      |    |  0  |  1  |  2  |  3  |  0  |  1  |  2  |  3  |   each box: 4 x 4 elements of the
//      v    |  4  |  5  |  6  |  7  |  4  |  5  |  6  |  7  |   invocation with that number
//           +-----+-----+-----+-----+-----+-----+-----+-----+
//           |  0  |  1  |  2  |  3  |  0  |  1  |  2  |  3  |
//           |  4  |  5  |  6  |  7  |  4  |  5  |  6  |  7  |
//           +-----+-----+-----+-----+-----+-----+-----+-----+
//
// There are three ways to feed it.
//   QUADS      Each invocation loads what it needs of b, 4 of k at a time, and a quarter of what it needs of
//              a, which it exchanges with the other three of its quad; they stand in the same row. No shared
//              memory and no barrier: for CPUs, where both are slow, and where a load costs as much as dozens
//              of additions.
//   MATRICES   For products of 16-bit factors. The subgroup takes the place of the invocation, and a matrix
//              of the device's own size that of an element: a subgroup makes ROWS x COLUMNS of them, side by
//              side, and the workgroup stages DEPTH matrices of k in shared memory, rounded to 16 bits, rows
//              as they are stored.
//   otherwise  The workgroup stages DEPTH of k in shared memory, both operands with k as the slow index. For
//              GPUs.
// All but MATRICES add the products of an element in the order of k; there it is up to the device.
//
// All memory is seen in fours. Where rows are not a multiple of 4 elements (the VECTOR constants), elements
// are read one by one. Past the edge, indices are clamped to the last row or column, whose results are not
// stored; past the end of k, a is taken as 0, and where rounding may have made infinities, b as well.
#include "matrix.glsl"
#include "team.glsl"

#include "loads.glsl"

#define TYPE_a LOADED
#define TYPE_b LOADED
#define TYPE_c vec4
#define TYPE_pre vec4
#define TYPE_bias LOADED
#define TYPE_at LOADED
#define TYPE_addend LOADED
#include "interface.glsl"

#include "erf.glsl"
#include "index.glsl"
#include "philox.glsl"

#define PRECISION_ID 11
#include "precision.glsl"

layout(constant_id = 2) const uint ROWS = 8u;    // of an invocation, a multiple of 4
layout(constant_id = 3) const uint COLUMNS = 8u; // likewise
layout(constant_id = 4) const uint LANE_ROWS = 2u;
layout(constant_id = 5) const bool TRANSPOSE_A = false;
layout(constant_id = 6) const bool TRANSPOSE_B = false;
layout(constant_id = 7) const bool VECTOR_A = false; // rows of a, as stored, are a multiple of 4
layout(constant_id = 8) const bool VECTOR_B = false;
layout(constant_id = 9) const bool VECTOR_C = false;
layout(constant_id = 10) const uint DEPTH = 8u; // a multiple of 4
layout(constant_id = 12) const uint GELU = 0u;  // 1: of the result, 2: the gradient of one, at `at`

#ifdef MATRICES
const uint LANE_COLUMNS = gl_WorkGroupSize.x / SUBGROUP / LANE_ROWS;
const uint TILE_ROWS = LANE_ROWS * ROWS * MATRIX_M;
const uint TILE_COLUMNS = LANE_COLUMNS * COLUMNS * MATRIX_N;
#else
const uint LANE_COLUMNS = gl_WorkGroupSize.x / LANE_ROWS;
const uint TILE_ROWS = LANE_ROWS * ROWS;
const uint TILE_COLUMNS = LANE_COLUMNS * COLUMNS;

float sum[ROWS][COLUMNS];

void clear_sums() {
    [[unroll]] for (uint i = 0u; i < ROWS; i++)
        [[unroll]] for (uint j = 0u; j < COLUMNS; j++)
            sum[i][j] = 0.0;
}

// The i-th row and j-th column of this invocation within the tile.
uint row_of(uint i) {
    return i / 4u * (LANE_ROWS * 4u) + lane() / LANE_COLUMNS * 4u + i % 4u;
}

uint column_of(uint j) {
    return j / 4u * (LANE_COLUMNS * 4u) + lane() % LANE_COLUMNS * 4u + j % 4u;
}

#endif

// Four elements of a stored row that is `width` long, from `column` (a multiple of 4) on; the row begins at
// element `start`.
#define FOUR(tensor, vector, start, column, width)                                                       \
    (vector ? LOAD_##tensor(((start) + min(column, (width) - 4u)) / 4u)                                   \
            : vec4(ONE_OF(tensor, (start) + min(column, (width) - 1u)),                                   \
                   ONE_OF(tensor, (start) + min((column) + 1u, (width) - 1u)),                            \
                   ONE_OF(tensor, (start) + min((column) + 2u, (width) - 1u)),                            \
                   ONE_OF(tensor, (start) + min((column) + 3u, (width) - 1u))))

// What was read of a factor; as a matrix of binary16 it is rounded when it is staged.
#if defined(MATRICES) && !defined(BFLOAT16)
#define FACTOR(tensor, value) (value)
#else
#define FACTOR(tensor, value) ROUNDED_##tensor(value)
#endif

// Which of the steps from `step` on are there.
bvec4 within(uint step) {
    return lessThan(step + uvec4(0u, 1u, 2u, 3u), uvec4(k));
}

// Of a: elements (row, step .. step + 3), or (row .. row + 3, step) if it is stored transposed.
vec4 load_a(uint start, uint row, uint step) {
    if (TRANSPOSE_A) {
        const vec4 value = FOUR(a, VECTOR_A, start + min(step, k - 1u) * m, row, m);
        return step < k ? FACTOR(a, value) : vec4(0.0);
    }
    const vec4 value = FOUR(a, VECTOR_A, start + min(row, m - 1u) * k, step, k);
    return mix(vec4(0.0), FACTOR(a, value), within(step));
}

// Of b: elements (step, column .. column + 3), or (step .. step + 3, column) if it is stored transposed.
vec4 load_b(uint start, uint step, uint column) {
    if (TRANSPOSE_B) {
        const vec4 value = FOUR(b, VECTOR_B, start + min(column, n - 1u) * k, step, k);
        return PRECISION == F32 ? value : mix(vec4(0.0), FACTOR(b, value), within(step));
    }
    const vec4 value = FOUR(b, VECTOR_B, start + min(step, k - 1u) * n, column, n);
    return PRECISION == F32 ? value : step < k ? FACTOR(b, value) : vec4(0.0);
}

#ifdef QUADS
// ---- from memory to registers ----

// Of a, row i and step s of 4: which member of the team loaded it, into which vector, and where in that.
const uint LEFT = ROWS / TEAM;
#define LEFT_OF(i, s)                                                             \
    (TRANSPOSE_A ? subgroupQuadBroadcast(left[(i) / 4u][(i) % 4u], s)             \
                 : subgroupQuadBroadcast(left[(i) % LEFT][s], (i) / LEFT))
#define RIGHT_OF(s, j) (TRANSPOSE_B ? right[j][s] : right[(s) * (COLUMNS / 4u) + (j) / 4u][(j) % 4u])

void multiply(uint a_start, uint b_start, uint row0, uint column0) {
    for (uint step = 0u; step < k; step += 4u) {
        vec4 left[LEFT], right[COLUMNS];
        [[unroll]] for (uint i = 0u; i < LEFT; i++)
            left[i] = TRANSPOSE_A ? load_a(a_start, row0 + row_of(i * 4u), step + member())
                                  : load_a(a_start, row0 + row_of(member() * LEFT + i), step);
        [[unroll]] for (uint j = 0u; j < COLUMNS; j++)
            right[j] = TRANSPOSE_B ? load_b(b_start, step, column0 + column_of(j))
                                   : load_b(b_start, step + j / (COLUMNS / 4u),
                                            column0 + column_of(j % (COLUMNS / 4u) * 4u));
        [[unroll]] for (uint i = 0u; i < ROWS; i++) {
            const vec4 x = vec4(LEFT_OF(i, 0u), LEFT_OF(i, 1u), LEFT_OF(i, 2u), LEFT_OF(i, 3u));
            [[unroll]] for (uint j = 0u; j < COLUMNS; j++)
                [[unroll]] for (uint s = 0u; s < 4u; s++)
                    sum[i][j] += x[s] * RIGHT_OF(s, j);
        }
    }
}
#else
// ---- from memory, for shared memory ----

#ifdef MATRICES
const uint STEP = DEPTH * MATRIX_K;
#else
const uint STEP = DEPTH;
#endif
// What is staged at a time: elements of a line, which is a row or column as stored, and lines.
const uint LEFT_LINE = uint(TRANSPOSE_A) * TILE_ROWS + uint(!TRANSPOSE_A) * STEP;
const uint LEFT_LINES = uint(TRANSPOSE_A) * STEP + uint(!TRANSPOSE_A) * TILE_ROWS;
const uint RIGHT_LINE = uint(!TRANSPOSE_B) * TILE_COLUMNS + uint(TRANSPOSE_B) * STEP;
const uint RIGHT_LINES = uint(!TRANSPOSE_B) * STEP + uint(TRANSPOSE_B) * TILE_COLUMNS;
// The same in fours of elements, and how many of them an invocation loads.
const uint LEFT_TILE = LEFT_LINES * LEFT_LINE / 4u, RIGHT_TILE = RIGHT_LINES * RIGHT_LINE / 4u;
const uint LEFT_FOURS = (LEFT_TILE + gl_WorkGroupSize.x - 1u) / gl_WorkGroupSize.x;
const uint RIGHT_FOURS = (RIGHT_TILE + gl_WorkGroupSize.x - 1u) / gl_WorkGroupSize.x;

#ifdef MATRICES
// What load_a() and load_b() give, in 16 bits each. What is stored so stays as it is, rows being of fours then.
uvec2 narrow_a(uint start, uint row, uint step) {
    if (FORMAT_a != PRECISION)
        return halves(load_a(start, row, step));
    const uint place = TRANSPOSE_A ? min(step, k - 1u) * m + min(row, m - 4u)
                                   : min(row, m - 1u) * k + min(step, k - 4u);
    return step < k ? words_a[(start + place) / 4u] : uvec2(0u);
}

uvec2 narrow_b(uint start, uint step, uint column) {
    if (FORMAT_b != PRECISION)
        return halves(load_b(start, step, column));
    const uint place = TRANSPOSE_B ? min(column, n - 1u) * k + min(step, k - 4u)
                                   : min(step, k - 1u) * n + min(column, n - 4u);
    return step < k ? words_b[(start + place) / 4u] : uvec2(0u);
}

uvec2 left_fours[LEFT_FOURS], right_fours[RIGHT_FOURS];
#define FOUR_OF_A narrow_a
#define FOUR_OF_B narrow_b
#else
vec4 left_fours[LEFT_FOURS], right_fours[RIGHT_FOURS];
#define FOUR_OF_A load_a
#define FOUR_OF_B load_b
#endif

// The i-th four of this invocation; neighbours load what lies side by side.
uint four(uint i) {
    return i * gl_WorkGroupSize.x + lane();
}

bool is_within(uint at, uint tile) {
    return tile % gl_WorkGroupSize.x == 0u || at < tile;
}

// All loads before the first use, so that they are under way together.
void fetch(uint a_start, uint b_start, uint row0, uint column0, uint step) {
    [[unroll]] for (uint i = 0u; i < LEFT_FOURS; i++) {
        const uint line = four(i) / (LEFT_LINE / 4u), place = four(i) % (LEFT_LINE / 4u) * 4u;
        left_fours[i] = TRANSPOSE_A ? FOUR_OF_A(a_start, row0 + place, step + line)
                                    : FOUR_OF_A(a_start, row0 + line, step + place);
    }
    [[unroll]] for (uint i = 0u; i < RIGHT_FOURS; i++) {
        const uint line = four(i) / (RIGHT_LINE / 4u), place = four(i) % (RIGHT_LINE / 4u) * 4u;
        right_fours[i] = TRANSPOSE_B ? FOUR_OF_B(b_start, step + place, column0 + line)
                                     : FOUR_OF_B(b_start, step + line, column0 + place);
    }
}

#ifdef MATRICES
// ---- matrices of subgroups ----

// In fours of elements, which are two words. Four words more keep lines in different banks, and aligned to 16
// bytes.
const uint LEFT_PITCH = LEFT_LINE / 4u + 2u;
const uint RIGHT_PITCH = RIGHT_LINE / 4u + 2u;
const uint ELEMENTS = MATRIX_M * MATRIX_N;
shared uvec2 staged_left[LEFT_LINES * LEFT_PITCH];
shared uvec2 staged_right[RIGHT_LINES * RIGHT_PITCH];
shared float staged_sums[LANE_ROWS * LANE_COLUMNS * ELEMENTS];

SUM_MATRIX sum[ROWS * COLUMNS];

void clear_sums() {
    [[unroll]] for (uint i = 0u; i < ROWS * COLUMNS; i++)
        sum[i] = SUM_MATRIX(0.0);
}

// The first row and column of the i-th matrix of this subgroup within the tile.
uint matrix_row(uint i) {
    return (gl_SubgroupID / LANE_COLUMNS * ROWS + i) * MATRIX_M;
}

uint matrix_column(uint j) {
    return (gl_SubgroupID % LANE_COLUMNS * COLUMNS + j) * MATRIX_N;
}

void stage(uint a_start, uint b_start, uint row0, uint column0, uint step) {
    fetch(a_start, b_start, row0, column0, step);
    [[unroll]] for (uint i = 0u; i < LEFT_FOURS; i++) {
        const uint at = four(i), line = at / (LEFT_LINE / 4u), place = at % (LEFT_LINE / 4u);
        if (is_within(at, LEFT_TILE))
            staged_left[line * LEFT_PITCH + place] = left_fours[i];
    }
    [[unroll]] for (uint i = 0u; i < RIGHT_FOURS; i++) {
        const uint at = four(i), line = at / (RIGHT_LINE / 4u), place = at % (RIGHT_LINE / 4u);
        if (is_within(at, RIGHT_TILE))
            staged_right[line * RIGHT_PITCH + place] = right_fours[i];
    }
}

void load_left(out LEFT_MATRIX x, uint row, uint step) {
    if (TRANSPOSE_A)
        coopMatLoadNV(x, staged_left, step * LEFT_PITCH + row / 4u, LEFT_PITCH, true);
    else
        coopMatLoadNV(x, staged_left, row * LEFT_PITCH + step / 4u, LEFT_PITCH, false);
}

void load_right(out RIGHT_MATRIX x, uint step, uint column) {
    if (TRANSPOSE_B)
        coopMatLoadNV(x, staged_right, column * RIGHT_PITCH + step / 4u, RIGHT_PITCH, true);
    else
        coopMatLoadNV(x, staged_right, step * RIGHT_PITCH + column / 4u, RIGHT_PITCH, false);
}

void multiply(uint a_start, uint b_start, uint row0, uint column0) {
    for (uint step = 0u; step < k; step += STEP) {
        stage(a_start, b_start, row0, column0, step);
        barrier();
        [[unroll]] for (uint s = 0u; s < DEPTH; s++) {
            LEFT_MATRIX left[ROWS];
            [[unroll]] for (uint i = 0u; i < ROWS; i++)
                load_left(left[i], matrix_row(i), s * MATRIX_K);
            [[unroll]] for (uint j = 0u; j < COLUMNS; j++) {
                RIGHT_MATRIX right;
                load_right(right, s * MATRIX_K, matrix_column(j));
                [[unroll]] for (uint i = 0u; i < ROWS; i++)
                    sum[i * COLUMNS + j] = coopMatMulAddNV(left[i], right, sum[i * COLUMNS + j]);
            }
        }
        barrier();
    }
}
#else
// ---- through shared memory ----

// One vec4 more per row keeps the four elements that are stored down a column in different banks.
const uint LEFT_PITCH = TILE_ROWS / 4u + 1u;
const uint RIGHT_PITCH = TILE_COLUMNS / 4u + 1u;
shared vec4 staged_left[DEPTH * LEFT_PITCH];
shared vec4 staged_right[DEPTH * RIGHT_PITCH];

void stage(uint a_start, uint b_start, uint row0, uint column0, uint step) {
    fetch(a_start, b_start, row0, column0, step);
    [[unroll]] for (uint i = 0u; i < LEFT_FOURS; i++) {
        const uint at = four(i), line = at / (LEFT_LINE / 4u), place = at % (LEFT_LINE / 4u);
        if (TRANSPOSE_A && is_within(at, LEFT_TILE))
            staged_left[line * LEFT_PITCH + place] = left_fours[i];
        else if (is_within(at, LEFT_TILE))
            [[unroll]] for (uint s = 0u; s < 4u; s++)
                staged_left[(place * 4u + s) * LEFT_PITCH + line / 4u][line % 4u] = left_fours[i][s];
    }
    [[unroll]] for (uint i = 0u; i < RIGHT_FOURS; i++) {
        const uint at = four(i), line = at / (RIGHT_LINE / 4u), place = at % (RIGHT_LINE / 4u);
        if (!TRANSPOSE_B && is_within(at, RIGHT_TILE))
            staged_right[line * RIGHT_PITCH + place] = right_fours[i];
        else if (is_within(at, RIGHT_TILE))
            [[unroll]] for (uint s = 0u; s < 4u; s++)
                staged_right[(place * 4u + s) * RIGHT_PITCH + line / 4u][line % 4u] = right_fours[i][s];
    }
}

void multiply(uint a_start, uint b_start, uint row0, uint column0) {
    for (uint step = 0u; step < k; step += DEPTH) {
        stage(a_start, b_start, row0, column0, step);
        barrier();
        [[unroll]] for (uint s = 0u; s < DEPTH; s++) {
            vec4 left[ROWS / 4u], right[COLUMNS / 4u];
            [[unroll]] for (uint i = 0u; i < ROWS / 4u; i++)
                left[i] = staged_left[s * LEFT_PITCH + row_of(i * 4u) / 4u];
            [[unroll]] for (uint j = 0u; j < COLUMNS / 4u; j++)
                right[j] = staged_right[s * RIGHT_PITCH + column_of(j * 4u) / 4u];
            [[unroll]] for (uint i = 0u; i < ROWS; i++)
                [[unroll]] for (uint j = 0u; j < COLUMNS; j++)
                    sum[i][j] += left[i / 4u][i % 4u] * right[j / 4u][j % 4u];
        }
        barrier();
    }
}
#endif
#endif

// ---- what becomes of a sum ----

vec4 gelu_of(vec4 x) {
    [[unroll]] for (uint s = 0u; s < 4u; s++)
        x[s] *= normal_distribution(x[s]);
    return x;
}

vec4 gelu_slope(vec4 x) {
    vec4 slope;
    [[unroll]] for (uint s = 0u; s < 4u; s++)
        slope[s] = normal_distribution(x[s]) + x[s] * normal_density(x[s]);
    return slope;
}

// A block of Philox has the numbers of elements 4 i .. 4 i + 3; the four of a row that is not a multiple of 4
// begin anywhere.
vec4 dropped(vec4 value, uint first) {
    const uvec3 state = uvec3(random[0], random[1], random[2]);
    const uvec4 words = philox_block(state, stream, first / 4u);
    const uvec4 next = VECTOR_C ? words : philox_block(state, stream, first / 4u + 1u);
    [[unroll]] for (uint s = 0u; s < 4u; s++) {
        const uint place = first % 4u + s;
        const uint word = VECTOR_C ? words[s] : place < 4u ? words[place] : next[place - 4u];
        value[s] = philox_float(word) >= rate ? value[s] / (1.0 - rate) : 0.0;
    }
    return value;
}

#define STORE(tensor, at, column, value)                                 \
    {                                                                    \
        if (VECTOR_C)                                                    \
            STORE_##tensor((at) / 4u, value)                             \
        else                                                             \
            for (uint s_ = 0u; s_ < min(4u, n - (column)); s_++)         \
                tensor[((at) + s_) / 4u][((at) + s_) % 4u] = value[s_];  \
    }

void store_four(vec4 value, uint start, uint row, uint column) {
    const uint line = start + min(row, m - 1u) * n, place = line + column;
    if (HAS_pre && row < m)
        STORE(pre, place, column, value)
    if (GELU == 1u)
        value = gelu_of(value);
    if (HAS_random)
        value = dropped(value, place);
    if (GELU == 2u)
        value *= gelu_slope(ROUNDED_at(FOUR(at, VECTOR_C, line, column, n)));
    if (HAS_addend)
        value += FOUR(addend, VECTOR_C, line, column, n);
    if (row < m)
        STORE(c, place, column, value)
}

#ifdef MATRICES
// Nobody knows which invocation holds which element of a matrix: they go through shared memory, of
// which each subgroup has a part of its own.
void store(uint start, uint row0, uint column0) {
    const uint first = gl_SubgroupID * ELEMENTS;
    [[dont_unroll]] for (uint number = 0u; number < ROWS * COLUMNS; number++) {
        [[unroll]] for (uint i = 0u; i < ROWS * COLUMNS; i++)
            if (i == number)
                coopMatStoreNV(sum[i], staged_sums, first, MATRIX_N, false);
        subgroupBarrier();
        for (uint at = gl_SubgroupInvocationID * 4u; at < ELEMENTS; at += SUBGROUP * 4u) {
            const uint row = row0 + matrix_row(number / COLUMNS) + at / MATRIX_N;
            const uint column = column0 + matrix_column(number % COLUMNS) + at % MATRIX_N;
            vec4 value;
            [[unroll]] for (uint s = 0u; s < 4u; s++)
                value[s] = staged_sums[first + at + s];
            if (HAS_bias && column < n)
                value += FOUR(bias, VECTOR_C, 0u, column, n);
            if (column < n)
                store_four(value, start, row, column);
        }
        subgroupBarrier();
    }
}
#else
#define SUMS(i, j) vec4(sum[i][j], sum[i][(j) + 1u], sum[i][(j) + 2u], sum[i][(j) + 3u])

void store(uint start, uint row0, uint column0) {
    [[unroll]] for (uint j = 0u; j < COLUMNS; j += 4u) {
        const uint column = column0 + column_of(j);
        if (column >= n)
            continue;
        vec4 offset = vec4(0.0);
        if (HAS_bias)
            offset = FOUR(bias, VECTOR_C, 0u, column, n);
        if (GELU == 0u && !HAS_random) {
            [[unroll]] for (uint i = 0u; i < ROWS; i++)
                store_four(SUMS(i, j) + offset, start, row0 + row_of(i), column);
            continue;
        }
        // Written out for every row, this would take a compiler longer than the whole product.
        [[dont_unroll]] for (uint block = 0u; block < ROWS / 4u; block++) {
            vec4 rows[4];
            [[unroll]] for (uint i = 0u; i < ROWS; i++)
                if (i / 4u == block)
                    rows[i % 4u] = SUMS(i, j);
            [[unroll]] for (uint i = 0u; i < 4u; i++)
                store_four(rows[i] + offset, start, row0 + row_of(block * 4u + i), column);
        }
    }
}
#endif

void main() {
    const uint tiles_n = (n + TILE_COLUMNS - 1u) / TILE_COLUMNS, tiles_m = (m + TILE_ROWS - 1u) / TILE_ROWS;
    const uint tile = linear_group(), item = tile / (tiles_n * tiles_m);
    if (item >= batch)
        return;
    const uint row0 = tile / tiles_n % tiles_m * TILE_ROWS, column0 = tile % tiles_n * TILE_COLUMNS;
    clear_sums();
    multiply(item * m * k, item * k * n, row0, column0);
    store(item * m * n, row0, column0);
}
