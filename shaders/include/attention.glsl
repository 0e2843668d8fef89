// attention.glsl: what the three attention shaders share (spec/operators.md, "attention").
//
// A team (team.glsl) holds ROWS rows of one head in registers: queries, or keys in
// attention_backward_key_value. The rows of the other side stream past, one by one. Each member has its parts
// of head_width of all of them:
//
//     | member 0 | member 1 | member 2 | member 3 | member 0 | ...       4 elements each, PARTS per member
//
// A dot product is the sum over the members. They make those of four rows at once, each that of another
// row, so that exp and random numbers are computed once and not four times: what there is one number of
// per row, such as a score, is an array of SHARE in the member that is row % TEAM, and
// spread_over_team() brings it back to all.
//
//     EXCHANGE_SUMMANDS(0u, score_of_row)        float score_of_row(uint row): what this member has of it
//     for (uint i = 0u; i < SHARE; i++)
//         ... SUM_OF_ROW(0u, score_of_row, i)    of row shared_row(i), over the team
//
// Include it after team.glsl and interface.glsl.
#ifndef ATTENTION_GLSL
#define ATTENTION_GLSL
#include "index.glsl"
#include "philox.glsl"

#define PRECISION_ID 6 // of the factors of all products
#include "precision.glsl"

layout(constant_id = 2) const uint WIDTH = 64u; // head_width
layout(constant_id = 3) const uint ROWS = 8u;   // of a team: 1, 2, or a multiple of 4
layout(constant_id = 4) const bool VECTOR = false; // pitches, offsets and head_width are multiples of 4
layout(constant_id = 5) const bool DROPOUT = false;

const uint PARTS = (WIDTH + 4u * TEAM - 1u) / (4u * TEAM);
const uint SHARE = (ROWS + TEAM - 1u) / TEAM;

// The sum of products over the parts that this member has.
float sum_of_products(vec4 a[PARTS], vec4 b[PARTS]) {
    float sum = 0.0;
    [[unroll]] for (uint p = 0u; p < PARTS; p++)
        [[unroll]] for (uint e = 0u; e < 4u; e++)
            sum += a[p][e] * b[p][e];
    return sum;
}

// The row of which this member has element i of a share; ROWS or more: of none.
uint shared_row(uint i) {
    return i * TEAM + member();
}

#ifdef QUADS
// Teams need not wait for each other: each may have its own range of streamed rows.
const bool ALONE = true;

// Summands are made where they are added: four of them are few registers, and work for a processor that waits
// for the exp of the four before. `slot` is for the other way.
#define EXCHANGE_SUMMANDS(slot, summand)
#define SUM_OF_ROW(slot, summand, i)                                                         \
    team_sums(vec4(summand(i * 4u), summand(min(i * 4u + 1u, ROWS - 1u)),                    \
                   summand(min(i * 4u + 2u, ROWS - 1u)), summand(min(i * 4u + 3u, ROWS - 1u))))

// What the members have shares of, to all of them.
void spread_over_team(out float x[ROWS], float share[SHARE], uint slot) {
    [[unroll]] for (uint r = 0u; r < ROWS; r++)
        x[r] = subgroupQuadBroadcast(share[r / TEAM], r % TEAM);
}
#else
const bool ALONE = false;

// Two slots each, so that one barrier per exchange is enough: before a slot is written again, every
// invocation has passed the barrier of another.
shared float summands[2][gl_WorkGroupSize.x * ROWS];
shared float shares[2][gl_WorkGroupSize.x * SHARE];

#define EXCHANGE_SUMMANDS(slot, summand)                                   \
    [[unroll]] for (uint r_ = 0u; r_ < ROWS; r_++)                         \
        summands[slot][r_ * gl_WorkGroupSize.x + lane()] = summand(r_);    \
    barrier();
#define SUM_OF_ROW(slot, summand, i) sum_of_row(slot, i)

float sum_of_row(uint slot, uint i) {
    const uint from = min(shared_row(i), ROWS - 1u) * gl_WorkGroupSize.x + lane() - member();
    return (summands[slot][from] + summands[slot][from + 1u]) +
           (summands[slot][from + 2u] + summands[slot][from + 3u]);
}

