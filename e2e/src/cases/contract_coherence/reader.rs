//! Those who read, each through one server.

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use hyper::header::{AUTHORIZATION, HeaderValue};
use hyper::{HeaderMap, Method};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::ground::{Kind, MARK, NAMESPACE, Thing, Things};
use super::{BOUND, Play};
use crate::chance::Chance;
use crate::failure::{Attempt, Failure, Outcome};
use crate::hosts::lake::LAKE;
use crate::hosts::server::Server;
use crate::iceberg::caller::{Answer, Caller};

/// Of what comes and goes, the newest are asked for mostly: they change soon.
const NEW: usize = 6;

pub(super) async fn read(play: &Play, (number, server): (usize, &Server), mut chance: Chance) -> Outcome {
    let mut reader = Reader::connect(server, &play.ground.token).await?;
    while !play.is_over() {
        sleep(Duration::from_millis(chance.below(20))).await;
        let Some(thing) = pick(play, &mut chance) else { continue };
        let asked = thing.history.borrow().ask(number, Instant::now());
        let answer = reader.ask(&thing.is, &mut chance).await?;
        let kind = thing.is.name();
        let Some(shows) = answer else {
            play.tally.borrow_mut().refused(number)?;
            continue;
        };
        let mut history = thing.history.borrow_mut();
        let judged = history.answered(asked, shows, BOUND);
        let says = |wrong| Failure::new(format!("server {number} answers {shows} of {kind}: {wrong:?}; {history:?}"));
        let age = judged.map_err(says)?;
        play.tally.borrow_mut().read(kind, age);
    }
    Ok(())
}

fn pick(play: &Play, chance: &mut Chance) -> Option<Rc<Thing>> {
    let draw = |things: &Things, newest: usize, chance: &mut Chance| {
        let things = things.borrow();
        let back = usize::try_from(chance.below(things.len().min(newest) as u64)).unwrap_or(0);
        things.iter().rev().nth(back).map(Rc::clone)
    };
    match chance.below(8) {
        0..3 => draw(&play.ground.lasting, usize::MAX, chance),
        3..7 => draw(&play.ground.passing, NEW, chance),
        _ => draw(&play.ground.passing, usize::MAX, chance),
    }
}

struct Reader {
    caller: Caller,
    /// `/v1/lake`
    prefix: String,
}

impl Reader {
    async fn connect(server: &Server, token: &str) -> Outcome<Self> {
        Ok(Self { caller: Caller::connect(server.uri(), token).await?, prefix: format!("/v1/{LAKE}") })
    }

    /// What the server says of it; nothing, if it cannot know.
    async fn ask(&mut self, of: &Kind, chance: &mut Chance) -> Outcome<Option<u64>> {
        match of {
            Kind::Token(token) => {
                let value = HeaderValue::try_from(format!("Bearer {}", token.expose())).attempt("send a token")?;
                let path = match chance.below(2) {
                    0 => format!("/v1/config?warehouse={LAKE}"),
                    _ => format!("{}/namespaces/{NAMESPACE}", self.prefix),
                };
                let (status, body) = self.get(&path, HeaderMap::from_iter([(AUTHORIZATION, value)])).await?;
                known(&path, status, &body, 401, |_| Some(1))
            }
            Kind::Settings => {
                let path = format!("{}/namespaces/{NAMESPACE}/tables/t", self.prefix);
                let (status, body) = self.get(&path, HeaderMap::new()).await?;
                // Without a region it is as it was made.
                known(&path, status, &body, 0, |body| match &body["config"]["client.region"] {
                    Value::String(region) => region.strip_prefix("r-")?.parse().ok(),
                    _ => Some(0),
                })
            }
            Kind::Reference(name) => {
                let value = HeaderValue::try_from(name).attempt("name a ref")?;
                let header = [("x-pangolin-ref".parse().attempt("name a header")?, value)];
                let path = format!("{}/namespaces/{NAMESPACE}", self.prefix);
                let (status, body) = self.get(&path, HeaderMap::from_iter(header)).await?;
                known(&path, status, &body, 404, |body| body["properties"][MARK].as_str()?.parse().ok())
            }
            Kind::Warehouse(name) => {
                let path = format!("/v1/config?warehouse={name}");
                let (status, body) = self.get(&path, HeaderMap::new()).await?;
                known(&path, status, &body, 404, |_| Some(1))
            }
        }
    }

    async fn get(&mut self, path: &str, headers: HeaderMap) -> Outcome<(u16, Value)> {
        let Answer { status, tag: _, body } = self.caller.send(Method::GET, path, headers, Bytes::new()).await?;
        Ok((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
    }
}

/// 0 for the status that says that it is not there.
fn known(
    path: &str,
    status: u16,
    body: &Value,
    absent: u16,
    shows: impl Fn(&Value) -> Option<u64>,
) -> Outcome<Option<u64>> {
    let shown = match status {
        503 => return Ok(None),
        200 => shows(body),
        status if status == absent => Some(0),
        _ => None,
    };
    shown.map(Some).ok_or_else(|| Failure::new(format!("GET {path} is answered {status} {body}")))
}
