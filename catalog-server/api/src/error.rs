//! The error body of the Iceberg REST specification (`IcebergErrorResponse`), used on every route.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `{"error": {"message", "type", "code"}}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorBody {
    /// The error.
    pub error: ErrorModel,
}

/// What went wrong, for people and for clients.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorModel {
    /// For people: what was attempted, and what to do.
    pub message: String,
    /// For clients: the name of the exception that the Java reference throws.
    pub r#type: String,
    /// The HTTP status.
    pub code: u16,
}

macro_rules! error_types {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)*) => {
        /// The types that this server answers, each with its one HTTP status.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorType { $($(#[$doc])* $name,)* }

        impl ErrorType {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The HTTP status.
            #[must_use]
            pub const fn code(self) -> u16 {
                match self { $(Self::$name => $code,)* }
            }

            /// The name on the wire.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }
        }
    };
}

error_types! {
    /// The request cannot be understood.
    BadRequestException = 400,
    /// The request is understood, and what it asks for is not valid.
    ValidationException = 400,
    /// As `ValidationException`, where the Java reference checks an argument: its client throws the same again.
    IllegalArgumentException = 400,
    /// The storage of a warehouse says no: its keys, a permission, a bucket that is not there.
    StorageRefusedException = 400,
    /// No credential, or not a valid one.
    NotAuthorizedException = 401,
    /// The credential does not allow this.
    ForbiddenException = 403,
    /// No such route or management resource.
    NotFoundException = 404,
    /// No such namespace.
    NoSuchNamespaceException = 404,
    /// No such table.
    NoSuchTableException = 404,
    /// No such view.
    NoSuchViewException = 404,
    /// No such warehouse, or none that this principal has a grant on.
    NoSuchWarehouseException = 404,
    /// The method does not exist on this route.
    MethodNotAllowedException = 405,
    /// The server does not do this.
    UnsupportedOperationException = 406,
    /// The client took too long to send its request.
    RequestTimeoutException = 408,
    /// Something of that name is there.
    AlreadyExistsException = 409,
    /// A requirement of a commit does not hold.
    CommitFailedException = 409,
    /// The namespace still holds something.
    NamespaceNotEmptyException = 409,
    /// A management resource has another owner, or is not what the caller thinks.
    ConflictException = 409,
    /// The body is larger than the server takes.
    PayloadTooLargeException = 413,
    /// The body is not JSON.
    UnsupportedMediaTypeException = 415,
    /// The request contradicts itself.
    UnprocessableEntityException = 422,
    /// A fault of the server.
    InternalServerError = 500,
    /// The commit may or may not have been applied.
    CommitStateUnknownException = 500,
    /// Certainly not applied; the database or the object store is away.
    ServiceUnavailableException = 503,
    /// The storage of a warehouse does not answer.
    StorageUnavailableException = 503,
    /// Certainly not applied; try again after the time in `Retry-After`.
    SlowDownException = 503,
}

impl ErrorBody {
    /// The body for this type.
    #[must_use]
    pub fn new(r#type: ErrorType, message: impl Into<String>) -> Self {
        Self { error: ErrorModel { message: message.into(), r#type: r#type.name().to_owned(), code: r#type.code() } }
    }
}
