//! Wires the command line to the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Fails only if a provider is installed already, which is as good.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(operator::cli::main()),
        Err(error) => {
            eprintln!("operator: cannot start the runtime: {error}");
            ExitCode::FAILURE
        }
    }
}
