"""Reads and writes safetensors files with numpy alone.

A file is eight bytes with the length of the header (little-endian), the header (JSON: name -> dtype,
shape, data_offsets), and the tensors' bytes. Only the types that golden data needs: F32, F64, I32, I64.
"""
import json
import struct

import numpy

DTYPES = {"F32": numpy.dtype("<f4"), "F64": numpy.dtype("<f8"),
          "I32": numpy.dtype("<i4"), "I64": numpy.dtype("<i8")}
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
        header = json.loads(file.read(struct.unpack("<Q", prefix)[0]))
        data = file.read()
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        if entry["dtype"] not in DTYPES:
            raise ValueError(f"{path}: {name}: type {entry['dtype']} is not supported")
        begin, end = entry["data_offsets"]
        array = numpy.frombuffer(data[begin:end], DTYPES[entry["dtype"]])
        tensors[name] = array.reshape(entry["shape"])
    return tensors, metadata
