//! Those who change something, through servers that chance picks. What fails is tried again, as clients do, under the same
//! key.

use std::rc::Rc;
use std::time::Duration;

use catalog_api::BearerToken;
use catalog_api::management::{ConfirmToken, PutToken};
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::Play;
use super::ground::{Desk, Kind, Thing, warehouse_name};
use super::history::Acknowledged;
use super::{SERVERS, WAREHOUSES};
use crate::chance::{Chance, now_ms};
use crate::failure::{Attempt, Failure, Outcome};
use crate::hosts::lake::{LAKE, grant};

const REFS: usize = 5;
const TRIES: usize = 20;

/// One change: a request of the operator or of a manager, and what it makes of some things.
struct Change<'a> {
    by: By,
    method: Method,
    path: String,
    body: Value,
    makes: &'a [(&'a Rc<Thing>, u64)],
}

#[derive(Clone, Copy)]
enum By {
    Operator,
    Manager,
}

impl Change<'_> {
    async fn through(&self, play: &Play, chance: &mut Chance) -> Outcome {
        let begun: Vec<usize> = self.makes.iter().map(|(thing, to)| thing.history.borrow_mut().begin(*to)).collect();
        // The first one waits for nothing but the others: it sees to it that much happens.
        let number = if chance.below(2) == 0 { 0 } else { usize::try_from(chance.below(SERVERS as u64)).unwrap_or(0) };
        let by = self.insist(&play.ground.desks[number], chance).await?.then_some(number);
        let acknowledged = Acknowledged { at: Instant::now(), by };
        for ((thing, _), change) in self.makes.iter().zip(begun) {
            thing.history.borrow_mut().acknowledge(change, acknowledged);
            play.tally.borrow_mut().changed(thing.is.name());
        }
        Ok(())
    }

    /// Until it is done; true if it was at the first try.
    async fn insist(&self, desk: &Desk, chance: &mut Chance) -> Outcome<bool> {
        let rest = match self.by {
            By::Operator => &desk.admin,
            By::Manager => &desk.manager,
        };
        let (key, body) = (chance.uuid_at(now_ms()).to_string(), self.body.to_string().into_bytes());
        let body = if self.body.is_null() { Vec::new() } else { body };
        let mut said = String::new();
        for tried in 0..TRIES {
            let headers = [("idempotency-key", key.as_str())];
            match rest.send_bytes(self.method.clone(), &self.path, body.clone(), &headers).await {
                Ok(answer) if answer.status.is_success() => return Ok(tried == 0),
                Ok(answer) if !answer.status.is_server_error() => {
                    return Err(Failure::new(format!("{} {}: {}", self.method, self.path, answer.says())));
                }
                Ok(answer) => said = answer.says(),
                Err(failure) => said = failure.chain(),
            }
            sleep(Duration::from_millis(50)).await;
        }
        Err(Failure::new(format!("{} {} failed {TRIES} times: {said}", self.method, self.path)))
    }
}

/// Tokens are issued, replaced, and revoked.
pub(super) async fn tokens(play: &Play, name: &str, mut chance: Chance) -> Outcome {
    for number in 0_u64.. {
        if play.is_over() {
            break;
        }
        let owner = format!("{name}-{number}");
        let first = issue(play, &owner, 1, &mut chance).await?;
        pause(700, &mut chance).await;
        if chance.below(2) == 0 {
            revoke(play, &owner, &[(&first, 0)], &mut chance).await?;
            continue;
        }
        let second = issue(play, &owner, 2, &mut chance).await?;
        pause(300, &mut chance).await;
        let confirm = ConfirmToken { cap_older_at: now()? };
        let path = format!("/api/v1/tokens/{owner}/2/confirm");
        let makes = [(&first, 0)];
        let change = Change { by: By::Operator, method: Method::POST, path, body: json(&confirm)?, makes: &makes };
        change.through(play, &mut chance).await?;
        pause(300, &mut chance).await;
        revoke(play, &owner, &[(&second, 0)], &mut chance).await?;
    }
    Ok(())
}

/// It is tried before it is known.
async fn issue(play: &Play, owner: &str, revision: u64, chance: &mut Chance) -> Outcome<Rc<Thing>> {
    let token = BearerToken::generate().attempt("generate a token")?;
    let put = PutToken {
        token_id: token.id().to_owned(),
        hash: token.hash(),
        user_id: "token:e2e/coherence".to_owned(),
        grants: vec![grant(&[catalog_api::Privilege::Read])],
        expires_at: now()? + SignedDuration::from_hours(1),
    };
    let thing = play.ground.thing(Kind::Token(token), 0);
    pause(200, chance).await;
    let path = format!("/api/v1/tokens/{owner}/{revision}");
    let makes = [(&thing, 1)];
    let change = Change { by: By::Operator, method: Method::PUT, path, body: json(&put)?, makes: &makes };
    change.through(play, chance).await?;
    Ok(thing)
}

