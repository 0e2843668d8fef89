// row.glsl: a row of `width` elements, taken four at a time by the invocations of a workgroup.
//
//     invocation   0       1       0       1         (a workgroup of 2)
//     column       0 1 2 3 4 5 6 7 8 9 . . . . . .   (width = 10)
//
// Tensors are declared as vec4 (TYPE_x). Where width is not a multiple of four, elements are read and
// written one by one; past the end the last one is read again, and `inside` says which ones count. For
// operators with the grid ROWS.
#ifndef ROW_GLSL
#define ROW_GLSL

layout(constant_id = 2) const bool WHOLE = false; // width is a multiple of four

// How many times four columns there are, the last of them perhaps not whole.
uint row_fours() {
    return (width + 3u) / 4u;
}

// 1 for each of the columns 4 i .. 4 i + 3 that exists, else 0.
vec4 inside(uint i) {
    return WHOLE ? vec4(1.0) : vec4(lessThan(4u * i + uvec4(0u, 1u, 2u, 3u), uvec4(width)));
}

float add_up(vec4 x) {
    return (x.x + x.y) + (x.z + x.w);
}

// Columns 4 i .. 4 i + 3 of the row that begins at element `start`.
#define LOAD_COLUMNS(tensor, start, i)                                                        \
    (WHOLE ? LOAD_##tensor((start) / 4u + (i))                                                \
           : vec4(ONE_OF(tensor, start, 4u * (i)), ONE_OF(tensor, start, 4u * (i) + 1u),      \
                  ONE_OF(tensor, start, 4u * (i) + 2u), ONE_OF(tensor, start, 4u * (i) + 3u)))
#define ONE_OF(tensor, start, column) ELEMENT_OF(tensor, (start) + min(column, width - 1u))
#define ELEMENT_OF(tensor, element)   tensor[(element) / 4u][(element) % 4u]

#define STORE_COLUMNS(tensor, start, i, value)                            \
    {                                                                     \
        const vec4 value_ = value;                                        \
        if (WHOLE)                                                        \
            STORE_##tensor((start) / 4u + (i), value_)                    \
        else                                                              \
            for (uint e_ = 0u; e_ < min(4u, width - 4u * (i)); e_++)      \
                ELEMENT_OF(tensor, (start) + 4u * (i) + e_) = value_[e_]; \
    }

#endif
