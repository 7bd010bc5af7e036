#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# fuzz.sh SECONDS: builds the fuzz targets with libFuzzer and runs each that long, from its corpus in tests/fuzz/corpus.
source "$(dirname "$0")/common.sh"

seconds=$1
tools/build.sh fuzz fuzz_targets
for corpus in tests/fuzz/corpus/*/; do
  name=$(basename "$corpus")
  found=build/fuzz/found/$name
  mkdir -p "$found"
  step "Fuzzing $name for $seconds s (new inputs and failures go to $found)"
  # The first folder receives what is found; the corpus in the repository is only read.
  "build/fuzz/$name" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0 \
    -artifact_prefix="$found/" "$found" "$corpus"
done
