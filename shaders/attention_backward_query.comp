#version 450
#extension GL_GOOGLE_include_directive : require
// attention_backward_query: the gradient of attention towards q, and delta, which the one towards k and v
// uses (spec/operators.md)
//     p = exp(scale q.k - lse)   dp = keep dy.v   delta = dy.y   ds = p (dp - delta)   dq = scale sum ds k
//
// A team holds ROWS queries, their dy and their dq, while keys and values pass.
#include "team.glsl"

#define TYPE_q vec4
#define TYPE_k vec4
#define TYPE_v vec4
#define TYPE_y vec4
#define TYPE_dy vec4
#define TYPE_dq vec4
#include "interface.glsl"

#include "attention.glsl"

vec4 mine[ROWS][PARTS];     // scale q
vec4 incoming[ROWS][PARTS]; // dy
vec4 sum[ROWS][PARTS];      // of ds k
float query_lse[SHARE], query_delta[SHARE];
uint count[SHARE];  // of visible keys
vec4 part[PARTS];   // of v, then of k: both at once would take too many registers
float y_dots[ROWS]; // of what this member has of dy and y

float s_of_row(uint r) {
    return sum_of_products(mine[r], part);
}

float dp_of_row(uint r) {
    return sum_of_products(incoming[r], part);
}

float delta_of_row(uint r) {
    return y_dots[r];
}

void pass_key(place at, uint key, uint seen) {
    float dp[SHARE], ds[SHARE];
    [[unroll]] for (uint p = 0u; p < PARTS; p++)
        part[p] = ROUNDED_v(LOAD_PART(v, v_row(at, key), p));
    EXCHANGE_SUMMANDS(0u, dp_of_row)
    [[unroll]] for (uint i = 0u; i < SHARE; i++)
        dp[i] = SUM_OF_ROW(0u, dp_of_row, i);
    [[unroll]] for (uint p = 0u; p < PARTS; p++)
        part[p] = ALONE || key < seen ? ROUNDED_k(LOAD_PART(k, k_row(at, key), p)) : vec4(0.0);
    EXCHANGE_SUMMANDS(1u, s_of_row)
    [[unroll]] for (uint i = 0u; i < SHARE; i++) {
        const float p = exp(SUM_OF_ROW(1u, s_of_row, i) - query_lse[i]);
        const float keep = keep_factor(at, at.first + shared_row(i), key);
        ds[i] = key < count[i] ? rounded(p * (dp[i] * keep - query_delta[i])) : 0.0;
    }
    float row_ds[ROWS];
    spread_over_team(row_ds, ds, 0u);
    [[unroll]] for (uint r = 0u; r < ROWS; r++)
        [[unroll]] for (uint p = 0u; p < PARTS; p++)
            sum[r][p] += row_ds[r] * part[p];
}

void load_queries(place at) {
    [[dont_unroll]] for (uint row = 0u; row < ROWS; row++) {
        const uint query = min(at.first + row, queries - 1u);
        vec4 q_part[PARTS], dy_part[PARTS], y_part[PARTS];
        [[unroll]] for (uint p = 0u; p < PARTS; p++) {
            q_part[p] = ROUNDED_q(LOAD_PART(q, q_row(at, query), p)) * scale;
            dy_part[p] = ROUNDED_dy(LOAD_PART(dy, y_row(at, query), p));
            y_part[p] = ROUNDED_y(LOAD_PART(y, y_row(at, query), p));
        }
        const float dot_y = sum_of_products(dy_part, y_part);
        SELECT_ROW(r, row) {
            y_dots[r] = dot_y;
            [[unroll]] for (uint p = 0u; p < PARTS; p++) {
                mine[r][p] = q_part[p];
                incoming[r][p] = dy_part[p];
            }
        }
    }
    EXCHANGE_SUMMANDS(1u, delta_of_row)
    [[unroll]] for (uint i = 0u; i < SHARE; i++)
        query_delta[i] = SUM_OF_ROW(1u, delta_of_row, i);
}

void store_queries(place at) {
    [[unroll]] for (uint i = 0u; i < SHARE; i++)
        if (shared_row(i) < at.count)
            delta[score_row(at, at.first + shared_row(i))] = query_delta[i];
    [[dont_unroll]] for (uint row = 0u; row < at.count; row++) {
        vec4 part[PARTS];
        SELECT_ROW(r, row) {
            [[unroll]] for (uint p = 0u; p < PARTS; p++)
                part[p] = sum[r][p] * scale;
        }
        [[unroll]] for (uint p = 0u; p < PARTS; p++)
            STORE_PART(dq, q_row(at, at.first + row), p, part[p])
    }
}

void main() {
    const place at = team_place(queries);
    load_queries(at);
    [[unroll]] for (uint i = 0u; i < SHARE; i++) {
        const uint query = min(at.first + shared_row(i), queries - 1u);
        count[i] = visible_keys(at, query);
        query_lse[i] = lse[score_row(at, query)];
    }
    [[unroll]] for (uint r = 0u; r < ROWS; r++)
        [[unroll]] for (uint p = 0u; p < PARTS; p++)
            sum[r][p] = vec4(0.0);
    const uint seen = visible_keys(at, min(at.first + ROWS, queries) - 1u);
    for (uint key = 0u; key < (ALONE ? seen : keys); key++)
        pass_key(at, key, seen);
    store_queries(at);
}
