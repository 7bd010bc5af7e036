# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# Sourced by the scripts beside it: strict mode, the repository root as working directory, and messages.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

step() { printf '==> %s\n' "$*"; }

fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# require_debian: packages are named as Debian 12 names them, so anything else stops here, before it is half set up.
require_debian() {
  local id='' version=''
  if [[ -r /etc/os-release ]]; then
    id=$(. /etc/os-release && echo "${ID:-}")
    version=$(. /etc/os-release && echo "${VERSION_ID:-}")
  fi
  [[ $id == debian && $version == 12 ]] && command -v apt-get >/dev/null && return
  fail "this machine is '${id:-unknown} ${version}' (packages can be installed on Debian 12 only)." \
    "Install the equivalents of $* yourself, then run again with ANNULUS_PACKAGES=installed"
}

# done_before STAMP FILE...: true when STAMP holds the hash of the FILEs; otherwise the caller does the work and
# ends with `remember STAMP FILE...`.
done_before() {
  local stamp=$1
  shift
  [[ -f $stamp && $(<"$stamp") == "$(hash_of "$@")" ]]
}

remember() {
  local stamp=$1
  shift
  mkdir -p "$(dirname "$stamp")"
  hash_of "$@" >"$stamp"
}

hash_of() { cat "$@" | sha256sum | cut -d' ' -f1; }
