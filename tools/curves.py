#!/usr/bin/python3
"""Do trainings in f32, f16 and bf16 learn alike? Compares their losses, beside what other seeds make of them.

    curves.py --out DIR [--mnsp build/mnsp] [--device N|NAME] [--preset mae-tiny] [--data SOURCE] [--batch 8]
              [--steps 500] [--mean 50] [--seeds 3] [SETTING ...]

Trains in f32, f16 and bf16 with seed 1, and in f32 with the other seeds, on the same images. Prints the losses, each a
mean over --mean steps, as differences to f32 with seed 1, in Markdown, with the largest one of each run; the envelope is
the largest of the other seeds. DIR gets that as curves.md, all of it as curves.json, a chart, curves.svg, and the runs,
of which those that are there already are kept. Exit status 1 if f16 or bf16 leave the envelope.

Any SETTING of mnsp can follow as it would on its command line: --objective, --teacher and the like. The defaults are those
of spec/numerics.md, "Training curves", and take some minutes on two processors.
"""
import argparse
import json
import math
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BASE = "f32"
COLOURS = {"f32": "#333333", "f16": "#c44e52", "bf16": "#4c72b0"}
OTHERS = ["#8fae8b", "#c9a66b", "#9d8bae", "#7fb0b0"]  # of seeds


def fail(text):
    print(f"curves.py: {text}", file=sys.stderr)
    sys.exit(2)


# ---- runs ----

def runs_of(options):
    """Name, precision and seed of every run; the one that others are compared with comes first."""
    return [(BASE, BASE, 1), ("f16", "f16", 1), ("bf16", "bf16", 1)] + [
        (f"f32, seed {seed}", "f32", seed) for seed in range(2, options.seeds + 1)]


def train(options, settings, precision, seed):
    """The lines of steps in the run's log."""
    folder = os.path.join(options.out, f"{precision}-{seed}")
    log = os.path.join(folder, "log.jsonl")
    command = [options.mnsp, "pretrain", "--preset", options.preset, "--data", options.data, "--batch",
               str(options.batch), "--steps", str(options.steps), "--precision", precision, "--seed", str(seed),
               "--log-every", "1", "--picture-every", "0", *settings, "--out", folder]
    if options.device:
        command += ["--device", options.device]
    if os.path.exists(os.path.join(folder, "last.safetensors")):
        command.append("--resume")
    if steps_of(log, options.steps) is None:
        print("...", " ".join(command), file=sys.stderr)
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except OSError as error:
            fail(f"cannot run {options.mnsp}: {error.strerror}; build it, or name it with --mnsp")
        if done.returncode != 0:
            fail(f"{' '.join(command)}: {(done.stderr.strip() or 'no message').splitlines()[-1]}")
    steps = steps_of(log, options.steps)
    if steps is None:
        fail(f"{log} has not all of {options.steps} steps: remove {folder}, and start again")
    return steps


def steps_of(log, count):
    """Steps 1 to count, or None; of several lines for a step the last counts, as a resumed run repeats some."""
    if not os.path.exists(log):
        return None
    found = {}
    with open(log, encoding="utf-8") as file:
        for text in file:
            try:
                line = json.loads(text)
            except ValueError:  # of a run that was killed
                continue
            if line.get("event") == "step":
                found[line["step"]] = line
    return [found[i] for i in range(1, count + 1)] if all(i in found for i in range(1, count + 1)) else None


# ---- comparing ----

def means(values, length):
    return [sum(values[i:i + length]) / len(values[i:i + length]) for i in range(0, len(values), length)]


def compare(runs, length):
    """By run: means, how they differ from the first run's, and by how much, relatively, a single step does at most."""
    first = [line["loss"] for line in next(iter(runs.values()))]
    base, compared = means(first, length), {}
    for name, steps in runs.items():
        losses = [line["loss"] for line in steps]
        if any(loss is None for loss in losses):
            fail(f"{name}: a loss is not finite")
        own = means(losses, length)
        compared[name] = {
            "means": own,
            "differences": [x - y for x, y in zip(own, base)],
            "largest": max(abs(x - y) for x, y in zip(own, base)),
            "largest_of_a_step": max(abs(x - y) / abs(y) for x, y in zip(losses, first)),
            "skipped": steps[-1]["skipped"],
        }
    return compared


def envelope_of(compared):
    return max((run["largest"] for name, run in compared.items() if ", seed" in name), default=math.inf)


def difference(value):
    return "below 1e-5" if abs(value) < 1e-5 else f"{value:+.5f}"


def table(compared, options):
    names = list(compared)
    rows = [["steps up to", *names], ["---"] * (len(names) + 1)]
    for i, loss in enumerate(compared[BASE]["means"]):
        rows.append([str(min((i + 1) * options.mean, options.steps)), f"{loss:.5f}"] +
                    [difference(compared[name]["differences"][i]) for name in names[1:]])
    rows.append(["largest", ""] + [f"{compared[name]['largest']:.1e}" for name in names[1:]])
    rows.append(["of a step, relative", ""] + [f"{compared[name]['largest_of_a_step']:.1e}" for name in names[1:]])
    rows.append(["steps left out"] + [str(run["skipped"]) for run in compared.values()])
    return ["| " + " | ".join(row) + " |" for row in rows]


