#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# fuzz.sh SECONDS [TARGET...]: builds the fuzz targets of tests/fuzz with libFuzzer and runs each that long, several at
# once, from its corpus in tests/fuzz/corpus. Fails when one fails, and says how to see it again.
source "$(dirname "$0")/common.sh"

seconds=$1
shift
(($# > 0)) || set -- tests/fuzz/corpus/*/
targets=("${@%/}")
targets=("${targets[@]##*/}")

# New inputs, failures and the log of one target go to build/fuzz/found/NAME.
fuzz_one() {
  local name=$1 seconds=$2 found=build/fuzz/found/$1 log=build/fuzz/found/$1.log
  mkdir -p "$found/corpus"
  # The first folder receives what is found; the corpus in the repository is only read.
  if "build/fuzz/$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -malloc_limit_mb=256 -verbosity=0 \
    -print_final_stats=1 -artifact_prefix="$found/" "$found/corpus" "tests/fuzz/corpus/$name" >"$log" 2>&1; then
    printf '    %-22s %s runs in %s s\n' "$name" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" "$seconds"
    return
  fi
  local input
  input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
  printf '    %-22s FAILED on %s\n' "$name" "${input:-an input that was not kept}"
  grep -m 3 -E 'ERROR|runtime error|SUMMARY' "$log" | sed 's/^/      /' || true
  printf '      to see it again: build/fuzz/%s %s (log: %s)\n' "$name" "$input" "$log"
  return 1
}
export -f fuzz_one

tools/build.sh fuzz "${targets[@]}"
jobs=${JOBS:-$(nproc)}
step "Fuzzing ${#targets[@]} targets for $seconds s each, $jobs at once"
printf '%s\n' "${targets[@]}" | xargs -P "$jobs" -I{} bash -c 'fuzz_one {} '"$seconds" ||
  fail "a decoder failed under the fuzzer (see above). Keep the input as a file of tests/fuzz/corpus when it is corrected"
