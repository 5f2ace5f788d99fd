# The everyday commands; `make` alone lists them. CMake does the work, CMakePresets.json holds the kinds of build.
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run build test test-fast test-slow fuzz bench wheel tarball format lint clean

JOBS ?= $(shell nproc)
FUZZ_SECONDS ?= 60
SOURCES = git ls-files --cached --others --exclude-standard '*.cpp' '*.hpp' '*.c' '*.h'

# $(call compile,PRESET,TARGETS): configures when the presets are newer than the build folder, then builds.
folder = build$(if $(filter-out release,$(1)),-$(1))
define compile
	@test $(call folder,$(1))/build.ninja -nt CMakePresets.json || cmake --preset $(1)
	@cmake --build --preset $(1) -j $(JOBS) $(if $(2),--target $(2))
endef

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

run: ## Build and start the server (DATABASE_URL, SERVER_PORT; by default SQLite, port 8080, one local user)
	@scripts/setup build test
	$(call compile,release,cli/ignition)
	@AUTH_LOCAL_USER=$${AUTH_LOCAL_USER:-true} exec build/cli/ignition serve

build: ## Build everything
	@scripts/setup build test
	$(call compile,release)

test: build ## Build and run all tests
	@ctest --preset release -j $(JOBS)

test-fast: ## Build and run only the tests of values and rules
	@scripts/setup build test
	$(call compile,release,test_values test_rules)
	@ctest --preset fast -j $(JOBS)

test-slow: ## Run all tests under the address, undefined and thread sanitizers, then the fuzzers
	@scripts/setup build test dev
	$(call compile,dev)
	@IGNITION_CRASH_ROUNDS=100 IGNITION_HOSTILE_REQUESTS=50000 ctest --preset dev -j $(JOBS)
	$(call compile,tsan)
	@ctest --preset tsan -j $(JOBS)
	@$(MAKE) --no-print-directory fuzz

fuzz: ## Run every fuzzer for FUZZ_SECONDS (60)
	@scripts/setup build dev
	$(call compile,fuzz)
	@scripts/fuzz $(FUZZ_SECONDS)

bench: ## Build and run the benchmarks
	@scripts/setup build bench
	$(call compile,bench)
	@scripts/bench build-bench
	@set -e; for program in build-bench/tests/bench/bench_*; do "$$program"; done

wheel: ## Make of the Python package a wheel that installs without a compiler, in dist/
	@scripts/setup build test
	$(call compile,release,ignition_python)
	@scripts/wheel

tarball: build ## Put a tarball of the Node package that installs without a compiler into dist/
	@mkdir -p dist && cp -v build/bindings/node/ignition-node-*.tgz dist

format: ## Format all sources
	@scripts/setup dev
	@$(SOURCES) | xargs clang-format-14 -i

lint: build ## Check the format of all sources, and with clang-tidy those not checked since they changed
	@scripts/setup dev
	@$(SOURCES) | xargs clang-format-14 --dry-run -Werror
	@scripts/lint $(JOBS)

clean: ## Remove everything built
	rm -rf build build-* dist
