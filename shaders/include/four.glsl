// four.glsl: elements four at a time, for operators that treat each by itself.
//
//     invocation     0       1       2
//     element     0 1 2 3 4 5 6 7 8 9        (count = 10)
//
// 16 bytes are loaded or stored about as fast as 4, and their place is computed once. The tensors are
// declared as vec4 (TYPE_x). Where count is not a multiple of four, elements are read and written one by one,
// and the last one stands for those behind the end. For operators with the grid FOURS.
#ifndef FOUR_GLSL
#define FOUR_GLSL
#extension GL_EXT_control_flow_attributes : require

#include "index.glsl"

layout(constant_id = 2) const bool WHOLE = false; // count is a multiple of four

// Whether there is anything at 4 i; without products or sums that could exceed 32 bits.
bool is_inside(uint i) {
    return i <= (count - 1u) / 4u;
}

// Elements 4 i .. 4 i + 3 of a tensor.
#define LOAD_FOUR(tensor, i)                                                                      \
    (WHOLE ? tensor[i]                                                                            \
           : vec4(ONE_OF(tensor, 4u * (i)), ONE_OF(tensor, 4u * (i) + 1u),                        \
                  ONE_OF(tensor, 4u * (i) + 2u), ONE_OF(tensor, 4u * (i) + 3u)))
#define ONE_OF(tensor, element) tensor[min(element, count - 1u) / 4u][min(element, count - 1u) % 4u]

#define STORE_FOUR(tensor, i, value)                                     \
    {                                                                    \
        const vec4 value_ = value;                                       \
        if (WHOLE)                                                       \
            tensor[i] = value_;                                          \
        else                                                             \
            for (uint e_ = 0u; e_ < min(4u, count - 4u * (i)); e_++)     \
                tensor[i][e_] = value_[e_];                              \
    }

#endif