async fn revoke(play: &Play, owner: &str, makes: &[(&Rc<Thing>, u64)], chance: &mut Chance) -> Outcome {
    let path = format!("/api/v1/tokens/{owner}");
    Change { by: By::Operator, method: Method::DELETE, path, body: Value::Null, makes }.through(play, chance).await
}

/// Branches and tags of few names come, go, and move from name to name.
pub(super) async fn refs(play: &Play, mut chance: Chance) -> Outcome {
    let things: Vec<Rc<Thing>> =
        (0..REFS).map(|number| play.ground.thing(Kind::Reference(ref_name(number)), 0)).collect();
    let mut are_tags = [false; REFS];
    while !play.is_over() {
        let picked = usize::try_from(chance.below(REFS as u64)).unwrap_or(0);
        let (thing, path) = (&things[picked], format!("/api/v1/warehouses/{LAKE}/refs"));
        let shows = thing.history.borrow().newest();
        let free = (0..REFS).find(|other| things[*other].history.borrow().newest() == 0);
        let (method, path, body, makes) = if shows == 0 {
            let mark = chance.below(play.ground.marks.len() as u64);
            let from = &play.ground.marks[usize::try_from(mark).unwrap_or(0)];
            are_tags[picked] = chance.below(3) == 0;
            let r#type = if are_tags[picked] { "tag" } else { "branch" };
            let body = json!({"name": ref_name(picked), "type": r#type, "from": from});
            (Method::POST, path, body, vec![(thing, mark + 1)])
        } else if let Some(free) = free.filter(|_| !are_tags[picked] && chance.below(2) == 0) {
            are_tags[free] = false;
            let makes = vec![(thing, 0), (&things[free], shows)];
            (Method::PATCH, format!("{path}/{}", ref_name(picked)), json!({"name": ref_name(free)}), makes)
        } else {
            (Method::DELETE, format!("{path}/{}", ref_name(picked)), Value::Null, vec![(thing, 0)])
        };
        let change = Change { by: By::Manager, method, path, body, makes: &makes };
        change.through(play, &mut chance).await?;
        pause(300, &mut chance).await;
    }
    Ok(())
}

fn ref_name(number: usize) -> String {
    format!("ref-{number}")
}

/// The warehouse has ever new settings.
pub(super) async fn settings(play: &Play, mut chance: Chance) -> Outcome {
    let thing = play.ground.thing(Kind::Settings, 0);
    for number in 1.. {
        if play.is_over() {
            break;
        }
        put_warehouse(play, LAKE, &play.ground.settings(number), (&thing, number), &mut chance).await?;
        pause(400, &mut chance).await;
    }
    Ok(())
}

/// Warehouses come, after they were asked for.
pub(super) async fn warehouses(play: &Play, mut chance: Chance) -> Outcome {
    for number in 0..WAREHOUSES {
        if play.is_over() {
            break;
        }
        let name = warehouse_name(number);
        let thing = play.ground.thing(Kind::Warehouse(name.clone()), 0);
        pause(1_000, &mut chance).await;
        put_warehouse(play, &name, &play.ground.further(&name)?, (&thing, 1), &mut chance).await?;
    }
    Ok(())
}

async fn put_warehouse(
    play: &Play,
    name: &str,
    put: &impl Serialize,
    makes: (&Rc<Thing>, u64),
    chance: &mut Chance,
) -> Outcome {
    let (method, path) = (Method::PUT, format!("/api/v1/warehouses/{name}"));
    Change { by: By::Operator, method, path, body: json(put)?, makes: &[makes] }.through(play, chance).await
}

async fn pause(at_most_ms: u64, chance: &mut Chance) {
    sleep(Duration::from_millis(chance.below(at_most_ms))).await;
}

fn json(body: &impl Serialize) -> Outcome<Value> {
    serde_json::to_value(body).attempt("write a request")
}

fn now() -> Outcome<Timestamp> {
    Timestamp::from_millisecond(i64::try_from(now_ms()).unwrap_or(i64::MAX)).attempt("read the clock")
}
