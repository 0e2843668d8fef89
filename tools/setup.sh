#!/bin/bash
# Installs what mnsp needs to build, run and be tested, from the distribution
# (Debian 12 and 13, Ubuntu 24.04).
#
#   tools/setup.sh          installs what is missing; does nothing when all is there
#   tools/setup.sh --list   names the packages
#
# It adds packages and never upgrades or removes one that mnsp does not need: the system's graphics driver, C
# library and compiler stay as they are. mesa-vulkan-drivers brings lavapipe, Vulkan on the processor, which
# stands beside the driver of a GPU.
set -euo pipefail

packages=(
    gcc libc6-dev cmake ninja-build pkg-config
    libvulkan-dev libvulkan1 libvulkan-volk-dev glslang-tools spirv-tools
    libjansson-dev liblmdb-dev libfreetype-dev libstb-dev
    libcmocka-dev mesa-vulkan-drivers vulkan-validationlayers
    fonts-dejavu-core fonts-liberation fonts-freefont-ttf
)

fail() {
    echo "setup.sh: $*" >&2
    exit 1
}

case ${1-} in
'') ;;
--list)
    printf '%s\n' "${packages[@]}"
    exit 0
    ;;
-h | --help)
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
    exit 0
    ;;
*)
    echo "setup.sh: unknown argument '$1'; see tools/setup.sh --help" >&2
    exit 2
    ;;
esac

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    fail "this system has no apt-get; install the equivalents of: ${packages[*]}"
fi

missing=()
for package in "${packages[@]}"; do
    if [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true) != installed ]]; then
        missing+=("$package")
    fi
done
if [[ ${#missing[@]} -eq 0 ]]; then
    exit 0
fi

root=()
if [[ $(id -u) -ne 0 ]]; then
    command -v sudo >/dev/null || fail "root must run: apt-get install ${missing[*]}"
    root=(sudo)
fi
apt=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300)
install=(install -y --no-install-recommends --no-remove "${missing[@]}")

echo "setup.sh: installing ${missing[*]}"
"${apt[@]}" update || echo "setup.sh: the package lists could not be renewed; trying with those at hand" >&2

plan=$("${apt[@]}" -s "${install[@]}") ||
    fail "apt-get cannot install ${missing[*]} (see above); is a package source switched off (Ubuntu: universe)?"
driver=$(sed -nE 's/^Inst ([^ ]*(mesa|nvidia|libgl1|libegl|libgbm)[^ ]*) \[.*/\1/p' <<<"$plan" | tr '\n' ' ')
if [[ $driver ]]; then
    fail "apt-get would replace the graphics driver ($driver); install by hand: ${missing[*]}"
fi
"${apt[@]}" "${install[@]}" || fail "apt-get could not install ${missing[*]} (see above)"
