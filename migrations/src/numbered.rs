//! The numbered files as sqlx's migrator wants them.

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// A file `NNNN_name.sql`, embedded.
#[derive(Clone, Copy)]
pub(crate) struct Numbered {
    pub(crate) version: i64,
    pub(crate) name: &'static str,
    pub(crate) sql: &'static str,
}

/// A migrator that takes no lock of its own: sqlx's is one per database, ours is one per schema.
pub(crate) fn migrator(files: &[Numbered]) -> Migrator {
    let migrations = files
        .iter()
        .map(|file| {
            Migration::new(file.version, file.name.into(), MigrationType::Simple, file.sql.into_sql_str(), false)
        })
        .collect();
    let mut migrator = Migrator::with_migrations(migrations);
    migrator.set_locking(false);
    migrator
}

/// The highest number; the lists are in order.
pub(crate) const fn latest(files: &[Numbered]) -> i64 {
    match files.last() {
        Some(file) => file.version,
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Numbered;

    fn embedded(files: &[Numbered]) -> Vec<String> {
        files.iter().map(|f| format!("{:04}_{}.sql", f.version, f.name)).collect()
    }

    fn on_disk(backend: &str) -> Vec<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(backend);
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.ends_with(".sql") && name.starts_with(|c: char| c.is_ascii_digit()))
            .collect();
        names.sort();
        names
    }

    #[test]
    fn every_numbered_file_is_embedded_in_order() {
        assert_eq!(embedded(crate::postgres::FILES), on_disk("postgres"));
        assert_eq!(embedded(crate::sqlite::FILES), on_disk("sqlite"));
    }

    #[test]
    fn the_backends_have_the_same_numbers_and_names() {
        assert_eq!(embedded(crate::postgres::FILES), embedded(crate::sqlite::FILES));
    }

    #[test]
    fn the_numbers_have_no_gaps() {
        for (i, file) in crate::postgres::FILES.iter().enumerate() {
            assert_eq!(file.version, i64::try_from(i).unwrap() + 1);
        }
    }
}
