#version 450
#extension GL_GOOGLE_include_directive : require
// loss_scale: counts a step, and sets the factor of the loss for the next one      
// (spec/operators.md, "loss_scale")
//
// scaler = {scale, good, applied, skipped}; control = {norm, factor, finite, ...}. One
// invocation; all is exact.
#include "interface.glsl"
#include "index.glsl"

void main() {
    if (linear_invocation() != 0u)
        return;
    const bool finite = control[2] != 0.0;
    const float good = finite ? scaler[1] + 1.0 : 0.0;
    const bool longer = period > 0u && good >= float(period);
    if (period > 0u && !finite)
        scaler[0] = max(scaler[0] * 0.5, 1.0);
    if (longer)
        scaler[0] = min(scaler[0] * 2.0, 1073741824.0);
    scaler[1] = longer ? 0.0 : good;
    if (finite)
        scaler[2] += 1.0;
    else
        scaler[3] += 1.0;
}
