//! Why pods do not come up, in the words of the node or of the server's own last lines.

use k8s_openapi::api::core::v1::{ContainerStatus, Pod, PodStatus};

use super::Deployable;
use super::build::selecting_pods;
use crate::cluster::list_labelled;
use crate::context::Context;

/// Characters of a pod's own words that are shown.
const SHOWN: usize = 200;

/// What keeps the pods of a Catalog from serving, if one of them says so. That it can't be read is no error: the Deployment
/// tells how far the rollout is in any case.
pub(super) async fn trouble(context: &Context, catalog: &Deployable) -> Option<String> {
    let pods = list_labelled::<Pod>(context, &catalog.owner.namespace, &selecting_pods(catalog)).await;
    match pods {
        Ok(pods) => told(&pods),
        Err(error) => {
            tracing::debug!(error = error.message(), "cannot see why the rollout does not get on");
            None
        }
    }
}

/// The same text as long as the same thing is wrong, whatever a node counts meanwhile.
fn told(pods: &[Pod]) -> Option<String> {
    let statuses = pods.iter().filter(|pod| pod.metadata.deletion_timestamp.is_none());
    let mut all: Vec<String> = statuses.filter_map(|pod| of_pod(pod.status.as_ref()?)).collect();
    all.sort();
    all.into_iter().next()
}

fn of_pod(status: &PodStatus) -> Option<String> {
    let unscheduled =
        status.conditions.iter().flatten().find(|one| one.type_ == "PodScheduled" && one.status == "False");
    if let Some(condition) = unscheduled {
        return Some(short(condition.message.as_deref().unwrap_or("no node takes the pods")));
    }
    status.container_statuses.iter().flatten().find_map(of_container)
}

fn of_container(status: &ContainerStatus) -> Option<String> {
    let waiting = status.state.as_ref()?.waiting.as_ref()?;
    let image = &status.image;
    match waiting.reason.as_deref()? {
        "ErrImagePull" | "ImagePullBackOff" => Some(format!("the image {image} cannot be pulled")),
        "ErrImageNeverPull" => Some(format!("the image {image} is not on the node, and is not to be pulled")),
        "InvalidImageName" => Some(format!("{image} is no name of an image")),
        "CrashLoopBackOff" => Some(format!("the server ends again and again: {}", last_words(status))),
        "ContainerCreating" | "PodInitializing" => None,
        reason => Some(short(&format!("{reason}: {}", waiting.message.as_deref().unwrap_or_default()))),
    }
}

/// The end of the server's log, which holds no secret; the last line says why it ended.
fn last_words(status: &ContainerStatus) -> String {
    let ended = status.last_state.as_ref().and_then(|state| state.terminated.as_ref());
    let Some(ended) = ended else { return "it left no word".to_owned() };
    let words = ended.message.as_deref().and_then(|message| message.trim().lines().next_back());
    let reason = ended.reason.as_deref().unwrap_or("Error");
    words.map_or_else(|| format!("{reason}, exit code {}", ended.exit_code), short)
}

fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn pod(status: &Value) -> Pod {
        serde_json::from_value(json!({"metadata": {}, "status": status})).unwrap()
    }

    fn container(state: &Value, last: &Value) -> Pod {
        let status = json!({"name": "s", "image": "mine:1", "imageID": "", "ready": false, "restartCount": 3,
                            "state": state, "lastState": last});
        pod(&json!({"containerStatuses": [status]}))
    }

    #[test]
    fn pods_that_are_on_their_way_are_no_trouble() {
        assert_eq!(told(&[pod(&json!({})), container(&json!({"running": {}}), &json!({}))]), None);
        assert_eq!(told(&[container(&json!({"waiting": {"reason": "ContainerCreating"}}), &json!({}))]), None);
    }

    #[test]
    fn an_image_that_cannot_be_pulled_is_told_in_the_same_words_however_often_it_is_tried() {
        let say = |reason: &str| told(&[container(&json!({"waiting": {"reason": reason}}), &json!({}))]);
        assert_eq!(say("ErrImagePull"), say("ImagePullBackOff"));
        assert!(say("ErrImagePull").unwrap().contains("mine:1"));
    }

    #[test]
    fn a_server_that_crashes_is_told_with_its_last_line() {
        let last = json!({"terminated": {"exitCode": 1, "message": "one\ncannot read the sealing keys\n"}});
        let text = told(&[container(&json!({"waiting": {"reason": "CrashLoopBackOff"}}), &last)]).unwrap();
        assert!(text.ends_with("cannot read the sealing keys"), "{text}");
        let killed = json!({"terminated": {"exitCode": 137, "reason": "OOMKilled"}});
        let text = told(&[container(&json!({"waiting": {"reason": "CrashLoopBackOff"}}), &killed)]).unwrap();
        assert!(text.contains("OOMKilled"), "{text}");
    }

    #[test]
    fn a_pod_without_a_node_says_why() {
        let condition = json!({"type": "PodScheduled", "status": "False", "message": "0/1 nodes: insufficient memory"});
        assert_eq!(told(&[pod(&json!({"conditions": [condition]}))]).unwrap(), "0/1 nodes: insufficient memory");
    }
}
