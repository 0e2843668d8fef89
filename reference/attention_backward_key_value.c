/* attention_backward_key_value: gradients of attention towards k and v
 *
 *     p[i, j] = exp(scale (round(q[i]) . round(k[j])) - lse[i])
 *     ds[i, j] = p[i, j] (keep[i, j] (round(dy[i]) . round(v[j])) - delta[i])
 *     dk[j] = scale sum over i of round(ds[i, j]) round(q[i])
 *     dv[j] = sum over i of round(keep[i, j] p[i, j]) round(dy[i])
 *
 * over the queries i that see key j; keep, round and the layouts of q, k, v as in attention; delta from
 * attention_backward_query. dk and dv have the layouts of k and v, and what lies between their heads' floats
 * is left alone. A key that no query sees has dk = dv = 0. Source: differentiating attention.
 */
#include "reference/common.h"
#include "reference/reference.h"

#include <math.h>

enum { STRIP = 64 };

void reference_attention_backward_key_value(float *dk, float *dv, const float *dy, const float *delta,
                                            const float *lse, const float *q, const float *k, const float *v,
                                            const uint32_t *lengths, const uint32_t *random, size_t batch,
                                            size_t heads, size_t queries, size_t keys, size_t head_width,
                                            size_t q_pitch, size_t q_offset, size_t k_pitch, size_t k_offset,
                                            size_t v_pitch, size_t v_offset, size_t causal, size_t stream,
                                            size_t rounding, float scale, float dropout) {
    for (size_t column = 0; column < batch * heads * keys; column++) {
        const size_t b = column / keys / heads, h = column / keys % heads, j = column % keys;
        const size_t k_place = (b * keys + j) * k_pitch + k_offset + h * head_width;
        const size_t v_place = (b * keys + j) * v_pitch + v_offset + h * head_width;

        for (size_t first = 0; first < head_width; first += STRIP) {
            const size_t count = head_width - first < STRIP ? head_width - first : STRIP;
            double k_sum[STRIP] = {0}, v_sum[STRIP] = {0};
            for (size_t i = 0; i < queries; i++) {
                if (j >= visible_keys(lengths, causal, b, i, keys)) {
                    continue;
                }
                const size_t row = (b * heads + h) * queries + i;
                const float *query = q + (b * queries + i) * q_pitch + q_offset + h * head_width;
                const float *cotangent = dy + ((b * queries + i) * heads + h) * head_width;
                const double p = exp(scale * dot(query, k + k_place, head_width, rounding) - lse[row]);
                const double keep = dropout_factor(random, stream, row * keys + j, dropout);
                const double dp = keep * dot(cotangent, v + v_place, head_width, rounding);
                const double ds = round_factor(p * (dp - delta[row]), rounding);
                const double weight = round_factor(keep * p, rounding);
                for (size_t d = 0; d < count; d++) {
                    k_sum[d] += scale * ds * precision_round(query[first + d], rounding);
                    v_sum[d] += weight * precision_round(cotangent[first + d], rounding);
                }
            }
            for (size_t d = 0; d < count; d++) {
                dk[k_place + first + d] = (float)k_sum[d];
                dv[v_place + first + d] = (float)v_sum[d];
            }
        }
    }
}
