#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# update_docs.sh [--check] [ANNULUS [STREAMS_PAGE]]: writes docs/operators.md from the program's own declarations, and into
# other pages the code of examples/streams_page and what it prints; or says that they are old.
#
# In those pages, a line <!-- code: PART --> stands before a block with the lines between // [PART] and // [/PART], and
# <!-- output: PART --> before what `streams_page PART` prints.
source "$(dirname "$0")/common.sh"

mode='write'
[[ ${1:-} == --check ]] && mode=check && shift
annulus=${1:-build/release/annulus}
streams_page=${2:-build/release/streams_page}

operators_page() {
  cat <<EOF
# Sources, operators and sinks

<!-- Written by tools/update_docs.sh; do not edit. -->

Every node type with its ports and parameters, as \`annulus describe\` prints them. Keys that all nodes share (\`in\`,
\`overflow\`, \`capacity\`, \`on_error\`) are in [configuration.md](configuration.md).

EOF
  "$annulus" describe
}

# The page with its blocks made anew.
filled_page() {
  awk -v source='cat examples/streams_page/*.cpp' -v program="$streams_page" '
    function broken(what) { print what > "/dev/stderr"; failed = 1; exit 1 }
    function code(part,    line, inside, indent, pieces) {
      while ((source | getline line) > 0) {
        if (line ~ "^ *// \\[" part "\\]$") {
          inside = 1
          indent = index(line, "/")
          if (pieces++) print ""
        } else if (line ~ "^ *// \\[/" part "\\]$") {
          inside = 0
        } else if (inside) {
          print substr(line, indent)
        }
      }
      close(source)
      if (!pieces) broken(FILENAME ": there is no [" part "] in examples/streams_page")
    }
    function output(part,    command, line) {
      command = program " " part
      while ((command | getline line) > 0) print line
      if (close(command) != 0) broken(FILENAME ": " command " fails")
    }
    skipping { if (/^```$/) skipping = 0; next }
    after && /^```/ { skipping = 1; after = 0; next }
    { after = 0; print }
    /^<!-- code: [a-z_]+ -->$/ { print "```cpp"; code($3); print "```"; after = 1 }
    /^<!-- output: [a-z_]+ -->$/ { print "```text"; output($3); print "```"; after = 1 }
  ' "$1"
}

# update PAGE COMMAND...: compares or replaces the page with what the command prints.
update() {
  local page=$1 text
  shift
  text=$("$@") || fail "$page cannot be made"
  if [[ $mode == write ]]; then
    printf '%s\n' "$text" >"$page"
    step "Wrote $page"
  else
    diff -u "$page" <(printf '%s\n' "$text") || fail "$page is old. Run tools/update_docs.sh and commit the result"
  fi
}

for program in "$annulus" "$streams_page"; do
  [[ -x $program ]] || fail "$program is not there (the pages come from the program). Build it, or name another"
done
update docs/operators.md operators_page
for page in docs/streams.md README.md; do
  update "$page" filled_page "$page"
done
