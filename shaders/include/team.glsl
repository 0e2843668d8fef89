// team.glsl: teams of four invocations that share what they load.
//
// The build compiles a shader that includes this file twice. With QUADS defined, for devices with quad
// operations, a team is a subgroup quad and exchanges registers. Without, the shader needs another way:
// shared memory, and then all invocations of a workgroup must come to its barriers.
//
// Include it first: it enables extensions.
#ifndef TEAM_GLSL
#define TEAM_GLSL
#extension GL_EXT_control_flow_attributes : require

const uint TEAM = 4u;

#ifdef QUADS
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_quad : require

// The number of this invocation in its workgroup, such that four in a row are a team. Vulkan leaves open how
// gl_LocalInvocationIndex maps to subgroups.
uint lane() {
    return gl_SubgroupID * gl_SubgroupSize + gl_SubgroupInvocationID;
}

// Sums over the team of four numbers at once: member i gets that of x[i].
//
//     member     0     1     2     3                0      1      2      3
//               x[0]  x[0]  x[0]  x[0]             0+1    0+1    2+3    2+3
//               x[1]  x[1]  x[1]  x[1]    swap     of     of     of     of    swap    each member adds
//               x[2]  x[2]  x[2]  x[2]   ----->   x[0]   x[1]   x[0]   x[1]  ----->   what the member two
//               x[3]  x[3]  x[3]  x[3]   pairs    x[2]   x[3]   x[2]   x[3]  halves   further has of its own
float team_sums(vec4 x) {
    const bool odd = (gl_SubgroupInvocationID & 1u) != 0u, high = (gl_SubgroupInvocationID & 2u) != 0u;
    const float low_pair = (odd ? x[1] : x[0]) + subgroupQuadSwapHorizontal(odd ? x[0] : x[1]);
    const float high_pair = (odd ? x[3] : x[2]) + subgroupQuadSwapHorizontal(odd ? x[2] : x[3]);
    return (high ? high_pair : low_pair) + subgroupQuadSwapVertical(high ? low_pair : high_pair);
}
#else
uint lane() {
    return gl_LocalInvocationIndex;
}
#endif

uint member() {
    return lane() % TEAM;
}

#endif
