#!/usr/bin/python3
"""Reads files of events as TensorBoard does, and prints them as a JSON array: another implementation, by the
documents of TFRecord and Protocol Buffers alone, of what host/train/events.c writes.

    read_events.py run/events.out.tfevents.*

Fails when a length or a CRC does not fit. Needs nothing but Python.
"""
import json
import struct
import sys


def crc32c(data):
    """Bit by bit: the remainder by the polynomial 0x1EDC6F41, bits from the lowest, as RFC 3720 has it."""
    remainder = 0xFFFFFFFF
    for byte in data:
        for bit in range(8):
            top = (remainder >> 31) ^ (byte >> bit & 1)
            remainder = (remainder << 1 & 0xFFFFFFFF) ^ (0x1EDC6F41 if top else 0)
    return int(f"{remainder ^ 0xFFFFFFFF:032b}"[::-1], 2)


def unmask(masked):
    rotated = (masked - 0xA282EAD8) & 0xFFFFFFFF
    return (rotated >> 17 | rotated << 15) & 0xFFFFFFFF


def records(path):
    with open(path, "rb") as file:
        data = file.read()
    at = 0
    while at < len(data):
        length, length_crc = struct.unpack_from("<QI", data, at)
        body = data[at + 12:at + 12 + length]
        (body_crc,) = struct.unpack_from("<I", data, at + 12 + length)
        if crc32c(data[at:at + 8]) != unmask(length_crc) or crc32c(body) != unmask(body_crc):
            sys.exit(f"{path}: the CRC at {at} does not fit")
        yield body
        at += 16 + length


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if data[at - 1] < 128:
            return value, at


def fields(data):
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        wire = key & 7
        if wire == 0:
            value, at = varint(data, at)
        elif wire == 2:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
        else:
            kind, size = {1: ("<d", 8), 5: ("<f", 4)}[wire]
            (value,) = struct.unpack_from(kind, data, at)
            at += size
        yield key >> 3, value


def image_of(data):
    named = dict(fields(data))
    return {"height": named[1], "width": named[2], "colours": named[3], "png": len(named[4]),
            "is_png": named[4][:8] == b"\x89PNG\r\n\x1a\n"}


def event_of(data):
    event = {"step": 0, "values": []}
    for number, value in fields(data):
        if number == 1:
            event["time"] = value
        elif number == 2:
            event["step"] = value
        elif number == 3:
            event["version"] = value.decode()
        elif number == 7:
            event["session"] = dict(fields(value))[1]
        elif number == 5:
            for _, summary in fields(value):
                named = dict(fields(summary))
                event["values"].append({"tag": named[1].decode(), "number": named.get(2),
                                        "image": image_of(named[4]) if 4 in named else None})
    return event


print(json.dumps([event_of(body) for path in sys.argv[1:] for body in records(path)]))
