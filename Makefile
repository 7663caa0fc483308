# Two commands on a fresh Debian 12 machine:
#   make demo    installs what is missing, builds, finds objects in photographs, says where to look
#   make test    installs what is missing, builds, runs every test
#   make install copies program, model, manual, completions, library and pages to PREFIX, /usr/local by default
# The rest are shorthands; docs/architecture.md says how the build is laid out.

BUILD := build/release

PREFIX ?= /usr/local

.PHONY: build demo install test torture fuzz asan tsan tidy format packages clean

build: packages
	cmake --preset release
	cmake --build --preset release

# The program alone, in the tree in which 'make test' goes on.
demo: packages
	cmake --preset release
	cmake --build --preset release --target deeper
	scripts/demo.sh $(BUILD)/tools/deeper

install: build
	cmake --install $(BUILD) --prefix $(PREFIX)

test: build
	ctest --preset release

# The tests that break things on purpose, at length; with what runs clusters, so that no test of those is skipped.
torture: packages
	@scripts/install-packages.sh cluster
	cmake --preset release -D DEEPER_TORTURE=ON
	cmake --build --preset release
	DEEPER_TORTURE=full ctest --preset torture

# Each fuzz target for so many seconds: make fuzz SECONDS=60
SECONDS := 60
fuzz: packages
	@scripts/install-packages.sh tidy
	cmake --preset fuzz
	cmake --build --preset fuzz
	scripts/fuzz.sh build/fuzz/tests/fuzz $(SECONDS)

asan: packages
	cmake --workflow --preset asan

tsan: packages
	LD_LIBRARY_PATH="$$(scripts/tsan-tbb.sh build/tsan-tbb)" cmake --workflow --preset tsan

tidy:
	@scripts/install-packages.sh tidy
	cmake --preset tidy
	cmake --build --preset tidy

format: packages
	scripts/format.sh --fix

packages:
	@scripts/install-packages.sh

clean:
	rm -rf build
