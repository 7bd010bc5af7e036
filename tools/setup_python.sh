#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Makes .venv with the exact versions of tests/requirements.txt: the real peers that the tests talk to.
source "$(dirname "$0")/common.sh"

stamp=.venv/annulus-requirements
if done_before "$stamp" tests/requirements.txt; then
  step "Python environment .venv: up to date"
  exit 0
fi

# Debian's own interpreter: one that a version manager put first on the PATH may lack the venv module.
python=/usr/bin/python3
[[ -x $python ]] || python=$(command -v python3) || fail "no python3 (needed for the tests). Install python3 and python3-venv"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  fail "$("$python" --version) is too old (the tests' packages need 3.11). Install Debian 12's python3"

step "Installing $(grep -c == tests/requirements.txt) Python packages into .venv (about 900 MB): pyFAI, bluesky, Playwright and what they need"
rm -rf .venv
"$python" -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check --requirement tests/requirements.txt
remember "$stamp" tests/requirements.txt
