//! `/api/v1/warehouses/{warehouse}/refs`: branches and tags.

mod create;
mod delete;
mod get;
mod list;
mod update;

pub use create::create;
pub use delete::delete;
pub use get::get;
pub use list::list;
pub use update::update;

use catalog_api::is_ref_name;
use catalog_api::management::{RefType, Reference};
use catalog_store::{Branch, Reference as Row, Tag};
use uuid::Uuid;

use crate::app::App;
use crate::error::ApiError;
use crate::session::Session;

/// # Errors
/// 400 for a name that no ref may have.
fn check_name(name: &str) -> Result<(), ApiError> {
    if is_ref_name(name) {
        return Ok(());
    }
    let shown: String = name.chars().take(200).collect();
    let grammar = "[A-Za-z0-9][A-Za-z0-9._/-]{0,127}, and no uuid";
    Err(ApiError::validation(format!("{shown:?} cannot be the name of a branch or tag: it must be {grammar}")))
}

/// # Errors
/// 404 if there is none.
async fn find(app: &App, session: &Session, name: &str) -> Result<Row, ApiError> {
    let warehouse = &session.warehouse.row;
    let found = match is_ref_name(name) {
        true => app.store.get_ref(warehouse.id, name).await?,
        false => None,
    };
    let missing = || ApiError::not_found(format!("there is no branch or tag {name} in warehouse {}", warehouse.name));
    found.ok_or_else(missing)
}

async fn info(app: &App, row: Row) -> Result<Reference, ApiError> {
    let mut infos = infos(app, vec![row]).await?;
    infos.pop().ok_or_else(|| ApiError::internal("a ref is gone"))
}

/// One statement for all of them.
async fn infos(app: &App, rows: Vec<Row>) -> Result<Vec<Reference>, ApiError> {
    let branches: Vec<i64> = rows.iter().filter_map(|row| Some(branch_of(row)?.id)).collect();
    let mut heads = app.store.heads(&branches).await?.into_iter();
    let info = |row| match row {
        Row::Branch(branch) => of_branch(branch, heads.next().flatten()),
        Row::Tag(tag) => of_tag(tag),
    };
    Ok(rows.into_iter().map(info).collect())
}

fn branch_of(row: &Row) -> Option<&Branch> {
    match row {
        Row::Branch(branch) => Some(branch),
        Row::Tag(_) => None,
    }
}

fn of_branch(branch: Branch, commit: Option<Uuid>) -> Reference {
    let Branch { id: _, warehouse_id: _, name, protected, lineage: _, upto: _ } = branch;
    Reference { name, r#type: RefType::Branch, commit, protected, created_at: None }
}

fn of_tag(tag: Tag) -> Reference {
    let Tag { warehouse_id: _, name, branch_id: _, seq: _, commit_id, created_at } = tag;
    Reference { name, r#type: RefType::Tag, commit: Some(commit_id), protected: false, created_at: Some(created_at) }
}
