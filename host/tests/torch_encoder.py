#!/usr/bin/python3
"""The encoder as PyTorch's own layers make it, for test_torch: it shares no code with mnsp.

    torch_encoder.py features MODEL.pth PREFIX HEADS BATCH.safetensors OUT.safetensors
        what a ViT with the weights PREFIX... of MODEL.pth makes of BATCH's `image`: OUT's `features`
    torch_encoder.py make BATCH.safetensors OUT.pth PREFIX
        a new encoder for BATCH's images, in the form that training programs save: beside "model" the epoch, and their
        options as an object
"""
import argparse
import os
import sys

import torch
from torch import nn

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools", "golden"))
import safetensors  # noqa: E402

# A name of ours within a block, and what PyTorch's layer calls it.
NAMES = {"norm1.": "norm1.", "norm2.": "norm2.", "attn.qkv.": "self_attn.in_proj_", "attn.proj.": "self_attn.out_proj.",
         "mlp.fc1.": "linear1.", "mlp.fc2.": "linear2."}


class Vit(nn.Module):
    def __init__(self, width, depth, heads, inner, patch, tokens):
        super().__init__()
        self.cls_token = nn.Parameter(torch.randn(1, 1, width))
        self.pos_embed = nn.Parameter(torch.randn(1, 1 + tokens, width))
        self.patch_embed = nn.Conv2d(3, width, patch, stride=patch)
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(width, heads, inner, dropout=0, activation="gelu", layer_norm_eps=1e-6,
                                       batch_first=True, norm_first=True) for _ in range(depth))
        self.norm = nn.LayerNorm(width, eps=1e-6)

    def forward(self, image):
        x = self.patch_embed(image).flatten(2).transpose(1, 2) + self.pos_embed[:, 1:]
        x = torch.cat([(self.cls_token + self.pos_embed[:, :1]).expand(len(x), -1, -1), x], dim=1)
        for block in self.blocks:
            x = block(x)
        return self.norm(x)


def translate(name):
    """The name in a published file, as Vit has it."""
    if name.startswith("patch_embed.proj."):
        return name.replace("proj.", "")
    if name.startswith("blocks."):
        block, number, rest = name.split(".", 2)
        for ours, theirs in NAMES.items():
            if rest.startswith(ours):
                return f"{block}.{number}.{theirs}{rest[len(ours):]}"
    return name


def published(name):
    """And back."""
    if name.startswith("patch_embed."):
        return name.replace("patch_embed.", "patch_embed.proj.")
    if name.startswith("blocks."):
        block, number, rest = name.split(".", 2)
        for ours, theirs in NAMES.items():
            if rest.startswith(theirs):
                return f"{block}.{number}.{ours}{rest[len(theirs):]}"
    return name


def load(path, prefix, heads):
    """Every tensor of the encoder must find its place, in its shape."""
    tensors = torch.load(path, map_location="cpu", weights_only=True)["model"]
    own = ("cls_token", "pos_embed", "patch_embed.", "blocks.", "norm.")
    tensors = {translate(name[len(prefix):]): value for name, value in tensors.items()
               if name.startswith(prefix) and name[len(prefix):].startswith(own)}
    depth = len({name.split(".")[1] for name in tensors if name.startswith("blocks.")})
    width, _, *patch = tensors["patch_embed.weight"].shape
    model = Vit(width, depth, heads, tensors["blocks.0.linear1.weight"].shape[0], tuple(patch),
                tensors["pos_embed"].shape[1] - 1)
    model.load_state_dict(tensors, strict=True)
    return model.eval()


def features(model_path, prefix, heads, batch_path, out_path):
    image = torch.from_numpy(safetensors.read(batch_path)[0]["image"].copy())
    with torch.no_grad():
        safetensors.write(out_path, {"features": load(model_path, prefix, int(heads))(image).numpy()})


def make(batch_path, out_path, prefix):
    torch.manual_seed(7)
    height, width = safetensors.read(batch_path)[0]["image"].shape[2:]
    model = Vit(32, 3, 4, 64, (4, 8), height // 4 * (width // 8))
    for name, value in model.named_parameters():
        if value.dim() == 1 and "weight" not in name:  # biases are not left at 0, where they would not show
            nn.init.normal_(value, std=0.1)
    tensors = {prefix + published(name): value for name, value in model.state_dict().items()}
    torch.save({"model": tensors, "epoch": 3, "args": argparse.Namespace(lr=1e-3)}, out_path)


{"features": features, "make": make}[sys.argv[1]](*sys.argv[2:])
