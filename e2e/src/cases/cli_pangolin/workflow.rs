//! An audit: branch, work on it, look, merge; a conflict; what was dropped comes back.

use serde_json::Value;

use super::Ground;
use super::shell::Shell;
use crate::failure::{Attempt, Failure, Outcome, check};

pub(super) async fn run(shell: &Shell, ground: &Ground) -> Outcome {
    audit(shell, ground).await.attempt("branch, diff and merge")?;
    conflict(shell, ground).await.attempt("a conflict")?;
    back(shell).await.attempt("undrop and revert")?;
    refs(shell, ground).await.attempt("branches and tags")
}

async fn audit(shell: &Shell, ground: &Ground) -> Outcome {
    says(shell, "branch create audit", "made branch audit from main").await?;
    ground.work("audit").await?;
    let changes = shell.json("diff main audit").await?;
    let expected = ["sales.customers dropped", "sales.orders changed", "sales.refunds created"];
    check(described(&changes) == expected, || format!("the diff is {changes}"))?;
    check(tables(shell, "main").await? == ["customers", "orders"], || "main is not as it was".to_owned())?;
    check(tables(shell, "audit").await? == ["orders", "refunds"], || "the branch lacks its work".to_owned())?;
    says(shell, "merge audit --dry-run", "would change 3 names; nothing was changed").await?;
    check(tables(shell, "main").await? == ["customers", "orders"], || "a dry run changed something".to_owned())?;
    says(shell, "merge audit --message audited", "3 names changed, commit ").await?;
    check(tables(shell, "main").await? == ["orders", "refunds"], || "the merge is not there".to_owned())?;
    let log = shell.done("log").await?;
    for part in ["◆", "├─╮", "├─╯", "(main)", "(audit)", "audited", "create table sales.refunds", "token:e2e/analyst"]
    {
        check(log.contains(part), || format!("the graph lacks {part}:\n{log}"))?;
    }
    let of_refunds = shell.json("log --table sales.refunds").await?;
    check(of_refunds.as_array().is_some_and(|all| all.len() == 1), || format!("of one table: {of_refunds}"))
}

async fn conflict(shell: &Shell, ground: &Ground) -> Outcome {
    shell.done("branch create quarrel").await?;
    ground.set("main", "ours").await?;
    ground.set("quarrel", "theirs").await?;
    let before = head(shell).await?;
    let said = shell.run("merge quarrel", &[]).await?;
    check(said.code == 3 && said.err.contains("nothing was changed: 1 name in conflict"), || format!("{said:?}"))?;
    check(said.out.contains("both changed") && said.out.contains("sales.orders"), || format!("{said:?}"))?;
    check(shell.run("merge quarrel --dry-run --output json", &[]).await?.code == 3, || {
        "a dry run hides it".to_owned()
    })?;
    check(head(shell).await? == before, || "a merge with a conflict changed something".to_owned())?;
    says(shell, "merge quarrel --theirs sales.orders", "1 name changed").await
}

async fn back(shell: &Shell) -> Outcome {
    let dropped = shell.done("undrop").await?;
    check(dropped.contains("sales.customers"), || format!("what was dropped: {dropped}"))?;
    says(shell, "undrop sales.customers --as sales.clients", "sales.customers is back on main as sales.clients")
        .await?;
    check(tables(shell, "main").await?.contains(&"clients".to_owned()), || "it is not back".to_owned())?;
    let undrop = head(shell).await?;
    let shown = shell.done(&format!("show {undrop}")).await?;
    check(shown.contains("created") && shown.contains("sales.clients"), || format!("the commit: {shown}"))?;
    says(shell, &format!("revert {undrop}"), "1 name changed").await?;
    check(!tables(shell, "main").await?.contains(&"clients".to_owned()), || "it is not taken back".to_owned())?;
    says(shell, &format!("cherry-pick {undrop} --ref quarrel"), "1 name changed").await?;
    check(tables(shell, "quarrel").await?.contains(&"clients".to_owned()), || "it was not picked".to_owned())
}

async fn refs(shell: &Shell, ground: &Ground) -> Outcome {
    says(shell, "tag create q4", "made tag q4 of main").await?;
    says(shell, "branch protect main", "main is protected").await?;
    let refused = ground.set("main", "no").await.err().map(|failure| failure.chain()).unwrap_or_default();
    check(refused.contains("403"), || format!("a protected branch: {refused:?}"))?;
    says(shell, "branch unprotect main", "main is not protected").await?;
    ground.set("main", "again").await?;
    says(shell, "branch rename audit done", "renamed branch audit to done").await?;
    says(shell, "branch delete done", "deleted branch done; it was at commit ").await?;
    shell.fails("branch delete q4", &[], 1, "there is no branch q4").await?;
    let names = shell.json("branch").await?;
    let names: Vec<_> = names.as_array().into_iter().flatten().map(|one| one["name"].clone()).collect();
    check(names == ["main", "quarrel"], || format!("the branches are {names:?}"))
}

async fn says(shell: &Shell, line: &str, text: &str) -> Outcome {
    let out = shell.done(line).await?;
    check(out.contains(text), || format!("`pangolin {line}` printed {out:?}"))
}

/// The newest commit of main.
async fn head(shell: &Shell) -> Outcome<String> {
    let log = shell.json("log --limit 1").await?;
    log[0]["id"].as_str().map(str::to_owned).ok_or_else(|| Failure::new("the log has no commit"))
}

async fn tables(shell: &Shell, reference: &str) -> Outcome<Vec<String>> {
    let all = shell.json(&format!("tables --ref {reference}")).await?;
    Ok(all.as_array().into_iter().flatten().filter_map(|one| Some(one["name"].as_str()?.to_owned())).collect())
}

fn described(changes: &Value) -> Vec<String> {
    let one = |change: &Value| {
        let what = match (change["before"].is_null(), change["after"].is_null()) {
            (true, _) => "created",
            (false, true) => "dropped",
            (false, false) => "changed",
        };
        format!("{}.{} {what}", change["namespace"][0].as_str().unwrap_or("?"), change["name"].as_str().unwrap_or("?"))
    };
    changes.as_array().into_iter().flatten().map(one).collect()
}
