# Every chore of the project has one door: this file. What takes more than a line is a script in scripts/.

SHELL := /bin/sh
export PATH := $(PATH):$(HOME)/.cargo/bin
RUN := scripts/with-extension
# Composer's PHPUnit if there is one, else the distribution's.
PHPUNIT := $(or $(wildcard vendor/bin/phpunit),phpunit)

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help push test setup setup-test build examples fmt fmt-check lint rust-test stubs stubs-check phpt phpunit browser clients autobahn-quick autobahn bench pgo tag package fuzz leak crowd idle clean

help: ## Shows this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  \033[1m%-12s\033[0m %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

push: build examples ## Builds the extension and runs the push demo on http://127.0.0.1:8080 (Ctrl+C ends it)
	@exec $(RUN) php examples/push/demo.php start

test: setup-test fmt-check lint rust-test build stubs-check phpt phpunit browser clients autobahn-quick ## Runs every check and every test, from a fresh clone

setup: ## Installs what is missing to build and run: PHP, its development files, libclang, Composer
	@scripts/require-rust
	@scripts/install-packages build

setup-test: setup ## Installs what is missing to test: PHPUnit, Chromium and its driver, Python, Node, socat
	@scripts/install-packages test

build: setup ## Builds the release extension: target/release/libouvrier.so
	cargo build --release --locked

examples: build ## Runs composer install in each example
	@for example in examples/*/composer.json; do \
		$(RUN) composer install --quiet --no-interaction --working-dir=$$(dirname $$example) || exit 1; \
	done

fmt: ## Formats the Rust code
	cargo fmt --all

fmt-check: setup
	cargo fmt --all --check

lint: setup ## Runs clippy; a warning is an error
	cargo clippy --workspace --all-targets --locked -- -D warnings

# The supervision tests fork, so they have a main of their own, which nextest cannot list.
rust-test: setup ## Runs the tests of the crates
	@if cargo nextest --version >/dev/null 2>&1; then \
		cargo nextest run --workspace --locked && cargo test --workspace --locked --doc && \
		cargo test --package ouvrier-process --locked --test supervision; \
	else \
		cargo test --workspace --locked; \
	fi

stubs: build ## Writes stubs/ anew from the extension
	@rm -rf stubs
	@$(RUN) php scripts/stubs.php stubs

stubs-check: build
	@rm -rf target/stubs
	@$(RUN) php scripts/stubs.php target/stubs
	@diff -ru stubs target/stubs || { echo 'stubs/ is not what the extension says: run make stubs' >&2; exit 1; }

phpt: build ## Runs the .phpt tests
	@scripts/phpt

phpunit: examples setup-test ## Runs the tests against real server processes
	@$(RUN) $(PHPUNIT) --testsuite server

browser: examples setup-test ## Runs the pages of the examples in headless Chromium
	@$(RUN) $(PHPUNIT) --testsuite browser

clients: examples setup-test ## Runs the tests with npm's ws and PyPI's websockets
	@$(RUN) scripts/client-tests

autobahn-quick: build
	@$(RUN) scripts/autobahn quick

autobahn: build ## Runs the whole Autobahn suite of websocket cases against server and client (many minutes); needs Python 2.7
	@$(RUN) scripts/autobahn all

bench: build ## Measures the extension against bare tokio and PEER='name=php server.php start', into target/benchmarks.md
	@scripts/bench --markdown target/benchmarks.md $(if $(PEER),--peer '$(PEER)') $(if $(BARE),--bare '$(BARE)') $(BENCH)

pgo: setup ## Builds the extension with a profile of itself under load, into target/pgo/libouvrier.so: it takes longer, and serves faster
	@scripts/pgo

tag:
	@test -n "$(TAG)" || { echo 'Say which release it is for: make package TAG=v0.1.0' >&2; exit 1; }

package: tag pgo ## Packs what make pgo builds, for PIE: make package TAG=v0.1.0
	@scripts/package target/pgo/libouvrier.so $(TAG) target/packages

fuzz: setup ## Fuzzes the decoders for a minute each; needs cargo-fuzz
	@scripts/fuzz

crowd: build ## Sends twice for a minute to 300 clients that never read and 20 that do, and fails if memory grows or one of the 20 misses a message
	@$(RUN) php tests/crowd/run.php
	@$(RUN) php tests/crowd/run.php 300 20 60 drop 67108864 shared

idle: build ## Measures the memory of 10,000 idle clients, and of 50,000 of four processes, and fails if it is too much
	@$(RUN) php tests/idle/run.php 10000 1 websocket named http text
	@$(RUN) php tests/idle/run.php 50000 4 websocket named

leak: build ## Opens and closes 200,000 connections of each kind and fails if anything of them stays (minutes)
	@$(RUN) php tests/leak/run.php

clean: ## Removes everything that was built or installed here
	cargo clean
	rm -rf examples/*/vendor tests/clients/javascript/node_modules
