#!/bin/bash
# Makes the golden data anew with PyTorch (Debian and Ubuntu: apt-get install python3-torch).
#
#   make.sh            writes tools/golden/data
#   make.sh --check    makes it elsewhere and compares it with what is there
set -euo pipefail

golden=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-/usr/bin/python3}

if ! "$python" -c 'import numpy, torch' 2>/dev/null; then
    echo "make.sh: $python has no PyTorch; install python3-torch, or name another Python with PYTHON=..." >&2
    exit 1
fi

check=
output=$golden/data
case ${1-} in
'') ;;
--check)
    check=yes
    output=$(mktemp -d)
    trap 'rm -rf "$output"' EXIT
    ;;
*)
    sed -n '2,5s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac

export PYTHONDONTWRITEBYTECODE=1
for objective in mae lmim recogniser; do
    "$python" "$golden/$objective.py" "$output/$objective"
    if [[ $check ]]; then
        "$python" "$golden/compare.py" "$golden/data/$objective" "$output/$objective"
    fi
done
