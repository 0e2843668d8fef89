#!/bin/bash
# Installs what is needed, builds mnsp with warnings as errors in build/, and runs every test: first on the
# Vulkan devices of this system, then those that use a device on the other drivers of tools/drivers.sh.
#
#   tools/test.sh
#
# The last line counts the tests: "N passed, N failed, N skipped". A driver that cannot be had here counts as
# one skipped. Exit status 0 when none failed.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
build=$root/build
# Tests that use a Vulkan device.
on_drivers='test_conformance_bundle|test_gpu|test_compile|test_graph|test_golden|test_reader_devices|test_cli'
on_drivers+='|test_replay|test_resume'
limit=900                                                   # seconds for one test program
processors=$(nproc)
skipped=0

if [[ $# -gt 0 ]]; then
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi

# Adds up logs of ctest. A cmocka program counts its own tests ("[  PASSED  ] 3 test(s).", and by newer
# versions "[  FAILED  ] tests: 1 test(s), listed below:"); one that ended without a count is one test.
count_tests() {
    awk '
        function end_program() {
            if (!program)
                return
            if (!counted)
                good ? passed++ : failed++
            else if (!good && !bad)
                failed++
            program = counted = good = bad = 0
        }
        function number_before_tests(i) {
            for (i = 3; i < NF && $(i + 1) !~ /^test\(s\)/; i++)
                ;
            return $i
        }
        /^[0-9]+\/[0-9]+ Testing: / { end_program(); program = 1 }
        /^\[  PASSED  \] .*test\(s\)/ { passed += number_before_tests(); counted = 1 }
        /^\[  FAILED  \] .*test\(s\), listed/ { failed += number_before_tests(); bad = 1 }
        /^\[  SKIPPED \] .*test\(s\), listed/ { skipped += number_before_tests() }
        /^Test Passed\./ { good = 1 }
        END { end_program(); print passed + 0, failed + 0, skipped + 0 }
    ' "$@"
}

# run_tests NAME COMMAND ...: runs ctest through the command and keeps its log under the name.
run_tests() {
    local name=$1
    shift
    rm -f "$build/Testing/Temporary/LastTest.log"
    "$@" --test-dir "$build" --output-on-failure --timeout "$limit" --no-tests=error || ok=
    cp "$build/Testing/Temporary/LastTest.log" "$build/tests-$name.log"
    logs+=("$build/tests-$name.log")
}

"$root/tools/setup.sh"

echo "== build"
launcher=()
if command -v ccache >/dev/null; then
    launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache)
fi
cmake -S "$root" -B "$build" -G Ninja -DMNSP_WERROR=ON "${launcher[@]}"
cmake --build "$build" --parallel "$processors"

ok=yes
logs=()
echo "== tests on this system's devices"
run_tests system ctest --parallel "$processors"

# SwiftShader takes minutes to compile what the larger sizes need.
for run in "lavapipe:conformance-validation|mutants" swiftshader:smoke; do
    driver=${run%:*}
    echo "== tests on $driver"
    if "$root/tools/drivers.sh" "$driver" >/dev/null; then
        run_tests "$driver" "$root/tools/drivers.sh" run "$driver" \
            ctest --parallel "$processors" --tests-regex "^(${run#*:}|$on_drivers)"
    else
        echo "skipped: there is no $driver here"
        skipped=$((skipped + 1))
    fi
done

read -r passed failed skipped_tests < <(count_tests "${logs[@]}")
if [[ ! $ok && $failed -eq 0 ]]; then
    failed=1
fi
echo "$passed passed, $failed failed, $((skipped + skipped_tests)) skipped"
[[ $failed -eq 0 ]]
