//! `/v1/{prefix}/namespaces/{namespace}/tables/…`

mod commit;
mod compressed;
mod create;
mod load;
mod locations;
mod names;
mod outcomes;
mod register;
mod report;
mod unregister;
