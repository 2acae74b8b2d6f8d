# Every command there is. `make demo` and `make test` work on a fresh machine; both name or
# install what they miss.

PROFILE ?= dev
SECONDS ?= 15
PREFIX ?= /usr/local

.PHONY: demo test bench examples header fmt lint doc fuzz install

demo: ## Build everything, start a local Athena, run a query from C.
	scripts/demo

test: ## All tests: Rust, C under sanitizers and valgrind, examples, Python.
	scripts/tools
	scripts/venv
	cargo test --workspace --locked

bench: ## Beside PyAthena, polars and awswrangler on the same results; writes bench/results.
	scripts/bench

examples: ## Build the example programs into build/examples (PROFILE=dev or release).
	PROFILE=$(PROFILE) scripts/build-examples

header: ## Copy the generated C header over the committed one.
	UPDATE_DOCS=1 cargo test -q --locked -p athena-driver --test header -- the_committed_header

fmt: ## Format the Rust sources.
	cargo fmt --all

lint: ## Formatting, clippy with the house lints, licences of dependencies.
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	scripts/licences

doc: ## Regenerate the generated documents; build the API documentation.
	UPDATE_DOCS=1 cargo test -q --locked -p athena-core --lib -- _md_is_up_to_date
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items --locked

fuzz: ## Every fuzzer for SECONDS seconds, from the committed corpus (fuzz/corpus).
	SECONDS_EACH=$(SECONDS) scripts/fuzz

install: ## Build in release mode and install library, header, pkg-config and CMake files.
	PREFIX=$(PREFIX) scripts/install
