//! Metrics for Prometheus: off unless `metrics.listen` names a loopback address.
//!
//! `gather` asks the node for numbers, `text` writes them, `door` answers whoever has the token.
//! Nothing can be changed through it, and names of people, wells and files are never told.

mod door;
mod gather;
mod text;

use std::sync::Arc;

use tokio::net::TcpListener;

use crate::api::{ApiError, Event};
use crate::loopback::{Loopback, token};
use crate::net::{MetricsDoor, Network};
use crate::node::Node;

/// The file with the token, in the data directory.
const TOKEN_FILE: &str = "metrics.token";

/// Opens the door where the settings ask for it. A node syncs also where that fails, so that is said
/// and not returned.
pub(crate) async fn open(node: &Node, network: &Arc<Network>) {
    let Loopback(Some(listen)) = node.config().metrics.listen else { return };
    let opened = async {
        let token = token(node.directory(), TOKEN_FILE)?;
        let listener = TcpListener::bind(listen).await.map_err(|error| {
            ApiError::new(crate::api::ErrorKind::Network, format!("metrics cannot be given at {listen}: {error}"))
                .hint("dataforge config set metrics.listen 127.0.0.1:PORT chooses another port")
        })?;
        let at = listener.local_addr().unwrap_or(listen);
        Ok::<_, ApiError>((token, listener, at))
    };
    match opened.await {
        Ok((token, listener, at)) => {
            network.gauge.set_metrics(MetricsDoor::At(at));
            network.serve_metrics(door::serve(listener, token, node.weak()));
        }
        Err(error) => {
            tracing::warn!("{error}");
            network.gauge.set_metrics(MetricsDoor::Failed(error.message.clone()));
            node.emit(Event::Notice { message: error.message });
        }
    }
}
