#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# build.sh PRESET TARGET...: configures build/PRESET when it is new and builds the targets.
source "$(dirname "$0")/common.sh"

preset=$1
shift
if [[ ! -f build/$preset/build.ninja ]]; then
  step "Configuring build/$preset"
  cmake --preset "$preset" --log-level=WARNING
fi
step "Building $* ($preset)"
cmake --build "build/$preset" --parallel "${JOBS:-$(nproc)}" --target "$@"
