//! `pangolin undrop`.

use catalog_api::management::{ContentKind, DroppedInfo, UndropAs, UndropRequest};
use catalog_client::Warehouse;
use futures::{StreamExt as _, TryStreamExt as _};

use crate::arguments::Undrop;
use crate::commands::here;
use crate::failure::{Failure, Outcome};
use crate::name::{Name, typed};
use crate::output::{Output, remark};

pub(crate) async fn run(lake: &Warehouse, undrop: Undrop, output: &mut Output) -> Outcome {
    let Undrop { name, r#as, kind, commit } = undrop;
    let Some(name) = name else { return list(lake, output).await };
    let kind = match (kind, commit) {
        (Some(kind), _) => kind.into(),
        // What was dropped earlier is not in the list.
        (None, Some(_)) => ContentKind::Table,
        (None, None) => kind_of(lake, &name).await?,
    };
    let request = UndropRequest {
        reference: lake.reference().map(str::to_owned),
        kind,
        namespace: name.namespace,
        name: name.name,
        commit,
        r#as: r#as.map(|Name { namespace, name }| UndropAs { namespace, name }),
    };
    let back = lake.undrop(&request).await?;
    let (was, is) = (typed(&request.namespace, &request.name), typed(&back.namespace, &back.name));
    let renamed = if was == is { String::new() } else { format!(" as {is}") };
    output.value(&back, &format!("{was} is back on {}{renamed}, commit {}", here(lake), back.commit.id))
}

async fn list(lake: &Warehouse, output: &mut Output) -> Outcome {
    let count = output.list(lake.dropped()).await?;
    if output.is_for_people() {
        remark(if count == 0 { "nothing was dropped" } else { "`pangolin undrop NAME` puts one back" });
    }
    Ok(())
}

/// What the name stood for.
async fn kind_of(lake: &Warehouse, wanted: &Name) -> Outcome<ContentKind> {
    let is_it = |dropped: &DroppedInfo| dropped.namespace == wanted.namespace && dropped.name == wanted.name;
    let all = if wanted.namespace.is_empty() { lake.dropped() } else { lake.dropped().of_namespace(&wanted.namespace) };
    let kinds = all.page_size(1_000).try_filter_map(|dropped| {
        let kind = is_it(&dropped).then_some(dropped.kind);
        async move { Ok(kind) }
    });
    let kinds: Vec<_> = kinds.take(2).try_collect().await?;
    let name = typed(&wanted.namespace, &wanted.name);
    match kinds.as_slice() {
        [only] => Ok(*only),
        [] => {
            Err(Failure::Missing(format!("no {name} was dropped on {}; `pangolin undrop` lists what was", here(lake))))
        }
        _ => Err(Failure::Missing(format!("more than one {name} was dropped: say which with --kind"))),
    }
}
