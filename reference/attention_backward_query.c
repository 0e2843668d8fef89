/* attention_backward_query: gradient of attention towards q, and delta
 *
 *     delta[i] = round(dy[i]) . round(y[i])
 *     p[i, j] = exp(scale (round(q[i]) . round(k[j])) - lse[i])
 *     ds[i, j] = p[i, j] (keep[i, j] (round(dy[i]) . round(v[j])) - delta[i])
 *     dq[i] = scale sum over j of round(ds[i, j]) round(k[j])
 *
 * over the keys that query i sees; keep, round and the layouts of q, k, v as in attention. dq has the
 * layout of q, and what lies between its heads' floats is left alone. delta (batch, heads, queries) is
 * for attention_backward_key_value. A query that sees no key has dq = 0. Source: differentiating
 * attention; that sum over j of keep p (dy . v) is dy . y is the observation of Dao et al.,
 * "FlashAttention", NeurIPS 2022, appendix B.
 */
#include "reference/common.h"
#include "reference/reference.h"

#include <math.h>

enum { STRIP = 64 };

void reference_attention_backward_query(float *dq, float *delta, const float *dy, const float *y,
                                        const float *lse, const float *q, const float *k, const float *v,
                                        const uint32_t *lengths, const uint32_t *random, size_t batch,
                                        size_t heads, size_t queries, size_t keys, size_t head_width,
                                        size_t q_pitch, size_t q_offset, size_t k_pitch, size_t k_offset,
                                        size_t v_pitch, size_t v_offset, size_t causal, size_t stream,
                                        size_t rounding, float scale, float dropout) {
    for (size_t row = 0; row < batch * heads * queries; row++) {
        const size_t b = row / queries / heads, h = row / queries % heads, i = row % queries;
        const size_t place = (b * queries + i) * q_pitch + q_offset + h * head_width;
        const float *key = k + b * keys * k_pitch + k_offset + h * head_width;
        const float *value = v + b * keys * v_pitch + v_offset + h * head_width;
        const float *cotangent = dy + ((b * queries + i) * heads + h) * head_width;
        const size_t visible = visible_keys(lengths, causal, b, i, keys);
        const double shift =
            dot(cotangent, y + ((b * queries + i) * heads + h) * head_width, head_width, rounding);

        delta[row] = (float)shift;
        for (size_t first = 0; first < head_width; first += STRIP) {
            const size_t count = head_width - first < STRIP ? head_width - first : STRIP;
            double sum[STRIP] = {0};
            for (size_t j = 0; j < visible; j++) {
                const double p =
                    exp(scale * dot(q + place, key + j * k_pitch, head_width, rounding) - lse[row]);
                const double keep = dropout_factor(random, stream, row * keys + j, dropout);
                const double dp = keep * dot(cotangent, value + j * v_pitch, head_width, rounding);
                const double ds = round_factor(p * (dp - shift), rounding);
                for (size_t d = 0; d < count; d++) {
                    sum[d] += scale * ds * precision_round(key[j * k_pitch + first + d], rounding);
                }
            }
            for (size_t d = 0; d < count; d++) {
                dq[place + first + d] = (float)sum[d];
            }
        }
    }
}
