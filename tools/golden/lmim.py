"""One training step of a small LMIM: writes golden data to the folder named."""
import sys

import torch
from torch import nn
from torch.nn import functional

import encoder
import step


class Lmim(nn.Module):
    def __init__(self, width, depth, heads, decoder_width, decoder_depth, decoder_heads, dropout=0.0):
        super().__init__()
        self.model_maeenc = encoder.Encoder(width, depth, heads)
        self.model_maeenc_momentum = encoder.Encoder(width, depth, heads).requires_grad_(False)
        self.mask_token = nn.Parameter(torch.zeros(1, 1, decoder_width))
        self.decoder_pos_embed = nn.Parameter(encoder.folded_positions(decoder_width), requires_grad=False)
        self.decoder_embed = nn.Linear(width, decoder_width)
        self.decoder_embed2 = nn.Linear(width, decoder_width)
        self.decoder_blocks = nn.ModuleList(
            nn.TransformerDecoderLayer(decoder_width, decoder_heads, 4 * decoder_width, dropout,
                                       activation="gelu", layer_norm_eps=1e-6, batch_first=True)
            for _ in range(decoder_depth))
        self.decoder_norm = nn.LayerNorm(decoder_width, eps=1e-6)
        self.decoder_pred = nn.Linear(decoder_width, width)

    def predict(self, masked, guidance, restore):
        """The teacher's features of every token, (B, 256, D)."""
        x = encoder.put_back(self.decoder_embed(masked), self.mask_token, restore)
        x = x + self.decoder_pos_embed
        memory = self.decoder_embed2(guidance)
        for block in self.decoder_blocks:
            x = block(x, memory)
        return self.decoder_pred(self.decoder_norm(x))[:, 1:]

    def target(self, image):
        with torch.no_grad():
            features = self.model_maeenc_momentum(image)[:, 1:]
            return functional.layer_norm(features, features.shape[-1:], eps=1e-5)


def losses(model, batch, ratio):
    kept, restore, removed = encoder.split_by_noise(batch["mask_noise"], ratio)
    masked = model.model_maeenc(batch["image"], kept)
    guidance = model.model_maeenc(batch["guidance"])
    prediction = model.predict(masked, guidance, restore)
    error = ((prediction - model.target(batch["image"])) ** 2).mean(dim=-1)
    return {"mim": (error * removed).sum() / removed.sum(),
            "mla": ((masked[:, 0] - guidance[:, 0]) ** 2).mean()}, prediction


def main():
    settings = {"objective": "lmim", "heads": 2, "decoder_heads": 2, "mask_ratio": 0.8, "lr": 1e-3,
                "weight_decay": 0.05, "beta1": 0.9, "beta2": 0.95, "eps": 1e-8}
    random = step.Random(20250102)
    model = Lmim(width=32, depth=2, heads=2, decoder_width=16, decoder_depth=2, decoder_heads=2)
    random.fill(model)
    batch = {"image": random.image(2), "guidance": random.image(2), "mask_noise": random.noise(2)}
    step.write_golden(sys.argv[1], model, batch, settings,
                      lambda model, batch: losses(model, batch, settings["mask_ratio"]))


if __name__ == "__main__":
    main()
