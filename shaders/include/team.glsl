// team.glsl: invocations that share data without shared memory.
//
// A team is the four invocations of a subgroup quad where the device has quad operations (the build compiles
// a shader that includes this file twice, once with QUADS defined), else an invocation by itself. Shaders are
// written for either: each member loads its part of what the team needs, and hands it out.
//
// Include it first: it enables extensions.
#ifndef TEAM_GLSL
#define TEAM_GLSL
#extension GL_EXT_control_flow_attributes : require

#ifdef QUADS
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_quad : require

const uint TEAM = 4u;

// The number of this invocation in its workgroup, so that teams are four in a row. Vulkan leaves open how
// gl_LocalInvocationIndex maps to subgroups.
uint lane() {
    return gl_SubgroupID * gl_SubgroupSize + gl_SubgroupInvocationID;
}

uint member() {
    return gl_SubgroupInvocationID % TEAM;
}

// The value that a member has; `from` is the same constant for all.
#define TEAM_BROADCAST(value, from) subgroupQuadBroadcast(value, from)

float team_sum(float x) {
    x += subgroupQuadSwapHorizontal(x);
    return x + subgroupQuadSwapVertical(x);
}

// Sums over the team of four numbers at once: member i gets that of x[i].
//
//     member     0     1     2     3                0      1      2      3
//               x[0]  x[0]  x[0]  x[0]             0+1    0+1    2+3    2+3
//               x[1]  x[1]  x[1]  x[1]    swap     of     of     of     of    swap    each member adds
//               x[2]  x[2]  x[2]  x[2]   ----->   x[0]   x[1]   x[0]   x[1]  ----->   what the member two
//               x[3]  x[3]  x[3]  x[3]   pairs    x[2]   x[3]   x[2]   x[3]  halves   further has of its own
float team_sums(float x[TEAM]) {
    const bool odd = (member() & 1u) != 0u, high = (member() & 2u) != 0u;
    const float low_pair = (odd ? x[1] : x[0]) + subgroupQuadSwapHorizontal(odd ? x[0] : x[1]);
    const float high_pair = (odd ? x[3] : x[2]) + subgroupQuadSwapHorizontal(odd ? x[2] : x[3]);
    return (high ? high_pair : low_pair) + subgroupQuadSwapVertical(high ? low_pair : high_pair);
}

#else

const uint TEAM = 1u;

uint lane() {
    return gl_LocalInvocationIndex;
}

uint member() {
    return 0u;
}

#define TEAM_BROADCAST(value, from) (value)

float team_sum(float x) {
    return x;
}

float team_sums(float x[TEAM]) {
    return x[0];
}

#endif
#endif
