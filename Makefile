# SPDX-License-Identifier: MIT
# The front door. Two commands do everything: `make demo` and `make test`.
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
BUILD := build
JOBS  := $(shell nproc 2>/dev/null || echo 2)

.PHONY: help demo demo-telemetry build test unit e2e check sim soak coverage format bench size esp-idf-check clean
.DEFAULT_GOAL := help

help:
	@echo "make demo    set-up and the main job: a blink job from the AWS CLI to a device, on this machine"
	@echo "make demo-telemetry  an application's own messages beside jobs: telemetry, a command, a job"
	@echo "make build   device library, examples and iot-local, in $(BUILD)/host"
	@echo "make test    set-up, then every gate (some in a shorter form) and every test; ends with 'N passed, N failed'"
	@echo "make check   the gates alone: format, lint, layers, warnings with gcc and clang, cross-compilation, sizes"
	@echo "make unit    unit tests alone, under ASan and UBSan"
	@echo "make sim     the long forms: every pair of faults in small worlds, every pair of deviations in the tasks' schedules;"
	@echo "             SEEDS=N random ones instead"
	@echo "make e2e     end-to-end tests alone, with real processes"
	@echo "make soak    kills and reconnects in their long forms, upgrades of the database cut off at each point, about ten minutes"
	@echo "make coverage  what the tests run of common, device/core and device/runtime; fails when it is too little"
	@echo "make bench   everything that we claim, measured as ratios (bench/README.md)"
	@echo "make esp-idf-check IDF_PATH=...   the ESP-IDF component with an installed ESP-IDF: real headers, examples, linux target"
	@echo "make format  clang-format on every source file"
	@echo "make clean   removes $(BUILD)/"

demo:
	@tools/setup demo
	@$(MAKE) --no-print-directory build
	@tools/demo

demo-telemetry:
	@tools/setup demo
	@$(MAKE) --no-print-directory build
	@tools/demo-telemetry

build: $(BUILD)/host/Makefile
	@$(MAKE) --no-print-directory -C $(BUILD)/host -j$(JOBS) 2>&1 | tools/quiet-build

$(BUILD)/host/Makefile:
	@tools/setup build
	@cmake -S . -B $(BUILD)/host > /dev/null

test:
	@tools/setup test
	@tools/test --short check unit sim e2e

check unit e2e:
	@tools/setup test
	@tools/test $@

# A tenth of the random worlds once more, under ASan and UBSan.
sim: build
	@$(BUILD)/host/tests/interleave/interleave $(if $(SEEDS),--seeds $(SEEDS),--exhaustive)
	@$(BUILD)/host/tests/provision_sim $(if $(SEEDS),--seeds $(SEEDS),--long)
	@$(BUILD)/host/tests/sim $(if $(SEEDS),--seeds $(SEEDS),--exhaustive --seeds 200000)
	@cmake -S . -B $(BUILD)/asan -DDEVICE_JOBS_SANITIZE=address,undefined > /dev/null
	@$(MAKE) --no-print-directory -C $(BUILD)/asan -j$(JOBS) sim 2>&1 | tools/quiet-build
	@echo "under ASan and UBSan:"
	@$(BUILD)/asan/tests/sim --seeds $$(( $(if $(SEEDS),$(SEEDS),200000) / 10 + 1 ))

soak:
	@tools/setup test
	@DEVICE_JOBS_LONG=1 tools/test e2e --only test_kill
	@DEVICE_JOBS_LONG=1 tools/test unit --only test_port_re
	@EVERY_CUT=1 tools/test unit --only test_schema

coverage:
	@tools/setup coverage
	@tools/coverage

bench:
	@tools/setup bench
	@bench/run

size:
	@tools/setup test
	@tools/size-report

esp-idf-check:
	@tools/setup test
	@$(MAKE) --no-print-directory build
	@tools/esp-idf-check

format:
	@git ls-files '*.c' '*.h' '*.cpp' | xargs clang-format -i

clean:
	rm -rf $(BUILD)
