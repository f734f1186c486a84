//! The three kinds put to a real apiserver: it takes the definitions as typed, explains them with our texts, and says
//! about each resource of the table what the table says.

mod answer;
mod table;

use std::fs;
use std::path::Path;
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::cluster::{Access, Api, Cluster, Plan, eventually};
use crate::failure::{Attempt, Failure, Outcome, check};
use crate::lab::Lab;
use answer::{complaints, fits};
use table::{Row, Table};

const KINDS: [&str; 3] = ["catalogs", "warehouses", "tokens"];
const GROUP: &str = "catalog.pangolin.dev";
const PUBLISHED_WITHIN: Duration = Duration::from_secs(60);

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    let checkout = &lab.programs.checkout;
    let (own, foreign);
    let cluster = match &lab.kubeconfig {
        None => {
            own = Cluster::for_case(checkout, Plan::API).await?;
            own.access()
        }
        Some(file) => {
            foreign = Access::foreign(checkout, file, &lab.folder("admit_rules")?).await?;
            &foreign
        }
    };
    apply(cluster, checkout)?;
    // The apiserver publishes the texts a moment after it serves the resources.
    eventually(PUBLISHED_WITHIN, async || explain(cluster, checkout)).await?;
    let (mut count, mut wrong) = (0, Vec::new());
    for plural in KINDS {
        let Table { base, cases } = table::read(checkout, plural)?;
        count += cases.len();
        for row in cases {
            let verdict = Judge { api: cluster.api(), plural, base: &base, row: &row }.verdict().await;
            if let Err(failure) = verdict {
                wrong.push(format!("{plural}: {}: {}", row.case, failure.chain()));
            }
        }
    }
    check(wrong.is_empty(), || format!("{} of {count} rows:\n{}", wrong.len(), wrong.join("\n")))?;
    Ok(format!("{count} resources, as the table says"))
}

/// As the README types it, without a word of warning.
fn apply(cluster: &Access, checkout: &Path) -> Outcome {
    let output = cluster.kubectl().args(["apply", "--validate=strict", "-f", "crds/"]).current_dir(checkout).output();
    let output = output.attempt("run kubectl")?;
    let warnings = String::from_utf8_lossy(&output.stderr);
    check(output.status.success() && warnings.trim().is_empty(), || format!("kubectl apply -f crds/: {warnings}"))?;
    let names = KINDS.map(|plural| format!("crd/{plural}.{GROUP}"));
    let wait = ["wait", "--for=condition=Established", "--timeout=20s"];
    let wait: Vec<&str> = wait.into_iter().chain(names.iter().map(String::as_str)).collect();
    cluster.told(&wait).map(drop)
}

/// The text of each field right below `spec` is what `kubectl explain` shows.
fn explain(cluster: &Access, checkout: &Path) -> Outcome {
    for plural in KINDS {
        let path = checkout.join("crds").join(format!("{plural}.yaml"));
        let text = fs::read_to_string(&path).attempt(format!("read {}", path.display()))?;
        let definition: Value = serde_saphyr::from_str(&text).attempt(format!("understand {}", path.display()))?;
        let fields =
            &definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"];
        let shown = words(&cluster.told(&["explain", &format!("{plural}.spec")])?);
        for (name, field) in fields.as_object().into_iter().flatten() {
            let ours = field["description"].as_str().map(words).unwrap_or_default();
            let complaint = || format!("kubectl explain {plural}.spec does not show the text of {name}: {ours:?}");
            check(!ours.is_empty() && shown.contains(&ours), complaint)?;
        }
    }
    Ok(())
}

/// With single blanks: explain breaks lines where it likes.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// One row before the apiserver.
struct Judge<'a> {
    api: &'a Api,
    plural: &'a str,
    base: &'a Value,
    row: &'a Row,
}

impl Judge<'_> {
    async fn verdict(&self) -> Outcome {
        let mut object = self.row.object(self.base);
        let (status, answer) = match self.row.old(self.base) {
            None => self.api.ask(Method::POST, &self.path(&object, "?dryRun=All&"), Some(&object)).await?,
            Some(old) => self.update(&old, &mut object).await?,
        };
        let (expected, said) = (self.row.expected(), complaints(status, &answer));
        if expected.is_empty() {
            check(said.is_empty(), || format!("refused: {said:?}"))?;
            return self.defaults(&object, &answer);
        }
        if expected.iter().any(|(field, _)| is_head(field)) {
            return check(status.is_client_error(), || format!("not refused: {status}"));
        }
        check(fits(&expected, &said), || format!("wanted {expected:?}, got {said:?}"))
    }

    /// Makes the old one for real, tries the change, takes the old one away.
    async fn update(&self, old: &Value, object: &mut Value) -> Outcome<(StatusCode, Value)> {
        let made = self.api.must(Method::POST, &self.path(old, "?"), Some(old)).await?;
        object["metadata"]["resourceVersion"] = made["metadata"]["resourceVersion"].clone();
        let name = format!("/{}?", made["metadata"]["name"].as_str().unwrap_or_default());
        let answer = self.api.ask(Method::PUT, &self.path(old, &format!("{name}dryRun=All&")), Some(object)).await;
        self.api.must(Method::DELETE, &self.path(old, &name), None).await?;
        answer
    }

    fn path(&self, object: &Value, rest: &str) -> String {
        let version = object["apiVersion"].as_str().unwrap_or_default();
        let namespace = object["metadata"]["namespace"].as_str().unwrap_or("default");
        format!("/apis/{version}/namespaces/{namespace}/{}{rest}fieldValidation=Strict", self.plural)
    }

    /// What comes back has the defaults that the local admission gives.
    fn defaults(&self, object: &Value, answer: &Value) -> Outcome {
        let ours = crds::admission::admit(object, None);
        let ours = ours.map_err(|errors| Failure::new(format!("the local admission refuses it: {errors:?}")))?;
        let (ours, theirs) = (&ours.object["spec"], &answer["spec"]);
        check(ours == theirs, || format!("the defaults differ: ours {ours}, the apiserver's {theirs}"))
    }
}

/// The parts that every resource has are refused in the apiserver's own words.
fn is_head(field: &str) -> bool {
    matches!(field.split('.').next(), Some("apiVersion" | "kind" | "metadata"))
}
