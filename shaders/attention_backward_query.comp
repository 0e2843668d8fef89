#version 450
#extension GL_GOOGLE_include_directive : require
// attention_backward_query: the gradient of attention towards q, and delta, which the one towards k and v uses
//                                                                  (spec/operators.md)
//     p = exp(scale q.k - lse)    dp = keep dy.v    delta = dy.y    ds = p (dp - delta)    dq = scale sum ds k
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
uint count[SHARE]; // of visible keys

void pass_key(place at, uint key) {
    vec4 k_part[PARTS], v_part[PARTS];
    [[unroll]] for (uint p = 0u; p < PARTS; p++) {
        k_part[p] = LOAD_PART(k, k_row(at, key), p);
        v_part[p] = LOAD_PART(v, v_row(at, key), p);
    }
    float ds[SHARE];
    [[unroll]] for (uint i = 0u; i < SHARE; i++) {
        float s_dots[TEAM], dp_dots[TEAM];
        [[unroll]] for (uint r = 0u; r < TEAM; r++) {
            s_dots[r] = sum_of_products(mine[i * TEAM + r], k_part);
            dp_dots[r] = sum_of_products(incoming[i * TEAM + r], v_part);
        }
        const float p = key < count[i] ? exp(team_sums(s_dots) - query_lse[i]) : 0.0;
        const float dp = team_sums(dp_dots) * keep_factor(at, at.first + shared_row(i), key);
        ds[i] = p * (dp - query_delta[i]);
    }
    [[unroll]] for (uint r = 0u; r < ROWS; r++) {
        const float factor = OF_ROW(ds, r);
        [[unroll]] for (uint p = 0u; p < PARTS; p++)
            sum[r][p] += factor * k_part[p];
    }
}

void load_queries(place at) {
    [[dont_unroll]] for (uint row = 0u; row < ROWS; row++) {
        const uint query = min(at.first + row, queries - 1u);
        vec4 q_part[PARTS], dy_part[PARTS], y_part[PARTS];
        [[unroll]] for (uint p = 0u; p < PARTS; p++) {
            q_part[p] = LOAD_PART(q, q_row(at, query), p) * scale;
            dy_part[p] = LOAD_PART(dy, y_row(at, query), p);
            y_part[p] = LOAD_PART(y, y_row(at, query), p);
        }
        const float dot_y = team_sum(sum_of_products(dy_part, y_part));
        SELECT_ROW(r, row) {
            if (r % TEAM == member())
                query_delta[r / TEAM] = dot_y;
            [[unroll]] for (uint p = 0u; p < PARTS; p++) {
                mine[r][p] = q_part[p];
                incoming[r][p] = dy_part[p];
            }
        }
    }
}

void main() {
    const place at = team_place(queries);
    if (at.item >= batch)
        return;
    load_queries(at);
    [[unroll]] for (uint i = 0u; i < SHARE; i++) {
        const uint query = min(at.first + shared_row(i), queries - 1u);
        count[i] = visible_keys(at, query);
        query_lse[i] = lse[score_row(at, query)];
    }
    [[unroll]] for (uint r = 0u; r < ROWS; r++)
        [[unroll]] for (uint p = 0u; p < PARTS; p++)
            sum[r][p] = vec4(0.0);
    const uint end = visible_keys(at, min(at.first + ROWS, queries) - 1u);
    for (uint key = 0u; key < end; key++)
        pass_key(at, key);

    [[unroll]] for (uint i = 0u; i < SHARE; i++)
        if (at.first + shared_row(i) < queries)
            delta[score_row(at, at.first + shared_row(i))] = query_delta[i];
    [[dont_unroll]] for (uint row = 0u; row < min(ROWS, queries - at.first); row++) {
        vec4 part[PARTS];
        SELECT_ROW(r, row) {
            [[unroll]] for (uint p = 0u; p < PARTS; p++)
                part[p] = sum[r][p] * scale;
        }
        [[unroll]] for (uint p = 0u; p < PARTS; p++)
            STORE_PART(dq, q_row(at, at.first + row), p, part[p])
    }
}
