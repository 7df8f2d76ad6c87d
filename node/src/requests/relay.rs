//! Running a relay, and choosing those to use.

use super::syncing;
use crate::api::{ApiError, ErrorKind, RelayOptions, RelaysUsedReply, Reply};
use crate::net::without_pin;
use crate::node::Node;

/// Runs a relay in this node, and brings it up.
pub(super) async fn run(node: &Node, options: RelayOptions) -> Result<Reply, ApiError> {
    // First, so that a node that is up shows its addresses in the URLs.
    node.network(crate::net::Purpose::Serve).await?;
    crate::relay::start(node, options).await?;
    syncing::up(node).await
}

/// Adds relays to the setting, those of a ticket when none are named.
pub(super) async fn add(node: &Node, urls: Vec<String>, ticket: Option<&str>) -> Result<Reply, ApiError> {
    let named = match (urls.is_empty(), ticket) {
        (true, Some(ticket)) => {
            let ticket = crate::ticket::read(ticket)?;
            if ticket.relays.is_empty() {
                let message = format!("the ticket of {} names no relay", ticket.inviter);
                return Err(ApiError::new(ErrorKind::Usage, message)
                    .hint("ask for the URL of the relay and give it with --relay=URL, or leave --relay out"));
            }
            ticket.relays
        }
        _ => urls,
    };
    crate::net::check_relays(&named)?;
    let mut relays = node.config().network.relays;
    let mut added = Vec::new();
    for url in named {
        let known = relays.iter_mut().find(|known| without_pin(known) == without_pin(&url));
        match known {
            // The hash of its certificate may be news.
            Some(known) if *known != url && url.contains(crate::net::PIN) => known.clone_from(&url),
            Some(_) => {}
            None => {
                relays.push(url.clone());
                added.push(url);
            }
        }
    }
    let list = toml::Value::Array(relays.iter().cloned().map(toml::Value::String).collect());
    node.change_config("network.relays", &list.to_string())?;
    let later = node.is_up().await && !added.is_empty();
    Ok(Reply::RelaysUsed(RelaysUsedReply { relays, added, later }))
}
