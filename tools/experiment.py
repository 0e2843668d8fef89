#!/usr/bin/python3
"""Does pre-training pay? Compares recognisers that start from nothing, MAE, LMIM and MNSP at equal fine-tuning.

    experiment.py --data WORDS --out DIR [--mnsp build/mnsp] [--size tiny|small] [--seeds 3] [--ablation]

WORDS holds ic15_train, iiit5k_train and svt_train, each with labels.tsv (path, tab, text). Trained is on all of them
but the last 468 words of ic15_train and the last 300 of iiit5k_train, on which is scored, and on rendered words; a
third score is of rendered words that nobody trained on. No test set is touched.

For every seed: an MAE encoder; an LMIM and an MNSP encoder with that MAE as their teacher; then from each of them, and
from nothing, a recogniser (the encoder and a linear CTC head) with all labels and with a tenth of them, in equally
many steps. --ablation adds the encoders of MNSP's terms: masked reconstruction (mim), next-scale prediction (nsp), both
(nsp+mim); with the alignment of scales both are mnsp itself. It compares what their class tokens look at in rendered
words, as `mnsp inspect --attention` measures it, and draws it (attention-<encoder>-<seed>.png).

What is finished is kept: started again with the same --out, it goes on where it stopped. results.json has every
score, results.md the table with mean and standard deviation over the seeds. --size tiny takes hours on two processors
and is far too small to say anything about the methods at their real size; small is ViT-S, for a GPU.
"""
import argparse
import itertools
import json
import os
import random
import statistics
import subprocess
import sys
import time

VALIDATION = {"ic15_train": 468, "iiit5k_train": 300, "svt_train": 0}

# What differs between the sizes: the longest words, rendered words, and the settings of each training
# on top of its preset. The tiny one keeps to short words in small images: only then do minutes
# suffice to learn to read at all.
SIZES = {
    "tiny": {
        "longest": 4,
        "rendered": {"count": 10000, "wear": 0.2, "test": 400},
        "real_share": 0.2,
        "all": ["--image-width", "64"],
        "mae": ["--batch", "32", "--steps", "800"],
        "lmim": ["--batch", "32", "--steps", "300"],
        "mnsp": ["--batch", "32", "--steps", "300"],
        "recogniser": ["--batch", "16", "--steps", "1500", "--rate", "2e-3", "--min-rate", "5e-4", "--warmup-steps",
                       "60", "--charset", "ascii36", "--head", "ctc", "--clip-norm", "5"],
    },
    "small": {
        "longest": 24,
        "rendered": {"count": 1000000, "wear": 1, "test": 2000},
        "real_share": 0.3,
        "all": [],
        "mae": ["--epochs", "10"],
        "lmim": ["--epochs", "10"],
        "mnsp": ["--epochs", "10"],
        "recogniser": ["--epochs", "10", "--charset", "ascii36", "--head", "ctc"],
    },
}
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"

# Encoders: the objective, and what it changes. Those that need a teacher get the MAE of the same seed.
METHODS = {
    "mae": ("mae", []),
    "lmim": ("lmim", []),
    "mnsp": ("mnsp", []),
}
ABLATION = {
    "mim": ("mnsp", ["--weight-nsp", "0", "--weight-mla", "0"]),
    "nsp": ("mnsp", ["--weight-mim", "0", "--weight-mla", "0"]),
    "nsp+mim": ("mnsp", ["--weight-mla", "0"]),
}
SCORES = {"accuracy": "word accuracy", "one_minus_ned": "1-NED"}
LOOKS = ("text", "area", "gain", "spread")  # spec/scores.md, "Attention to text"


def fail(text):
    sys.exit(f"experiment.py: {text}")


def read_lines(path):
    try:
        with open(path, encoding="utf-8-sig") as file:
            return [line.rstrip("\r\n") for line in file if line.strip()]
    except OSError as error:
        fail(f"{path}: {error.strerror}")


def write_lines(path, lines):
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in lines)


def spread(values, digits):
    """Mean and standard deviation of the seeds that are done."""
    if len(values) < 2:
        return f"{values[0]:.{digits}f}" if values else "-"
    return f"{statistics.mean(values):.{digits}f} ± {statistics.stdev(values):.{digits}f}"


