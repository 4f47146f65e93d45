#!/bin/sh
# Fuzzes the rewriter for so many seconds (60 if none are given) on a stable toolchain: half of
# them references and header fields, half of them bodies.
#
# libFuzzer comes with the libfuzzer-sys crate, which needs a C++ compiler; the flags are
# those that cargo-fuzz gives the compiler with `--sanitizer none`. With that tool, this is
# `cargo fuzz run --fuzz-dir tests/fuzz --sanitizer none rewrite`, and then `bodies`.
set -eu
cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-$PWD/target}/fuzz
host=$(rustc -vV | sed -n 's/^host: //p')

export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Ccodegen-units=1 \
-Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
-Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares"
# The target is named so that build scripts are not instrumented too.
cargo build --manifest-path tests/fuzz/Cargo.toml --release --target "$host" --target-dir "$target"

# Writes a seed for each row of a table of the corpus: some bytes, and then its column.
seeds() {
    mkdir -p "$target/seeds/$1"
    awk -F '\t' -v folder="$target/seeds/$1" -v first="$3" -v column="$4" \
        'NR > 1 { file = folder "/" NR; printf "%s%s", first, $column > file; close(file) }' \
        "tests/corpus/$2"
}

# What earlier runs found stays in `corpus`; the corpus of the tests is where the first begins.
fuzz() {
    mkdir -p "$target/corpus/$1" "$target/artifacts/$1"
    "$target/$host/release/$1" -max_total_time="$2" -max_len=400 -timeout=5 \
        -dict="tests/fuzz/$1.dict" -artifact_prefix="$target/artifacts/$1/" -print_final_stats=1 \
        "$target/corpus/$1" "$target/seeds/$1"
}

seeds rewrite libraries.tsv 0 3
seeds bodies escaped.tsv 059 2
half=$(((${1:-60} + 1) / 2))
fuzz rewrite "$half"
fuzz bodies "$half"
