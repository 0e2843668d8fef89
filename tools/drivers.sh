#!/bin/bash
# Gets further Vulkan drivers for testing, without installing them and without root: packages of Debian are
# downloaded and unpacked into a private folder, ${XDG_CACHE_HOME:-~/.cache}/mnsp/drivers. Once
# there they need no network.
#
#   tools/drivers.sh                        lists the names, and what is in the folder
#   tools/drivers.sh NAME                   prints the path of the driver's ICD file, fetching it if need be
#   tools/drivers.sh run NAME COMMAND ...   runs a command with that driver alone
#
# Names:
#   lavapipe-bookworm             Mesa's Vulkan on the processor as in Debian 12: 22.3
#   lavapipe-bookworm-backports   the same, 25.0
#   lavapipe-trixie-backports     the same, 26.1
#   lavapipe                      the newest of these that was made for this release of Debian
#   swiftshader                   Google's Vulkan on the processor, taken out of Debian's chromium
#   radv                          Mesa's driver for AMD, 25.0: with RADV_FORCE_FAMILY=navi31 (or polaris10,
#                                 vega10, navi21, gfx1201, ...) it compiles for a GPU that is not there, and
#                                 runs nothing
#
# The Vulkan loader reads VK_DRIVER_FILES, older ones VK_ICD_FILENAMES; set both to the printed
# path. `run` does, and also finds libraries that had to be unpacked beside the driver. A driver
# that needs a newer C library than this system's brings one: `run` then starts a copy of the
# program with it, and takes no scripts.
set -euo pipefail

names=(lavapipe-bookworm lavapipe-bookworm-backports lavapipe-trixie-backports swiftshader radv)

fail() {
    echo "drivers.sh: $*" >&2
    exit 1
}

# shellcheck source=/dev/null
release=$(. /etc/os-release 2>/dev/null && echo "${ID-} ${VERSION_CODENAME-}") || release=
distribution=${release% *}
codename=${release#* }
drivers=${XDG_CACHE_HOME:-${HOME:?}/.cache}/mnsp/drivers/$codename-$(uname -m)
work=
trap '[[ -z $work ]] || rm -rf "$work"' EXIT

# ---- packages ----

# apt with sources, lists, state and cache of its own below $work; the system's are neither read nor written.
private_apt() {
    apt-get -q -o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
        -o Dir::State="$work/state" -o Dir::State::Lists="$work/lists" -o Dir::State::status="$work/status" \
        -o Dir::Cache="$work/cache" -o APT::Sandbox::User="$(id -un)" -o APT::Update::Error-Mode=any \
        -o Acquire::Retries=2 -o Debug::NoLocking=1 "$@"
}

# apt_from SOURCES COMMAND ...: reads the package lists of SOURCES, the text of a sources.list, and runs the
# command in $work. What apt said is in $work/log.
apt_from() {
    rm -rf "$work/lists" "$work/cache" "$work/state"
    mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/state"
    : >"$work/status"
    printf '%s\n' "$1" >"$work/sources.list"
    (private_apt update && cd "$work" && "${@:2}") >"$work/log" 2>&1
}

# sources_of MIRROR SUITE ...: the lines of a sources.list for suites and the releases that they belong to.
sources_of() {
    local mirror=$1 suite keyring=/usr/share/keyrings/debian-archive-keyring.gpg option=
    [[ ! -e $keyring ]] || option="[signed-by=$keyring] "
    for suite in "${@:2}"; do
        case $suite in
        *-security) echo "deb $option$mirror-security $suite main" ;;
        *) echo "deb $option$mirror $suite main" ;;
        esac
    done
}

# from_debian "SUITE ..." COMMAND ...: runs an apt command with the suites of Debian. Suites that have left
# Debian's mirrors are in its archive.
from_debian() {
    local suites mirror
    read -ra suites <<<"$1"
    [[ $distribution == debian || $distribution == ubuntu ]] ||
        fail "$name is unpacked from Debian's packages, which Debian and Ubuntu can do; this is ${distribution:-unknown}"
    command -v apt-get >/dev/null || fail "$name: this system has no apt-get"
    for mirror in http://deb.debian.org/debian http://archive.debian.org/debian; do
        if apt_from "$(sources_of "$mirror" "${suites[@]}")" "${@:2}"; then
            return 0
        fi
        [[ -e $work/first-log ]] || mv "$work/log" "$work/first-log"
    done
    grep -E '^[EW]:' "$work/first-log" >&2 || cat "$work/first-log" >&2
    if grep -q NO_PUBKEY "$work/first-log"; then
        fail "$name: the keys of Debian's ${suites[0]} are not here; install debian-archive-keyring"
    fi
    fail "$name could not be fetched from Debian's ${suites[0]}; check the network and run this again"
}

