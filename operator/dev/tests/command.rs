//! The program as it is started: what it says when it can't start, and its end.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

const QUICKSTART: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../crds/examples/quickstart.yaml");

fn program(state: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pangolin-dev"));
    command.arg("--state-dir").arg(state).args(["--listen", "127.0.0.1:0"]);
    command
}

/// One line on standard error, exit code 1.
fn refusal(mut command: Command) -> String {
    let Output { status, stdout: _, stderr } = command.output().unwrap();
    let text = String::from_utf8(stderr).unwrap();
    assert_eq!((status.code(), text.lines().count()), (Some(1), 1), "{text}");
    text.trim_end().into()
}

/// A program that has said where the catalog is.
fn running(state: &Path) -> (Child, BufReader<std::process::ChildStdout>) {
    let mut child = program(state).arg(QUICKSTART).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.starts_with("The catalog is at http://127.0.0.1:") {
        line.clear();
        assert!(lines.read_line(&mut line).unwrap() > 0, "it ended before it was ready");
    }
    (child, lines)
}

fn interrupt(child: &Child) {
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
}

#[test]
fn a_second_one_on_the_same_state_is_refused_and_ctrl_c_ends_the_first_cleanly() {
    let folder = tempfile::tempdir().unwrap();
    let (mut child, lines) = running(folder.path());
    let mut second = program(folder.path());
    second.arg(QUICKSTART);
    let refusal = refusal(second);
    assert!(refusal.contains(&format!("another cargo dev (process {}) is using", child.id())), "{refusal}");
    interrupt(&child);
    assert!(child.wait().unwrap().success());
    assert_eq!(lines.lines().last().unwrap().unwrap(), "Stopping.");
}

#[test]
fn a_port_in_use_is_told_with_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_pangolin-dev"));
    command.arg(QUICKSTART).arg("--state-dir").arg(folder.path()).args(["--listen", &address.to_string()]);
    let text = format!(
        "cargo dev: the port of {address} is in use: stop the program that has it, or choose another with --listen"
    );
    assert_eq!(refusal(command), text);
}

#[test]
fn a_state_of_a_newer_version_and_a_place_that_is_no_directory_are_told_with_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("format"), "2\n").unwrap();
    let mut command = program(folder.path());
    command.arg(QUICKSTART);
    assert!(refusal(command).ends_with("update this program, or choose another --state-dir"));
    let mut command = program(&folder.path().join("format/state"));
    command.arg(QUICKSTART);
    assert!(refusal(command).ends_with("not a directory; choose a place that is writable with --state-dir"));
}

#[test]
fn mistakes_in_the_files_start_nothing_and_leave_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.yaml");
    fs::write(&file, fs::read_to_string(QUICKSTART).unwrap().replace("24h", "1d")).unwrap();
    let state = folder.path().join("state");
    let Output { status, stderr, .. } = program(&state).arg(&file).output().unwrap();
    let text = String::from_utf8(stderr).unwrap();
    let place = format!("{}:28:3: Token analyst: spec.ttl: must be a duration", file.display());
    assert!(status.code() == Some(1) && text.starts_with(&place) && text.ends_with("Nothing was started.\n"), "{text}");
    assert!(!state.join("objects.json").exists() && !state.join("secrets").exists());
}
