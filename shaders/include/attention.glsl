// attention.glsl: what the three attention shaders share (spec/operators.md, "attention").
//
// A team (team.glsl) holds ROWS rows of one head in registers: queries, or keys in
// attention_backward_key_value. The rows of the other side stream past, one by one. Each member has its parts
// of head_width of all of them:
//
//     | member 0 | member 1 | member 2 | member 3 | member 0 | ...       4 elements each, PARTS per member
//
// A dot product is the sum over the members. team_sums() makes those of four rows at once, so that exp and
// random numbers are computed once and not four times: what there is one number of per row, such as a score,
// is an array of SHARE in the member that is row % TEAM. Row r is in its element r / TEAM.
//
// Include it after interface.glsl.
#ifndef ATTENTION_GLSL
#define ATTENTION_GLSL
#include "index.glsl"
#include "philox.glsl"

layout(constant_id = 2) const uint WIDTH = 64u; // head_width
layout(constant_id = 3) const uint ROWS = 8u;   // of a team, a multiple of TEAM
layout(constant_id = 4) const bool VECTOR = false; // pitches, offsets and head_width are multiples of 4
layout(constant_id = 5) const bool DROPOUT = false;

const uint PARTS = (WIDTH + 4u * TEAM - 1u) / (4u * TEAM);
const uint SHARE = ROWS / TEAM;

// The sum of products over the parts that this member has.
float sum_of_products(vec4 a[PARTS], vec4 b[PARTS]) {
    float sum = 0.0;
    [[unroll]] for (uint p = 0u; p < PARTS; p++)
        [[unroll]] for (uint e = 0u; e < 4u; e++)
            sum += a[p][e] * b[p][e];
    return sum;
}

// The number that a share[SHARE] has for row r.
#define OF_ROW(share, r) TEAM_BROADCAST(share[(r) / TEAM], (r) % TEAM)

// Where the member's part begins within head_width.
uint part_of(uint part) {
    return (part * TEAM + member()) * 4u;
}

#define ONE(tensor, index) tensor[(index) / 4u][(index) % 4u]

// The member's part of the row that begins at element `start` of a tensor; 0 past head_width.
#define LOAD_PART(tensor, start, part)                                                                     \
    mix(vec4(0.0),                                                                                         \
        VECTOR ? tensor[((start) + min(part_of(part), WIDTH - 4u)) / 4u]                                   \
               : vec4(ONE(tensor, (start) + min(part_of(part), WIDTH - 1u)),                               \
                      ONE(tensor, (start) + min(part_of(part) + 1u, WIDTH - 1u)),                          \
                      ONE(tensor, (start) + min(part_of(part) + 2u, WIDTH - 1u)),                          \
                      ONE(tensor, (start) + min(part_of(part) + 3u, WIDTH - 1u))),                         \
        lessThan(part_of(part) + uvec4(0u, 1u, 2u, 3u), uvec4(WIDTH)))

#define STORE_PART(tensor, start, part, value)                                            \
    if (part_of(part) < WIDTH) {                                                          \
        if (VECTOR)                                                                       \
            tensor[((start) + part_of(part)) / 4u] = value;                               \
        else                                                                              \
            for (uint e_ = 0u; e_ < min(4u, WIDTH - part_of(part)); e_++)                 \
                ONE(tensor, (start) + part_of(part) + e_) = value[e_];                    \
    }

// Rows are read and written by loops that are not unrolled, whose code would be longer than all the rest; but
// arrays in registers need constant indices. So this runs what follows for r = `row` only, in either way.
#define SELECT_ROW(r, row)                           \
    [[unroll]] for (uint r = 0u; r < ROWS; r++)      \
        if (r == (row))

// The row of which this member has element i of a share.
uint shared_row(uint i) {
    return i * TEAM + member();
}

// The head of one image that this team works on, and its first row; `rows` is their number in the tensor.
struct place {
    uint item, head, first;
};

place team_place(uint rows) {
    const uint blocks = (rows + ROWS - 1u) / ROWS;
    const uint team = (linear_group() * gl_WorkGroupSize.x + lane()) / TEAM;
    return place(team / blocks / heads, team / blocks % heads, team % blocks * ROWS);
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
