#!/bin/bash
# Shows the whole of mnsp on a small network: installs what is needed, builds, pre-trains an MAE teacher and
# an MNSP encoder with it, fine-tunes a recogniser from that encoder, scores it on words it has not seen, and
# shows what it reads. Takes minutes on two processors without a GPU.
#
#   tools/demo.sh [--data DIR] [--out RUN] [--device DEVICE] [--steps N]
#
#   --data DIR        words to train on: a folder with labels.tsv, of which every tenth word is kept for the
#                     score; or an LMDB, scored on its own words. Default: words that mnsp renders
#   --out RUN         the folder for everything that is made (runs/demo-<date>-<time>)
#   --device DEVICE   as for mnsp: a number, a part of a name, or reference (the first GPU, else lavapipe)
#   --steps N         steps of each training, for a quick look at how it goes (as the presets say)
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
build=$root/build
data=
out=
device=()
steps=()
words_shown=8

fail() {
    echo "demo.sh: $*" >&2
    exit 2
}

while [[ $# -gt 0 ]]; do
    case $1 in
    -h | --help)
        sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
        exit 0
        ;;
    --data | --out | --device | --steps)
        [[ ${2-} ]] || fail "$1 needs a value; see tools/demo.sh --help"
        case $1 in
        --data) data=$2 ;;
        --out) out=$2 ;;
        --device) device=(--device "$2") ;;
        --steps) steps=(--steps "$2") ;;
        esac
        shift 2
        ;;
    *) fail "unknown argument '$1'; see tools/demo.sh --help" ;;
    esac
done
out=${out:-$root/runs/demo-$(date +%Y%m%d-%H%M%S)}
if [[ -e $out/settings.json || -e $out/teacher ]]; then
    fail "$out holds a run already; name another folder with --out"
fi

# split_labels DIR: writes train.tsv and test.tsv below $out, with absolute paths; every
# tenth word goes to the test.
split_labels() {
    local folder
    folder=$(cd "$1" && pwd)
    awk -v folder="$folder" -v train="$out/train.tsv" -v test="$out/test.tsv" '
        { sub(/\r$/, ""); sub(/^\xef\xbb\xbf/, "") }
        /^$/ { next }
        { print ($0 ~ /^\// ? $0 : folder "/" $0) > (++count % 10 ? train : test) }
    ' "$folder/labels.tsv"
    [[ -s $out/train.tsv && -s $out/test.tsv ]] || fail "$folder/labels.tsv has fewer than ten words"
}

if [[ $data && ! -f $data/labels.tsv && ! -f $data/data.mdb ]]; then
    fail "$data has neither labels.tsv nor data.mdb; the demo needs labelled words"
fi

mkdir -p "$out" || fail "cannot make the folder $out"
if [[ -z $data ]]; then
    # Few words, so that minutes are enough to learn to tell them apart; the test draws them anew.
    printf '%s\n' OPEN EXIT hotel coffee Street market SALE bank Park taxi museum bakery Library TICKETS school \
        garden music Police bus station >"$out/words.txt"
    train=render:count=20000,seed=1,wear=0.3,words=$out/words.txt
    test=render:count=400,seed=2,wear=0.3,words=$out/words.txt
elif [[ -f $data/labels.tsv ]]; then
    split_labels "$data"
    train=$out/train.tsv
    test=$out/test.tsv
else
    train=$data
    test=$data
    echo "demo.sh: $data is an LMDB: the score will be of words that the recogniser has learned from"
fi

"$root/tools/setup.sh"

echo "== build"
launcher=()
if command -v ccache >/dev/null; then
    launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache)
fi
cmake -S "$root" -B "$build" -G Ninja "${launcher[@]}" >"$out/build.log"
cmake --build "$build" --parallel "$(nproc)" --target mnsp >>"$out/build.log" || {
    tail -n 30 "$out/build.log" >&2
    echo "demo.sh: the build failed; see $out/build.log" >&2
    exit 1
}
mnsp=("$build/mnsp")

# Without a GPU, a newer lavapipe than the system's is worth its download of 11 MB (docs/performance.md).
if [[ ${#device[@]} -eq 0 ]] && ! "$build/mnsp" devices --json | grep -qE '"type": *"(discrete|integrated|virtual)"' &&
    "$root/tools/drivers.sh" lavapipe >>"$out/build.log" 2>&1; then
    mnsp=("$root/tools/drivers.sh" run lavapipe "$build/mnsp")
fi

echo "== 1/4 pre-train the teacher (MAE)"
"${mnsp[@]}" pretrain --preset mae-tiny --data "$train" --out "$out/teacher" "${device[@]}" "${steps[@]}"

echo "== 2/4 pre-train the encoder (MNSP)"
"${mnsp[@]}" pretrain --preset mnsp-tiny --teacher "$out/teacher/last.safetensors" --data "$train" \
    --out "$out/pretraining" "${device[@]}" "${steps[@]}"

echo "== 3/4 fine-tune the recogniser"
"${mnsp[@]}" finetune --preset recogniser-tiny --init "$out/pretraining/last.safetensors" --data "$train" \
    --out "$out/recogniser" "${device[@]}" "${steps[@]}"

echo "== 4/4 read words it has not learned from"
"${mnsp[@]}" eval --model "$out/recogniser/last.safetensors" --data "$test" --show "$words_shown" "${device[@]}"

echo
echo "Pictures, logs and weights are in $out:"
find "$out" -name '*.png' | sort | sed 's/^/  /'
