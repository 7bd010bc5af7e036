#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# check_format.sh [--fix]: reports, or rewrites, C++ files that clang-format would write differently.
source "$(dirname "$0")/common.sh"

mapfile -t files < <(git ls-files --cached --others --exclude-standard -- '*.cpp' '*.hpp')
if [[ ${1:-} == --fix ]]; then
  step "Formatting ${#files[@]} C++ files (clang-format-19)"
  clang-format-19 -i "${files[@]}"
else
  step "Format of ${#files[@]} C++ files (clang-format-19; mended by make format)"
  clang-format-19 --dry-run --Werror "${files[@]}"
fi
