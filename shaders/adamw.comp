#version 450
#extension GL_GOOGLE_include_directive : require
// adamw: one step of Adam with decoupled weight decay.
//
//     g = factor gradient
//     m = beta1 m + (1 - beta1) g
//     v = beta2 v + (1 - beta2) g^2
//     p = p - lr weight_decay p - lr (m / correction1) / (sqrt(v / correction2) + epsilon)
//
// lr = rate_scale rate; parameter, m, v, gradient (count); schedule = {rate}; control = {norm, factor,
// finite, correction1, correction2}. Where finite is 0, nothing changes. One invocation per four elements.
#define TYPE_parameter vec4
#define TYPE_m vec4
#define TYPE_v vec4
#define TYPE_gradient vec4
#include "interface.glsl"
#include "four.glsl"

void main() {
    const uint i = linear_invocation();
    if (!is_inside(i) || control[2] == 0.0)
        return;
    const float rate = schedule[0] * rate_scale;
    const vec4 g = LOAD_FOUR(gradient, i) * control[1];
    const vec4 first = beta1 * LOAD_FOUR(m, i) + (1.0 - beta1) * g;
    const vec4 second = beta2 * LOAD_FOUR(v, i) + (1.0 - beta2) * g * g;
    const vec4 move = first / control[3] / (sqrt(second / control[4]) + epsilon);
    const vec4 old = LOAD_FOUR(parameter, i);
    STORE_FOUR(parameter, i, old - rate * (weight_decay * old + move))
    STORE_FOUR(m, i, first)
    STORE_FOUR(v, i, second)
}
