#!/usr/bin/python3
"""Measures what docs/performance.md tells of a device: products, training steps, operators, and PyTorch beside them.

    measure.py --out DIR [--device N|NAME] [--batch N] [--torch cpu|cuda|none] [--mnsp build/mnsp] [--rounds 2] [--quick]

Prints the figures as Markdown, to be put into docs/performance.md, and keeps every object that the programs printed in
DIR/figures.json. In each round every precision gets a product, PyTorch's LMIM step (ViT-S) and mnsp's right after it, so
that a ratio is of one minute; on a machine with other jobs only ratios mean something, and the load is told. Then comes
the table of all operators of that step (`mnsp bench`), and where its time goes (`mnsp profile`).

--batch is 256 on GPUs, 8 on CPUs. --torch is cuda where PyTorch has it, else cpu; PyTorch trains in f16 on GPUs only, and
what it cannot do is left out and named. --quick takes lmim-tiny, batch 2, and small products: to see that all of it
works.
"""
import argparse
import datetime
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PRECISIONS = ["f32", "f16", "bf16"]
PYTHON = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable


def fail(text):
    print(f"measure.py: {text}", file=sys.stderr)
    sys.exit(1)


def first_object(command, optional=False):
    """The JSON object that a command prints; None where an optional one fails, whose last words are then told."""
    print("...", " ".join(command), file=sys.stderr)
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        fail(f"cannot run {command[0]}: {error.strerror}; build it, or name it with --mnsp")
    if done.returncode == 0:
        return json.loads(done.stdout)
    words = (done.stderr.strip() or "no message").splitlines()[-1]
    if not optional:
        fail(f"{' '.join(command)}: {words}")
    print(f"left out: {words}", file=sys.stderr)
    return None


def torch_device(wanted):
    if wanted != "auto":
        return wanted
    look = [PYTHON, "-c", "import torch; print('cuda' if torch.cuda.is_available() else 'cpu')"]
    done = subprocess.run(look, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print("no PyTorch here: figures without it", file=sys.stderr)
        return "none"
    return done.stdout.strip()


class Measurement:
    def __init__(self, options):
        self.options = options
        self.mnsp = [options.mnsp]
        self.device = ["--device", options.device] if options.device else []
        described = first_object(self.mnsp + ["devices", "--json"])["devices"]
        bench = first_object(self.bench("--op", "matmul", "--shape", "64x64x64"))
        same = [one for one in described if (one["name"], one["driver"]) == (bench["device"], bench["driver"])]
        if not same:
            fail(f"mnsp devices does not list {bench['device']}; the reference is not measured")
        self.described = same[0]
        self.is_cpu = self.described["type"] == "CPU"
        self.batch = options.batch or (2 if options.quick else 8 if self.is_cpu else 256)
        self.preset = "lmim-tiny" if options.quick else "lmim-small"
        self.torch = torch_device("none" if options.quick else options.torch)
        self.figures = {"device": self.described, "rounds": []}

    def bench(self, *rest):
        return self.mnsp + ["bench", "--json", *self.device, *rest]

    def shapes(self):
        if self.options.quick:
            return ["128x128x128"]
        return ["1024x1536x384"] if self.is_cpu else ["1024x1536x384", "4096x4096x4096"]

    def step(self):
        return ["--step", "lmim", "--preset", self.preset, "--batch", str(self.batch)]

    def round(self):
        figures = {"load": os.getloadavg()[0], "products": {}, "steps": {}, "torch": {}}
        for precision in PRECISIONS:
            for shape in self.shapes():
                figures["products"][f"{shape} {precision}"] = first_object(
                    self.bench("--op", "matmul", "--shape", shape, "--precision", precision))
            if self.torch != "none":
                figures["torch"][precision] = first_object(
                    [PYTHON, os.path.join(ROOT, "tools", "bench_torch.py"), "--batch", str(self.batch), "--device",
                     self.torch, "--precision", precision, "--steps", "3" if self.is_cpu else "10"], optional=True)
            figures["steps"][precision] = first_object(self.bench(*self.step(), "--precision", precision))
        return figures

    def run(self):
        for _ in range(self.options.rounds):
            self.figures["rounds"].append(self.round())
        self.figures["operators"] = first_object(self.bench("--preset", self.preset, "--batch", str(self.batch)))
        self.figures["profile"] = first_object(
            self.mnsp + ["profile", "--json", *self.device, *self.step()])


def each(rounds, take, form):
    """The figure of every round, in one cell of a table."""
    values = [take(one) for one in rounds]
    return ", ".join("-" if value is None else form.format(value) for value in values)


def of(table, key, field):
    return table[key][field] if table.get(key) else None


def ratio(one, precision):
    theirs = of(one["torch"], precision, "images_per_second")
    return of(one["steps"], precision, "images_per_second") / theirs if theirs else None


def git_commit():
    done = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True,
                          check=False)
    return done.stdout.strip() or "unknown"


