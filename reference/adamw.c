/* adamw: one step of Adam with decoupled weight decay
 *
 *     g = factor gradient
 *     p = p - lr weight_decay p,    lr = rate_scale rate
 *     m = beta1 m + (1 - beta1) g
 *     v = beta2 v + (1 - beta2) g^2
 *     p = p - lr (m / correction1) / (sqrt(v / correction2) + epsilon)
 *
 * parameter, m, v, gradient (count); schedule = {rate}; control = {norm, factor, finite, correction1,
 * correction2} of clip_factor. Where finite is 0, nothing changes. Source: Loshchilov, Hutter, "Decoupled
 * weight decay regularization", ICLR 2019, algorithm 2, with lr in front of the decay, as PyTorch does it.
 */
#include "reference/reference.h"

#include <math.h>

void reference_adamw(float *parameter, float *m, float *v, const float *gradient, const float *schedule,
                     const float *control, size_t count, float rate_scale, float beta1, float beta2,
                     float epsilon, float weight_decay) {
    if (control[2] == 0) {
        return;
    }
    const double rate = (double)schedule[0] * rate_scale;
    for (size_t i = 0; i < count; i++) {
        const double g = (double)gradient[i] * control[1];
        const double first = (double)beta1 * m[i] + (1 - (double)beta1) * g;
        const double second = (double)beta2 * v[i] + (1 - (double)beta2) * g * g;
        const double step = first / control[3] / (sqrt(second / control[4]) + epsilon);
        parameter[i] = (float)(parameter[i] - rate * weight_decay * parameter[i] - rate * step);
        m[i] = (float)first;
        v[i] = (float)second;
    }
}
