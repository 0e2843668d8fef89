#!/bin/bash
# The driver lab: runs the conformance suite on every Vulkan implementation that needs no GPU and on every GPU
# that is here, compiles all pipelines for AMD GPUs that are not, prints the matrix of the results, and puts
# it into docs/conformance.md when it is whole.
#
#   tools/driver-lab.sh [OPTION ...]
#
#   --set SET        smoke, standard (default) or full
#   --only NAME      only this one, of those that --list names; may be repeated
#   --resume         keep complete reports of the same set that are newer than the program
#   --build FOLDER   where the suite is built, or will be (build)
#   --list           name the implementations
#
# Drivers come from tools/drivers.sh and stay in ${XDG_CACHE_HOME:-~/.cache}/mnsp/drivers, reports in
# .../mnsp/lab: NAME.json, NAME.html, NAME.log. What cannot be had here is left out, and said. Exit
# status 0 when all cases and pipelines are well, 1 when some are not or an implementation is
# missing, 2 for wrong usage.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
document=$root/docs/conformance.md
lab=${XDG_CACHE_HOME:-${HOME:?}/.cache}/mnsp/lab
drivers=(lavapipe-bookworm lavapipe-bookworm-backports lavapipe-trixie-backports swiftshader)
families=(polaris10 vega10 navi21 navi31 gfx1201)
build=$root/build
set_name=standard
only=()
resume=
reports=()
absent=()
bad=

usage() {
    echo "driver-lab.sh: $*; see tools/driver-lab.sh --help" >&2
    exit 2
}

while [[ $# -gt 0 ]]; do
    case $1 in
    --set | --only | --build)
        [[ $# -gt 1 ]] || usage "$1 needs a value"
        case $1 in
        --set) set_name=$2 ;;
        --only) only+=("$2") ;;
        --build) build=$2 ;;
        esac
        shift
        ;;
    --resume) resume=yes ;;
    --list)
        printf '%s\n' "${drivers[@]}" "${families[@]/#/radv-}"
        exit 0
        ;;
    -h | --help)
        sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
        exit 0
        ;;
    *) usage "unknown argument '$1'" ;;
    esac
    shift
done

known=" ${drivers[*]} ${families[*]/#/radv-} "
for name in "${only[@]}"; do
    [[ $known == *" $name "* ]] || usage "nothing is called '$name'; --list names what there is"
done
[[ " smoke standard full " == *" $set_name "* ]] || usage "--set $set_name: take smoke, standard or full"

is_wanted() {
    [[ ${#only[@]} -eq 0 || " ${only[*]} " == *" $1 "* ]]
}

# is_done NAME: whether there is a report to keep.
is_done() {
    [[ $resume && $lab/$1.json -nt $program ]] && grep -q '"complete": true' "$lab/$1.json" &&
        grep -q "\"set\": \"$set_name\"" "$lab/$1.json"
}

# note NAME STATUS: takes the report of a program that ended with the status.
note() {
    if [[ $2 -gt 1 || ! -s $lab/$1.json ]]; then
        echo "driver-lab.sh: $1 gave no report; the end of $lab/$1.log:" >&2
        tail -n 3 "$lab/$1.log" >&2
        absent+=("$1")
        return
    fi
    [[ $2 -eq 0 ]] || bad=yes
    reports+=("$lab/$1.json")
}

# run_suite NAME COMMAND ...: the suite, started by the command. The driver's cache of compiled shaders is
# empty at the start, so that its compiler has something to do and times can be compared. Drivers that compile
# when a pipeline is first run do so in the time of the dispatch.
run_suite() {
    local name=$1 status=0
    shift
    if is_done "$name"; then
        echo "== $name: kept"
        reports+=("$lab/$name.json")
        return
    fi
    echo "== $name"
    rm -f "$lab/$name.json"
    rm -rf "$lab/shaders"
    MESA_SHADER_CACHE_DIR=$lab/shaders "$@" --set "$set_name" --dispatch-limit 300 --json "$lab/$name.json" \
        --html "$lab/$name.html" 2>&1 | tee "$lab/$name.log" || status=${PIPESTATUS[0]}
    note "$name" "$status"
}

# compile_for FAMILY: all pipelines for an AMD GPU that is not here.
compile_for() {
    local name=radv-$1 status=0
    echo "== $name"
    rm -f "$lab/$name.json"
    MESA_SHADER_CACHE_DISABLE=true RADV_FORCE_FAMILY=$1 "$root/tools/drivers.sh" run radv "$program" --compile \
        --json "$lab/$name.json" >"$lab/$name.log" 2>&1 || status=$?
    tail -n 1 "$lab/$name.log"
    note "$name" "$status"
}

# has_driver NAME: fetches it, or notes that it is absent.
has_driver() {
    if "$root/tools/drivers.sh" "$1" >/dev/null; then
        return 0
    fi
    absent+=("$1")
    return 1
}

# The numbers of the usable devices of this system that are no processors.
system_gpus() {
    "$build/mnsp" devices 2>/dev/null | awk '
        /^[0-9]+ / { number = $1 }
        /^ +driver / && !/CPU$/ { found[number] = 1 }
        /^ +cannot be used/ { delete found[number] }
        END { for (number in found) print number }' || true
}

# write_document FILE: puts it between the marks of docs/conformance.md.
write_document() {
    local temporary
    temporary=$(mktemp "$document.XXXXXX")
    awk -v matrix="$1" '
        /^<!-- matrix -->$/ { print; print ""; while ((getline line < matrix) > 0) print line; print ""; skip = 1 }
        /^<!-- end of matrix -->$/ { skip = 0 }
        !skip' "$document" >"$temporary"
    chmod 644 "$temporary"
    mv "$temporary" "$document"
}

mkdir -p "$lab"
echo "== build"
[[ -e $build/build.ninja || -e $build/Makefile ]] || cmake -S "$root" -B "$build" -G Ninja >"$lab/build.log" ||
    usage "$build cannot be configured (tools/setup.sh installs what is needed)"
cmake --build "$build" --parallel "$(nproc)" --target mnsp mnsp-conformance >"$lab/build.log" 2>&1 || {
    tail -n 20 "$lab/build.log" >&2
    exit 1
}
program=$build/mnsp-conformance

for name in "${drivers[@]}"; do
    if is_wanted "$name" && has_driver "$name"; then
        run_suite "$name" "$root/tools/drivers.sh" run "$name" "$program"
    fi
done
if [[ ${#only[@]} -eq 0 ]]; then
    for gpu in $(system_gpus); do
        run_suite "gpu-$gpu" "$program" --device "$gpu"
    done
fi
radv=unknown
for family in "${families[@]}"; do
    is_wanted "radv-$family" || continue
    [[ $radv != unknown ]] || { has_driver radv && radv=yes; } || radv=
    [[ -z $radv ]] || compile_for "$family"
done

[[ ${#reports[@]} -gt 0 ]] || { echo "driver-lab.sh: there is no report" >&2; exit 1; }
"$program" matrix "${reports[@]}" >"$lab/matrix.md"
cat "$lab/matrix.md"
if [[ ${#absent[@]} -gt 0 ]]; then
    echo "driver-lab.sh: without ${absent[*]}; $document stays as it is" >&2
    exit 1
fi
if [[ ${#only[@]} -eq 0 && $set_name != smoke ]]; then
    write_document "$lab/matrix.md"
    echo "driver-lab.sh: wrote $document"
fi
[[ -z $bad ]]
