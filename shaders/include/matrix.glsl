// matrix.glsl: matrices that a subgroup multiplies at once (VK_KHR_cooperative_matrix).
//
//     LEFT_MATRIX x; RIGHT_MATRIX y; SUM_MATRIX z = SUM_MATRIX(0.0);
//     coopMatLoadNV(x, staged, first, pitch, false);      ... from shared memory, by rows
//     z = coopMatMulAddNV(x, y, z);
//
// The build compiles a shader that includes this file once more with MATRICES defined, for devices that have
// them. The sizes are those of the device. The source is in the older dialect of NVIDIA's extension, since
// the glslang of Debian 12 does not know the newer one; tools/khr_matrices.c rewrites what it compiles, and
// says what does not survive that: elements and lengths of matrices.
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

// RoundingModeRTE: conversions to 16 bits round to nearest, a tie to the even number,
// whatever the driver prefers.
spirv_execution_mode(capabilities = [4467], 4462, 16);

layout(constant_id = 13) const uint MATRIX_M = 16u;
layout(constant_id = 14) const uint MATRIX_N = 16u;
layout(constant_id = 15) const uint MATRIX_K = 16u; // a multiple of 8
layout(constant_id = 16) const uint SUBGROUP = 32u; // invocations

#define LEFT_MATRIX fcoopmatNV<16, gl_ScopeSubgroup, MATRIX_M, MATRIX_K>
#define RIGHT_MATRIX fcoopmatNV<16, gl_ScopeSubgroup, MATRIX_K, MATRIX_N>
#define SUM_MATRIX fcoopmatNV<32, gl_ScopeSubgroup, MATRIX_M, MATRIX_N>

// Four numbers in 16 bits each.
uvec2 halves(vec4 x) {
    const f16vec4 y = f16vec4(x);
    return uvec2(packFloat2x16(y.xy), packFloat2x16(y.zw));
}
#endif
#endif
