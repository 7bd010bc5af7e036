#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# setup_packages.sh LIST...: installs what tools/packages/LIST.txt names and is not installed yet.
source "$(dirname "$0")/common.sh"

packages_of() { sed 's/#.*//' "tools/packages/$1.txt" | xargs -n1; }

is_installed() { [[ $(dpkg-query -W -f '${Status}' "$1" 2>/dev/null) == 'install ok installed' ]]; }

# A node from elsewhere (NodeSource, nvm) cannot live beside Debian's npm, and does the same job.
has_own_node() {
  command -v npm >/dev/null && command -v node >/dev/null &&
    (($(node -p 'process.versions.node.split(".")[0]') >= 18))
}

lists=()
for list in "$@"; do
  [[ -f tools/packages/$list.txt ]] || fail "no package list '$list' (there is no tools/packages/$list.txt)"
  [[ $list == viewer ]] && has_own_node && continue
  lists+=("$list")
done

if [[ ${ANNULUS_PACKAGES:-} == installed ]]; then
  step "Leaving packages alone: ANNULUS_PACKAGES=installed says that they are there"
  exit 0
fi

missing=()
for list in "${lists[@]}"; do
  while read -r package; do
    command -v dpkg-query >/dev/null && is_installed "$package" || missing+=("$package")
  done < <(packages_of "$list")
done

if ((${#missing[@]} == 0)); then
  step "Debian packages for $*: all installed"
  exit 0
fi
require_debian "${missing[@]}"

sudo=()
if ((EUID != 0)); then
  command -v sudo >/dev/null || fail "not root, and no sudo (needed to install ${missing[*]}). Run this once as root"
  sudo=(sudo)
fi
step "Installing ${#missing[@]} Debian packages for $*: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${sudo[@]}" apt-get update -qq
"${sudo[@]}" apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 "${missing[@]}" >/dev/null
step "Installed ${#missing[@]} Debian packages"
