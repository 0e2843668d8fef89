/* attention: per image and head, y = dropout(softmax(scale q k^T)) v
 *
 *     s[i, j] = scale (round(q[i]) . round(k[j]))          for the keys j that query i sees
 *     e[i, j] = exp(s[i, j]) / 2^n,  the least integer n with which no e[i, j] is above 1
 *     z[i] = sum over j of e[i, j],  lse[i] = log(2^n z[i])
 *     y[i] = sum over j of round(keep[i, j] e[i, j]) round(v[j]) / z[i]
 *
 * Query i sees key j if j < lengths[image] (with lengths) and j <= i (if causal). A query that sees no key
 * has lse = 0 and y = 0. keep is 0 or 1 / (1 - dropout), by the random number of the element
 * ((image heads + head) queries + i) keys + j; without random, or with dropout 0, it is 1. round is that of
 * `rounding` (base/precision.h).
 *
 * Head h of query i of image b is q[(b queries + i) q_pitch + q_offset + h head_width] and the head_width - 1
 * floats after it; k and v alike with keys. So one array may hold q, k and v side by side.
 * y (batch, queries, heads, head_width); lse (batch, heads, queries) is kept for the gradient.
 *
 * The floats of a head are taken STRIP at a time, only so that weights are not computed anew for each float.
 * Source: Vaswani et al., "Attention is all you need", NIPS 2017, equation 1; dropout of the weights as in
 * their program.
 */
#include "reference/common.h"
#include "reference/reference.h"

#include <math.h>

enum { STRIP = 64 };

/* n log 2, for the largest score of one query. */
static double shift_of(const float *query, const float *k, size_t k_pitch, size_t visible, size_t head_width,
                       float scale, enum precision rounding) {
    double largest = -INFINITY;
    for (size_t j = 0; j < visible; j++) {
        largest = fmax(largest, scale * dot(query, k + j * k_pitch, head_width, rounding));
    }
    return ceil(largest / log(2)) * log(2);
}

void reference_attention(float *y, float *lse, const float *q, const float *k, const float *v,
                         const uint32_t *lengths, const uint32_t *random, size_t batch, size_t heads,
                         size_t queries, size_t keys, size_t head_width, size_t q_pitch, size_t q_offset,
                         size_t k_pitch, size_t k_offset, size_t v_pitch, size_t v_offset, size_t causal,
                         size_t stream, size_t rounding, float scale, float dropout) {
    for (size_t row = 0; row < batch * heads * queries; row++) {
        const size_t b = row / queries / heads, h = row / queries % heads, i = row % queries;
        const float *query = q + (b * queries + i) * q_pitch + q_offset + h * head_width;
        const float *key = k + b * keys * k_pitch + k_offset + h * head_width;
        const float *value = v + b * keys * v_pitch + v_offset + h * head_width;
        float *out = y + ((b * queries + i) * heads + h) * head_width;
        const size_t visible = visible_keys(lengths, causal, b, i, keys);
        const double shift = shift_of(query, key, k_pitch, visible, head_width, scale, rounding);
        double z = 0;

        for (size_t j = 0; j < visible; j++) {
            z += exp(scale * dot(query, key + j * k_pitch, head_width, rounding) - shift);
        }
        lse[row] = (float)(visible ? shift + log(z) : 0);
        for (size_t first = 0; first < head_width; first += STRIP) {
            const size_t count = head_width - first < STRIP ? head_width - first : STRIP;
            double sum[STRIP] = {0};
            for (size_t j = 0; j < visible; j++) {
                const double e = exp(scale * dot(query, key + j * k_pitch, head_width, rounding) - shift);
                const double keep = dropout_factor(random, stream, row * keys + j, dropout);
                const double weight = round_factor(keep * e, rounding);
                for (size_t d = 0; d < count; d++) {
                    sum[d] += weight * precision_round(value[j * v_pitch + first + d], rounding);
                }
            }
            for (size_t d = 0; d < count; d++) {
                out[first + d] = (float)(visible ? sum[d] / z : 0);
            }
        }
    }
}
