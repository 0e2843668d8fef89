// matrix.glsl: matrices that a subgroup multiplies at once (VK_KHR_cooperative_matrix).
//
//     LEFT_MATRIX x; RIGHT_MATRIX y; SUM_MATRIX z = SUM_MATRIX(0.0);
//     coopMatLoadNV(x, staged, first, pitch, false);      ... from shared memory, by rows
//     z = coopMatMulAddNV(x, y, z);
//
// The build compiles a shader that includes this file twice more, for devices that have them: with MATRICES
// defined, for factors in f16, and with BFLOAT16 as well, for bf16. The sizes are those of the device. The
// source is in the older dialect of NVIDIA's extension, since the glslang of Debian 12 does not know the
// newer one; tools/khr_matrices.c rewrites what it compiles, and says what does not survive that: elements
// and lengths of matrices. It also makes bfloat16 of the 16-bit floats, which the glslang of no supported
// distribution knows; so nothing but matrices may be made of them.
//
// Include it first: it enables extensions.
#ifndef MATRIX_GLSL
#define MATRIX_GLSL
#ifdef MATRICES
#extension GL_KHR_memory_scope_semantics : require
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_NV_cooperative_matrix : require
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require
#extension GL_EXT_spirv_intrinsics : require

layout(constant_id = 13) const uint MATRIX_M = 16u;
layout(constant_id = 14) const uint MATRIX_N = 16u;
layout(constant_id = 15) const uint MATRIX_K = 16u; // a multiple of 8
layout(constant_id = 16) const uint SUBGROUP = 32u; // invocations

#define LEFT_MATRIX fcoopmatNV<16, gl_ScopeSubgroup, MATRIX_M, MATRIX_K>
#define RIGHT_MATRIX fcoopmatNV<16, gl_ScopeSubgroup, MATRIX_K, MATRIX_N>
#define SUM_MATRIX fcoopmatNV<32, gl_ScopeSubgroup, MATRIX_M, MATRIX_N>

#ifdef BFLOAT16
// Four numbers in 16 bits each: those that rounded() has made, whose lower halves are 0.
uvec2 halves(vec4 x) {
    const uvec4 bits = floatBitsToUint(x);
    return bits.xz >> 16 | bits.yw & 0xFFFF0000u;
}
#else
// RoundingModeRTE: conversions to 16 bits round to nearest, a tie to the even number, whatever the driver
// prefers.
spirv_execution_mode(capabilities = [4467], 4462, 16);

// Four numbers in 16 bits each, rounded.
uvec2 halves(vec4 x) {
    const f16vec4 y = f16vec4(x);
    return uvec2(packFloat2x16(y.xy), packFloat2x16(y.zw));
}
#endif
#endif
#endif
