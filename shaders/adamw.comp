#version 450
#extension GL_GOOGLE_include_directive : require
// adamw: one step of Adam with decoupled weight decay.
//
//     g = factor gradient
//     m = beta1 m + (1 - beta1) g
//     v = beta2 v + (1 - beta2) g^2
//     p = p - lr weight_decay p - lr (m / correction1) / (sqrt(v / correction2) + epsilon)
//
// lr = rate_scale rate; parameter, m, v, gradient (count); schedule = {rate, correction1, correction2};
// control = {norm, factor, finite}. Where finite is 0, nothing changes. One invocation per element.
#include "interface.glsl"
#include "index.glsl"

void main() {
    const uint i = linear_invocation();
    if (i >= count || control[2] == 0.0)
        return;
    const float rate = schedule[0] * rate_scale;
    const float g = gradient[i] * control[1];
    const float first = beta1 * m[i] + (1.0 - beta1) * g;
    const float second = beta2 * v[i] + (1.0 - beta2) * g * g;
    const float move = first / schedule[1] / (sqrt(second / schedule[2]) + epsilon);
    const float old = parameter[i];
    parameter[i] = old - rate * (weight_decay * old + move);
    m[i] = first;
    v[i] = second;
}