void spread_over_team(out float x[ROWS], float share[SHARE], uint slot) {
    [[unroll]] for (uint i = 0u; i < SHARE; i++)
        shares[slot][i * gl_WorkGroupSize.x + lane()] = share[i];
    barrier();
    [[unroll]] for (uint r = 0u; r < ROWS; r++)
        x[r] = shares[slot][r / TEAM * gl_WorkGroupSize.x + lane() - member() + r % TEAM];
}
#endif

// Where the member's part begins within head_width.
uint part_of(uint part) {
    return (part * TEAM + member()) * 4u;
}

#define ONE(tensor, index) tensor[(index) / 4u][(index) % 4u]

// The member's part of the row that begins at element `start` of a tensor; 0 past head_width.
#define LOAD_PART(tensor, start, part)                                                                     \
    mix(vec4(0.0),                                                                                         \
        VECTOR ? LOAD_##tensor(((start) + min(part_of(part), WIDTH - 4u)) / 4u)                            \
               : vec4(ONE(tensor, (start) + min(part_of(part), WIDTH - 1u)),                               \
                      ONE(tensor, (start) + min(part_of(part) + 1u, WIDTH - 1u)),                          \
                      ONE(tensor, (start) + min(part_of(part) + 2u, WIDTH - 1u)),                          \
                      ONE(tensor, (start) + min(part_of(part) + 3u, WIDTH - 1u))),                         \
        lessThan(part_of(part) + uvec4(0u, 1u, 2u, 3u), uvec4(WIDTH)))

#define STORE_PART(tensor, start, part, value)                                            \
    if (part_of(part) < WIDTH) {                                                          \
        if (VECTOR)                                                                       \
            STORE_##tensor(((start) + part_of(part)) / 4u, value)                         \
        else                                                                              \
            for (uint e_ = 0u; e_ < min(4u, WIDTH - part_of(part)); e_++)                 \
                ONE(tensor, (start) + part_of(part) + e_) = value[e_];                    \
    }

// Rows are read and written by loops that are not unrolled, whose code would be longer than all the rest; but
// arrays in registers need constant indices. So this runs what follows for r = `row` only, in either way.
#define SELECT_ROW(r, row)                           \
    [[unroll]] for (uint r = 0u; r < ROWS; r++)      \
        if (r == (row))

// The head of one image that this team works on, the first of its rows, and how many of them there are: 0 for
// teams past the last, which go through the motions. `rows` is the number of rows in the tensor.
struct place {
    uint item, head, first, count;
};

place team_place(uint rows) {
    const uint blocks = (rows + ROWS - 1u) / ROWS;
    const uint team = (linear_group() * gl_WorkGroupSize.x + lane()) / TEAM;
    const uint first = team % blocks * ROWS, item = team / blocks / heads;
    return place(min(item, batch - 1u), team / blocks % heads, first, item < batch ? min(ROWS, rows - first) : 0u);
}

uint q_row(place at, uint query) {
    return (at.item * queries + query) * q_pitch + q_offset + at.head * WIDTH;
}

uint k_row(place at, uint key) {
    return (at.item * keys + key) * k_pitch + k_offset + at.head * WIDTH;
}

uint v_row(place at, uint key) {
    return (at.item * keys + key) * v_pitch + v_offset + at.head * WIDTH;
}

// Of y and dy.
uint y_row(place at, uint query) {
    return ((at.item * queries + query) * heads + at.head) * WIDTH;
}

// Of lse and delta.
uint score_row(place at, uint query) {
    return (at.item * heads + at.head) * queries + query;
}

// Keys [0, count) are visible to the query: those inside the item's length, and for causal attention none
// after the query itself.
uint visible_keys(place at, uint query) {
    uint count = keys;
    if (HAS_lengths)
        count = min(count, lengths[at.item]);
    if (causal != 0u)
        count = min(count, query + 1u);
    return count;
}

// The factor of a probability under dropout: 0 or 1 / (1 - dropout).
float keep_factor(place at, uint query, uint key) {
    if (!DROPOUT)
        return 1.0;
    const uvec3 state = uvec3(random[0], random[1], random[2]);
    const uint element = score_row(at, query) * keys + key;
    const uint word = philox_block(state, stream, element / 4u)[element % 4u];
    return philox_float(word) >= dropout ? 1.0 / (1.0 - dropout) : 0.0;
}

#endif
