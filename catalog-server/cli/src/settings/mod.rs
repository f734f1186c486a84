//! Which catalog is meant, and how it is reached: from the arguments, then from the same places as PyIceberg.

mod choose;
mod environment;
mod file;

use std::collections::BTreeMap;

use catalog_api::{BearerToken, Prefix};
use catalog_client::{Client, Warehouse};

use crate::arguments::Place;
use crate::failure::{Failure, Outcome};

/// A catalog as a file or the environment describes it. `Debug` is not there, since it holds a token.
#[derive(Clone, Default)]
pub(crate) struct Catalog {
    pub(crate) uri: Option<String>,
    pub(crate) token: Option<String>,
    /// `lake`, or `lake@REF`.
    pub(crate) warehouse: Option<String>,
}

/// By name.
pub(crate) type Catalogs = BTreeMap<String, Catalog>;

/// What a command works with.
pub(crate) struct Connection {
    pub(crate) client: Client,
    /// The catalog's name in the settings, and where they are.
    pub(crate) catalog: String,
    pub(crate) source: String,
    pub(crate) uri: String,
    pub(crate) token_id: String,
    warehouse: Option<(String, Option<String>)>,
}

impl Connection {
    /// # Errors
    /// [`Failure::Usage`] with what is missing, and where it would be looked for.
    pub(crate) fn new(place: &Place) -> Outcome<Self> {
        let chosen = choose::choose(place.catalog.as_deref(), &environment::read(), file::read)?;
        let choose::Chosen { name: catalog, source, catalog: Catalog { uri, token, warehouse } } = chosen;
        let missing = |what: &str| Failure::Usage(format!("catalog {catalog} ({source}) has no {what}"));
        let uri = uri.ok_or_else(|| missing("uri"))?;
        let token = BearerToken::parse(token.ok_or_else(|| missing("token"))?.trim())
            .map_err(|error| Failure::Usage(format!("the token of catalog {catalog} ({source}): {error}")))?;
        let token_id = token.id().to_owned();
        let mut builder = Client::builder(uri.clone(), token);
        if let Some(file) = &place.ca_file {
            let pem =
                std::fs::read(file).map_err(|e| Failure::Usage(format!("cannot read {}: {e}", file.display())))?;
            builder = builder.root_certificate_pem(pem);
        }
        let warehouse = warehouse_at(place, warehouse)?;
        Ok(Self { client: builder.build()?, catalog, source, uri, token_id, warehouse })
    }

    /// The warehouse, at the ref that was asked for.
    ///
    /// # Errors
    /// [`Failure::Usage`] if none is named.
    pub(crate) fn warehouse(&self) -> Outcome<Warehouse> {
        let Some((name, reference)) = &self.warehouse else {
            let text = format!("catalog {} ({}) names no warehouse: use --warehouse", self.catalog, self.source);
            return Err(Failure::Usage(text));
        };
        let warehouse = self.client.warehouse(name);
        Ok(reference.as_ref().map_or_else(|| warehouse.clone(), |reference| warehouse.at(reference)))
    }
}

/// `--ref` stands above the one in the warehouse's name.
fn warehouse_at(place: &Place, configured: Option<String>) -> Outcome<Option<(String, Option<String>)>> {
    let Some(text) = place.warehouse.clone().or(configured) else { return Ok(None) };
    let prefix = Prefix::parse_warehouse(&text)
        .ok_or_else(|| Failure::Usage(format!("{text:?} names no warehouse: NAME or NAME@REF is wanted")))?;
    let named = prefix.reference.map(|expression| expression.to_string());
    Ok(Some((prefix.warehouse, place.reference.clone().or(named))))
}
