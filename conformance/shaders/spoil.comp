#version 450
// spoil: fills the shared memory of every workgroup with NaN, so that a dispatch after it does not
// find zeros, or what it left itself, where it forgets to write. It also keeps the device busy
// while that dispatch begins.
//
// out_words (workgroups), written so that nothing here is superfluous. One workgroup per element.
layout(constant_id = 0) const uint WORDS = 4096u; // of shared memory
layout(local_size_x = 64) in;
layout(std430, set = 0, binding = 0) writeonly buffer Out { uint out_words[]; };

shared uint memory[WORDS];

void main() {
    for (uint i = gl_LocalInvocationIndex; i < WORDS; i += gl_WorkGroupSize.x)
        memory[i] = 0xFFF5B01Du + (gl_WorkGroupID.x & 1u);
    barrier();
    if (gl_LocalInvocationIndex == 0u)
        out_words[gl_WorkGroupID.x] = memory[(gl_WorkGroupID.x * 7919u) % WORDS];
}
