// loads.glsl: how four elements that lie side by side come from memory.
//
// CPUs that play a Vulkan device write out the load of every component for every invocation, each with a test
// of its bounds: two components of 64 bits cost them half of what four of 32 cost. So where the device has
// 64-bit integers, tensors that products with QUADS only read are declared as u64vec2; else as vec4.
//
//     element     0     1     2     3
//     u64vec2     x low x high  y low y high
//
// Include it before interface.glsl, whose LOAD_x then gives a vec4 of either, and define TYPE_x as LOADED.
#ifndef LOADS_GLSL
#define LOADS_GLSL

#ifdef INT64
#extension GL_ARB_gpu_shader_int64 : require

#define LOADED u64vec2

vec4 four_of(u64vec2 words) {
    return uintBitsToFloat(uvec4(unpackUint2x32(words.x), unpackUint2x32(words.y)));
}

// Element i of a tensor.
#define ONE_OF(tensor, i) uintBitsToFloat(unpackUint2x32(tensor[(i) / 4u][(i) / 2u % 2u])[(i) % 2u])
#else
#define LOADED vec4

vec4 four_of(vec4 value) {
    return value;
}

#define ONE_OF(tensor, i) tensor[(i) / 4u][(i) % 4u]
#endif

#define FROM_MEMORY(x) four_of(x)

#endif
