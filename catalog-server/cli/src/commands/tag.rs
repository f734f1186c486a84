//! `pangolin tag`.

use catalog_api::management::{CreateRef, RefType};
use catalog_client::Warehouse;

use crate::arguments::Tag;
use crate::commands::{branch, here};
use crate::failure::Outcome;
use crate::output::Output;

pub(crate) async fn run(lake: &Warehouse, action: Option<Tag>, output: &mut Output) -> Outcome {
    match action.unwrap_or(Tag::List) {
        Tag::List => output.list(lake.refs().of_type(RefType::Tag)).await.map(drop),
        Tag::Create { name, from } => {
            let from = from.unwrap_or_else(|| here(lake).to_owned());
            let sentence = format!("made tag {name} of {from}");
            let tag = lake.create_ref(&CreateRef { name, r#type: RefType::Tag, from: Some(from) }).await?;
            output.value(&tag, &sentence)
        }
        Tag::Delete { name } => branch::delete(lake, &name, RefType::Tag, output).await,
    }
}
