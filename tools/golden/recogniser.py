"""One training step of a small recogniser: writes golden data to the folder named."""
import sys

import numpy
import torch
from torch import nn
from torch.nn import functional

import encoder
import step

CLASSES = 97  # 94 characters, EOS, PAD, UNK
EOS, PAD, BOS = 94, 95, 97
POSITIONS = 25


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.linear_q = nn.Linear(width, width, bias=False)
        self.linear_k = nn.Linear(width, width, bias=False)
        self.linear_v = nn.Linear(width, width, bias=False)
        self.fc = nn.Linear(width, width, bias=False)

    def split(self, x):
        return x.reshape(*x.shape[:2], self.heads, -1).transpose(1, 2)

    def forward(self, x, memory, mask=None):
        y = encoder.attend(self.split(self.linear_q(x)), self.split(self.linear_k(memory)),
                           self.split(self.linear_v(memory)), mask)
        return self.fc(y.transpose(1, 2).flatten(2))


class Mlp(nn.Module):
    def __init__(self, width, inner):
        super().__init__()
        self.w_1 = nn.Linear(width, inner)
        self.w_2 = nn.Linear(inner, width)

    def forward(self, x):
        return self.w_2(functional.gelu(self.w_1(x)))


class Layer(nn.Module):
    """Pre-norm decoder layer."""

    def __init__(self, width, heads, inner):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-5)
        self.norm2 = nn.LayerNorm(width, eps=1e-5)
        self.norm3 = nn.LayerNorm(width, eps=1e-5)
        self.self_attn = Attention(width, heads)
        self.enc_attn = Attention(width, heads)
        self.mlp = Mlp(width, inner)

    def forward(self, x, memory, mask):
        y = self.norm1(x)
        x = x + self.self_attn(y, y, mask)
        x = x + self.enc_attn(self.norm2(x), memory)
        return x + self.mlp(self.norm3(x))


class Position(nn.Module):
    """Interleaved sines (even columns) and cosines (odd columns); (1, 200, D)."""

    def __init__(self, width):
        super().__init__()
        column = numpy.arange(width)
        angle = numpy.outer(numpy.arange(200), 10000.0 ** (-2.0 * (column // 2) / width))
        table = numpy.where(column % 2 == 0, numpy.sin(angle), numpy.cos(angle))
        self.register_buffer("position_table", torch.from_numpy(table.astype(numpy.float32))[None])


class Decoder(nn.Module):
    def __init__(self, width, heads, inner, depth):
        super().__init__()
        self.trg_word_emb = nn.Embedding(CLASSES + 1, width)
        self.position_enc = Position(width)
        self.layer_stack = nn.ModuleList(Layer(width, heads, inner) for _ in range(depth))
        self.layer_norm = nn.LayerNorm(width, eps=1e-6)
        self.classifier = nn.Linear(width, CLASSES)

    def forward(self, text, length, memory):
        """Logits (B, T, 97) for input symbols (B, T), of which the first `length` (B) are valid."""
        count = text.shape[1]
        causal = torch.ones(count, count, dtype=torch.bool).tril()
        valid = torch.arange(count)[None] < length[:, None]
        mask = causal[None, None] & valid[:, None, None]
        x = self.trg_word_emb(text) + self.position_enc.position_table[:, :count]
        for layer in self.layer_stack:
            x = layer(x, memory, mask)
        return self.classifier(self.layer_norm(x))


class Recogniser(nn.Module):
    def __init__(self, width, depth, heads, decoder_width, decoder_depth, decoder_heads, decoder_inner):
        super().__init__()
        self.encoder = encoder.Encoder(width, depth, heads)
        self.linear_norm = nn.Sequential(nn.Linear(width, decoder_width),
                                         nn.LayerNorm(decoder_width, eps=1e-5))
        self.decoder = Decoder(decoder_width, decoder_heads, decoder_inner, decoder_depth)


def losses(model, batch):
    target, length = batch["target"].long(), batch["length"].long()
    text = torch.cat([torch.full_like(target[:, :1], BOS), target[:, :-1]], dim=1)
    memory = model.linear_norm(model.encoder(batch["image"]))
    logits = model.decoder(text, length, memory)
    scored = torch.where(torch.arange(target.shape[1])[None] < length[:, None], target, -1)
    loss = functional.cross_entropy(logits.flatten(0, 1), scored.flatten(), ignore_index=-1, reduction="sum")
    return {"recognition": loss / len(target)}, logits


def encode(words):
    """Targets (B, 25), the words' symbols, EOS, then PAD; and lengths (B), EOS included."""
    target = numpy.full((len(words), POSITIONS), PAD, numpy.int32)
    for row, word in zip(target, words):
        row[:len(word) + 1] = list(word) + [EOS]
    return torch.from_numpy(target), torch.tensor([len(word) + 1 for word in words], dtype=torch.int32)


def rate_scale(name, depth, decay=0.75):
    """Layer-wise decay of the learning rate."""
    part = name.split(".")
    if part[0] != "encoder" or part[1] == "norm":
        return 1.0
    return decay ** (depth + 1 - (int(part[2]) + 1 if part[1] == "blocks" else 0))


def main():
    settings = {"objective": "recogniser", "heads": 2, "decoder_heads": 3, "lr": 1e-3, "weight_decay": 0.05,
                "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "layer_decay": 0.75}
    random = step.Random(20250103)
    depth = 2
    model = Recogniser(width=32, depth=depth, heads=2, decoder_width=24, decoder_depth=2, decoder_heads=3,
                       decoder_inner=16)
    random.fill(model)
    target, length = encode([random.integers(94, 4), random.integers(94, 23)])
    batch = {"image": random.image(2), "target": target, "length": length}
    step.write_golden(sys.argv[1], model, batch, settings, losses,
                      rate_scale=lambda name: rate_scale(name, depth, settings["layer_decay"]),
                      undecayed=("cls_token", "pos_embed"))


if __name__ == "__main__":
    main()
