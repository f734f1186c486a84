//! How Postgres is made and run, wherever that is: the commands are the caller's to run.

use std::fs::{self, File, Permissions};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::Command;

use super::access::Access;
use crate::failure::{Attempt, Outcome};
use crate::needs::{postgres as programs, quiet};

/// The one role that there is.
pub(super) const USER: &str = "pangolin";

/// Below the home: the cluster's files, and for a moment the password.
const DATA: &str = "data";
const SECRET: &str = "password";

/// Makes the folders and the password's file in `home`, for the user that will run Postgres.
pub(crate) async fn prepare(home: &Path, access: &Access) -> Outcome {
    let (data, secret) = (home.join(DATA), home.join(SECRET));
    fs::write(&secret, &access.password).attempt("write the password file")?;
    fs::set_permissions(&secret, Permissions::from_mode(0o600)).attempt("protect the password file")?;
    fs::create_dir(&data).attempt("make the data folder")?;
    give_to_its_user(&[home, &secret, &data]).await
}

/// `initdb`; the password goes through a file that only Postgres' user can read.
pub(crate) async fn initdb(bin: &Path, home: &Path) -> Outcome<Command> {
    let mut command = programs::command(&bin.join("initdb")).await?;
    command.arg("-D").arg(home.join(DATA)).arg("--pwfile").arg(home.join(SECRET)).current_dir(home);
    command.args(["-U", USER, "-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-instructions"]);
    Ok(command)
}

/// After `initdb`: forgets the password, and lets in whoever knows it.
pub(crate) fn finish(home: &Path) -> Outcome {
    fs::remove_file(home.join(SECRET)).attempt("remove the password file")?;
    let rules = home.join(DATA).join("pg_hba.conf");
    let file = File::options().append(true).open(&rules);
    file.and_then(|mut file| file.write_all(b"host all all all scram-sha-256\n")).attempt("write who may connect")
}

/// The server: durable as in production (fsync stays on), small, and heard at one address only. Statements are counted
/// only in the databases where somebody asks for it.
pub(crate) async fn server(bin: &Path, home: &Path, access: &Access) -> Outcome<Command> {
    let settings = [
        format!("listen_addresses={}", access.address),
        format!("port={}", access.port),
        format!("unix_socket_directories={}", home.display()),
        "max_connections=200".to_owned(),
        "shared_buffers=256MB".to_owned(),
        "log_line_prefix=%m [%p] %d ".to_owned(),
        "shared_preload_libraries=pg_stat_statements".to_owned(),
        "pg_stat_statements.track=none".to_owned(),
        "compute_query_id=off".to_owned(),
    ];
    let mut command = programs::command(&bin.join("postgres")).await?;
    command.arg("-D").arg(home.join(DATA)).current_dir(home);
    command.args(settings.into_iter().flat_map(|setting| ["-c".to_owned(), setting]));
    Ok(command)
}

/// Root hands the folders to `postgres`; for anybody else they are right already.
pub(crate) async fn give_to_its_user(paths: &[&Path]) -> Outcome {
    if !quiet::is_root().await {
        return Ok(());
    }
    let (user, group) = (id("-u").await?, id("-g").await?);
    for path in paths {
        chown(path, Some(user), Some(group)).attempt(format!("give {} to postgres", path.display()))?;
    }
    Ok(())
}

async fn id(flag: &str) -> Outcome<u32> {
    let output = tokio::process::Command::new("id").args([flag, "postgres"]).output().await;
    let output = output.attempt("look up the user postgres")?;
    String::from_utf8_lossy(&output.stdout).trim().parse().attempt("look up the user postgres")
}
