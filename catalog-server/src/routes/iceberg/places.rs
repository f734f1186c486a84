//! Where the files of a table or view go, by its metadata: the location and the properties that move parts elsewhere.
//! Pure.

use std::collections::BTreeMap;

use catalog_store::{NamespacePath, Warehouse};
use iceberg_model::{Properties, TableMetadata, ViewMetadata};

use crate::error::ApiError;
use crate::locations::{Allowed, Location, choose_for_namespace, claims};
use crate::storage::WarehouseContext;

/// Where metadata files go; relative to the table's location, or absolute.
const METADATA_PATH: &str = "write.metadata.path";
const METADATA_DEFAULT: &str = "metadata";
/// Where data files go unless a property moves them.
const DATA_DEFAULT: &str = "data";
/// The property of a namespace that says where its new tables go.
pub(crate) const LOCATION: &str = "location";
/// Where data files go; the later ones are old names of the first.
const DATA_PATHS: [&str; 3] = ["write.data.path", "write.folder-storage.path", "write.object-storage.path"];

/// The locations that a warehouse allows.
#[derive(Clone, Debug)]
pub(crate) struct Ground {
    root: Location,
    further: Vec<Location>,
}

/// What says where the files are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Said<'m> {
    location: &'m str,
    properties: &'m Properties,
}

impl<'m> From<&'m TableMetadata> for Said<'m> {
    fn from(table: &'m TableMetadata) -> Self {
        Self { location: table.location(), properties: table.properties() }
    }
}

impl<'m> From<&'m ViewMetadata> for Said<'m> {
    fn from(view: &'m ViewMetadata) -> Self {
        Self { location: view.location(), properties: view.properties() }
    }
}

impl<'m> Said<'m> {
    fn property(&self, key: &str) -> Option<&'m str> {
        self.properties.get(key).map(String::as_str)
    }
}

/// The places of one table or view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Places {
    /// Where metadata files go.
    pub(crate) metadata: Location,
    /// Where data files go.
    pub(crate) data: Location,
    /// All that it holds for itself, in the form that the store compares.
    pub(crate) claims: Vec<String>,
}

impl Ground {
    /// # Errors
    /// 500 if the warehouse's row does not hold what a PUT lets in.
    pub(crate) fn new(warehouse: &WarehouseContext) -> Result<Self, ApiError> {
        let Warehouse { location, .. } = &*warehouse.row;
        let root = Location::parse(location).map_err(ApiError::internal)?;
        let further = warehouse.profile.allowed_locations.iter().map(|text| Location::parse(text));
        Ok(Self { root, further: further.collect::<Result<_, _>>().map_err(ApiError::internal)? })
    }

    /// Where the new tables of a namespace go: the location that its properties set, else one below the warehouse's root.
    ///
    /// # Errors
    /// 400 if the location that is set is not allowed, or is not any more.
    pub(crate) fn of_namespace(
        &self,
        ns: &NamespacePath,
        properties: &BTreeMap<String, String>,
    ) -> Result<Location, ApiError> {
        match properties.get(LOCATION) {
            Some(set) => self.part(LOCATION, set),
            None => Location::parse(&choose_for_namespace(&self.root, ns)).map_err(ApiError::internal),
        }
    }

    /// # Errors
    /// 400 that says why the location is refused.
    pub(crate) fn check(&self, text: &str) -> Result<Location, ApiError> {
        let allowed = Allowed { root: &self.root, further: &self.further };
        allowed.check(text).map_err(|error| ApiError::validation(error.to_string()))
    }

