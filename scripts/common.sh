# What the scripts share; sourced by them. Expects `set -eu`.

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
PROFILE=${PROFILE:-dev}

fail() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# need PROGRAM HINT: names a missing program and how to get it.
need() {
    command -v "$1" >/dev/null || fail "$1 is missing: $2"
}

need_cargo() {
    need cargo "install Rust from https://rustup.rs"
}

need_cc() {
    need cc "apt install gcc (or another C compiler)"
}

need_cxx() {
    need c++ "apt install g++ (or another C++ compiler)"
}

# The folder cargo builds this profile into.
cargo_output() {
    case $PROFILE in
    dev) profile_folder=debug ;;
    *) profile_folder=$PROFILE ;;
    esac
    # A relative target directory counts from where cargo runs, which is the root here.
    case ${CARGO_TARGET_DIR:-target} in
    /*) echo "${CARGO_TARGET_DIR}/$profile_folder" ;;
    *) echo "$root/${CARGO_TARGET_DIR:-target}/$profile_folder" ;;
    esac
}

# Builds the library, unless LIBRARY_DIR names a folder that holds it, and sets LIBRARY_DIR.
build_library() {
    [ -n "${LIBRARY_DIR:-}" ] && return
    need_cargo
    need_cc
    # Features are united over what is built at once: with the sandbox they are those of the
    # tests and the demo, which then share what they compile.
    case $PROFILE in
    dev) packages='-p athena-driver -p athena-sandbox' ;;
    *) packages='-p athena-driver' ;;
    esac
    # A list of words, to be split.
    # shellcheck disable=SC2086
    (cd "$root" && cargo build --locked --profile "$PROFILE" $packages)
    LIBRARY_DIR=$(cargo_output)
}

# The version of the header, and the number of the SONAME, which build.rs gives.
version() {
    sed -n 's/^#define ATHENA_VERSION "\(.*\)"$/\1/p' "$root/include/athena.h"
}

abi_version() {
    sed -n 's/^const ABI_VERSION: &str = "\(.*\)";$/\1/p' "$root/build.rs"
}
