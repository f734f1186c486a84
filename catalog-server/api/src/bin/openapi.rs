//! Writes `openapi.json` from the types. With `--check` it writes nothing and fails if the file is not as it should be.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let check = std::env::args().nth(1).is_some_and(|argument| argument == "--check");
    match run(&Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json"), check) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn run(path: &Path, check: bool) -> Result<(), String> {
    let text = catalog_api::openapi::text().map_err(|error| format!("write the document: {error}"))?;
    match check {
        true if std::fs::read_to_string(path).ok().as_ref() == Some(&text) => Ok(()),
        true => Err(format!("{} is not what the types say: run `cargo openapi`", path.display())),
        false => std::fs::write(path, &text).map_err(|error| format!("write {}: {error}", path.display())),
    }
}
