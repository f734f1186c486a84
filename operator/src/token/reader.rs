//! The Secret of a Token: what its reader holds now, and what it is to hold.

use std::collections::BTreeMap;

use catalog_api::BearerToken;
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use kube::Resource as _;
use kube::api::ObjectMeta;

use super::Files;
use crate::cluster::Owner;
use crate::{Hold, SecretData};

/// What is in the place of a Token's Secret.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Reader {
    /// Nothing.
    Absent,
    /// A Secret that does not belong to the Token.
    Foreign,
    /// The Token's own.
    Own {
        /// The token in it; `None` if there is none that is whole.
        held: Option<BearerToken>,
    },
}

impl Reader {
    pub(super) fn of(secret: Option<&Secret>, owner: &Owner) -> Self {
        let Some(secret) = secret else { return Self::Absent };
        if !owner.owns(secret.meta()) {
            return Self::Foreign;
        }
        let data = SecretData(secret.data.clone().unwrap_or_default());
        let text = data.text("", "token").ok().flatten();
        let held = text.and_then(|text| BearerToken::parse(&text).ok());
        Self::Own { held }
    }

    /// # Errors
    /// `SecretConflict`, before anything is issued that could not be delivered.
    pub(super) fn held(&self, namespace: &str, name: &str) -> Result<Option<BearerToken>, Hold> {
        match self {
            Self::Absent => Ok(None),
            Self::Own { held } => Ok(held.clone()),
            Self::Foreign => Err(Hold::stalled(
                "SecretConflict",
                format!(
                    "there is a Secret {namespace}/{name} that does not belong to this Token: delete it, or choose \
                     another secretName"
                ),
            )),
        }
    }
}

/// The Secret with these files.
pub(super) fn secret(name: &str, Files(files): &Files) -> Secret {
    let data: BTreeMap<_, _> =
        files.iter().map(|(key, value)| ((*key).to_owned(), ByteString(value.clone().into_bytes()))).collect();
    Secret {
        metadata: ObjectMeta { name: Some(name.to_owned()), ..ObjectMeta::default() },
        type_: Some("Opaque".into()),
        data: Some(data),
        ..Secret::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::tests::{owner, token};

    fn own(bearer: &BearerToken) -> Secret {
        let files = Files(BTreeMap::from([("token", bearer.expose().to_owned())]));
        let mut secret = secret("analyst", &files);
        secret.metadata.owner_references = Some(vec![owner(&token()).reference]);
        secret
    }

    #[test]
    fn the_token_of_an_own_secret_is_held() {
        let bearer = BearerToken::generate().unwrap();
        let reader = Reader::of(Some(&own(&bearer)), &owner(&token()));
        assert_eq!(reader.held("team", "analyst").unwrap(), Some(bearer));
        assert_eq!(Reader::of(None, &owner(&token())), Reader::Absent);
    }

    #[test]
    fn a_damaged_token_is_none() {
        let mut secret = own(&BearerToken::generate().unwrap());
        secret.data = Some(BTreeMap::from([("token".to_owned(), ByteString(b"pgl_\xff".to_vec()))]));
        assert_eq!(Reader::of(Some(&secret), &owner(&token())), Reader::Own { held: None });
    }

    #[test]
    fn a_foreign_secret_stops_everything_before_it_begins() {
        let mut secret = own(&BearerToken::generate().unwrap());
        secret.metadata.owner_references = None;
        let hold = Reader::of(Some(&secret), &owner(&token())).held("team", "analyst").unwrap_err();
        assert_eq!((hold.reason, hold.until), ("SecretConflict", crate::Until::Changed));
        assert!(hold.message.contains("team/analyst"));
    }

    #[test]
    fn debug_shows_no_token() {
        let bearer = BearerToken::generate().unwrap();
        let reader = Reader::of(Some(&own(&bearer)), &owner(&token()));
        assert!(!format!("{reader:?}").contains(bearer.expose()));
    }
}
