#!/bin/bash
# Checks the sources with those of clang-format, clang-tidy, cppcheck and shellcheck that are installed.
# Changes nothing. Exit status 1 when one of them finds something.
#
#   tools/lint.sh [BUILD]   BUILD: a configured build folder, for clang-tidy (build)
set -euo pipefail

case ${1-} in
-h | --help)
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
    exit 0
    ;;
esac
cd "$(dirname "$0")/.."
build=${1:-build}
processors=$(nproc)
bad=

mapfile -t sources < <(git ls-files '*.c')
mapfile -t headers < <(git ls-files '*.h')
mapfile -t scripts < <(git ls-files '*.sh' .ci/run)

# check NAME COMMAND ...: runs the command if there is a program of that name.
check() {
    local name=$1
    shift
    if ! command -v "$name" >/dev/null; then
        echo "== $name is not installed; left out"
        return
    fi
    echo "== $name"
    "$@" || bad=yes
}

tidy() {
    if [[ ! -e $build/compile_commands.json ]]; then
        echo "lint.sh: $build is not configured; run cmake -S . -B $build -G Ninja && ninja -C $build" >&2
        return 1
    fi
    printf '%s\0' "${sources[@]}" |
        xargs -0 -n 4 -P "$processors" clang-tidy -p "$build" --quiet --warnings-as-errors='*' 2> >(grep -v ' warnings\? generated' >&2)
}

# clang-format 14 leaves comments as long as they are.
long_comments() {
    git ls-files '*.[ch]' '*.def' '*.comp' '*.glsl' '*.c.in' '*.sh' '*.cmake' CMakeLists.txt .ci/run |
        xargs grep -HnE '^.{111}' | grep -E '^[^:]*:[0-9]*: *(/\*|\*|//|# )'
}

echo "== comments of more than 110 columns"
! long_comments || bad=yes
check clang-format clang-format --dry-run --Werror "${sources[@]}" "${headers[@]}"
check cppcheck cppcheck --quiet --error-exitcode=1 --enable=warning,performance,portability --std=c11 \
    --suppressions-list=tools/cppcheck.txt --inline-suppr -I host -I . -j "$processors" "${sources[@]}"
check shellcheck shellcheck "${scripts[@]}"
check clang-tidy tidy

[[ ! $bad ]]
