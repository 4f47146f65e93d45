#!/bin/sh
# Fuzzes the rewriter for so many seconds (60 if none are given) on a stable toolchain.
#
# libFuzzer comes with the libfuzzer-sys crate, which needs a C++ compiler; the flags are
# those that cargo-fuzz gives the compiler with `--sanitizer none`. With that tool, this is
# `cargo fuzz run --fuzz-dir tests/fuzz --sanitizer none rewrite`.
set -eu
cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-$PWD/target}/fuzz
host=$(rustc -vV | sed -n 's/^host: //p')

export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Ccodegen-units=1 \
-Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
-Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares"
# The target is named so that build scripts are not instrumented too.
cargo build --manifest-path tests/fuzz/Cargo.toml --release --target "$host" --target-dir "$target"

# What earlier runs found stays in `corpus`; the libraries' URLs are where the first begins.
mkdir -p "$target/corpus" "$target/seeds" "$target/artifacts"
awk -F '\t' -v folder="$target/seeds" \
    'NR > 1 { file = folder "/" $1; printf "0%s", $3 > file; close(file) }' tests/corpus/libraries.tsv
exec "$target/$host/release/rewrite" -max_total_time="${1:-60}" -max_len=400 -timeout=5 \
    -dict=tests/fuzz/rewrite.dict -artifact_prefix="$target/artifacts/" -print_final_stats=1 \
    "$target/corpus" "$target/seeds"
