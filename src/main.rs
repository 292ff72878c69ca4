//! The `assay` binary: all code is in the library.

fn main() -> std::process::ExitCode {
    assay::cli::main()
}
