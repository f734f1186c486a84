//! What every store makes true, a decorated one makes true as well: nothing is lost or changed on the way through, and
//! what is answered from memory is what the store would answer. Beside that: how old an answer may be.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod coherence;
mod decorated;
mod slow;

mod sqlite {
    use crate::decorated;

    async fn subject() -> catalog_store::conformance::Subject {
        decorated::sqlite().await
    }

    catalog_store::conformance!(subject);
}

mod postgres {
    use crate::decorated;

    async fn subject() -> catalog_store::conformance::Subject {
        decorated::postgres().await
    }

    catalog_store::conformance!(subject);
}
