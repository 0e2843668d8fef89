#!/usr/bin/python3
"""Converts weights between PyTorch's .pth files and safetensors, by the endings of the names given.

    convert_pth.py teacher.pth teacher.safetensors
    convert_pth.py run/last.safetensors model.pth
    convert_pth.py --strip module. model.pth model.safetensors      takes a prefix off the names
    convert_pth.py --strip encoder. run/last.safetensors vit.pth    the encoder of a recogniser alone

A .pth file may hold the tensors themselves or have them under `model`, `state_dict` or `net`; whatever else is
in it is left behind. Writing a .pth puts them under `model`, without the optimiser's state; of weights with an
average the average, or with --last those of the last step.

A .pth file is a program for Python's unpickler, and a hostile one can do anything. Only tensors and plain
containers are accepted, unless --trust says that the file's origin is known; older checkpoints, which carry
their program's settings, need it.
"""
import argparse
import os
import sys

import torch

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden"))
import safetensors  # noqa: E402


AVERAGE = "optimiser.average."


def read_pth(path, trust):
    try:
        content = torch.load(path, map_location="cpu", weights_only=not trust)
    except OSError:
        raise
    except Exception as error:
        hint = "" if trust else "; where its origin is trusted, --trust reads it whole"
        raise ValueError(f"{path}: {str(error).splitlines()[0]}{hint}") from error
    for key in ("model", "state_dict", "net"):
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            content = content[key]
    if not isinstance(content, dict):
        raise ValueError(f"{path}: holds a {type(content).__name__} instead of named tensors")
    tensors = {}
    for name, value in content.items():
        if not isinstance(value, torch.Tensor):
            print(f"convert_pth.py: {name} is no tensor; left out", file=sys.stderr)
        elif value.is_floating_point():
            tensors[name] = value.detach().to(torch.float32).contiguous().numpy()
        elif value.dtype == torch.int32:
            tensors[name] = value.contiguous().numpy()
        else:
            tensors[name] = value.to(torch.int64).contiguous().numpy()
    return tensors


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source")
    parser.add_argument("target")
    parser.add_argument("--strip", default="", metavar="PREFIX",
                        help="keep the names that begin with it, and take it off")
    parser.add_argument("--last", action="store_true",
                        help="write the weights of the last step, not their average where there is one")
    parser.add_argument("--trust", action="store_true", help="unpickle whatever the .pth file holds")
    options = parser.parse_args()

    read_safetensors = options.source.endswith(".safetensors")
    if read_safetensors == options.target.endswith(".safetensors"):
        parser.error("one of the two names must end in .safetensors, and not the other")
    try:
        if read_safetensors:
            tensors, _ = safetensors.read(options.source)
            average = {name[len(AVERAGE):]: value for name, value in tensors.items() if name.startswith(AVERAGE)}
            tensors = {name: value for name, value in tensors.items() if not name.startswith("optimiser.")}
            if not options.last:
                tensors.update(average)
        else:
            tensors = read_pth(options.source, options.trust)
        tensors = {name[len(options.strip):]: value for name, value in tensors.items()
                   if name.startswith(options.strip)}
        if not tensors:
            raise ValueError(f"{options.source}: no tensor's name begins with '{options.strip}'")
        temporary = f"{options.target}.part"
        if read_safetensors:
            model = {name: torch.from_numpy(value.copy()) for name, value in tensors.items()}
            with open(temporary, "wb") as file:
                torch.save({"model": model}, file)
        else:
            safetensors.write(temporary, tensors, {"format": "pt"})
        os.replace(temporary, options.target)
    except OSError as error:
        sys.exit(f"convert_pth.py: {error.filename}: {error.strerror}; check the path")
    except ValueError as error:
        sys.exit(f"convert_pth.py: {error}")
    print(f"{options.target}: {len(tensors)} tensors")


if __name__ == "__main__":
    main()
