#version 450
#extension GL_GOOGLE_include_directive : require
// attention_backward_key_value: the gradients of attention towards k and v           (spec/operators.md)
//
//     p = exp(scale q.k - lse)    dp = keep dy.v    ds = p (dp - delta)
//     dk = scale sum over queries of ds q           dv = sum over queries of p keep dy
//
// A team holds ROWS keys, their values and the gradients of both, while queries and their dy pass. So every
// element of dk and dv has one writer, and the sums have one order.
#include "team.glsl"

#define TYPE_q vec4
#define TYPE_k vec4
#define TYPE_v vec4
#define TYPE_dy vec4
#define TYPE_dk vec4
#define TYPE_dv vec4
#include "interface.glsl"

#include "attention.glsl"

vec4 my_k[ROWS][PARTS]; // scale k
vec4 my_v[ROWS][PARTS];
vec4 sum_k[ROWS][PARTS]; // of ds q
vec4 sum_v[ROWS][PARTS]; // of p keep dy

vec4 q_part[PARTS], dy_part[PARTS];

float s_of_row(uint r) {
    return sum_of_products(my_k[r], q_part);
}

float dp_of_row(uint r) {
    return sum_of_products(my_v[r], dy_part);
}

void pass_query(place at, uint query, uint first) {
    const uint count = visible_keys(at, query), row = score_row(at, query);
    const float query_lse = lse[row], query_delta = delta[row];
    [[unroll]] for (uint p = 0u; p < PARTS; p++) {
        q_part[p] = ALONE || query >= first ? ROUNDED_q(LOAD_PART(q, q_row(at, query), p)) : vec4(0.0);
        dy_part[p] = ALONE || query >= first ? ROUNDED_dy(LOAD_PART(dy, y_row(at, query), p)) : vec4(0.0);
    }
    EXCHANGE_SUMMANDS(0u, s_of_row)
    EXCHANGE_SUMMANDS(1u, dp_of_row)
    float ds[SHARE], weight[SHARE];
    [[unroll]] for (uint i = 0u; i < SHARE; i++) {
        const uint key = at.first + shared_row(i);
        const float p = exp(SUM_OF_ROW(0u, s_of_row, i) - query_lse), keep = keep_factor(at, query, key);
        const float dp = SUM_OF_ROW(1u, dp_of_row, i) * keep;
        ds[i] = key < count ? rounded(p * (dp - query_delta)) : 0.0;
        weight[i] = key < count ? rounded(p * keep) : 0.0;
    }
    float row_ds[ROWS], row_weight[ROWS];
    spread_over_team(row_ds, ds, 0u);
    spread_over_team(row_weight, weight, 1u);
    [[unroll]] for (uint r = 0u; r < ROWS; r++)
        [[unroll]] for (uint p = 0u; p < PARTS; p++) {
            sum_k[r][p] += row_ds[r] * q_part[p];
            sum_v[r][p] += row_weight[r] * dy_part[p];
        }
}

void load_keys(place at) {
    [[dont_unroll]] for (uint row = 0u; row < ROWS; row++) {
        const uint key = min(at.first + row, keys - 1u);
        vec4 k_part[PARTS], v_part[PARTS];
        [[unroll]] for (uint p = 0u; p < PARTS; p++) {
            k_part[p] = ROUNDED_k(LOAD_PART(k, k_row(at, key), p)) * scale;
            v_part[p] = ROUNDED_v(LOAD_PART(v, v_row(at, key), p));
        }
        SELECT_ROW(r, row) {
            [[unroll]] for (uint p = 0u; p < PARTS; p++) {
                my_k[r][p] = k_part[p];
                my_v[r][p] = v_part[p];
            }
        }
    }
}

void store_keys(place at) {
    [[dont_unroll]] for (uint row = 0u; row < at.count; row++) {
        const uint key = at.first + row;
        vec4 k_part[PARTS], v_part[PARTS];
        SELECT_ROW(r, row) {
            [[unroll]] for (uint p = 0u; p < PARTS; p++) {
                k_part[p] = sum_k[r][p] * scale;
                v_part[p] = sum_v[r][p];
            }
        }
        [[unroll]] for (uint p = 0u; p < PARTS; p++) {
            STORE_PART(dk, k_row(at, key), p, k_part[p])
            STORE_PART(dv, v_row(at, key), p, v_part[p])
        }
    }
}

void main() {
    const place at = team_place(keys);
    load_keys(at);
    [[unroll]] for (uint r = 0u; r < ROWS; r++)
        [[unroll]] for (uint p = 0u; p < PARTS; p++) {
            sum_k[r][p] = vec4(0.0);
            sum_v[r][p] = vec4(0.0);
        }
    const uint first = causal != 0u ? at.first : 0u; // no query before the first key sees any of them
    for (uint query = ALONE ? first : 0u; query < queries; query++)
        pass_query(at, query, first);
    store_keys(at);
}
