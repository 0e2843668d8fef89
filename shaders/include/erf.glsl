// erf.glsl: the normal distribution, which gelu and its gradient need, from a polynomial of erf.
//
// GLSL has no erf. Where the coefficients come from, and the error (9.2e-8, or 1.25e-7 on a device that does
// not round to nearest), stand in spec/numerics.md, "erf". Only sums and products are used: of division and
// exp Vulkan promises less.
//
// This file is also compiled as C by host/tests/test_reference.c: keep to what both languages read alike.
#ifndef ERF_GLSL
#define ERF_GLSL

// erf(z) for |z| < 1: z + z P(z^2). The 1 stands apart, so that its rounding is the last one.
float erf_near(float z) {
    const float s = z * z;
    float p = 7.64779688e-05f;
    p = p * s - 7.94258842e-04f;
    p = p * s + 5.17978054e-03f;
    p = p * s - 2.68486124e-02f;
    p = p * s + 1.12834305e-01f;
    p = p * s - 3.76126051e-01f;
    p = p * s + 1.28379151e-01f;
    return z + z * p;
}

// 1 - erf(z) for 1 <= z < 3.92: Q(z - 2.5), where the difference is exact.
float erfc_far(float z) {
    const float t = z - 2.5f;
    float q = 9.12464475e-06f;
    q = q * t - 2.10406452e-05f;
    q = q * t - 6.18874765e-05f;
    q = q * t + 2.78900552e-04f;
    q = q * t - 2.86506780e-04f;
    q = q * t - 5.70370816e-04f;
    q = q * t + 2.81817466e-03f;
    q = q * t - 6.10324601e-03f;
    q = q * t + 8.61531869e-03f;
    q = q * t - 8.35323613e-03f;
    q = q * t + 5.44665242e-03f;
    q = q * t - 2.17808015e-03f;
    q = q * t + 4.06931620e-04f;
    return q;
}

// Phi(x) = (1 + erf(x / sqrt 2)) / 2. Exactly 0 and 1 beyond |x| = 5.55, where erf rounds to -1 and 1.
float normal_distribution(float x) {
    const float z = abs(x) * 0.707106781f;
    if (z < 1.0f) {
        return 0.5f + 0.5f * erf_near(x * 0.707106781f);
    }
    const float tail = z < 3.92f ? 0.5f * erfc_far(z) : (z >= 3.92f ? 0.0f : z); // a NaN stays one
    return x < 0.0f ? tail : 1.0f - tail;
}

// phi(x) = exp(-x^2 / 2) / sqrt(2 pi), the derivative of Phi.
float normal_density(float x) {
    return 0.398942280f * exp(-0.5f * x * x);
}

#endif
