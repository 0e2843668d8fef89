"""Compares two folders of golden data: weights and batch bit for bit, results to 1e-6 of their norm.

    compare.py FOLDER FOLDER

An updated key bias is left out of its tensor: its gradient is zero, and AdamW turns what rounding leaves of
it into a step of any size.
"""
import os
import sys

import numpy

import safetensors


def without_key_bias(name, value):
    if name.startswith("param.") and name.endswith(("qkv.bias", "in_proj_bias")):
        third = len(value) // 3
        return numpy.delete(value, slice(third, 2 * third))
    return value


def differences(first, second, file):
    left, left_settings = safetensors.read(os.path.join(first, file))
    right, right_settings = safetensors.read(os.path.join(second, file))
    if left_settings != right_settings:
        yield "the settings differ"
    for name in sorted(left.keys() ^ right.keys()):
        yield f"{name} is in one of them only"
    for name in sorted(left.keys() & right.keys()):
        a, b = without_key_bias(name, left[name]), without_key_bias(name, right[name])
        if a.shape != b.shape or a.dtype != b.dtype:
            yield f"{name} differs in shape or type"
        elif file != "result.safetensors":
            if not numpy.array_equal(a, b):
                yield f"{name} differs"
        else:
            distance = numpy.linalg.norm(a.astype(float) - b) / numpy.linalg.norm(a.astype(float))
            if not distance <= 1e-6:
                yield f"{name} differs by {distance:.2e} of its norm"


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: compare.py FOLDER FOLDER")
    failed = False
    for file in ("weights.safetensors", "batch.safetensors", "result.safetensors"):
        for line in differences(sys.argv[1], sys.argv[2], file):
            print(f"{os.path.join(sys.argv[2], file)}: {line}")
            failed = True
    sys.exit(failed)


if __name__ == "__main__":
    main()