def verdict(compared):
    """A sentence, and whether both precisions stay inside."""
    limit = envelope_of(compared)
    if limit == math.inf:
        return "No other seed was trained: there is no envelope.", True
    inside = all(compared[name]["largest"] <= limit for name in ("f16", "bf16"))
    return (f"The envelope, from the other seeds, is {limit:.1e}: f16 and bf16 "
            f"{'stay inside' if inside else 'DO NOT STAY inside'}."), inside


# ---- the chart ----

WIDTH, HEIGHT, LEFT, TOP, PANEL = 860, 360, 70, 40, 320
FLOOR = 1e-6  # what differs by less is drawn here


def colour(name, names):
    return COLOURS.get(name) or OTHERS[[n for n in names if n not in COLOURS].index(name) % len(OTHERS)]


def axis(left, title, steps, ticks):
    """Frame, title, and horizontal lines at (height from 0 to 1, text)."""
    out = [f'<rect x="{left}" y="{TOP}" width="{PANEL}" height="{HEIGHT - 2 * TOP}" fill="none" stroke="#999"/>',
           f'<text x="{left}" y="{TOP - 12}" font-weight="bold">{title}</text>',
           f'<text x="{left}" y="{HEIGHT - TOP + 18}">0</text>',
           f'<text x="{left + PANEL}" y="{HEIGHT - TOP + 18}" text-anchor="end">{steps} steps</text>']
    for at, text in ticks:
        y = HEIGHT - TOP - at * (HEIGHT - 2 * TOP)
        out += [f'<line x1="{left}" x2="{left + PANEL}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>',
                f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{text}</text>']
    return out


def curve(left, heights, stroke, dash=""):
    points = " ".join(f"{left + (i + 0.5) / len(heights) * PANEL:.1f},{HEIGHT - TOP - h * (HEIGHT - 2 * TOP):.1f}"
                      for i, h in enumerate(heights))
    return f'<polyline points="{points}" fill="none" stroke="{stroke}" stroke-width="2"{dash}/>'


def chart(compared, options):
    names = list(compared)
    low = min(min(run["means"]) for run in compared.values())
    high = max(max(run["means"]) for run in compared.values())
    span = high - low or 1
    top = 10.0 ** math.ceil(math.log10(max(max(run["largest"] for run in compared.values()), 10 * FLOOR)))
    decades = round(math.log10(top / FLOOR))
    right = LEFT + PANEL + 100
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT + 40}" font-family="sans-serif" '
           'font-size="12" fill="#222">', f'<rect width="{WIDTH}" height="{HEIGHT + 40}" fill="#fff"/>']
    out += axis(LEFT, f"loss, mean of {options.mean} steps", options.steps,
                [(i / 4, f"{low + i / 4 * span:.3f}") for i in range(5)])
    out += axis(right, "distance from f32, seed 1", options.steps,
                [(i / decades, f"{FLOOR * 10 ** i:.0e}") for i in range(decades + 1)])
    for i, name in enumerate(names):
        run, stroke = compared[name], colour(name, names)
        dash = {"f16": ' stroke-dasharray="8 5"', "bf16": ' stroke-dasharray="3 4"'}.get(name, "")
        out.append(curve(LEFT, [(x - low) / span for x in run["means"]], stroke, dash))
        if name != BASE:
            out.append(curve(right, [math.log10(max(abs(x), FLOOR) / FLOOR) / decades for x in run["differences"]],
                             stroke, dash))
        x = LEFT + i * 130
        out += [f'<line x1="{x}" x2="{x + 24}" y1="{HEIGHT + 18}" y2="{HEIGHT + 18}" stroke="{stroke}" '
                f'stroke-width="2"{dash}/>', f'<text x="{x + 30}" y="{HEIGHT + 22}">{name}</text>']
    return out + ["</svg>"]


def write_lines(path, lines):
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     allow_abbrev=False)
    parser.add_argument("--out", required=True, metavar="DIR", help="where runs and results go")
    parser.add_argument("--mnsp", default=os.path.join(ROOT, "build", "mnsp"), help="the program")
    parser.add_argument("--device", help="as for mnsp")
    parser.add_argument("--preset", default="mae-tiny", help="default mae-tiny")
    parser.add_argument("--data", default="render:count=20000,seed=1,wear=0.3", help="default rendered words")
    parser.add_argument("--batch", type=int, default=8, help="images of a step; default 8")
    parser.add_argument("--steps", type=int, default=500, help="default 500")
    parser.add_argument("--mean", type=int, default=50, help="steps in a mean; default 50")
    parser.add_argument("--seeds", type=int, default=3, help="seeds in f32, the first one included; default 3")
    options, settings = parser.parse_known_args()
    if min(options.steps, options.mean, options.seeds) < 1:
        fail("--steps, --mean and --seeds: at least 1")
    os.makedirs(options.out, exist_ok=True)
    runs = {name: train(options, settings, precision, seed) for name, precision, seed in runs_of(options)}
    compared = compare(runs, options.mean)
    text, inside = verdict(compared)
    lines = [*table(compared, options), "", text]
    write_lines(os.path.join(options.out, "curves.md"), lines)
    write_lines(os.path.join(options.out, "curves.svg"), chart(compared, options))
    with open(os.path.join(options.out, "curves.json"), "w", encoding="utf-8") as file:
        json.dump(compared, file, indent=1)
    print("\n".join(lines))
    return 0 if inside else 1


if __name__ == "__main__":
    sys.exit(main())
