"""Runs one training step in double precision and writes it down.

Weights and batch are exact in single precision; everything between them and the rounded results is
double, so that the golden values are closer to the truth than any single-precision program.
"""
import os

import numpy
import torch

import safetensors


class Random:
    """Seeded values from a generator whose stream numpy keeps unchanged from version to version."""

    def __init__(self, seed):
        self.state = numpy.random.RandomState(seed)

    def normal(self, shape, deviation):
        return torch.from_numpy((self.state.standard_normal(shape) * deviation).astype(numpy.float32))

    def fill(self, model):
        """Gives every trainable or teacher's parameter a value that no other parameter cancels."""
        for name, parameter in sorted(model.named_parameters()):
            if name.endswith("pos_embed"):
                continue
            if parameter.dim() == 1:
                value = self.normal(parameter.shape, 0.2)
                if "norm" in name and name.endswith("weight"):
                    value += 1
            elif name.endswith("_token"):
                value = self.normal(parameter.shape, 0.5)
            else:
                value = self.normal(parameter.shape, (1.5 / parameter[0].numel()) ** 0.5)
            parameter.data.copy_(value)

    def image(self, batch):
        """Normalised images: broad waves of different colours, and noise."""
        y, x = numpy.mgrid[0:32, 0:128]
        phase, pace = self.state.uniform(0, 6, (2, batch, 3, 1, 1))
        wave = 0.6 * numpy.sin(phase + pace * (y / 16 + x / 24))
        noise = self.state.uniform(-0.4, 0.4, (batch, 3, 32, 128))
        return torch.from_numpy((wave + noise).astype(numpy.float32))

    def noise(self, batch):
        return torch.from_numpy(self.state.uniform(size=(batch, 256)).astype(numpy.float32))

    def integers(self, end, count):
        return self.state.randint(0, end, count)


def optimiser(model, settings, rate_scale, undecayed, **more):
    """AdamW; no weight decay on biases, one-dimensional parameters and those named. `more`: as for torch.optim.AdamW."""
    groups = []
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        plain = parameter.dim() == 1 or name.endswith(".bias") or name.split(".")[-1] in undecayed
        groups.append({"params": [parameter], "lr": settings["lr"] * rate_scale(name),
                       "weight_decay": 0.0 if plain else settings["weight_decay"]})
    return torch.optim.AdamW(groups, betas=(settings["beta1"], settings["beta2"]), eps=settings["eps"],
                             **more)


def single(tensor):
    return tensor.detach().to(torch.float32).numpy()


def write_golden(folder, model, batch, settings, losses, rate_scale=lambda name: 1.0, undecayed=()):
    """Writes weights, batch and result of one step into `folder`.

    losses(model, batch) returns a dict of the loss's terms, whose sum is the loss, and the prediction.
    """
    os.makedirs(folder, exist_ok=True)
    weights = {name: single(value) for name, value in model.state_dict().items()}
    safetensors.write(os.path.join(folder, "weights.safetensors"), weights)
    safetensors.write(os.path.join(folder, "batch.safetensors"),
                      {name: value.numpy() for name, value in batch.items()})

    model.double()
    batch = {name: value.double() if value.is_floating_point() else value for name, value in batch.items()}
    update = optimiser(model, settings, rate_scale, undecayed)
    terms, prediction = losses(model, batch)
    loss = sum(terms.values())
    loss.backward()

    result = {"loss": single(loss), "output.prediction": single(prediction)}
    result.update({f"loss.{name}": single(term) for name, term in terms.items()})
    trained = {name: value for name, value in model.named_parameters() if value.requires_grad}
    result.update({f"grad.{name}": single(value.grad) for name, value in trained.items()})
    update.step()
    result.update({f"param.{name}": single(value) for name, value in trained.items()})
    safetensors.write(os.path.join(folder, "result.safetensors"), result, settings)
    print(folder, " ".join(f"{name} {term.item():.9f}" for name, term in terms.items()))
