//! `pangolin branch`.

use catalog_api::management::{CreateRef, RefType, UpdateRef};
use catalog_client::Warehouse;

use crate::arguments::Branch;
use crate::commands::here;
use crate::failure::{Failure, Outcome};
use crate::output::Output;

pub(crate) async fn run(lake: &Warehouse, action: Option<Branch>, output: &mut Output) -> Outcome {
    match action.unwrap_or(Branch::List) {
        Branch::List => output.list(lake.refs().of_type(RefType::Branch)).await.map(drop),
        Branch::Create { name, from } => {
            let from = from.unwrap_or_else(|| here(lake).to_owned());
            let sentence = format!("made branch {name} from {from}");
            let branch = lake.create_ref(&CreateRef { name, r#type: RefType::Branch, from: Some(from) }).await?;
            output.value(&branch, &sentence)
        }
        Branch::Rename { name, to } => {
            let update = UpdateRef { name: Some(to.clone()), ..UpdateRef::default() };
            change(lake, &name, &update, &format!("renamed branch {name} to {to}"), output).await
        }
        Branch::Protect { name } => protect(lake, &name, true, output).await,
        Branch::Unprotect { name } => protect(lake, &name, false, output).await,
        Branch::Delete { name } => delete(lake, &name, RefType::Branch, output).await,
    }
}

async fn protect(lake: &Warehouse, name: &str, protected: bool, output: &mut Output) -> Outcome {
    let update = UpdateRef { protected: Some(protected), ..UpdateRef::default() };
    let sentence = match protected {
        true => format!("branch {name} is protected: only merges change it, and nobody deletes it"),
        false => format!("branch {name} is not protected"),
    };
    change(lake, name, &update, &sentence, output).await
}

async fn change(lake: &Warehouse, name: &str, update: &UpdateRef, sentence: &str, output: &mut Output) -> Outcome {
    let branch = lake.update_ref(name, update).await?;
    output.value(&branch, sentence)
}

/// Deletes a branch or tag, if it is what it was taken for; what it showed is written, so that it can be made again.
pub(super) async fn delete(lake: &Warehouse, name: &str, wanted: RefType, output: &mut Output) -> Outcome {
    let kind = match wanted {
        RefType::Branch => "branch",
        RefType::Tag => "tag",
    };
    let missing = || Failure::Missing(format!("there is no {kind} {name} in warehouse {}", lake.name()));
    let reference = lake.get_ref(name).await?.filter(|found| found.r#type == wanted).ok_or_else(missing)?;
    if !lake.delete_ref(name).await? {
        return Err(missing());
    }
    let was = reference.commit.map_or_else(String::new, |commit| format!("; it was at commit {commit}"));
    output.value(&reference, &format!("deleted {kind} {name}{was}"))
}
