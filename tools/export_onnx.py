#!/usr/bin/python3
"""Writes a recogniser as ONNX, for the runtimes that read it. Needs Debian's python3-onnx, and no PyTorch.

    export_onnx.py recogniser/best.safetensors onnx/

makes onnx/encoder.onnx and onnx/decoder.onnx:

    encoder    image (batch, 3, height, width) -> memory (batch, tokens, width)
    decoder    symbols (batch, length) int64, memory -> logits (batch, length, classes)

An image is resized to height x width, in RGB, each number (value / 255 - 0.5) / 0.5. `symbols` begins with BOS; row t of
the logits is about symbol t, which is put behind the others for the next run, until it is EOS. A recogniser with a CTC
head is one file, encoder.onnx: image -> logits (batch, columns, classes); repeated symbols and EOS, the blank, fall away.

The metadata of the files have what a reader must know: height, width, length, eos, pad, bos, heads, and the characters,
in the order of their symbols.

Heads come from the settings that a checkpoint carries; --heads and --decoder-heads are for other files. Where there is
an average of the weights, it is taken; --last takes those of the last step.
"""
import argparse
import json
import os
import sys

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden"))
import safetensors  # noqa: E402

OPSET = 17  # the first with LayerNormalization
AVERAGE = "optimiser.average."


