//! `pangolin tables`.

use catalog_api::iceberg::TableIdentifier;
use catalog_client::{Items, Result as ClientResult, Warehouse};
use futures::stream::try_unfold;
use futures::{Stream, StreamExt as _, TryStreamExt as _};

use crate::failure::Outcome;
use crate::name::Namespace;
use crate::output::{Output, remark};

pub(crate) async fn run(lake: &Warehouse, namespace: Option<Namespace>, views: bool, output: &mut Output) -> Outcome {
    let root = namespace.map(|namespace| namespace.0).unwrap_or_default();
    let count = output.list(below(lake, root, views).boxed()).await?;
    if count == 0 && output.is_for_people() {
        remark(if views { "there are no views" } else { "there are no tables" });
    }
    Ok(())
}

/// Where the walk stands.
struct Walk {
    lake: Warehouse,
    views: bool,
    root: Vec<String>,
    /// Namespaces that are still to be looked into, the next one last.
    ahead: Vec<Vec<String>>,
    current: Option<Items<TableIdentifier>>,
}

/// All tables or views of a namespace and of those below it, a namespace after its parent.
fn below(lake: &Warehouse, root: Vec<String>, views: bool) -> impl Stream<Item = ClientResult<TableIdentifier>> {
    let start = Walk { lake: lake.clone(), views, root: root.clone(), ahead: vec![root], current: None };
    try_unfold(start, |mut walk| async move {
        loop {
            if let Some(found) = walk.next_here().await? {
                return Ok(Some((found, walk)));
            }
            let Some(namespace) = walk.ahead.pop() else { return Ok(None) };
            walk.enter(&namespace).await?;
        }
    })
}

impl Walk {
    async fn next_here(&mut self) -> ClientResult<Option<TableIdentifier>> {
        let Some(items) = &mut self.current else { return Ok(None) };
        match items.try_next().await {
            // Whoever may read only what lies deeper sees the namespaces on the way, and nothing in them.
            Err(error) if error.status() == Some(403) && self.root.is_empty() => Ok(None),
            other => other,
        }
    }

    async fn enter(&mut self, namespace: &[String]) -> ClientResult<()> {
        let mut children: Vec<_> = self.lake.namespaces(namespace).page_size(1_000).try_collect().await?;
        children.reverse();
        self.ahead.extend(children);
        self.current = match (namespace, self.views) {
            ([], _) => None,
            (namespace, true) => Some(self.lake.views(namespace).page_size(1_000)),
            (namespace, false) => Some(self.lake.tables(namespace).page_size(1_000)),
        };
        Ok(())
    }
}
