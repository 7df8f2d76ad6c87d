//! How the node is doing: peers and how they are reached, the sync log, what is wrong.

mod doctor;
mod log;
mod peers;
mod since;

pub(crate) use self::peers::known_peers;
pub(super) use self::peers::{list_peers, peers};
pub(super) use self::since::since;
use crate::api::{ApiError, HealthRequest, Reply};
use crate::net::MetricsDoor;
use crate::node::Node;

pub(super) async fn dispatch(node: &Node, ask: HealthRequest) -> Result<Reply, ApiError> {
    match ask {
        HealthRequest::SyncLog { workspace, peer, since, limit } => {
            log::list(node, log::Asked { workspace, peer, since, limit }).await
        }
        HealthRequest::Doctor => doctor::doctor(node).await,
    }
}

/// Returns where metrics are given.
pub(super) fn metrics_url(door: &MetricsDoor) -> Option<String> {
    match door {
        MetricsDoor::At(address) => Some(format!("http://{address}/metrics")),
        MetricsDoor::Off | MetricsDoor::Failed(_) => None,
    }
}
