#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# update_docs.sh [--check] [ANNULUS]: writes docs/operators.md from the program's own declarations, or says that it is old.
source "$(dirname "$0")/common.sh"

mode='write'
[[ ${1:-} == --check ]] && mode=check && shift
annulus=${1:-build/release/annulus}
page=docs/operators.md

operators_page() {
  cat <<EOF
# Sources, operators and sinks

<!-- Written by tools/update_docs.sh; do not edit. -->

Every node type with its ports and parameters, as \`annulus describe\` prints them. Keys that all nodes share (\`in\`,
\`overflow\`, \`capacity\`, \`on_error\`) are in [configuration.md](configuration.md).

EOF
  "$annulus" describe
}

[[ -x $annulus ]] || fail "$annulus is not there (the page comes from the program). Build it, or name another"
if [[ $mode == write ]]; then
  text=$(operators_page)
  printf '%s\n' "$text" >"$page"
  step "Wrote $page"
else
  diff -u "$page" <(text=$(operators_page) && printf '%s\n' "$text") ||
    fail "$page is not what $annulus describes. Run tools/update_docs.sh and commit the result"
fi
