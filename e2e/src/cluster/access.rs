//! A way to an apiserver, whoever's it is.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::api::Api;
use super::host::output;
use super::tier::Tier;
use super::tools::Tools;
use crate::failure::Outcome;

/// A client, and kubectl, for one cluster.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    api: Api,
    kubectl: PathBuf,
    kubeconfig: PathBuf,
    /// Where kubectl keeps notes.
    home: PathBuf,
}

impl Access {
    pub(super) fn open(kubectl: PathBuf, kubeconfig: PathBuf, home: PathBuf) -> Outcome<Self> {
        Ok(Self { api: Api::open(&kubeconfig)?, kubectl, kubeconfig, home })
    }

    /// To a cluster that we did not bring up.
    pub(crate) async fn foreign(checkout: &Path, kubeconfig: &Path, home: &Path) -> Outcome<Self> {
        let kubectl = Tools::make(checkout, Tier::Api).await?.kubernetes("kubectl");
        let access = Self::open(kubectl, kubeconfig.to_owned(), home.to_owned())?;
        access.api.ready().await?;
        Ok(access)
    }

    /// The client.
    pub(crate) fn api(&self) -> &Api {
        &self.api
    }

    /// A kubectl command for this cluster, which sees no other configuration.
    pub(crate) fn kubectl(&self) -> Command {
        let mut command = Command::new(&self.kubectl);
        command.env("KUBECONFIG", &self.kubeconfig).env("HOME", &self.home);
        command
    }

    /// Runs kubectl to its end; its output.
    pub(crate) fn told(&self, arguments: &[&str]) -> Outcome<String> {
        output(&format!("kubectl {}", arguments.join(" ")), self.kubectl().args(arguments))
    }
}
