//! The command line of the binary.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::run::run;
use crate::settings::Settings;

/// Makes Catalogs, Warehouses and Tokens true.
///
/// In a cluster it uses the account of its pod, elsewhere the kubeconfig.
#[derive(Debug, Parser)]
#[command(name = "operator", version)]
pub struct Arguments {
    /// A namespace whose resources are made true; may be repeated [default: all namespaces]
    #[arg(long = "watch-namespace", value_name = "NAMESPACE")]
    watch_namespaces: Vec<String>,
    /// The operator's own namespace, for its Lease and the admin tokens [default: $POD_NAMESPACE, else default]
    #[arg(long, value_name = "NAMESPACE")]
    namespace: Option<String>,
    /// The name of this process in the Lease [default: $POD_NAME, else $HOSTNAME]
    #[arg(long, value_name = "NAME")]
    identity: Option<String>,
    /// The catalog server's image, for Catalogs that name none
    #[arg(long, value_name = "IMAGE", default_value = concat!("catalog-server:", env!("CARGO_PKG_VERSION")))]
    server_image: String,
    /// When the image is pulled
    #[arg(long, value_name = "POLICY", default_value = "IfNotPresent", value_parser = ["Always", "IfNotPresent", "Never"])]
    server_image_pull_policy: String,
    /// Where /livez, /readyz and /metrics are
    #[arg(long, value_name = "ADDRESS", default_value = "0.0.0.0:8080")]
    platform_listen: SocketAddr,
    /// The Lease by which one of several operators is chosen
    #[arg(long, value_name = "NAME", default_value = "pangolin-operator")]
    lease_name: String,
    /// The domain of the cluster's Services
    #[arg(long, value_name = "DOMAIN", default_value = "cluster.local")]
    cluster_domain: String,
    /// How often everything is looked at although nothing happened
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = duration)]
    safety_interval: Duration,
    /// How often the indexes of a Catalog's database are looked at
    #[arg(long, value_name = "DURATION", default_value = "1m", value_parser = duration)]
    index_interval: Duration,
    /// How a line of the log looks
    #[arg(long, value_enum, default_value = "json")]
    log_format: LogFormat,
    /// What is logged, such as info or operator=debug,info
    #[arg(long, value_name = "FILTER", default_value = "info")]
    log_level: String,
    /// For tests: the life of every credential, whatever its Token says
    #[arg(long, value_name = "DURATION", hide_short_help = true, value_parser = duration)]
    test_credential_ttl: Option<Duration>,
    /// For an operator outside of a cluster: where every Catalog's server is
    #[arg(long, value_name = "URI", hide_short_help = true)]
    server_uri_override: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogFormat {
    Json,
    Text,
}

/// Why the operator failed; printed with its sources.
type Failure = Box<dyn std::error::Error>;

/// Runs the operator until SIGINT or SIGTERM.
pub async fn main() -> ExitCode {
    match start(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = chain(error.as_ref()), "the operator ends");
            eprintln!("operator: {}", chain(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

async fn start(arguments: Arguments) -> Result<(), Failure> {
    logs(arguments.log_format, &arguments.log_level)?;
    // Before anything begins, so that no signal is missed.
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let stop = async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    Ok(run(settings(arguments, |name| std::env::var(name).ok()), stop).await?)
}

/// The client of the API server logs, as a warning, the whole of an answer that it can't parse: that may be a Secret.
const QUIET: &str = "kube_client::client=error";

/// On standard error.
fn logs(format: LogFormat, level: &str) -> Result<(), Failure> {
    let filter = EnvFilter::builder().parse(level)?.add_directive(QUIET.parse()?);
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Json => logs.json().flatten_event(true).with_current_span(true).with_span_list(false).init(),
        LogFormat::Text => logs.with_ansi(false).init(),
    }
    // Through the log, so that a panic is one line as all else.
    std::panic::set_hook(Box::new(|panic| tracing::error!(%panic, "panic")));
    Ok(())
}

/// Flags stand above the environment.
fn settings(arguments: Arguments, environment: impl Fn(&str) -> Option<String>) -> Settings {
    let Arguments {
        watch_namespaces,
        namespace,
        identity,
        server_image,
        server_image_pull_policy,
        platform_listen,
        lease_name,
        cluster_domain,
        safety_interval,
        index_interval,
        log_format: _,
        log_level: _,
        test_credential_ttl,
        server_uri_override,
    } = arguments;
    let identity = identity.or_else(|| environment("POD_NAME")).or_else(|| environment("HOSTNAME"));
    Settings {
        watch_namespaces,
        namespace: namespace.or_else(|| environment("POD_NAMESPACE")).unwrap_or_else(|| "default".into()),
        identity: identity.unwrap_or_else(|| "operator".into()),
        server_image,
        server_image_pull_policy,
        platform_listen,
        lease_name,
        cluster_domain,
        safety_interval,
        index_interval,
        test_credential_ttl,
        server_uri_override,
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<crds::Duration>().map_err(|error| error.to_string())?.as_secs();
    if seconds == 0 { Err("must be longer than nothing".into()) } else { Ok(Duration::from_secs(seconds)) }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text = format!("{text}: {source}");
        next = source.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn read(line: &[&str], environment: impl Fn(&str) -> Option<String>) -> Settings {
        let line = std::iter::once(&"operator").chain(line);
        settings(Arguments::try_parse_from(line).unwrap(), environment)
    }

    #[test]
    fn the_command_line_contradicts_itself_nowhere() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn flags_stand_above_the_environment_and_that_above_defaults() {
        let environment = |name: &str| Some(name.to_lowercase());
        assert_eq!(read(&[], environment).namespace, "pod_namespace");
        assert_eq!(read(&[], environment).identity, "pod_name");
        assert_eq!(read(&["--namespace", "mine"], environment).namespace, "mine");
        assert_eq!(read(&[], |_| None).namespace, "default");
        assert_eq!(read(&[], |_| None).safety_interval, Duration::from_secs(600));
    }

    #[test]
    fn namespaces_add_up_and_none_means_all() {
        let some = read(&["--watch-namespace", "a", "--watch-namespace", "b"], |_| None);
        assert!(some.watches("a") && some.watches("b") && !some.watches("c"));
        assert!(read(&[], |_| None).watches("c"));
    }

    #[test]
    fn answers_of_the_api_server_are_not_logged_at_any_level() {
        let filter = EnvFilter::builder().parse("trace").unwrap().add_directive(QUIET.parse().unwrap());
        let logs = tracing_subscriber::fmt().with_env_filter(filter).finish();
        tracing::subscriber::with_default(logs, || {
            assert!(!tracing::enabled!(target: "kube_client::client", tracing::Level::WARN));
            assert!(tracing::enabled!(target: "kube_client::client", tracing::Level::ERROR));
            assert!(tracing::enabled!(target: "operator", tracing::Level::TRACE));
        });
    }

    #[test]
    fn an_interval_of_nothing_is_refused() {
        assert!(duration("0s").is_err() && duration("soon").is_err());
        assert_eq!(duration("1m30s"), Ok(Duration::from_secs(90)));
    }

    #[test]
    fn what_is_for_tests_is_not_in_the_short_help() {
        let mut command = Arguments::command();
        assert!(!command.render_help().to_string().contains("--test-credential-ttl"));
        assert!(command.render_long_help().to_string().contains("--test-credential-ttl"));
    }
}
