#!/bin/bash
# Installs a build into an empty folder and makes a Debian package of it, and runs the program from both.
# Skips the package (exit status 77) where dpkg-deb or dpkg-shlibdeps is missing.
#
#   package.sh BUILD
set -euo pipefail

build=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "package.sh: $*" >&2
    exit 1
}

# check ROOT: all that belongs below ROOT is there, and the program finds its presets
# there, not in the sources.
check() {
    local root=$1 file
    for file in bin/mnsp share/man/man1/mnsp.1 share/mnsp/presets/mae-tiny.json share/mnsp/weights/recogniser.safetensors \
        share/bash-completion/completions/mnsp share/doc/mnsp/copyright share/doc/mnsp/README.md; do
        [[ -s $root/$file ]] || fail "$file is missing below $root"
    done
    [[ $("$root/bin/mnsp" --version) == mnsp\ [0-9]* ]] || fail "$root/bin/mnsp does not run"
    echo '{"objective": "mae"}' >"$root/share/mnsp/presets/only-here.json"
    "$root/bin/mnsp" completion bash | grep only-here >/dev/null || fail "presets beside the program are not found"
    # A preset that is found lets the command fail later, for want of data.
    "$root/bin/mnsp" pretrain --preset only-here --out "$work/none" 2>"$work/error" && fail "trained without data"
    grep -q 'data is missing' "$work/error" || fail "a preset beside the program: $(cat "$work/error")"
    bash -n "$root/share/bash-completion/completions/mnsp"
}

cmake --install "$build" --prefix "$work/first" >/dev/null
mv "$work/first" "$work/moved"
check "$work/moved"
echo "installed and moved: runs"

if ! command -v dpkg-deb >/dev/null || ! command -v dpkg-shlibdeps >/dev/null; then
    echo "skipped: dpkg-deb or dpkg-shlibdeps is missing"
    exit 77
fi
cpack -G DEB --config "$build/CPackConfig.cmake" -B "$work/package" >"$work/log" 2>&1 || fail "$(cat "$work/log")"
package=$(echo "$work"/package/*.deb)
depends=$(dpkg-deb -f "$package" Depends)
for library in libc6 libjansson4 liblmdb0 libfreetype6; do
    [[ $depends == *$library* ]] || fail "the package does not depend on $library but on: $depends"
done
dpkg-deb -x "$package" "$work/root"
check "$work/root/usr"
echo "$(basename "$package"): runs; depends on $depends"