    /// # Errors
    /// 400 if one of the places is not allowed; the text names the property.
    pub(crate) fn places<'m>(&self, said: impl Into<Said<'m>>) -> Result<Places, ApiError> {
        let said = said.into();
        let location = self.check(said.location)?;
        let metadata = said.property(METADATA_PATH).unwrap_or(METADATA_DEFAULT);
        let metadata = match is_relative(metadata) {
            true => self.part(METADATA_PATH, &location.join(metadata))?,
            false => self.part(METADATA_PATH, metadata)?,
        };
        let data = DATA_PATHS.iter().filter_map(|key| Some((key, said.property(key)?)));
        let moved = data.map(|(key, path)| self.part(key, path)).collect::<Result<Vec<_>, _>>()?;
        let data = match moved.first() {
            Some(first) => first.clone(),
            None => self.check(&location.join(DATA_DEFAULT))?,
        };
        let all: Vec<_> = [location, metadata.clone()].into_iter().chain(moved).collect();
        Ok(Places { metadata, data, claims: claims(&all) })
    }

    fn part(&self, key: &str, path: &str) -> Result<Location, ApiError> {
        self.check(path).map_err(|error| ApiError::validation(format!("{key}: {}", error.message)))
    }
}

/// True if both have their files in the same places, so that nothing has to be claimed anew.
pub(crate) fn are_same<'m>(a: impl Into<Said<'m>>, b: impl Into<Said<'m>>) -> bool {
    let (a, b) = (a.into(), b.into());
    a.location == b.location && DATA_PATHS.iter().chain([&METADATA_PATH]).all(|key| a.property(key) == b.property(key))
}

fn is_relative(path: &str) -> bool {
    !path.contains(':') && !path.starts_with('/')
}

#[cfg(test)]
mod tests {
    use iceberg_model::{CreateTable, create};
    use uuid::Uuid;

    use super::*;

    fn table(properties: &[(&str, &str)]) -> TableMetadata {
        let schema = r#"{"type": "struct", "fields": [{"id": 1, "name": "a", "type": "int", "required": false}]}"#;
        let request = CreateTable {
            uuid: Uuid::nil(),
            location: "s3://lake/t".into(),
            schema: serde_json::from_str(schema).unwrap(),
            partition_spec: None,
            write_order: None,
            properties: properties.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        };
        create(request, 0).unwrap()
    }

    fn ground() -> Ground {
        let parse = |text| Location::parse(text).unwrap();
        Ground { root: parse("s3://lake/"), further: vec![parse("s3://other/x/")] }
    }

    #[test]
    fn a_plain_table_holds_its_location() {
        let places = ground().places(&table(&[])).unwrap();
        assert_eq!(places.metadata.as_str(), "s3://lake/t/metadata");
        assert_eq!(places.data.as_str(), "s3://lake/t/data");
        assert_eq!(places.claims, ["s3://lake/t/"]);
    }

    #[test]
    fn parts_that_lie_elsewhere_are_held_too() {
        let properties = [(METADATA_PATH, "s3://other/x/m"), ("write.data.path", "s3://lake/data/t/")];
        let places = ground().places(&table(&properties)).unwrap();
        assert_eq!(places.metadata.as_str(), "s3://other/x/m");
        assert_eq!(places.data.as_str(), "s3://lake/data/t");
        assert_eq!(places.claims, ["s3://lake/data/t/", "s3://lake/t/", "s3://other/x/m/"]);
        let relative = ground().places(&table(&[(METADATA_PATH, "meta/v1")])).unwrap();
        assert_eq!(relative.metadata.as_str(), "s3://lake/t/meta/v1");
    }

    #[test]
    fn what_leads_out_of_the_warehouse_is_refused_by_the_name_of_the_property() {
        for (key, path) in [
            (METADATA_PATH, "s3://other/y"),
            (METADATA_PATH, "../u"),
            (METADATA_PATH, "/etc"),
            ("write.data.path", "data"),
            ("write.object-storage.path", "file:///tmp/x"),
        ] {
            let error = ground().places(&table(&[(key, path)])).unwrap_err();
            assert!(error.message.starts_with(key), "{error}");
            assert_eq!(error.r#type.code(), 400);
        }
    }

    #[test]
    fn only_what_moves_files_is_another_place() {
        assert!(are_same(&table(&[]), &table(&[("owner", "me")])));
        assert!(!are_same(&table(&[]), &table(&[("write.data.path", "s3://lake/d")])));
    }
}
