//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;
use url::Url;

/// Serves a lakehouse catalog on this machine from the same YAML that a cluster takes.
///
/// Reads Catalog, Warehouse and Token resources, and Secrets that they refer to, checks them with
/// the rules that a cluster would check them with, starts a catalog server on SQLite and local
/// files, and keeps a credential for each Token in DIR/secrets.
///
/// The files are followed: an edit is applied while it runs, and what is taken out is deleted under
/// its reclaim policy. Ctrl-C ends it, and the next start finds everything again.
#[derive(Debug, Parser)]
#[command(name = "cargo dev", bin_name = "cargo dev", version, after_help = EXAMPLES, verbatim_doc_comment)]
pub(crate) struct Arguments {
    /// YAML files with the resources.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,

    /// Where everything is kept: the database, the tables of file://./ locations, the credentials.
    #[arg(long, value_name = "DIR", default_value = ".pangolin")]
    pub(crate) state_dir: PathBuf,

    /// The address for clients. Port 0 takes any free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8181")]
    pub(crate) listen: SocketAddr,

    /// A location that tables may lie under beside their warehouse's own, such as file:///tmp/. May be repeated.
    #[arg(long = "allow-location", value_name = "URL", value_parser = allowed_location)]
    pub(crate) allow_locations: Vec<String>,
}

const EXAMPLES: &str = "Examples:
  cargo dev crds/examples/quickstart.yaml
  cargo dev catalog.yaml tokens.yaml --state-dir ~/lake --listen 127.0.0.1:9000";

/// `file:///directory` or `s3://bucket/prefix`, without a slash at its end.
fn allowed_location(text: &str) -> Result<String, String> {
    let url = Url::parse(text).map_err(|error| format!("{error}: write a URL such as file:///tmp/"))?;
    let whole = match url.scheme() {
        "file" => url.host_str().is_none() && url.path().len() > 1,
        "s3" => url.host_str().is_some(),
        _ => false,
    };
    if !whole {
        return Err("write file:///DIRECTORY or s3://BUCKET/PREFIX".into());
    }
    Ok(text.trim_end_matches('/').into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        use clap::CommandFactory as _;
        Arguments::command().debug_assert();
    }

    #[test]
    fn an_allowed_location_is_a_whole_url() {
        assert_eq!(allowed_location("file:///tmp/").unwrap(), "file:///tmp");
        assert_eq!(allowed_location("s3://bucket/a").unwrap(), "s3://bucket/a");
        for wrong in ["/tmp", "file:///", "file://host/tmp", "s3://", "http://x/y", "tmp"] {
            assert!(allowed_location(wrong).is_err(), "{wrong}");
        }
    }
}
