// order.glsl: floats compared as integers, which denormals and the treatment of NaN cannot change.
#ifndef ORDER_GLSL
#define ORDER_GLSL

// Bits of a float -> an integer in the same order, between 0x007FFFFF (-infinity) and 0xFF800000 (+infinity).
// -0 equals 0, NaN equals +infinity.
uint order_of(uint bits) {
    const uint magnitude = bits & 0x7FFFFFFFu;
    if (magnitude > 0x7F800000u)
        return 0xFF800000u;
    return bits > 0x80000000u ? ~bits : magnitude | 0x80000000u;
}

#endif
