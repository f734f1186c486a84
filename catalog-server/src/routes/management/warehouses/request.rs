//! What a PUT may ask for. Pure: the body in, a row to be stored out.

use std::collections::BTreeMap;
use std::time::Duration;

use catalog_api::management::{PutWarehouse, Retention, S3Credentials, S3Storage, Storage};
use catalog_api::tenancy::ANY_NAMESPACE;
use catalog_store::Window;

use crate::error::ApiError;
use crate::locations::{Location, Scheme};
use crate::routes::management::check_id;
use crate::secret_keys::looks_secret;
use crate::storage::{Profile, S3Profile};

/// Further locations that a warehouse may have.
const MAX_ALLOWED: usize = 64;

/// Further namespaces that a warehouse may name, because all of them are read with each request.
const MAX_NAMESPACES: usize = 1_000;

/// A thousand years.
const MAX_AGE_SECONDS: u64 = 1_000 * 365 * 86_400;

/// A PUT whose fields make sense each for itself.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) owner_uid: String,
    pub(super) namespace: String,
    pub(super) revision: String,
    /// Normalised, with a trailing `/`.
    pub(super) location: String,
    pub(super) profile: Profile,
    pub(super) retention: Option<Window>,
    pub(super) credentials: Option<S3Credentials>,
    pub(super) take_over: bool,
    pub(super) probe: bool,
}

pub(super) fn check(name: &str, put: PutWarehouse) -> Result<Checked, ApiError> {
    let PutWarehouse {
        owner_uid,
        namespace,
        revision,
        location,
        allowed_locations,
        allowed_namespaces,
        storage,
        default_properties,
        retention,
        take_over,
        probe,
    } = put;
    if !catalog_api::is_warehouse_name(name) {
        return Err(ApiError::validation(
            "a warehouse's name has 1 to 63 characters: a-z, 0-9 and -, the last not at the ends",
        ));
    }
    check_id("owner_uid", &owner_uid)?;
    check_id("namespace", &namespace)?;
    check_namespaces(&allowed_namespaces)?;
    check_id("revision", &revision)?;
    if revision.contains(super::SEALED_BY) {
        return Err(ApiError::bad_request(format!("revision must not contain {}", super::SEALED_BY)));
    }
    let location = parse(&location)?;
    let allowed = allowed(&allowed_locations)?;
    let (s3, credentials) = storage_of(&location, &allowed, storage)?;
    let allowed_locations = allowed.iter().map(|l| l.normal().to_owned()).collect();
    check_properties(&default_properties)?;
    let profile = Profile { allowed_locations, allowed_namespaces, s3, default_properties };
    let (location, retention) = (location.normal().to_owned(), retention.map(window).transpose()?);
    Ok(Checked { owner_uid, namespace, revision, location, profile, retention, credentials, take_over, probe })
}

/// A policy of nothing would be one that somebody forgot to write.
fn window(retention: Retention) -> Result<Window, ApiError> {
    match retention {
        Retention { age_seconds: 0, commits: 0 } => {
            Err(ApiError::validation("retention needs age_seconds, commits, or both: without it everything is kept"))
        }
        // What times are kept in ends there.
        Retention { age_seconds, .. } if age_seconds > MAX_AGE_SECONDS => {
            Err(ApiError::validation(format!("retention.age_seconds is at most {MAX_AGE_SECONDS}")))
        }
        Retention { age_seconds, commits } => Ok(Window { age: Duration::from_secs(age_seconds), commits }),
    }
}

fn parse(location: &str) -> Result<Location, ApiError> {
    let shown = || location.chars().take(200).collect::<String>();
    Location::parse(location).map_err(|e| ApiError::validation(format!("location {} {e}", shown())))
}

fn allowed(locations: &[String]) -> Result<Vec<Location>, ApiError> {
    if locations.len() > MAX_ALLOWED {
        return Err(ApiError::validation(format!("a warehouse has at most {MAX_ALLOWED} allowed locations")));
    }
    locations.iter().map(|l| parse(l)).collect()
}

fn check_namespaces(namespaces: &[String]) -> Result<(), ApiError> {
    if namespaces.len() > MAX_NAMESPACES {
        let text =
            format!("a warehouse has at most {MAX_NAMESPACES} allowed namespaces: allow {ANY_NAMESPACE} instead");
        return Err(ApiError::validation(text));
    }
    namespaces.iter().try_for_each(|namespace| check_id("allowed_namespaces", namespace))
}

