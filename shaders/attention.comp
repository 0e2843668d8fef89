#version 450
#extension GL_GOOGLE_include_directive : require
// attention: y = softmax(scale q k^T) v for each head, without a stored score matrix
//                                                                  (spec/operators.md, "attention")
// A team holds ROWS queries and their y, while keys and values pass. For each query it keeps the
// largest score so far and the sum of exp(score - largest), and multiplies what it has by exp(old
// largest - new largest) when a larger one comes (Milakov and Gimelshein, "Online normalizer
// calculation for softmax", 2018). Scores are counted in powers of two, and the largest is rounded up
// to a whole number: then the multiplication is exact, and a weight is rounded to the same 16 bits
// whatever the largest score was when its key passed.
//
//               key   0     1     2   ...
//     query 0       +-----+-----+-----+
//        ...        |  s  |  s  |  s  |      a column of scores is made, turned into p, added to y, and
//     query ROWS-1  +-----+-----+-----+      forgotten
#include "team.glsl"

#define TYPE_q vec4
#define TYPE_k vec4
#define TYPE_v vec4
#define TYPE_y vec4
#include "interface.glsl"

#include "attention.glsl"

const float LOG2_E = 1.4426950408889634, LOG_2 = 0.6931471805599453;

vec4 mine[ROWS][PARTS]; // scale log2(e) q
vec4 sum[ROWS][PARTS];  // of p v
float largest[SHARE], total[SHARE];
uint count[SHARE]; // of visible keys
vec4 row[PARTS];   // of k, then of v

float score_of_row(uint r) {
    return sum_of_products(mine[r], row);
}

// 2^x for a whole number x <= 0; 0 below 2^-126.
float power_of_two(float x) {
    return uintBitsToFloat(uint(max(x, -127.0) + 127.0) << 23);
}

void pass_key(place at, uint key, uint seen) {
    [[unroll]] for (uint p = 0u; p < PARTS; p++)
        row[p] = ROUNDED_k(LOAD_PART(k, k_row(at, key), p));
    EXCHANGE_SUMMANDS(0u, score_of_row)
    float weight[SHARE], shrink[SHARE];
    [[unroll]] for (uint i = 0u; i < SHARE; i++) {
        const float score = SUM_OF_ROW(0u, score_of_row, i);
        const bool visible = key < count[i];
        const float next = visible ? max(largest[i], ceil(score)) : largest[i];
        const float p = visible ? exp2(score - next) : 0.0;
        shrink[i] = power_of_two(largest[i] - next);
        largest[i] = next;
        total[i] = total[i] * shrink[i] + p;
        weight[i] = rounded(p * keep_factor(at, at.first + shared_row(i), key));
    }
    float row_weight[ROWS], row_shrink[ROWS];
    spread_over_team(row_weight, weight, 0u);
    spread_over_team(row_shrink, shrink, 1u);
    [[unroll]] for (uint p = 0u; p < PARTS; p++)
        row[p] = ALONE || key < seen ? ROUNDED_v(LOAD_PART(v, v_row(at, key), p)) : vec4(0.0);
    [[unroll]] for (uint r = 0u; r < ROWS; r++)
        [[unroll]] for (uint p = 0u; p < PARTS; p++)
            sum[r][p] = sum[r][p] * row_shrink[r] + row_weight[r] * row[p];
}

void load_queries(place at) {
    [[dont_unroll]] for (uint row = 0u; row < ROWS; row++) {
        vec4 part[PARTS];
        [[unroll]] for (uint p = 0u; p < PARTS; p++)
            part[p] = ROUNDED_q(LOAD_PART(q, q_row(at, min(at.first + row, queries - 1u)), p)) * (scale * LOG2_E);
        SELECT_ROW(r, row) {
            [[unroll]] for (uint p = 0u; p < PARTS; p++)
                mine[r][p] = part[p];
        }
    }
}

void store_queries(place at) {
    float factor[SHARE], row_factor[ROWS];
    [[unroll]] for (uint i = 0u; i < SHARE; i++) {
        factor[i] = count[i] > 0u ? 1.0 / total[i] : 0.0;
        if (shared_row(i) < at.count)
            lse[score_row(at, at.first + shared_row(i))] = count[i] > 0u ? largest[i] * LOG_2 + log(total[i]) : 0.0;
    }
    spread_over_team(row_factor, factor, 0u);
    [[unroll]] for (uint r = 0u; r < ROWS; r++)
        [[unroll]] for (uint p = 0u; p < PARTS; p++)
            sum[r][p] *= row_factor[r];
    [[dont_unroll]] for (uint row = 0u; row < at.count; row++) {
        vec4 part[PARTS];
        SELECT_ROW(r, row) {
            [[unroll]] for (uint p = 0u; p < PARTS; p++)
                part[p] = sum[r][p];
        }
        [[unroll]] for (uint p = 0u; p < PARTS; p++)
            STORE_PART(y, y_row(at, at.first + row), p, part[p])
    }
}

void main() {
    const place at = team_place(queries);
    load_queries(at);
    [[unroll]] for (uint i = 0u; i < SHARE; i++) {
        count[i] = visible_keys(at, min(at.first + shared_row(i), queries - 1u));
        largest[i] = -3.0e38;
        total[i] = 0.0;
    }
    [[unroll]] for (uint r = 0u; r < ROWS; r++)
        [[unroll]] for (uint p = 0u; p < PARTS; p++)
            sum[r][p] = vec4(0.0);
    const uint seen = visible_keys(at, min(at.first + ROWS, queries) - 1u);
    for (uint key = 0u; key < (ALONE ? seen : keys); key++)
        pass_key(at, key, seen);
    store_queries(at);
}
