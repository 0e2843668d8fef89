"""Reads and writes safetensors files with numpy alone.

A file is eight bytes with the length of the header (little-endian), the header (JSON: name -> dtype,
shape, data_offsets), and the tensors' bytes. Only the types that golden data and weights need: F32, F64, I32, I64; F16
and BF16 are read, as F32.
"""
import json
import struct

import numpy

DTYPES = {"F32": numpy.dtype("<f4"), "F64": numpy.dtype("<f8"),
          "I32": numpy.dtype("<i4"), "I64": numpy.dtype("<i8")}
HALVES = {"F16": numpy.dtype("<f2"), "BF16": numpy.dtype("<u2")}
NAMES = {dtype: name for name, dtype in DTYPES.items()}


def write(path, tensors, metadata=None):
    """Writes a dict of numpy arrays, and a dict of strings as the file's metadata."""
    header = {}
    if metadata:
        header["__metadata__"] = {key: str(value) for key, value in metadata.items()}
    offset = 0
    arrays = []
    for name in sorted(tensors):
        array = numpy.asarray(tensors[name])
        array = numpy.ascontiguousarray(array, array.dtype.newbyteorder("<")).reshape(array.shape)
        if array.dtype not in NAMES:
            raise TypeError(f"{name}: type {array.dtype} is not supported")
        header[name] = {"dtype": NAMES[array.dtype], "shape": list(array.shape),
                        "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
        arrays.append(array)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the tensors start aligned
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in arrays:
            file.write(array.tobytes())


def read(path):
    """Returns the tensors as a dict of numpy arrays, and the metadata."""
    with open(path, "rb") as file:
        prefix = file.read(8)
        if len(prefix) != 8:
            raise ValueError(f"{path}: not a safetensors file: shorter than its header")
        length = struct.unpack("<Q", prefix)[0]
        if length > 100_000_000:
            raise ValueError(f"{path}: not a safetensors file: its header would have {length} bytes")
        header = json.loads(file.read(length))
        data = file.read()
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        kind = entry["dtype"]
        if kind not in DTYPES and kind not in HALVES:
            raise ValueError(f"{path}: {name}: type {kind} is not supported")
        begin, end = entry["data_offsets"]
        array = numpy.frombuffer(data[begin:end], DTYPES.get(kind) or HALVES[kind])
        if kind == "BF16":  # the upper half of an F32
            array = (array.astype("<u4") << 16).view("<f4")
        elif kind == "F16":
            array = array.astype("<f4")
        tensors[name] = array.reshape(entry["shape"])
    return tensors, metadata