# suites_of SUITE: the suite, and the release that it adds to.
suites_of() {
    echo "$1" "$([[ ${1%%-*} == "$1" ]] || echo "${1%%-*}")"
}

# ---- libraries ----

# interpreter_in FOLDER: what starts programs with the C library in the folder; nothing when there is none.
interpreter_in() {
    find "$1" -name 'ld-linux*.so.*' -print -quit
}

# missing_libraries FILE: the shared libraries that FILE needs and that are neither installed nor beside it.
missing_libraries() {
    local folder interpreter
    folder=$(dirname "$1")
    interpreter=$(interpreter_in "$folder")
    {
        if [[ $interpreter ]]; then
            "$interpreter" --library-path "$folder" --list "$1"
        else
            LD_LIBRARY_PATH=$folder ldd "$1"
        fi || true # what it says counts
    } 2>/dev/null | sed -nE 's/^[[:space:]]*([^ ]+) => not found.*/\1/p' | sort -u
}

# is_too_new FILE: whether it needs a newer C or C++ library than this system's.
is_too_new() {
    { ldd "$1" 2>&1 || true; } | grep ": version .* not found" >/dev/null
}

# add_dependencies SUITE LIBRARY: puts what LIBRARY needs beside it: what is missing here, or all of it, C
# library included, when it is too new for this system.
add_dependencies() {
    local folder package found progress=yes
    folder=$(dirname "$2")
    from_debian "$(suites_of "$1")" private_apt install -y --no-install-recommends --download-only -t "$1" \
        mesa-vulkan-drivers
    for package in "$work"/cache/archives/*.deb; do
        dpkg-deb -x "$package" "$work/all"
    done
    if is_too_new "$2"; then
        find "$work/all" -name '*.so*' -not -name 'libvulkan_*' -not -path '*/gconv/*' -not -path '*/lib64/*' -exec mv -t "$folder" {} +
        add_patchelf
        return
    fi
    while [[ $progress ]]; do
        progress=
        while read -r library; do
            found=$(find "$work/all" -name "$library" -print -quit)
            [[ -z $found ]] || { cp -L "$found" "$folder/" && progress=yes; }
        done < <(missing_libraries "$2")
    done
}

# The program that makes another program start with a C library of its own.
add_patchelf() {
    if command -v patchelf >/dev/null; then
        return
    fi
    [[ $distribution == debian ]] || fail "$name needs a program that is not installed: patchelf"
    from_debian "$codename" private_apt download patchelf
    dpkg-deb -x "$work"/patchelf_*.deb "$work/all"
    mv "$work/all/usr/bin/patchelf" "$work/patchelf"
}

# ---- drivers ----

# write_icd JSON LIBRARY: $work/icd.json like the package's JSON file, naming the library where it will be.
write_icd() {
    local version path
    version=$(sed -nE 's/.*"api_version": *"([0-9.]+)".*/\1/p' "$1")
    path=$drivers/$name/$2
    path=${path//\\/\\\\}
    path=${path//\"/\\\"}
    printf '{"file_format_version": "1.0.0", "ICD": {"library_path": "%s", "api_version": "%s"}}\n' \
        "$path" "${version:-1.0.0}" >"$work/icd.json"
}

# fetch_mesa SUITE LIBRARY JSON: one driver of the suite's mesa-vulkan-drivers.
fetch_mesa() {
    local package json library
    from_debian "$(suites_of "$1")" private_apt download -t "$1" mesa-vulkan-drivers
    package=$(echo "$work"/mesa-vulkan-drivers_*.deb)
    dpkg-deb -x "$package" "$work/unpacked"
    dpkg-deb -f "$package" Version >"$work/version"
    json=$(find "$work/unpacked/usr/share/vulkan/icd.d" -name "$3*.json" -print -quit)
    library=$(cd "$work/unpacked" && find usr/lib -name "$2" -print -quit)
    [[ $json && $library ]] || fail "$name: $(basename "$package") holds no $2"
    mkdir -p "$work/$(dirname "$library")"
    mv "$work/unpacked/$library" "$work/$library"
    write_icd "$json" "$library"
    if is_too_new "$work/$library" || [[ $(missing_libraries "$work/$library") ]]; then
        add_dependencies "$1" "$work/$library"
    fi
}

# SwiftShader is two small files of a large package: an installed chromium saves the download.
fetch_swiftshader() {
    local folder=usr/lib/chromium suite=$codename package
    mkdir -p "$work/$folder"
    if [[ -e /$folder/libvk_swiftshader.so && -e /$folder/vk_swiftshader_icd.json ]]; then
        cp /$folder/libvk_swiftshader.so /$folder/vk_swiftshader_icd.json "$work/$folder/"
        dpkg-query -W -f '${Version}\n' chromium-common >"$work/version" 2>/dev/null || echo installed >"$work/version"
    else
        [[ $distribution == debian ]] || suite=bookworm # which Ubuntu 24.04's C library can run
        from_debian "$suite $suite-security" private_apt download -t "$suite*" chromium-common
        package=$(echo "$work"/chromium-common_*.deb)
        dpkg-deb --fsys-tarfile "$package" |
            tar -x -C "$work" ./$folder/libvk_swiftshader.so ./$folder/vk_swiftshader_icd.json ||
            fail "$name: $(basename "$package") holds no SwiftShader"
        dpkg-deb -f "$package" Version >"$work/version"
    fi
    write_icd "$work/$folder/vk_swiftshader_icd.json" $folder/libvk_swiftshader.so
}

fetch_by_name() {
    case $name in
    lavapipe-*) fetch_mesa "${name#lavapipe-}" libvulkan_lvp.so lvp_icd ;;
    radv) fetch_mesa bookworm-backports libvulkan_radeon.so radeon_icd ;;
    swiftshader) fetch_swiftshader ;;
    esac
}

