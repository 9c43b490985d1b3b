# A thin front for meson. `make` leaves the release at build/doorward; it runs from there.
#   make run      check this host        make test    all tests
#   make bench    benchmarks             make lint    layers, formatting, clang-tidy
#   make install  PREFIX, DESTDIR        make format  clang-format
#   make fuzz     SECONDS for each       make variants  VARIANTS damaged captures
#   make cuts     captures that end anywhere
#   make wall     PACKETS that the kernel must decide as the policy does
#   make kills    KILLS of apply, confirm and undo, and replacements under a flood
# What is missing is installed with apt, by tools/need, which says what it does.

PREFIX ?= /usr/local
PYTEST ?= /usr/bin/python3 -m pytest
# The release is optimized as a whole when it is linked: a tenth of the time that reading takes.
RELEASE := --buildtype=release -Db_lto=true

.PHONY: all run test unit pytest fuzz variants cuts wall kills bench lint format install clean clang asan

all: build/build.ninja
	@ninja -C build

build/build.ninja:
	@tools/need build
	@meson setup build --prefix=$(PREFIX) $(RELEASE) >build.log 2>&1 || { cat build.log; rm -f build.log; exit 1; }
	@mkdir -p build && mv build.log build/setup.log

run: all
	@build/doorward check; [ $$? != 2 ] # findings are no failure of make

asan: build-asan/build.ninja
	@ninja -C build-asan

build-asan/build.ninja:
	@tools/need build test
	@meson setup build-asan --buildtype=debugoptimized -Dtests=true -Db_sanitize=address,undefined -Db_lundef=false

clang: build-clang/build.ninja
	@ninja -C build-clang

build-clang/build.ninja:
	@tools/need build test
	@CC=clang meson setup build-clang --buildtype=debugoptimized -Dtests=true

# With clang the fuzz targets are built, with all else beside them: its warnings show there.
test: all asan
	@tools/run-tests

unit: asan
	@meson test -C build-asan --print-errorlogs

pytest: asan
	@DOORWARD=build-asan/doorward $(PYTEST) -q test

fuzz: build-fuzz/build.ninja
	@ninja -C build-fuzz
	@tools/fuzz $(or $(SECONDS),5)

build-fuzz/build.ninja:
	@tools/need build test
	@CC=clang meson setup build-fuzz --buildtype=debugoptimized -Dtests=true -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false

# Captures with octets changed, of the project and of those that lie beside it: VARIANTS of them, drawn by SEED.
variants: asan
	@cd build-asan && fuzz/variants flip $(or $(VARIANTS),100000) $(or $(SEED),1) ../test/golden/captures \
		$(wildcard $(CURDIR)/../shared/captures)

# The same captures, ended at each of their lengths; those of more than CUTS octets around the headers of records alone.
cuts: asan
	@cd build-asan && for how in 'cut 1' edges; do fuzz/variants $$how $(or $(CUTS),65536) ../test/golden/captures \
		$(wildcard $(CURDIR)/../shared/captures) || exit 1; done

# Random packets against random policies from SEED on: the kernel's verdicts and policy_decide()'s.
wall: asan
	@WALL_PACKETS=$(or $(PACKETS),100000) WALL_SEED=$(or $(SEED),1) DOORWARD=build-asan/doorward \
		$(PYTEST) -q test/net/test_wall.py

kills: asan
	@APPLY_KILLS=$(or $(KILLS),1000) APPLY_REPLACEMENTS=$(or $(REPLACEMENTS),300) APPLY_SEED=$(or $(SEED),1) \
		DOORWARD=build-asan/doorward $(PYTEST) -q -s test/net/test_apply_killed.py

bench: build-bench/build.ninja
	@ninja -C build-bench
	@tools/bench

build-bench/build.ninja:
	@tools/need build test
	@meson setup build-bench $(RELEASE) -Dbench=true

lint: build/build.ninja
	@tools/need build test
	@tools/lint

format:
	@clang-format -i $$(git ls-files '*.c' '*.h')

# The prefix is said to meson each time: the build may have been set up with another one.
install: all
	@meson configure build --prefix=$(abspath $(PREFIX))
	@DESTDIR=$(if $(DESTDIR),$(abspath $(DESTDIR))) meson install -C build --quiet

clean:
	@rm -rf build build-asan build-clang build-fuzz build-bench
