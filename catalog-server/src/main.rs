//! Wires the command line to the library.

use std::process::ExitCode;

/// The programs are static, and the C library's own allocator spends a tenth of a commit on its locks and lists. Without
/// huge pages: with them, one list of 130,000 tables makes the server grow by 17 MiB instead of 5.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Fails only if a provider is installed already, which is as good.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(catalog_server::cli::run()),
        Err(error) => {
            eprintln!("catalog-server: cannot start the runtime: {error}");
            ExitCode::FAILURE
        }
    }
}
