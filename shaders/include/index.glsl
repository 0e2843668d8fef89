// index.glsl: which item this workgroup or invocation is.
//
// Vulkan promises only 65,535 workgroups per dimension, so that a long row of them is folded into x and y
// (host/graph/dispatch.c); these undo the folding. The last row of the fold may run past the end: every
// shader compares against its own count.
#ifndef INDEX_GLSL
#define INDEX_GLSL

uint linear_group() {
    return gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x;
}

uint linear_invocation() {
    return linear_group() * gl_WorkGroupSize.x + gl_LocalInvocationIndex;
}

#endif
