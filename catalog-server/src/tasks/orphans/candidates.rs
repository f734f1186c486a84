//! Which files of a directory may be orphans. Pure.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use crate::locations::Location;

/// A file that may be an orphan, in the spelling of [`crate::storage`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) address: String,
    /// The commit that was to make it current.
    pub(super) commit: Uuid,
}

impl Candidate {
    /// How a version may spell this file: a table's location is kept as its client wrote it.
    pub(super) fn spellings(&self) -> impl Iterator<Item = String> + '_ {
        let (scheme, rest) = self.address.split_once("://").unwrap_or(("", &self.address));
        let starts: &[&str] = if scheme == "file" { &["file://", "file:"] } else { &["s3://", "s3a://", "s3n://"] };
        starts.iter().map(move |start| format!("{start}{rest}"))
    }
}

/// Files of our own naming that are older than the grace and than the current file, and not older than the table. None for
/// a table or a current file whose name does not tell its age.
///
/// A file that is newer than the current one is left alone until the next commit: it may be what a restored backup of
/// the database does not know any more.
pub(super) fn among(files: &[String], current: &str, table: Uuid, now: Timestamp, grace: Duration) -> Vec<Candidate> {
    let (Some(born), Some(newest)) = (made_at(table), commit_of(current).and_then(made_at)) else { return Vec::new() };
    let old = now.saturating_sub(grace).unwrap_or(Timestamp::MIN).min(newest);
    let fits = |commit: &Uuid| made_at(*commit).is_some_and(|made| made >= born && made <= old);
    let others = files.iter().filter(|file| *file != current);
    let ours = others.filter_map(|file| Some((file, commit_of(file).filter(fits)?)));
    ours.map(|(file, commit)| Candidate { address: file.clone(), commit }).collect()
}

/// Takes out what the metadata log names.
pub(super) fn spare_log<'a>(candidates: &mut Vec<Candidate>, log: impl Iterator<Item = &'a str>) {
    let named: HashSet<String> = log.filter_map(|l| Location::parse(l).ok()).map(|l| l.address().to_owned()).collect();
    candidates.retain(|candidate| !named.contains(&candidate.address));
}

/// The uuid in a file's name, if it is named `<N:05>-<uuid>[.gz].metadata.json`.
fn commit_of(location: &str) -> Option<Uuid> {
    let (_, name) = location.rsplit_once('/')?;
    let name = name.strip_suffix(".metadata.json")?;
    let (number, id) = name.strip_suffix(".gz").unwrap_or(name).split_once('-')?;
    if number.len() < 5 || !number.bytes().all(|b| b.is_ascii_digit()) || id.len() != 36 {
        return None;
    }
    Uuid::try_parse(id).ok()
}

/// The time in a uuid v7 (RFC 9562, 5.7); `None` for other versions.
fn made_at(id: Uuid) -> Option<Timestamp> {
    if id.get_version_num() != 7 {
        return None;
    }
    let (seconds, nanos) = id.get_timestamp()?.to_unix();
    Timestamp::new(i64::try_from(seconds).ok()?, i32::try_from(nanos).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use uuid::{NoContext, Timestamp as Time};

    use super::*;

    fn id_at(seconds: u64) -> Uuid {
        Uuid::new_v7(Time::from_unix(NoContext, seconds, 0))
    }

    fn file(number: &str, id: Uuid) -> String {
        format!("s3://b/t/metadata/{number}-{id}.metadata.json")
    }

    fn found(files: &[String], table: Uuid) -> Vec<String> {
        found_beside(&file("00009", id_at(850)), files, table)
    }

    fn found_beside(current: &str, files: &[String], table: Uuid) -> Vec<String> {
        let now = Timestamp::from_second(1_000).unwrap();
        among(files, current, table, now, Duration::from_secs(100)).into_iter().map(|c| c.address).collect()
    }

    #[test]
    fn only_files_of_our_naming_between_the_tables_birth_and_the_grace_are_candidates() {
        let good = file("00001", id_at(800));
        let packed = file("00002", id_at(801)).replace(".metadata", ".gz.metadata");
        let files = [
            good.clone(),
            packed.clone(),
            file("00001", id_at(950)),
            file("00001", id_at(400)),
            file("1", id_at(800)),
            file("00001", Uuid::nil()),
            "s3://b/t/metadata/snap-1.avro".to_owned(),
            "s3://b/t/metadata/v3.metadata.json".to_owned(),
        ];
        assert_eq!(found(&files, id_at(500)), [good, packed]);
    }

    #[test]
    fn a_file_that_is_newer_than_the_current_one_stays() {
        let files = [file("00001", id_at(800)), file("00002", id_at(870))];
        assert_eq!(found(&files, id_at(500)), files[..1]);
        assert!(found_beside("s3://b/t/metadata/v3.metadata.json", &files, id_at(500)).is_empty());
    }

    #[test]
    fn a_table_of_unknown_age_has_no_candidates() {
        assert!(found(&[file("00001", id_at(800))], Uuid::nil()).is_empty());
    }

    #[test]
    fn what_the_log_names_is_spared_however_it_is_spelled() {
        let address = file("00001", id_at(800));
        let log = address.replace("s3://", "s3a://");
        let mut candidates = vec![Candidate { address, commit: id_at(800) }];
        assert!(candidates[0].spellings().any(|s| s == log));
        spare_log(&mut candidates, [log.as_str()].into_iter());
        assert!(candidates.is_empty());
    }
}
