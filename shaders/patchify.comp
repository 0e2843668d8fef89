#version 450
#extension GL_GOOGLE_include_directive : require
// patchify: an image as the sequence of its patches, row by row.
//
// image (batch, channels, height, width); y (batch, tokens, channels x patch_height x patch_width); within a
// patch (channel, row, column), or (row, column, channel) if channel_last. One invocation per element of y,
// so that writes are in order and reads run along the rows of a patch:
//
//     y[i]:  i = (b * tokens + token) * floats + place
//
//     image  +----+----+----+   token = 0 1 2
//            | 0  | 1  | 2  |           3 4 5
//            +----+----+----+
//            | 3  | 4  | 5  |
//            +----+----+----+
// Copies move words: no floating-point unit sees a denormal or a NaN.
#define TYPE_y uint
#define TYPE_image uint
#include "interface.glsl"
#include "index.glsl"

void main() {
    const uint i = linear_invocation();
    if (i >= batch * channels * height * width)
        return;
    const uint across = width / patch_width;
    const uint tokens = height / patch_height * across;
    const uint area = patch_height * patch_width;
    const uint place = i % (channels * area);
    const uint token = i / (channels * area) % tokens;
    const uint b = i / (channels * area) / tokens;

    const uint channel = channel_last != 0u ? place % channels : place / area;
    const uint pixel = channel_last != 0u ? place / channels : place % area;
    const uint row = token / across * patch_height + pixel / patch_width;
    const uint column = token % across * patch_width + pixel % patch_width;
    y[i] = image[((b * channels + channel) * height + row) * width + column];
}
