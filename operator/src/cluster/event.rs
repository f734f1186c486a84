//! Events, on transitions only.

use kube::runtime::events::{Event, EventType};

use super::PATIENCE;
use crate::context::Context;
use crate::kind::Kind;

/// What an Event says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Notice {
    /// Something that a person should look at.
    pub warning: bool,
    /// One word in camel case.
    pub reason: String,
    /// A sentence; never a secret.
    pub message: String,
}

impl Notice {
    /// All is well.
    pub fn normal(reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self { warning: false, reason: reason.into(), message: message.into() }
    }

    /// Something that a person should look at.
    pub fn warning(reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self { warning: true, reason: reason.into(), message: message.into() }
    }
}

/// Publishes an Event about a resource. One that can't be published is logged, for nothing depends on it.
pub async fn event<K: Kind>(context: &Context, resource: &K, notice: Notice) {
    let Notice { warning, reason, message } = notice;
    let type_ = if warning { EventType::Warning } else { EventType::Normal };
    let action = "Reconcile".to_owned();
    let event = Event { type_, reason: reason.clone(), note: Some(message), action, secondary: None };
    let reference = resource.object_ref(&());
    match tokio::time::timeout(PATIENCE, context.events.publish(&event, &reference)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(reason, error = crate::error::chain(&error), "cannot publish an Event"),
        Err(_) => tracing::warn!(reason, "cannot publish an Event: no answer in time"),
    }
}
