//! Someone who loads the same table again and again.

use bytes::Bytes;
use hyper::{HeaderMap, Method};

use crate::bench::client::Client;
use crate::failure::{Outcome, check};
use crate::iceberg::caller::{Answer, Caller};

/// One caller with a connection of its own.
pub(super) struct Reader {
    caller: Caller,
    path: String,
    headers: HeaderMap,
    status: u16,
    length: usize,
}

impl Reader {
    /// So many callers, who all expect an answer of this status and length.
    pub(super) async fn crew(
        uri: &str,
        token: &str,
        path: &str,
        headers: &HeaderMap,
        expected: &Answer,
        count: usize,
    ) -> Outcome<Vec<Self>> {
        let mut crew = Vec::with_capacity(count);
        for _ in 0..count {
            let caller = Caller::connect(uri, token).await?;
            let (path, headers) = (path.to_owned(), headers.clone());
            crew.push(Self { caller, path, headers, status: expected.status, length: expected.body.len() });
        }
        Ok(crew)
    }
}

impl Client for Reader {
    async fn ask(&mut self) -> Outcome<u16> {
        let answer = self.caller.send(Method::GET, &self.path, self.headers.clone(), Bytes::new()).await?;
        let same = answer.status == self.status && answer.body.len() == self.length;
        check(same, || format!("{} answered {} with {} bytes", self.path, answer.status, answer.body.len()))?;
        Ok(answer.status)
    }
}
