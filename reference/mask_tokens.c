/* mask_tokens: which tokens an image keeps, by the order of its noise
 *
 *     rank[i] = how many j have noise[j] < noise[i], or equal noise and j < i
 *     removed[i] = rank[i] >= kept
 *     kept_index[rank[i]] = i                  where rank[i] < kept
 *     restore_index[0] = 0,    restore_index[1 + i] = 1 + min(rank[i], kept)
 *
 * noise (batch, tokens); kept_index (batch, kept); restore_index (batch, 1 + tokens); removed (batch,
 * tokens); kept <= tokens. A NaN counts as +infinity, so that the ranks are always a permutation.
 * restore_index addresses the rows of [class token, kept tokens, mask token]. Source: He et al., "Masked
 * autoencoders are scalable vision learners", CVPR 2022, section 3 ("Simple implementation"): a stable sort
 * of noise in ascending order, of which the first are kept.
 */
#include "reference/reference.h"

#include <math.h>

void reference_mask_tokens(uint32_t *kept_index, uint32_t *restore_index, uint32_t *removed,
                           const float *noise, size_t batch, size_t tokens, size_t kept) {
    for (size_t b = 0; b < batch; b++) {
        restore_index[b * (1 + tokens)] = 0;
        for (size_t i = 0; i < tokens; i++) {
            const float mine = isnan(noise[b * tokens + i]) ? INFINITY : noise[b * tokens + i];
            size_t rank = 0;
            for (size_t j = 0; j < tokens; j++) {
                const float other = isnan(noise[b * tokens + j]) ? INFINITY : noise[b * tokens + j];
                if (other < mine || (other == mine && j < i)) {
                    rank++;
                }
            }
            if (rank < kept) {
                kept_index[b * kept + rank] = (uint32_t)i;
            }
            restore_index[b * (1 + tokens) + 1 + i] = (uint32_t)(1 + (rank < kept ? rank : kept));
            removed[b * tokens + i] = rank >= kept;
        }
    }
}
