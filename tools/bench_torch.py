#!/usr/bin/python3
"""Times LMIM's pre-training step in PyTorch, for comparison with `mnsp bench --step lmim`.

    bench_torch.py [--batch 8] [--steps 3] [--warm-up 1] [--threads N] [--device cpu] [--precision f32]

One step is the published one at ViT-S size: masked student, unmasked guidance branch and decoder, forward
and backward, the frozen teacher forward, and AdamW; decoder dropout 0.1. With f32, single precision and nothing less
(no TF32); f16 and bf16 are PyTorch's autocast, f16 with its loss scaling. Where PyTorch has
scaled_dot_product_attention (2.0 and later), that is used, and AdamW is fused on GPUs. Prints one JSON object; the time
is the median of the steps.

Debian's PyTorch takes whatever BLAS the system provides. With the reference BLAS it is ten times slower than
with libopenblas0-pthread, so the object names the one in use. A copy that is only unpacked serves too:

    apt-get download libopenblas0-pthread && dpkg -x libopenblas0-pthread_*.deb openblas
    LD_LIBRARY_PATH=$PWD/openblas/usr/lib/x86_64-linux-gnu/openblas-pthread tools/bench_torch.py
"""
import argparse
import json
import os
import platform
import statistics
import sys
import time

import torch

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden"))
import lmim  # noqa: E402
import step  # noqa: E402

SETTINGS = {"lr": 3e-4, "weight_decay": 0.05, "beta1": 0.9, "beta2": 0.95, "eps": 1e-8}
MASK_RATIO = 0.8
NARROW = {"f16": torch.float16, "bf16": torch.bfloat16}


def device_name(device):
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.machine()


def blas_name():
    """The library behind matrix products on the CPU, by its file; built in where there is none."""
    with open("/proc/self/maps", encoding="utf-8") as file:
        names = {os.path.basename(line.split()[-1]) for line in file if "/" in line}
    for word in ("openblas", "mkl_core", "blis", "atlas", "libblas"):
        for name in sorted(names):
            if word in name:
                return name
    return "built in"


def positive(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return value


def main():
    parser = argparse.ArgumentParser(description="Times LMIM's pre-training step (ViT-S) in PyTorch.")
    parser.add_argument("--batch", type=positive, default=8, help="images per step (8)")
    parser.add_argument("--steps", type=positive, default=3, help="steps timed (3)")
    parser.add_argument("--warm-up", type=positive, default=1, help="steps before them (1)")
    parser.add_argument("--threads", type=positive, default=len(os.sched_getaffinity(0)),
                        help="CPU threads (all)")
    parser.add_argument("--device", type=torch.device, default="cpu", help="cpu or cuda")
    parser.add_argument("--precision", choices=["f32", *NARROW], default="f32", help="of the products (f32)")
    options = parser.parse_args()
    if options.precision == "f16" and options.device.type == "cpu":
        parser.error("PyTorch trains in f16 on GPUs only: use --device cuda, or bf16")

    torch.set_num_threads(options.threads)
    blas = blas_name()
    if blas.startswith("libblas") and options.device.type == "cpu":
        print(f"bench_torch.py: PyTorch runs on the reference BLAS ({blas}), at a tenth of its speed; "
              "install libopenblas0-pthread", file=sys.stderr)
    if hasattr(torch, "set_float32_matmul_precision"):
        torch.set_float32_matmul_precision("highest")
    random = step.Random(1)
    model = lmim.Lmim(width=384, depth=12, heads=6, decoder_width=512, decoder_depth=2, decoder_heads=16,
                      dropout=0.1)
    random.fill(model)
    model.to(options.device).train()
    is_new = hasattr(torch.nn.functional, "scaled_dot_product_attention")
    fused = {"fused": True} if is_new and options.device.type == "cuda" else {}
    update = step.optimiser(model, SETTINGS, lambda name: 1.0, (), **fused)
    batch = {"image": random.image(options.batch), "guidance": random.image(options.batch),
             "mask_noise": random.noise(options.batch)}
    batch = {name: value.to(options.device) for name, value in batch.items()}

    narrow = NARROW.get(options.precision)
    scaler = torch.cuda.amp.GradScaler(enabled=options.precision == "f16")
    seconds = []
    for _ in range(options.warm_up + options.steps):
        begin = time.perf_counter()
        with torch.autocast(options.device.type, narrow or torch.bfloat16, enabled=narrow is not None):
            terms, _ = lmim.losses(model, batch, MASK_RATIO)
        update.zero_grad(set_to_none=True)
        scaler.scale(sum(terms.values())).backward()
        scaler.step(update)
        scaler.update()
        if options.device.type == "cuda":
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - begin)
    median = statistics.median(seconds[options.warm_up:])
    print(json.dumps({"step": "lmim", "preset": "lmim-small", "batch": options.batch,
                      "precision": options.precision,
                      "images_per_second": round(options.batch / median, 4),
                      "milliseconds": round(1000 * median, 2), "device": device_name(options.device),
                      "threads": options.threads, "blas": blas, "torch": torch.__version__}))


if __name__ == "__main__":
    main()
