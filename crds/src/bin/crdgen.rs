//! Writes `crds/*.yaml` and the charts' copies of them from the types. With `--check` it writes nothing and fails if a
//! file is not as it should be.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let check = std::env::args().nth(1).is_some_and(|argument| argument == "--check");
    match run(Path::new(env!("CARGO_MANIFEST_DIR")), check) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn run(folder: &Path, check: bool) -> Result<(), String> {
    for (name, definition) in crds::definitions() {
        let yaml = crds::to_yaml(&definition).map_err(|error| format!("write {name} as YAML: {error}"))?;
        for path in crds::FOLDERS.map(|below| folder.join("..").join(below).join(name)) {
            if check && std::fs::read_to_string(&path).ok().as_ref() != Some(&yaml) {
                return Err(format!("{} is not what the types say: run `cargo crdgen`", path.display()));
            }
            if !check {
                std::fs::write(&path, &yaml).map_err(|error| format!("write {}: {error}", path.display()))?;
            }
        }
    }
    Ok(())
}