fn storage_of(
    location: &Location,
    allowed: &[Location],
    storage: Storage,
) -> Result<(Option<S3Profile>, Option<S3Credentials>), ApiError> {
    let bucket = allowed.iter().find(|l| l.scheme() == Scheme::S3);
    match (location.scheme(), bucket, storage.s3) {
        (Scheme::File, None, Some(_)) => Err(ApiError::validation("storage.s3 is for locations that begin with s3://")),
        (Scheme::File, Some(bucket), None) => {
            Err(ApiError::validation(format!("the allowed location {bucket} needs storage.s3")))
        }
        (Scheme::File, None, None) => Ok((None, None)),
        (Scheme::File, Some(_), s3) | (Scheme::S3, _, s3) => {
            let S3Storage { endpoint, region, path_style, credentials } =
                s3.unwrap_or(S3Storage { endpoint: None, region: None, path_style: false, credentials: None });
            Ok((Some(S3Profile { endpoint, region, path_style }), credentials))
        }
    }
}

fn check_properties(properties: &BTreeMap<String, String>) -> Result<(), ApiError> {
    if let Some(key) = properties.keys().find(|key| looks_secret(key)) {
        return Err(ApiError::validation(format!(
            "the property {key} looks like a secret: everybody who reads a table sees its properties"
        )));
    }
    // Postgres has no such character in its texts.
    match properties.iter().find(|(key, value)| key.contains('\0') || value.contains('\0')) {
        None => Ok(()),
        Some((key, _)) => Err(ApiError::validation(format!("the property {key:?} contains the character U+0000"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(change: impl FnOnce(&mut PutWarehouse)) -> Result<Checked, ApiError> {
        let mut put = PutWarehouse {
            owner_uid: "uid-1".into(),
            namespace: "team".into(),
            revision: "abc".into(),
            location: "s3://bucket/root".into(),
            allowed_locations: vec![],
            allowed_namespaces: vec![],
            storage: Storage::default(),
            default_properties: BTreeMap::new(),
            retention: None,
            take_over: false,
            probe: false,
        };
        change(&mut put);
        check("lake", put)
    }

    #[test]
    fn locations_are_stored_in_one_form() {
        let checked = put(|p| p.allowed_locations = vec!["s3://other/x/".into()]).unwrap();
        assert_eq!(checked.location, "s3://bucket/root/");
        assert_eq!(checked.profile.allowed_locations, ["s3://other/x/"]);
        assert!(checked.profile.s3.is_some());
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_400() {
        let s3 =
            || Storage { s3: Some(S3Storage { endpoint: None, region: None, path_style: false, credentials: None }) };
        type Change = Box<dyn FnOnce(&mut PutWarehouse)>;
        let changes: Vec<(&str, Change)> = vec![
            ("owner_uid", Box::new(|p| p.owner_uid.clear())),
            ("namespace", Box::new(|p| p.namespace.clear())),
            ("allowed_namespaces", Box::new(|p| p.allowed_namespaces = vec!["a b".into()])),
            ("at most 1000", Box::new(|p| p.allowed_namespaces = vec!["a".into(); 1001])),
            ("revision", Box::new(|p| p.revision = "a#b".into())),
            ("revision", Box::new(|p| p.revision = "a b".into())),
            ("location", Box::new(|p| p.location = "gs://b/x".into())),
            ("location", Box::new(|p| p.location = "s3://b/../x".into())),
            ("location", Box::new(|p| p.allowed_locations = vec!["nowhere".into()])),
            (
                "s3://b/x needs storage.s3",
                Box::new(|p| (p.location, p.allowed_locations) = ("file:///tmp".into(), vec!["s3://b/x".into()])),
            ),
            ("storage.s3", Box::new(move |p| (p.location, p.storage) = ("file:///tmp".into(), s3()))),
            ("retention", Box::new(|p| p.retention = Some(Retention { age_seconds: 0, commits: 0 }))),
            ("retention", Box::new(|p| p.retention = Some(Retention { age_seconds: u64::MAX, commits: 1 }))),
            (
                "U+0000",
                Box::new(|p| {
                    p.default_properties.insert("a".into(), "x\0y".into());
                }),
            ),
            (
                "s3.secret-access-key",
                Box::new(|p| {
                    p.default_properties.insert("s3.secret-access-key".into(), "x".into());
                }),
            ),
        ];
        for (what, change) in changes {
            let error = put(change).unwrap_err();
            assert_eq!(error.r#type.code(), 400);
            assert!(error.message.contains(what), "{what}: {error}");
        }
    }
}
