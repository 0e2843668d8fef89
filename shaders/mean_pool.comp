#version 450
#extension GL_GOOGLE_include_directive : require
// mean_pool: the mean of each 2 x 2 square; an odd last row or column is left out.
//
// x (batch, height, width, channels); y (batch, height / 2, width / 2, channels). One invocation per element
// of y; the sum goes by rows, (a + b) + (c + d), and dividing by 4 is exact:
//
//     x   a b     y   (a + b + c + d) / 4
//         c d
#include "interface.glsl"
#include "index.glsl"

void main() {
    const uint down = height / 2u, across = width / 2u;
    const uint i = linear_invocation();
    if (i >= batch * down * across * channels)
        return;
    const uint channel = i % channels;
    const uint column = i / channels % across;
    const uint row = i / channels / across % down;
    const uint b = i / channels / across / down;
    const uint upper = ((b * height + 2u * row) * width + 2u * column) * channels + channel;
    const uint lower = upper + width * channels;
    y[i] = ((x[upper] + x[upper + channels]) + (x[lower] + x[lower + channels])) * 0.25;
}
