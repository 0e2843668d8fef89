"""One training step of a small MAE, the teacher's pre-training: writes golden data to the folder named."""
import sys

import torch
from torch import nn

import encoder
import step


class Mae(encoder.Encoder):
    def __init__(self, width, depth, heads, decoder_width, decoder_depth, decoder_heads):
        super().__init__(width, depth, heads)
        self.mask_token = nn.Parameter(torch.zeros(1, 1, decoder_width))
        self.decoder_pos_embed = nn.Parameter(encoder.folded_positions(decoder_width), requires_grad=False)
        self.decoder_embed = nn.Linear(width, decoder_width)
        self.decoder_blocks = nn.ModuleList(
            encoder.Block(decoder_width, decoder_heads) for _ in range(decoder_depth))
        self.decoder_norm = nn.LayerNorm(decoder_width, eps=1e-6)
        self.decoder_pred = nn.Linear(decoder_width, encoder.PATCH ** 2 * 3)

    def predict(self, image, kept, restore):
        """Pixels of every patch, (B, 256, 48)."""
        x = encoder.put_back(self.decoder_embed(self(image, kept)), self.mask_token, restore)
        x = x + self.decoder_pos_embed
        for block in self.decoder_blocks:
            x = block(x)
        return self.decoder_pred(self.decoder_norm(x))[:, 1:]


def patch_pixels(image):
    """(B, 3, 32, 128) -> (B, 256, 48); the pixels of a patch ordered (row, column, channel)."""
    batch, patch = len(image), encoder.PATCH
    x = image.reshape(batch, 3, encoder.HEIGHT // patch, patch, encoder.WIDTH // patch, patch)
    return x.permute(0, 2, 4, 3, 5, 1).reshape(batch, encoder.TOKENS, patch * patch * 3)


def losses(model, batch, ratio):
    kept, restore, removed = encoder.split_by_noise(batch["mask_noise"], ratio)
    prediction = model.predict(batch["image"], kept, restore)
    target = patch_pixels(batch["image"])
    mean = target.mean(dim=-1, keepdim=True)
    target = (target - mean) / (target.var(dim=-1, keepdim=True) + 1e-6).sqrt()  # unbiased variance
    error = ((prediction - target) ** 2).mean(dim=-1)
    return {"mim": (error * removed).sum() / removed.sum()}, prediction


def main():
    settings = {"objective": "mae", "heads": 2, "decoder_heads": 2, "mask_ratio": 0.75, "lr": 1e-3,
                "weight_decay": 0.05, "beta1": 0.9, "beta2": 0.95, "eps": 1e-8}
    random = step.Random(20250101)
    model = Mae(width=32, depth=2, heads=2, decoder_width=16, decoder_depth=2, decoder_heads=2)
    random.fill(model)
    batch = {"image": random.image(2), "mask_noise": random.noise(2)}
    step.write_golden(sys.argv[1], model, batch, settings,
                      lambda model, batch: losses(model, batch, settings["mask_ratio"]))


if __name__ == "__main__":
    main()