# Fetches the driver $name beside its place and moves it there whole.
fetch() {
    local library missing
    mkdir -p "$drivers" || fail "cannot make the folder $drivers"
    work=$(mktemp -d "$drivers/.$name.XXXXXX")
    echo "drivers.sh: fetching $name" >&2
    fetch_by_name
    library=$(find "$work/usr" -name 'libvulkan_*.so' -o -name 'libvk_swiftshader.so' | head -n 1)
    missing=$(missing_libraries "$library" | tr '\n' ' ')
    [[ -z $missing ]] || fail "$name needs libraries that are not installed: ${missing}(tools/setup.sh brings the usual ones)"
    rm -rf "$work"/*.deb "$work/unpacked" "$work/all" "$work/lists" "$work/cache" "$work/state" "$work/status" \
        "$work/log" "$work/first-log" "$work/sources.list"
    chmod 755 "$work"
    rm -rf "${drivers:?}/$name"
    mv "$work" "$drivers/$name"
    work=
}

# Sets $icd to the ICD file of the driver $name, and $folder to where its library is.
locate() {
    if [[ $name == lavapipe ]]; then
        [[ $distribution == debian ]] || fail "this is no Debian; take one of ${names[*]}"
        name=lavapipe-$codename-backports
    fi
    case " ${names[*]} " in
    *" $name "*) ;;
    *) fail "no driver is called '$name'; there are lavapipe ${names[*]}" ;;
    esac
    icd=$drivers/$name/icd.json
    [[ -e $icd ]] || fetch
    folder=$(dirname "$(sed -nE 's/.*"library_path": "(.*)", "api_version".*/\1/p' "$icd")")
}

# ---- running ----

# with_own_libraries PROGRAM: prints the path of a copy of the program that is started with the driver's C
# library. It lies beside the driver, so that an unchanged program is not copied again.
with_own_libraries() {
    local program copy patchelf=$drivers/$name/patchelf
    program=$(command -v -- "$1") || fail "there is no program $1"
    program=$(readlink -f -- "$program")
    [[ $(head -c 4 "$program" | tail -c 3) == ELF ]] ||
        fail "$name brings a C library of its own, with which programs can be started, not scripts: $1"
    copy=$drivers/$name/programs/$(cksum <<<"$program" | tr ' ' -)/$(basename "$program")
    if [[ ! $copy -nt $program ]]; then
        mkdir -p "$(dirname "$copy")"
        [[ -e $patchelf ]] || patchelf=patchelf
        cp "$program" "$copy.$$"
        "$patchelf" --set-interpreter "$interpreter" --force-rpath --set-rpath "$folder" "$copy.$$" ||
            fail "$name: $1 could not be given another C library"
        mv "$copy.$$" "$copy"
    fi
    echo "$copy"
}

run() {
    local program=$1 interpreter
    interpreter=$(interpreter_in "$folder")
    export VK_DRIVER_FILES=$icd VK_ICD_FILENAMES=$icd
    if [[ $interpreter ]]; then
        program=$(with_own_libraries "$1")
    else
        export LD_LIBRARY_PATH=$folder${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
    fi
    shift
    exec "$program" "$@"
}

case ${1-} in
'')
    for name in "${names[@]}"; do
        version=$(cat "$drivers/$name/version" 2>/dev/null || echo "not fetched")
        printf '%-28s %s\n' "$name" "$version"
    done
    ;;
-h | --help)
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
    ;;
-*)
    echo "drivers.sh: unknown option '$1'; see tools/drivers.sh --help" >&2
    exit 2
    ;;
run)
    if [[ $# -lt 3 ]]; then
        echo "drivers.sh: run needs a driver's name and a command; see tools/drivers.sh --help" >&2
        exit 2
    fi
    name=$2
    locate
    shift 2
    run "$@"
    ;;
*)
    name=$1
    locate
    echo "$icd"
    ;;
esac
