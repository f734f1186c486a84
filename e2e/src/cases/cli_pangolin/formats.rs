//! Every list in every format: JSON and YAML say the same, and a table has a header and a row for each item.

use serde_json::Value;

use super::shell::Shell;
use crate::failure::{Attempt, Outcome, check};

const LISTS: [(&str, &str); 5] =
    [("branch", "NAME"), ("tag", "NAME"), ("tables", "NAMESPACE"), ("undrop", "KIND"), ("diff q4 quarrel", "CHANGE")];

const COMMANDS: [&str; 11] =
    ["log", "show", "branch", "tag", "diff", "merge", "cherry-pick", "revert", "undrop", "tables", "token"];

pub(super) async fn run(shell: &Shell) -> Outcome {
    for (line, header) in LISTS {
        let items = same(shell, line).await?;
        let table = shell.done(line).await?;
        let fits = table.starts_with(header) && table.lines().count() == items + 1 && items > 0;
        check(fits, || format!("`pangolin {line}` has {items} items and printed\n{table}"))?;
    }
    same(shell, "log").await?;
    check(shell.done("tables --views --output json").await? == "[]\n", || "no list is a list, too".to_owned())?;
    for command in COMMANDS {
        let help = shell.done(&format!("{command} --help")).await?;
        check(help.contains("Example"), || format!("the help of {command} has no example"))?;
    }
    check(shell.done("--help").await?.contains("Exit codes"), || "the help names no exit codes".to_owned())?;
    for name in ["bash", "zsh", "fish"] {
        let script = shell.done(&format!("completion {name}")).await?;
        check(script.contains("cherry-pick"), || format!("the completion of {name} lacks a command"))?;
    }
    Ok(())
}

/// How many items both have.
async fn same(shell: &Shell, line: &str) -> Outcome<usize> {
    let json = shell.json(line).await?;
    let text = shell.done(&format!("{line} --output yaml")).await?;
    let yaml: Value = serde_saphyr::from_str(&text).attempt(format!("read what `pangolin {line}` printed as YAML"))?;
    check(json == yaml, || format!("`pangolin {line}`: {json} is not {yaml}"))?;
    Ok(json.as_array().map_or(0, Vec::len))
}
