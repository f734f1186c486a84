//! `pangolin token`. The server tells nobody but the operator what a token may do, so that of the own one is shown whether
//! it is good, and where.

use catalog_api::management::TokenInfo;
use catalog_client::Result as ClientResult;
use futures::TryStreamExt as _;
use serde::Serialize;

use crate::arguments::Token;
use crate::failure::Outcome;
use crate::output::Output;
use crate::settings::Connection;

pub(crate) async fn run(connection: &Connection, action: Option<Token>, output: &mut Output) -> Outcome {
    match action.unwrap_or(Token::Show) {
        Token::Show => show(connection, output).await,
        Token::List { user } => {
            let tokens = connection.client.tokens();
            let tokens = match &user {
                Some(user) => tokens.of_user(user),
                None => tokens,
            };
            output.list(tokens).await.map(drop)
        }
    }
}

/// What is known of the own token.
#[derive(Serialize)]
struct Own<'a> {
    catalog: &'a str,
    configured_in: &'a str,
    uri: &'a str,
    token_id: &'a str,
    role: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    warehouse: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    has_grant: Option<bool>,
}

async fn show(connection: &Connection, output: &mut Output) -> Outcome {
    let is_operator = is_operator(connection).await?;
    let warehouse = connection.warehouse().ok().map(|warehouse| warehouse.name().to_owned());
    let has_grant = match &warehouse {
        Some(name) if !is_operator => Some(has_grant(connection, name).await?),
        _ => None,
    };
    let role = if is_operator { "operator" } else { "principal" };
    let Connection { catalog, source, uri, token_id, .. } = connection;
    let own = Own { catalog, configured_in: source, uri, token_id, role, warehouse, has_grant };
    output.value(&own, &sentence(&own))
}

/// Only the operator may list tokens; whoever is no one gets 401.
async fn is_operator(connection: &Connection) -> ClientResult<bool> {
    let first: ClientResult<Option<TokenInfo>> = connection.client.tokens().page_size(1).try_next().await;
    match first {
        Ok(_) => Ok(true),
        Err(error) if error.status() == Some(403) => Ok(false),
        Err(error) => Err(error),
    }
}

async fn has_grant(connection: &Connection, warehouse: &str) -> ClientResult<bool> {
    match connection.client.config(warehouse).await {
        Ok(_) => Ok(true),
        Err(error) if error.is_not_found() => Ok(false),
        Err(error) => Err(error),
    }
}

fn sentence(own: &Own<'_>) -> String {
    let Own { catalog, configured_in, uri, token_id, role, warehouse, has_grant } = own;
    let mut lines = vec![
        format!("token      {token_id} (the part by which it is looked up)"),
        format!("catalog    {catalog}, configured in {configured_in}"),
        format!("server     {uri} takes it, as a {role}'s"),
    ];
    match (warehouse, has_grant) {
        (Some(name), Some(true)) => lines.push(format!("warehouse  {name}: the token has a grant on it")),
        (Some(name), Some(false)) => {
            lines.push(format!("warehouse  {name}: not there, or no grant of this token is on it"));
        }
        (Some(name), None) => lines.push(format!("warehouse  {name}")),
        (None, _) => {}
    }
    if *role == "principal" {
        lines.push("grants     what they allow is in the Token resource, `spec.grants`".to_owned());
    }
    lines.join("\n")
}
