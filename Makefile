# SPDX-License-Identifier: BSD-3-Clause
# The commands of the project. Each sets up what it needs, does only what is not done yet, and says what it does.

JOBS   ?= $(shell nproc)
TIME   ?= 20
PREFIX ?= /usr/local
PYTHON := .venv/bin/python
# What has threads of its own to be checked (libzmq and GDAL, which other tests use, are not built for ThreadSanitizer).
STREAM_TESTS := stream_test file_streams_test stream_rows_test stream_rows_time_test stream_stress_test net_test
empty :=
space := $(empty) $(empty)
CTEST  := ctest --output-on-failure --no-tests=error -j $(JOBS)

# A compiler cache is used where there is one.
ifneq ($(shell command -v ccache),)
export CMAKE_CXX_COMPILER_LAUNCHER := ccache
export CCACHE_BASEDIR := $(CURDIR)
export CCACHE_NOHASHDIR := 1
endif

.PHONY: help demo test check bench format setup fuzz install clean python build build-tests

help: ## Show this list
	@echo "annulus: from detector events to reduced data"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  Each one installs what it needs (Debian 12; sudo when not root) and can be run again at any time."

demo: build python ## Simulated detector -> daemon -> HDF5 file and live web page (DEMO_SECONDS=30 ends by itself)
	@tools/demo.sh

test: build-tests ## Build and run every test
	@echo "==> Unit and graph tests (ctest)"
	@$(CTEST) --test-dir build/release
	@echo "==> End-to-end tests against bluesky, pyFAI, h5py and Chromium (pytest)"
	@$(PYTHON) -m pytest

check: ## Format, layers, headers, scripts, C++ tests and fuzz corpora under sanitizers, then every fuzzer for TIME=20 s
	@tools/setup_packages.sh build python test check fuzz
	@tools/check_format.sh
	@echo "==> Repository checks: licences, layers, heavy headers, file sizes, links"
	@/usr/bin/env python3 tools/check_repository.py
	@echo "==> Shell scripts (shellcheck)"
	@shellcheck -x -P SCRIPTDIR tools/*.sh .ci/run
	@tools/build.sh asan all check_headers
	@echo "==> All C++ tests and fuzz corpora under AddressSanitizer and UndefinedBehaviorSanitizer (ctest)"
	@$(CTEST) --test-dir build/asan
	@tools/build.sh tsan $(STREAM_TESTS)
	@echo "==> The stream library under ThreadSanitizer (ctest)"
	@$(CTEST) --test-dir build/tsan -R '^($(subst $(space),|,$(STREAM_TESTS)))\.'
	@JOBS=$(JOBS) tools/fuzz.sh $(TIME)

bench: build python ## Events, streams, the codec and integration against their peers; time per frame; a detector's stream (docs/performance.md)
	@tools/setup_packages.sh bench
	@cmake --preset release -DANNULUS_BENCH=ON --log-level=WARNING >/dev/null
	@tools/build.sh release stream_bench codec_bench document_bench engine_bench
	@echo "==> Reading pickled events against Python's pickle.loads (takes about a minute)"
	@$(PYTHON) bench/compare_documents.py
	@echo "==> The stream core against Streamz (takes about two minutes)"
	@$(PYTHON) bench/compare.py
	@echo "==> The codec against LZ4 alone, hdf5plugin and h5py"
	@$(PYTHON) bench/codec_peers.py
	@echo "==> Integration against pyFAI, a sparse matrix, LZ4 alone and reading memory (takes about two minutes)"
	@$(PYTHON) bench/engine_peers.py
	@echo "==> Processor time per frame of the integration"
	@$(PYTHON) tools/measure.py
	@echo "==> A simulated detector against a sink, and through the service"
	@$(PYTHON) bench/detector_stream.py
	@echo "==> The whole service over its kernel alone (bench/service_rate.py --seconds 60 for longer)"
	@$(PYTHON) bench/service_rate.py

format: ## Rewrite the C++ sources in the project's format
	@tools/setup_packages.sh check
	@tools/check_format.sh --fix

setup: ## Only install what building and testing need
	@tools/setup_packages.sh build viewer python test check
	@tools/setup_python.sh

fuzz: ## Fuzz every decoder for TIME=20 seconds each
	@tools/setup_packages.sh build fuzz
	@JOBS=$(JOBS) tools/fuzz.sh $(TIME)

install: build ## Install the program, the systemd unit and example configs below PREFIX=/usr/local
	@echo "==> Installing below $(PREFIX)"
	@cmake --install build/release --prefix $(PREFIX)

clean: ## Remove what was built (the Python environment stays)
	@echo "==> Removing build/ and viewer/dist/"
	@rm -rf build viewer/dist

python:
	@tools/setup_packages.sh python
	@tools/setup_python.sh

build:
	@tools/setup_packages.sh build viewer
	@tools/build.sh release annulus

build-tests: python
	@tools/setup_packages.sh build viewer test
	@tools/build.sh release all