def table(rows):
    return ["| " + " | ".join(row) + " |" for row in [rows[0], ["---"] * len(rows[0]), *rows[1:]]]


class Experiment:
    def __init__(self, options):
        self.options = options
        self.size = SIZES[options.size]
        self.out = os.path.abspath(options.out)
        os.makedirs(self.out, exist_ok=True)
        self.path = os.path.join(self.out, "results.json")
        self.results, self.looks = [], {}
        if os.path.exists(self.path):
            with open(self.path, encoding="utf-8") as file:
                kept = json.load(file)
            self.results, self.looks = kept["results"], kept["looks"]

    # ---- data ----

    def write_lists(self):
        """Lists of the real words: train, a tenth of train, and a validation list for each set that has one."""
        train = []
        self.validation = {}
        for name, held in VALIDATION.items():
            folder = os.path.abspath(os.path.join(self.options.data, name))
            lines = [os.path.join(folder, line) for line in read_lines(os.path.join(folder, "labels.tsv"))]
            train += self.short(lines[:len(lines) - held])
            if held > 0:
                self.validation[name] = os.path.join(self.out, f"{name}-validation.tsv")
                write_lines(self.validation[name], self.short(lines[-held:]))
        random.Random(1).shuffle(train)
        self.real = {100: os.path.join(self.out, "train.tsv"), 10: os.path.join(self.out, "train-10.tsv")}
        write_lines(self.real[100], train)
        write_lines(self.real[10], train[:len(train) // 10])
        self.name_rendered()

    def short(self, lines):
        """Those whose label has letters or digits, and not too many of them."""
        def characters(line):
            return sum(c in LETTERS for c in line.split("\t", 1)[1].lower())
        return [line for line in lines if 0 < characters(line) <= self.size["longest"]]

    def name_rendered(self):
        """Rendered words: those of the program, or random ones where only short words are wanted."""
        rendered, words = self.size["rendered"], ""
        if self.size["longest"] < 10:
            path = os.path.join(self.out, "words.txt")
            draw = random.Random(2)
            write_lines(path, ["".join(draw.choices(LETTERS, k=draw.randint(1, self.size["longest"])))
                               for _ in range(20000)])
            words = f",words={path}"
        ending = f"wear={rendered['wear']}{words}"
        self.rendered = {100: f"render:count={rendered['count']},seed=1,{ending}",
                         10: f"render:count={rendered['count'] // 10},seed=1,{ending}"}
        self.validation["rendered"] = f"render:count={rendered['test']},seed=2,{ending}"

    def train_data(self, labels):
        real = self.size["real_share"]
        return ["--data", f"{self.rendered[labels]}@{1 - real:g}", "--data", f"{self.real[labels]}@{real:g}"]

    # ---- runs ----

    def run(self, command, log):
        with open(log, "a", encoding="utf-8") as file:
            done = subprocess.run([self.options.mnsp, *command], stdout=subprocess.PIPE, stderr=file,
                                  text=True, check=False)
        if done.returncode != 0:
            fail(f"'mnsp {' '.join(command)}' failed with {done.returncode}; see {log}")
        return done.stdout

    def train(self, command, folder):
        """One training in its folder, which is whole when it has the file `done`. Returns its last checkpoint."""
        target = os.path.join(self.out, folder)
        done, last = os.path.join(target, "done"), os.path.join(target, "last.safetensors")
        if not os.path.exists(done):
            print(time.strftime("%H:%M:%S"), folder, flush=True)
            os.makedirs(target, exist_ok=True)
            log = os.path.join(target, "output.txt")
            resume = ["--resume"] if os.path.exists(last) else []
            self.run([*command, "--out", target, *resume, *self.device()], log)
            write_lines(done, [])
        return last

    def device(self):
        return ["--device", self.options.device] if self.options.device else []

    def pretrain(self, method, seed):
        objective, changes = {**METHODS, **ABLATION}[method]
        command = ["pretrain", "--preset", f"{objective}-{self.options.size}", "--seed", str(seed)]
        command += self.size["all"] + self.size[objective] + changes + self.train_data(100)
        if objective != "mae":
            command += ["--teacher", self.pretrain("mae", seed)]
        return self.train(command, f"{method}-{seed}")

    def finetune(self, method, labels, seed):
        command = ["finetune", "--preset", f"recogniser-{self.options.size}", "--seed", str(seed)]
        command += self.size["all"] + self.size["recogniser"] + self.train_data(labels)
        if method != "scratch":
            command += ["--init", self.pretrain(method, seed)]
        return self.train(command, f"{method}-{seed}-labels-{labels}")

    def score(self, method, labels, seed):
        key = {"method": method, "labels": labels, "seed": seed}
        if any(all(result[k] == v for k, v in key.items()) for result in self.results):
            return
        model = self.finetune(method, labels, seed)
        command = ["eval", "--json", "--model", model]
        for source in self.validation.values():
            command += ["--data", source]
        sets = json.loads(self.run(command + self.device(), os.path.join(self.out, "eval.txt")))["sets"]
        scores = {name: {score: found[score] for score in SCORES} | {"words": found["words"]}
                  for name, found in zip(self.validation, sets)}
        self.results.append(key | {"scores": scores})
        self.keep()

    def look(self, method, seed):
        """What the class token of an encoder looks at in rendered words."""
        name = f"{method}-{seed}"
        if name in self.looks:
            return
        picture = os.path.join(self.out, f"attention-{name}.png")
        command = ["inspect", "--json", "--attention", picture, self.pretrain(method, seed)]
        found = json.loads(self.run(command + [self.validation["rendered"]] + self.device(),
                                    os.path.join(self.out, "inspect.txt")))
        self.looks[name] = found["mean"]
        self.keep()

    def keep(self):
        with open(self.path + ".part", "w", encoding="utf-8") as file:
            json.dump({"results": self.results, "looks": self.looks}, file, indent=1)
        os.replace(self.path + ".part", self.path)

    # ---- the table ----

    def cell(self, method, labels, name, score):
        return spread([100 * result["scores"][name][score] for result in self.results
                       if result["method"] == method and result["labels"] == labels], 1)

    def write_tables(self):
        names = list(self.validation)
        rows = [["encoder", "labels"] + [f"{name}, {text}" for name in names for text in SCORES.values()]]
        for labels in (10, 100):
            for method in ["scratch", *METHODS]:
                rows.append([method, f"{labels} %"] + [self.cell(method, labels, name, score)
                                                       for name in names for score in SCORES])
        lines = table(rows)
        if self.options.ablation:
            rows = [["encoder", *LOOKS]]
            for method in [*METHODS, *ABLATION]:
                found = [look for name, look in self.looks.items() if name.rpartition("-")[0] == method]
                rows.append([method] + [spread([look[number] for look in found], 3) for number in LOOKS])
            lines += ["", *table(rows)]
        write_lines(os.path.join(self.out, "results.md"), lines)

    def everything(self):
        self.write_lists()
        seeds = range(1, self.options.seeds + 1)
        for seed, method, labels in itertools.product(seeds, ["scratch", *METHODS], (10, 100)):
            self.score(method, labels, seed)
            self.write_tables()
        for seed, method in itertools.product(seeds if self.options.ablation else [], [*METHODS, *ABLATION]):
            self.look(method, seed)
            self.write_tables()
        with open(os.path.join(self.out, "results.md"), encoding="utf-8") as file:
            print(file.read(), end="")


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, metavar="WORDS", help="the folder of the three sets")
    parser.add_argument("--out", required=True, metavar="DIR", help="where runs and results go")
    parser.add_argument("--mnsp", default=os.path.join(here, "..", "build", "mnsp"), help="the program")
    parser.add_argument("--size", choices=SIZES, default="tiny", help="of networks and trainings; default tiny")
    parser.add_argument("--seeds", type=int, default=3, help="repetitions; default 3")
    parser.add_argument("--ablation", action="store_true", help="also the rows of MNSP's terms")
    parser.add_argument("--device", help="as for mnsp")
    options = parser.parse_args()
    if options.seeds < 1:
        fail("--seeds: at least 1")
    if not os.access(options.mnsp, os.X_OK):
        fail(f"{options.mnsp}: no such program; build it, or name it with --mnsp")
    Experiment(options).everything()


if __name__ == "__main__":
    main()
