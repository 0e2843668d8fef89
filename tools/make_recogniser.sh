#!/bin/bash
# Trains the recogniser that comes with mnsp (docs/recogniser.md) from nothing, and writes its weights.
#
#   tools/make_recogniser.sh IC15_TRAIN OUT [--steps N]
#
#   IC15_TRAIN   the training words of ICDAR 2015, task 4.3: a folder with labels.tsv; the last 468 are kept
#                for scores
#   OUT          the folder for both runs, and for recogniser.safetensors
#   --steps N    steps of the second training (5600), the third has a quarter of them: more is better
#
# First short random words are read as they are printed, which shows a small network in minutes that letters
# stand in places; then rendered words and photographs, twice, the second time with a lower rate. Started
# again, it goes on where it stopped. Takes about two hours on two processors.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
mnsp=$root/build/mnsp
held_back=468
steps=5600

fail() {
    echo "make_recogniser.sh: $*" >&2
    exit 2
}

case ${1-} in
-h | --help)
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
    exit 0
    ;;
esac
[[ $# -ge 2 ]] || fail "expected IC15_TRAIN and OUT; see tools/make_recogniser.sh --help"
source=$1
out=$2
if [[ ${3-} == --steps && ${4-} ]]; then
    steps=$4
elif [[ $# -gt 2 ]]; then
    fail "unknown argument '$3'; see tools/make_recogniser.sh --help"
fi
[[ -f $source/labels.tsv ]] || fail "$source has no labels.tsv"
[[ -x $mnsp ]] || fail "$mnsp is missing: build it first"
source=$(cd "$source" && pwd)
mkdir -p "$out"

awk -v folder="$source" '{ print folder "/" $0 }' "$source/labels.tsv" >"$out/words.tsv"
head -n "-$held_back" "$out/words.tsv" >"$out/train.tsv"
tail -n "$held_back" "$out/words.tsv" >"$out/validation.tsv"
awk 'BEGIN {
    srand(1)
    for (word = 0; word < 20000; word++) {
        text = ""
        for (left = 1 + int(4 * rand()); left > 0; left--)
            text = text substr("abcdefghijklmnopqrstuvwxyz0123456789", 1 + int(36 * rand()), 1)
        print text
    }
}' >"$out/short.txt"

network=(--preset recogniser-tiny --head ctc --charset ascii36 --patch-height 32 --patch-width 4 --width 128 --depth 4
    --heads 4 --mlp-ratio 4 --weight-decay 0.02 --clip-norm 5)

# train RUN OPTION ...: a run that goes on where it was stopped, and is left alone once it is done.
train() {
    local run=$out/$1 resume=()
    shift
    if [[ -e $run/done ]]; then
        return
    fi
    if [[ -e $run/last.safetensors ]]; then
        resume=(--resume)
    fi
    "$mnsp" finetune "${network[@]}" "$@" --out "$run" "${resume[@]}"
    touch "$run/done"
}

# words SEED RATE STEPS ...: a run on photographs and rendered words.
words() {
    local run=$1 seed=$2
    shift 2
    train "$run" --data "$out/train.tsv@0.35" --data "render:count=400000,seed=$((seed + 7))@0.65" --seed "$seed" \
        --batch 64 --augment --augment-geometry 0.3 --augment-deterioration 0.1 --augment-colour 0.25 \
        --evaluate-every 500 --validation "$out/validation.tsv" "$@"
}

train letters --data "render:count=200000,seed=7,wear=0,words=$out/short.txt" --batch 32 --rate 1.5e-3 \
    --min-rate 1e-3 --steps 900 --warmup-steps 60
words words 1 --init "$out/letters/last.safetensors" --rate 1.2e-3 --steps "$steps" --warmup-steps 100 --ema-decay 0.999
words more 2 --init "$out/words/last.safetensors" --rate 7e-4 --steps "$((steps / 4))" --warmup-steps 50 --ema-decay 0.998
"$mnsp" export "$out/more/last.safetensors" "$out/recogniser.safetensors"
"$mnsp" eval --model "$out/recogniser.safetensors" --data "$out/validation.tsv"
