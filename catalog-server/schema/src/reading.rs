//! The only places where an answer may differ from the letter of the document.

/// Where the document cannot be meant as it is written, and how it is read instead.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// What is written.
    pub written: &'static str,
    /// What is read.
    pub read: &'static str,
    /// Why.
    pub reason: &'static str,
}

/// All of them; [`crate::document`] applies them.
pub const READING: &[Reading] = &[
    Reading {
        written: "nullable: true",
        read: "null, too",
        reason: "OpenAPI 3.1 has no such word; the texts of the same fields demand null",
    },
    Reading {
        written: "oneOf",
        read: "anyOf",
        reason: "its choices overlap: the type variant is a string like all primitive types, the default 1 an int and a long",
    },
    Reading {
        written: "a body that is an ErrorModel (every 406; 404 of views)",
        read: "IcebergErrorResponse",
        reason: "the examples beside them have the envelope, and the reference's client reads it",
    },
];

/// A status that the server answers although the document does not name it for the operation.
#[derive(Clone, Copy, Debug)]
pub struct Beyond {
    /// The status. The body is the Iceberg error.
    pub status: u16,
    /// The `operationId`, if it is for one only.
    pub only: Option<&'static str>,
    /// Why it is right.
    pub reason: &'static str,
}

impl Beyond {
    const fn everywhere(status: u16, reason: &'static str) -> Self {
        Self { status, only: None, reason }
    }

    pub(crate) fn covers(&self, operation: &str, status: u16) -> bool {
        self.status == status && self.only.is_none_or(|only| only == operation)
    }
}

/// All of them.
pub const BEYOND: &[Beyond] = &[
    Beyond {
        status: 404,
        only: Some("createNamespace"),
        reason: "the namespace's parent is not there; everywhere else the document has 404 for that",
    },
    Beyond::everywhere(406, "an operation that is not built; the document names it for some operations only"),
    Beyond::everywhere(408, "HTTP: the body does not come"),
    Beyond::everywhere(409, "lost against another request; the document names it for most mutations"),
    Beyond::everywhere(413, "HTTP: the body is too large"),
    Beyond::everywhere(415, "HTTP: the body is no JSON by its own account, or is compressed"),
    Beyond::everywhere(422, "the Idempotency-Key belongs to another request"),
];
