//! `/v1/{prefix}/namespaces/{namespace}/tables/…`

mod commit;
mod create;
mod load;
mod locations;
mod names;
mod outcomes;
mod register;
