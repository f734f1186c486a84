//! What there is to say of one route.

use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::ErrorType;

/// The schema of a type; what it refers to goes into the generator.
pub(crate) type Generate = fn(&mut SchemaGenerator) -> Schema;

/// One row of the table of operations.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// The HTTP method.
    pub method: &'static str,
    /// The path, as in [`crate::ENDPOINTS`].
    pub path: &'static str,
    /// The name that generated clients give to the call.
    pub id: &'static str,
    /// What it does, in a sentence.
    pub summary: &'static str,
    /// The fields are parameters of the query.
    pub(crate) query: Option<Generate>,
    pub(crate) body: Option<Generate>,
    /// The status of the success.
    pub(crate) success: u16,
    pub(crate) answer: Option<Generate>,
    /// What a 409 may have beside the error.
    pub(crate) conflict: Option<Generate>,
    /// Refusals that not every route has.
    pub(crate) refusals: &'static [Refusal],
}

/// A status that a route answers with an error body, and what it means there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refusal(pub(crate) ErrorType, pub(crate) &'static str);

impl Operation {
    pub(crate) const fn new(method: &'static str, path: &'static str, id: &'static str, summary: &'static str) -> Self {
        Self {
            method,
            path,
            id,
            summary,
            query: None,
            body: None,
            success: 204,
            answer: None,
            conflict: None,
            refusals: &[],
        }
    }

    pub(crate) const fn query<T: JsonSchema>(mut self) -> Self {
        self.query = Some(of::<T>);
        self
    }

    pub(crate) const fn body<T: JsonSchema>(mut self) -> Self {
        self.body = Some(reference::<T>);
        self
    }

    /// 200 with this body; without it, 204.
    pub(crate) const fn answers<T: JsonSchema>(mut self) -> Self {
        self.success = 200;
        self.answer = Some(reference::<T>);
        self
    }

    /// As [`Self::answers`], with 201.
    pub(crate) const fn creates<T: JsonSchema>(self) -> Self {
        Self { success: 201, ..self.answers::<T>() }
    }

    /// A 409 may have this body, which has an error as well.
    pub(crate) const fn conflicts<T: JsonSchema>(mut self) -> Self {
        self.conflict = Some(reference::<T>);
        self
    }

    pub(crate) const fn refuses(mut self, refusals: &'static [Refusal]) -> Self {
        self.refusals = refusals;
        self
    }
}

/// The whole schema, for its fields.
pub(crate) fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    T::json_schema(generator)
}

/// A reference to the document's components.
fn reference<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}
