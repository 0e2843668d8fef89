"""The vision transformer that MAE, LMIM and the recogniser share, and its position tables.

Parameter names are those of published checkpoints. Shapes: B images, T tokens, D wide.
"""
import numpy
import torch
from torch import nn
from torch.nn import functional

HEIGHT, WIDTH, PATCH = 32, 128, 4
TOKENS = (HEIGHT // PATCH) * (WIDTH // PATCH)


def folded_positions(width):
    """The frozen position table (1, 257, width) that published weights were trained with.

    It is the sine-cosine table of a square 16 x 16 grid whose rows are used in order for the 8 x 32
    patches: token n gets the row of cell (n / 16, n mod 16). First half of the width: column; second half:
    row; each half sines, then cosines. The class token's row is zero.
    """
    side = int(TOKENS ** 0.5)
    frequency = 10000.0 ** (-numpy.arange(width // 4) / (width / 4))
    row, column = numpy.divmod(numpy.arange(TOKENS), side)
    halves = []
    for coordinate in (column, row):
        angle = numpy.outer(coordinate, frequency)
        halves += [numpy.sin(angle), numpy.cos(angle)]
    table = numpy.concatenate([numpy.zeros((1, width)), numpy.concatenate(halves, axis=1)])
    return torch.from_numpy(table.astype(numpy.float32))[None]


def attend(query, key, value, mask=None):
    """Attention per head; (B, heads, T, head width). `mask` is true where a key may be seen."""
    if hasattr(functional, "scaled_dot_product_attention"):
        return functional.scaled_dot_product_attention(query, key, value, mask)
    score = query @ key.transpose(-2, -1) * query.shape[-1] ** -0.5
    if mask is not None:
        score = score.masked_fill(~mask, float("-inf"))
    return score.softmax(dim=-1) @ value


class Attention(nn.Module):
    """Self-attention with one product for queries, keys and values."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x):
        batch, tokens, width = x.shape
        qkv = self.qkv(x).reshape(batch, tokens, 3, self.heads, width // self.heads)
        y = attend(*qkv.permute(2, 0, 3, 1, 4))
        return self.proj(y.transpose(1, 2).reshape(batch, tokens, width))


class Mlp(nn.Module):
    def __init__(self, width, inner):
        super().__init__()
        self.fc1 = nn.Linear(width, inner)
        self.fc2 = nn.Linear(inner, width)

    def forward(self, x):
        return self.fc2(functional.gelu(self.fc1(x)))


class Block(nn.Module):
    """Pre-norm transformer block."""

    def __init__(self, width, heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = Mlp(width, 4 * width)

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class PatchEmbed(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.proj = nn.Conv2d(3, width, PATCH, stride=PATCH)

    def forward(self, image):
        return self.proj(image).flatten(2).transpose(1, 2)


class Encoder(nn.Module):
    """Image (B, 3, 32, 128) -> class token and tokens (B, 1 + T, D), all of them or the kept ones."""

    def __init__(self, width, depth, heads):
        super().__init__()
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embed = nn.Parameter(folded_positions(width), requires_grad=False)
        self.patch_embed = PatchEmbed(width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(width, eps=1e-6)

    def forward(self, image, kept=None):
        x = self.patch_embed(image) + self.pos_embed[:, 1:]
        if kept is not None:
            x = take_rows(x, kept)
        first = (self.cls_token + self.pos_embed[:, :1]).expand(len(x), -1, -1)
        x = torch.cat([first, x], dim=1)
        for block in self.blocks:
            x = block(x)
        return self.norm(x)


def take_rows(x, index):
    """Rows `index` (B, N) of x (B, T, D)."""
    return x.gather(1, index[:, :, None].expand(-1, -1, x.shape[-1]))


def split_by_noise(noise, ratio):
    """Which tokens a mask keeps: the int(T (1 - ratio)) of least noise, in that order.

    Returns kept (B, N), restore (B, T): the place of each token in [kept, removed], and removed (B, T),
    1 where a token is removed.
    """
    count = int(noise.shape[1] * (1 - ratio))
    order = noise.argsort(dim=1)
    restore = order.argsort(dim=1)
    return order[:, :count], restore, (restore >= count).to(noise.dtype)


def put_back(kept_tokens, mask_token, restore):
    """[class, kept tokens] (B, 1 + N, D) -> [class, all tokens in image order], masks where removed."""
    batch, count, width = kept_tokens.shape
    masks = mask_token.expand(batch, restore.shape[1] + 1 - count, -1)
    tokens = torch.cat([kept_tokens[:, 1:], masks], dim=1)
    return torch.cat([kept_tokens[:, :1], take_rows(tokens, restore)], dim=1)
