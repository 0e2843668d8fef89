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

void pass_query(place at, uint query) {
    const uint count = visible_keys(at, query), row = score_row(at, query);
    const float query_lse = lse[row], query_delta = delta[row];
    vec4 q_part[PARTS], dy_part[PARTS];
    [[unroll]] for (uint p = 0u; p < PARTS; p++) {
        q_part[p] = LOAD_PART(q, q_row(at, query), p);
        dy_part[p] = LOAD_PART(dy, y_row(at, query), p);
    }
    float ds[SHARE], weight[SHARE];
    [[unroll]] for (uint i = 0u; i < SHARE; i++) {
        float s_dots[TEAM], dp_dots[TEAM];
        [[unroll]] for (uint r = 0u; r < TEAM; r++) {
            s_dots[r] = sum_of_products(my_k[i * TEAM + r], q_part);
            dp_dots[r] = sum_of_products(my_v[i * TEAM + r], dy_part);
        }
        const uint key = at.first + shared_row(i);
        const float p = key < count ? exp(team_sums(s_dots) - query_lse) : 0.0;
        const float keep = keep_factor(at, query, key);
        ds[i] = p * (team_sums(dp_dots) * keep - query_delta);
        weight[i] = p * keep;
    }
    [[unroll]] for (uint r = 0u; r < ROWS; r++) {
        const float row_ds = OF_ROW(ds, r), row_weight = OF_ROW(weight, r);
        [[unroll]] for (uint p = 0u; p < PARTS; p++) {
            sum_k[r][p] += row_ds * q_part[p];
            sum_v[r][p] += row_weight * dy_part[p];
        }
    }
}

void main() {
    const place at = team_place(keys);
    if (at.item >= batch)
        return;
    [[dont_unroll]] for (uint row = 0u; row < ROWS; row++) {
        const uint key = min(at.first + row, keys - 1u);
        vec4 k_part[PARTS], v_part[PARTS];
        [[unroll]] for (uint p = 0u; p < PARTS; p++) {
            k_part[p] = LOAD_PART(k, k_row(at, key), p) * scale;
            v_part[p] = LOAD_PART(v, v_row(at, key), p);
        }
        SELECT_ROW(r, row) {
            [[unroll]] for (uint p = 0u; p < PARTS; p++) {
                my_k[r][p] = k_part[p];
                my_v[r][p] = v_part[p];
            }
        }
    }
    [[unroll]] for (uint r = 0u; r < ROWS; r++)
        [[unroll]] for (uint p = 0u; p < PARTS; p++) {
            sum_k[r][p] = vec4(0.0);
            sum_v[r][p] = vec4(0.0);
        }
    for (uint query = causal != 0u ? at.first : 0u; query < queries; query++)
        pass_query(at, query);
    [[dont_unroll]] for (uint row = 0u; row < min(ROWS, keys - at.first); row++) {
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