def page(measurement):
    rounds, described = measurement.figures["rounds"], measurement.figures["device"]
    loads = each(rounds, lambda one: one["load"], "{:.1f}")
    lines = [f"{described['name']}, {described['driver']}, {datetime.date.today()}, commit {git_commit()}, "
             f"{os.cpu_count()} processors, load {loads} when a round began.", "",
             "| product | precision | GFLOP/s |", "|---|---|---|"]
    for key in rounds[0]["products"]:
        shape, precision = key.split()
        lines.append(f"| {shape} | {precision} | "
                     f"{each(rounds, lambda one, key=key: of(one['products'], key, 'gflops'), '{:.4g}')} |")
    names = {one["torch"][p]["torch"] + " on " + one["torch"][p]["device"] + ", " + one["torch"][p]["blas"]
             for one in rounds for p in one["torch"] if one["torch"][p]}
    lines += ["", f"LMIM step, {measurement.preset}, batch {measurement.batch}, images per second"
              + (f"; PyTorch {', '.join(sorted(names))}:" if names else ":"), "",
              "| precision | mnsp | PyTorch | ratio | plan, MB |", "|---|---|---|---|---|"]
    for precision in PRECISIONS:
        def images(table, precision=precision):
            return each(rounds, lambda one: of(one[table], precision, "images_per_second"), "{:.4g}")
        ratios = each(rounds, lambda one, precision=precision: ratio(one, precision), "{:.2f}")
        plan = rounds[0]["steps"][precision]["peak_bytes"] / 1e6
        lines.append(f"| {precision} | {images('steps')} | {images('torch') or '-'} | {ratios} | {plan:.0f} |")
    lines += ["", "| operator | share of the step | of its ceiling |", "|---|---|---|"]
    for row in measurement.figures["profile"]["rows"]:
        if row["share"] >= 0.005:
            lines.append(f"| {row['name']} | {100 * row['share']:.1f} % | {100 * row['of_ceiling']:.0f} % |")
    return "\n".join(lines)


def positive(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return value


def main():
    parser = argparse.ArgumentParser(description="Measures what docs/performance.md tells of a device.")
    parser.add_argument("--out", required=True, help="folder for figures.json")
    parser.add_argument("--device", help="as for mnsp (the best there is)")
    parser.add_argument("--batch", type=positive, help="images of a step (256 on a GPU, 8 on a CPU)")
    parser.add_argument("--torch", choices=["auto", "cpu", "cuda", "none"], default="auto", help="PyTorch beside it")
    parser.add_argument("--mnsp", default=os.path.join(ROOT, "build", "mnsp"), help="the program (build/mnsp)")
    parser.add_argument("--rounds", type=positive, default=2, help="how often everything is measured (2)")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, without PyTorch")
    options = parser.parse_args()
    os.makedirs(options.out, exist_ok=True)
    measurement = Measurement(options)
    measurement.run()
    with open(os.path.join(options.out, "figures.json"), "w", encoding="utf-8") as file:
        json.dump(measurement.figures, file, indent=1)
    print(page(measurement))


if __name__ == "__main__":
    main()
