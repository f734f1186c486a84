//! Wrong settings, arguments and tokens: the exit code tells which, and the text what to do.

use std::process::Stdio;

use catalog_api::BearerToken;

use super::operator;
use super::shell::Shell;
use crate::failure::{Attempt, Outcome, check};
use crate::hosts::lake::Lake;

pub(super) async fn run(shell: &Shell, lake: &Lake) -> Outcome {
    settings(shell, lake).await?;
    tokens(shell, lake).await?;
    shell.fails("log --since yesterday", &[], 2, "--since").await?;
    shell.fails("log --ref nowhere", &[], 1, "nowhere").await?;
    shell.fails("undrop sales.nothing", &[], 1, "`pangolin undrop` lists what was").await?;
    shell.fails("branch create main", &[], 1, "AlreadyExistsException").await?;
    shell.fails("tables --warehouse UPPER", &[], 2, "names no warehouse").await?;
    closed_pipe(shell).await
}

async fn settings(shell: &Shell, lake: &Lake) -> Outcome {
    let nowhere = [("HOME", "/nowhere".to_owned())];
    shell.fails("log", &nowhere, 2, "~/.pyiceberg.yaml").await?;
    shell.fails("log --catalog other", &[], 2, "known are: lake").await?;
    let uri = |uri: &str| [("PYICEBERG_CATALOG__LAKE__URI", uri.to_owned())];
    shell.fails("log", &uri("http://127.0.0.1:9"), 4, "the server does not answer").await?;
    shell.fails("log", &uri("nonsense"), 2, "no address of a server").await?;
    let plain = [("PANGOLIN_URI", lake.server.uri().to_owned()), ("PANGOLIN_TOKEN", lake.token.clone())];
    shell.fails("log", &plain, 2, "use --warehouse").await?;
    let said = shell.run("tables --warehouse lake@q4", &plain).await?;
    check(said.code == 0 && said.out.contains("refunds"), || format!("from the environment: {said:?}"))
}

async fn tokens(shell: &Shell, lake: &Lake) -> Outcome {
    let own = shell.done("token").await?;
    check(own.contains("principal") && own.contains("has a grant"), || format!("the own token: {own}"))?;
    let stranger = BearerToken::generate().attempt("generate a token")?;
    let stranger = [("PYICEBERG_CATALOG__LAKE__TOKEN", stranger.expose().to_owned())];
    shell.fails("token", &stranger, 1, "the token is not valid").await?;
    shell.fails("token list", &[], 1, "ForbiddenException").await?;
    let listed = shell.run("token list --output json", &operator(lake)).await?;
    check(listed.code == 0 && listed.out.contains("token:e2e/analyst"), || format!("the operator's list: {listed:?}"))
}

/// A reader who goes away is no failure.
async fn closed_pipe(shell: &Shell) -> Outcome {
    for line in ["log", "tables --output json", "completion bash", "--help"] {
        let mut command = shell.command(line, &[]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().attempt("run pangolin")?;
        drop(child.stdout.take());
        let output = child.wait_with_output().await.attempt("wait for pangolin")?;
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        check(output.status.success() && err.is_empty(), || format!("`pangolin {line}`: {}: {err}", output.status))?;
    }
    Ok(())
}
