//! The program: see the library of the same name.
#![forbid(unsafe_code)]

// Every request allocates a few dozen small pieces, for which this one is faster.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    rescope::cli::run()
}