class Graph:
    """Nodes by the names of their outputs; constants and weights as numpy arrays."""

    def __init__(self, weights):
        self.weights = weights
        self.nodes, self.constants = [], {}

    def op(self, kind, *inputs, **attributes):
        output = f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def constant(self, value, name=None):
        name = name or f"constant_{len(self.constants)}"
        self.constants[name] = value
        return name

    def integers(self, *values):
        return self.constant(numpy.array(values, numpy.int64))

    def weight(self, name):
        return self.constant(self.weights[name], name)

    def has(self, name):
        return name in self.weights

    # ---- layers ----

    def linear(self, x, name):
        """x W^T, plus the bias where there is one."""
        y = self.op("MatMul", x, self.constant(self.weights[name + ".weight"].T.copy(), name + ".weight"))
        return self.op("Add", y, self.weight(name + ".bias")) if self.has(name + ".bias") else y

    def norm(self, x, name, eps):
        return self.op("LayerNormalization", x, self.weight(name + ".weight"), self.weight(name + ".bias"), axis=-1,
                       epsilon=eps)

    def gelu(self, x):
        half = self.op("Mul", x, self.constant(numpy.float32(0.5)))
        erf = self.op("Erf", self.op("Mul", x, self.constant(numpy.float32(2 ** -0.5))))
        return self.op("Mul", half, self.op("Add", erf, self.constant(numpy.float32(1))))

    def split(self, x, heads):
        """(B, T, D) -> (B, heads, T, D / heads)"""
        return self.op("Transpose", self.op("Reshape", x, self.integers(0, 0, heads, -1)), perm=[0, 2, 1, 3])

    def attend(self, query, key, value, heads, width, mask=None):
        """(B, T, D) each; `mask` is added to the scores."""
        score = self.op("MatMul", self.split(query, heads),
                        self.op("Transpose", self.split(key, heads), perm=[0, 1, 3, 2]))
        score = self.op("Mul", score, self.constant(numpy.float32((width // heads) ** -0.5)))
        if mask:
            score = self.op("Add", score, mask)
        y = self.op("MatMul", self.op("Softmax", score, axis=-1), self.split(value, heads))
        return self.op("Reshape", self.op("Transpose", y, perm=[0, 2, 1, 3]), self.integers(0, 0, -1))

    def first_rows(self, table, count, axis):
        return self.op("Slice", table, self.integers(0), count, self.integers(axis))


def count_layers(weights, pattern):
    count = 0
    while pattern.format(count) in weights:
        count += 1
    return count


# ---- the networks ----


def build_encoder(g, heads):
    """image -> (B, 1 + N, D), spec/objectives/lmim.md"""
    weight = g.weights["encoder.patch_embed.proj.weight"]
    positions = g.weights["encoder.pos_embed"]
    width, patch = weight.shape[0], list(weight.shape[2:])
    x = g.op("Conv", "image", g.weight("encoder.patch_embed.proj.weight"), g.weight("encoder.patch_embed.proj.bias"),
             kernel_shape=patch, strides=patch)
    x = g.op("Transpose", g.op("Reshape", x, g.integers(0, width, -1)), perm=[0, 2, 1])
    x = g.op("Add", x, g.constant(positions[:, 1:].copy(), "positions"))
    token = g.constant(g.weights["encoder.cls_token"] + positions[:, :1], "class_token")
    batch = g.first_rows(g.op("Shape", "image"), g.integers(1), 0)
    first = g.op("Expand", token, g.op("Concat", batch, g.integers(1, width), axis=0))
    x = g.op("Concat", first, x, axis=1)
    for i in range(count_layers(g.weights, "encoder.blocks.{}.norm1.weight")):
        x = build_block(g, x, f"encoder.blocks.{i}.", heads, width)
    return g.norm(x, "encoder.norm", 1e-6)


def build_block(g, x, name, heads, width):
    qkv = g.linear(g.norm(x, name + "norm1", 1e-6), name + "attn.qkv")
    parts = [g.op("Slice", qkv, g.integers(i * width), g.integers((i + 1) * width), g.integers(2)) for i in range(3)]
    x = g.op("Add", x, g.linear(g.attend(*parts, heads, width), name + "attn.proj"))
    y = g.gelu(g.linear(g.norm(x, name + "norm2", 1e-6), name + "mlp.fc1"))
    return g.op("Add", x, g.linear(y, name + "mlp.fc2"))


def build_decoder(g, heads):
    """symbols, memory -> logits, spec/objectives/recogniser.md"""
    table = g.weights["decoder.position_enc.position_table"]
    width, places = table.shape[2], table.shape[1]
    count = g.op("Slice", g.op("Shape", "symbols"), g.integers(1), g.integers(2), g.integers(0))
    x = g.op("Gather", g.weight("decoder.trg_word_emb.weight"), "symbols")
    x = g.op("Add", x, g.first_rows(g.constant(table, "positions"), count, 1))
    later = numpy.triu(numpy.full((places, places), -numpy.inf, numpy.float32), 1)
    mask = g.first_rows(g.first_rows(g.constant(later, "later"), count, 0), count, 1)
    for i in range(count_layers(g.weights, "decoder.layer_stack.{}.norm1.weight")):
        x = build_layer(g, x, f"decoder.layer_stack.{i}.", heads, width, mask)
    return g.linear(g.norm(x, "decoder.layer_norm", 1e-6), "decoder.classifier")


def build_layer(g, x, name, heads, width, mask):
    y = g.norm(x, name + "norm1", 1e-5)
    own, image = name + "self_attn.", name + "enc_attn."
    y = g.attend(g.linear(y, own + "linear_q"), g.linear(y, own + "linear_k"), g.linear(y, own + "linear_v"), heads,
                 width, mask)
    x = g.op("Add", x, g.linear(y, own + "fc"))
    y = g.attend(g.linear(g.norm(x, name + "norm2", 1e-5), image + "linear_q"), g.linear("memory", image + "linear_k"),
                 g.linear("memory", image + "linear_v"), heads, width)
    x = g.op("Add", x, g.linear(y, image + "fc"))
    y = g.gelu(g.linear(g.norm(x, name + "norm3", 1e-5), name + "mlp.w_1"))
    return g.op("Add", x, g.linear(y, name + "mlp.w_2"))


def build_memory(g, features):
    return g.norm(g.linear(features, "linear_norm.0"), "linear_norm.1", 1e-5)


def build_ctc(g, features, rows, columns):
    """The mean over each column of patches, and a classifier."""
    tokens = g.op("Slice", features, g.integers(1), g.integers(1 + rows * columns), g.integers(1))
    grid = g.op("Reshape", tokens, g.integers(0, rows, columns, -1))
    return g.linear(g.op("ReduceMean", grid, axes=[1], keepdims=0), "decoder.classifier")


# ---- files ----


def save(path, g, inputs, output, metadata):
    """The last node's output gets the name of `output`. Checks the whole before it is in its place."""
    name, shape = output
    g.nodes[-1].output[0] = name
    graph = helper.make_graph(
        g.nodes, "mnsp", [helper.make_tensor_value_info(*value) for value in inputs],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(numpy.ascontiguousarray(value), key) for key, value in g.constants.items()])
    model = helper.make_model(graph, producer_name="mnsp", ir_version=8,
                              opset_imports=[helper.make_opsetid("", OPSET)])
    helper.set_model_props(model, {key: str(value) for key, value in metadata.items()})
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path + ".part")
    os.replace(path + ".part", path)
    print(f"{path}: {len(g.nodes)} nodes")


def read_characters(charset):
    if charset in ("ascii36", "ascii62", "ascii94"):
        characters = "".join(map(chr, range(33, 127)))
        order = ([c for c in characters if c.isdigit()] + [c for c in characters if c.islower()] +
                 [c for c in characters if c.isupper()] + [c for c in characters if not c.isalnum()])
        return "".join(order[:int(charset[5:])])
    with open(charset, encoding="utf-8") as file:
        return "".join(file.read().splitlines())


def read(options):
    tensors, metadata = safetensors.read(options.model)
    weights = {name: value for name, value in tensors.items() if not name.startswith("optimiser.")}
    if not options.last:
        weights.update({name[len(AVERAGE):]: value for name, value in tensors.items() if name.startswith(AVERAGE)})
    if "decoder.classifier.weight" not in weights:
        raise ValueError(f"{options.model}: no recogniser: it has no decoder.classifier.weight")
    return weights, json.loads(metadata.get("mnsp.settings", "{}")), metadata.get("mnsp.charset")


def export(options):
    weights, settings, characters = read(options)
    patch = weights["encoder.patch_embed.proj.weight"]
    height, width = settings.get("image_height", 32), settings.get("image_width", 128)
    rows, columns = height // patch.shape[2], width // patch.shape[3]
    if rows * columns + 1 != weights["encoder.pos_embed"].shape[1]:
        raise ValueError(f"{options.model}: its positions are not those of images of {height} x {width}")
    count = len(weights["decoder.classifier.bias"]) - 3
    if options.charset or not characters:
        characters = read_characters(options.charset or settings.get("charset", "ascii94"))
    if len(characters) != count:
        raise ValueError(f"{len(characters)} characters, the classifier has {count}: name their file with --charset")
    heads = options.heads or settings.get("heads") or max(patch.shape[0] // 64, 1)
    metadata = {"height": height, "width": width, "heads": heads, "eos": count, "pad": count + 1, "bos": count + 3,
                "length": settings.get("max_length", 25),
                "characters": characters}
    image = ("image", TensorProto.FLOAT, ["batch", 3, height, width])
    os.makedirs(options.out, exist_ok=True)
    encoder, path = Graph(weights), os.path.join(options.out, "encoder.onnx")
    features = build_encoder(encoder, heads)
    if "linear_norm.0.weight" not in weights:
        build_ctc(encoder, features, rows, columns)
        save(path, encoder, [image], ("logits", ["batch", columns, count + 3]), metadata)
        return
    build_memory(encoder, features)
    memory = ["batch", 1 + rows * columns, weights["linear_norm.0.weight"].shape[0]]
    save(path, encoder, [image], ("memory", memory), metadata)
    decoder = Graph(weights)
    build_decoder(decoder, options.decoder_heads or settings.get("recognition_heads", 8))
    save(os.path.join(options.out, "decoder.onnx"), decoder,
         [("symbols", TensorProto.INT64, ["batch", "length"]), ("memory", TensorProto.FLOAT, memory)],
         ("logits", ["batch", "length", count + 3]), metadata)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="a recogniser, safetensors")
    parser.add_argument("out", help="the folder for the files")
    parser.add_argument("--heads", type=int, help="attention heads of the encoder; default width / 64")
    parser.add_argument("--decoder-heads", type=int, help="attention heads of the decoder; default 8")
    parser.add_argument("--charset", help="the character set, where it is not where training had it")
    parser.add_argument("--last", action="store_true", help="the weights of the last step, not their average")
    try:
        export(parser.parse_args())
    except OSError as error:
        sys.exit(f"export_onnx.py: {error.filename}: {error.strerror}; check the path")
    except ValueError as error:
        sys.exit(f"export_onnx.py: {error}")


if __name__ == "__main__":
    main()
