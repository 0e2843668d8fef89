#!/bin/bash
# Gets further Vulkan drivers for testing, without installing them: packages of the distribution are downloaded
# and unpacked into a private folder, ${XDG_CACHE_HOME:-~/.cache}/mnsp/drivers. Once there they need no network.
#
#   tools/drivers.sh                        lists the names, and what is in the folder
#   tools/drivers.sh NAME                   prints the path of the driver's ICD file, fetching it if need be
#   tools/drivers.sh run NAME COMMAND ...   runs a command with that driver alone
#
# Names:
#   lavapipe      the newest lavapipe of the release: from bookworm-backports on Debian 12 (Mesa 25.0),
#                 from trixie-backports on Debian 13 (Mesa 26.1)
#   swiftshader   Google's software renderer, taken out of Debian's chromium
#
# The Vulkan loader reads VK_DRIVER_FILES, older ones VK_ICD_FILENAMES; set both to the printed path. `run` does,
# and also finds libraries that had to be unpacked beside the driver (Debian 13's lavapipe: libdisplay-info).
set -euo pipefail

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

# apt with sources, lists and cache of its own below $work; the system's are neither read nor written.
private_apt() {
    apt-get -q -o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
        -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache" \
        -o APT::Sandbox::User="$(id -un)" -o APT::Update::Error-Mode=any -o Acquire::Retries=2 "$@"
}

# download PACKAGE SUITE SOURCE ...: the package of SUITE from the first source that answers, as $work/PACKAGE_*.deb.
# A source is the lines of a sources.list.
download() {
    local package=$1 suite=$2 source
    shift 2
    [[ $distribution == debian ]] || fail "$name is had from Debian's packages only, and this is ${distribution:-not known}"
    command -v apt-get >/dev/null || fail "$name: this system has no apt-get"
    for source in "$@"; do
        rm -rf "$work/lists" "$work/cache"
        mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
        printf '%s\n' "$source" >"$work/sources.list"
        if (private_apt update && cd "$work" && private_apt download -t "$suite" "$package") >"$work/log" 2>&1; then
            return 0
        fi
    done
    grep -E '^[EW]:' "$work/log" >&2 || cat "$work/log" >&2
    fail "$name: $package could not be fetched from $suite; check the network and run this again"
}

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

fetch_lavapipe() {
    local suite=$codename-backports package json library
    download mesa-vulkan-drivers "$suite" "deb http://deb.debian.org/debian $suite main" \
        "deb http://archive.debian.org/debian $suite main"
    package=$(echo "$work"/mesa-vulkan-drivers_*.deb)
    dpkg-deb -x "$package" "$work/unpacked"
    dpkg-deb -f "$package" Version >"$work/version"
    json=$(find "$work/unpacked/usr/share/vulkan/icd.d" -name 'lvp_icd*.json' -print -quit)
    library=$(cd "$work/unpacked" && find usr/lib -name libvulkan_lvp.so -print -quit)
    [[ $json && $library ]] || fail "$name: $(basename "$package") holds no lavapipe"
    mkdir -p "$work/$(dirname "$library")"
    mv "$work/unpacked/$library" "$work/$library"
    write_icd "$json" "$library"
    [[ -z $(absent_libraries "$work/$library") ]] || unpack_dependencies "$package" "$work/$(dirname "$library")"
}

# absent_libraries FILE: the shared libraries that FILE needs and that are neither installed nor beside it.
absent_libraries() {
    LD_LIBRARY_PATH=$(dirname "$1") ldd "$1" | sed -nE 's/^[[:space:]]*([^ ]+) => not found.*/\1/p' | sort -u
}

# unpack_dependencies PACKAGE FOLDER: puts the libraries of what the package depends on, and is not installed, there.
unpack_dependencies() {
    local dependency
    for dependency in $(dpkg-deb -f "$1" Depends | tr ',' '\n' | sed -E 's/^ *([^ :|]+).*/\1/'); do
        if [[ $(dpkg-query -W -f '${db:Status-Status}' "$dependency" 2>/dev/null || true) == installed ]]; then
            continue
        fi
        download "$dependency" "$codename" "deb http://deb.debian.org/debian $codename main"
        dpkg-deb -x "$work/$dependency"_*.deb "$work/dependency"
        find "$work/dependency" -name 'lib*.so.*' -exec mv -t "$2" {} +
        rm -rf "$work/dependency"
    done
}

# SwiftShader is two small files of a large package: an installed chromium saves the download.
fetch_swiftshader() {
    local folder=usr/lib/chromium package
    mkdir -p "$work/$folder"
    if [[ -e /$folder/libvk_swiftshader.so && -e /$folder/vk_swiftshader_icd.json ]]; then
        cp /$folder/libvk_swiftshader.so /$folder/vk_swiftshader_icd.json "$work/$folder/"
        dpkg-query -W -f '${Version}\n' chromium-common >"$work/version" 2>/dev/null || echo installed >"$work/version"
    else
        if [[ $distribution == ubuntu ]]; then
            fail "$name comes with Debian's chromium; Ubuntu's is a snap without it"
        fi
        download chromium-common "$codename*" "deb http://deb.debian.org/debian $codename main
deb http://deb.debian.org/debian-security $codename-security main"
        package=$(echo "$work"/chromium-common_*.deb)
        dpkg-deb --fsys-tarfile "$package" |
            tar -x -C "$work" ./$folder/libvk_swiftshader.so ./$folder/vk_swiftshader_icd.json ||
            fail "$name: $(basename "$package") holds no SwiftShader"
        dpkg-deb -f "$package" Version >"$work/version"
    fi
    write_icd "$work/$folder/vk_swiftshader_icd.json" $folder/libvk_swiftshader.so
}

# Fetches the driver $name beside its place and moves it there whole.
fetch() {
    local library absent
    mkdir -p "$drivers" || fail "cannot make the folder $drivers"
    work=$(mktemp -d "$drivers/.$name.XXXXXX")
    echo "drivers.sh: fetching $name" >&2
    "fetch_$name"
    library=$(find "$work/usr" -name 'lib*_*.so' -print -quit)
    absent=$(absent_libraries "$library" | tr '\n' ' ')
    [[ -z $absent ]] || fail "$name needs libraries that are not installed: ${absent}(tools/setup.sh brings the usual ones)"
    rm -rf "$work"/*.deb "$work/unpacked" "$work/lists" "$work/cache" "$work/log" "$work/sources.list"
    chmod 755 "$work"
    rm -rf "${drivers:?}/$name"
    mv "$work" "$drivers/$name"
    work=
}

# Sets $icd to the ICD file of the driver $name, and $folder to where its library is.
locate() {
    case $name in
    lavapipe | swiftshader) ;;
    *) fail "no driver is called '$name'; there are lavapipe and swiftshader" ;;
    esac
    icd=$drivers/$name/icd.json
    [[ -e $icd ]] || fetch
    folder=$(dirname "$(sed -nE 's/.*"library_path": "(.*)", "api_version".*/\1/p' "$icd")")
}

case ${1-} in
'')
    for name in lavapipe swiftshader; do
        version=$(cat "$drivers/$name/version" 2>/dev/null || echo "not fetched")
        printf '%-12s %s\n' "$name" "$version"
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
    export VK_DRIVER_FILES=$icd VK_ICD_FILENAMES=$icd
    export LD_LIBRARY_PATH=$folder${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
    exec "$@"
    ;;
*)
    name=$1
    locate
    echo "$icd"
    ;;
esac
