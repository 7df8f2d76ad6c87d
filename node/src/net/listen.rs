//! Answering connections: each on its own task, judged before it is served.

use std::sync::Arc;

use dataforge_protocol::id::DeviceId;
use dataforge_protocol::wire::{BLOBS_ALPN, JOIN_ALPN, PAIR_ALPN, SYNC_ALPN};
use futures::FutureExt as _;
use iroh::endpoint::{Connection, Incoming};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::hello::Dialler;
use super::{HANDSHAKE, MAX_CONNECTIONS, Network, REMOVED_PAUSE, code, hello, join, late, pairing, session, transfer};
use crate::api::{ApiError, ErrorKind};

/// Accepts connections until the endpoint closes.
pub(super) async fn listen(network: Arc<Network>) {
    let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    while let Some(incoming) = network.endpoint.accept().await {
        let Ok(slot) = Arc::clone(&slots).try_acquire_owned() else {
            incoming.refuse();
            continue;
        };
        let serving = Arc::clone(&network);
        network.spawn(async move {
            // A panic in one connection must not end the others.
            let served = std::panic::AssertUnwindSafe(serve(&serving, incoming)).catch_unwind().await;
            match served {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::debug!("a connection ended: {error}"),
                Err(_panic) => tracing::error!("serving a connection panicked"),
            }
            drop(slot);
        });
    }
}

async fn serve(network: &Arc<Network>, incoming: Incoming) -> Result<(), ApiError> {
    let late = |_elapsed| ApiError::new(ErrorKind::Network, "the handshake took too long");
    let accepting = incoming.accept().map_err(|error| super::frame::lost(&error))?;
    let connection = timeout(HANDSHAKE, accepting).await.map_err(late)?.map_err(|error| super::frame::lost(&error))?;
    let alpn = connection.alpn().to_vec();
    if alpn == SYNC_ALPN {
        serve_sync(network, connection).await
    } else if alpn == BLOBS_ALPN {
        serve_blobs(network, connection).await
    } else if alpn == JOIN_ALPN {
        let _serving = network.pairing.serve();
        let done = timeout(HANDSHAKE, join::host(network, &connection)).await.map_err(late)?;
        if done.is_err() {
            connection.close(code::REFUSED.into(), b"");
        }
        done
    } else if alpn == PAIR_ALPN {
        let _serving = network.pairing.serve();
        let done = pairing::host(network, &connection).await;
        if done.is_err() {
            connection.close(code::REFUSED.into(), b"");
        }
        done
    } else {
        Ok(())
    }
}

async fn serve_sync(network: &Arc<Network>, connection: Connection) -> Result<(), ApiError> {
    let late = |_elapsed| ApiError::new(ErrorKind::Network, "the hello took too long");
    let node = network.node.get()?;
    let greeted = timeout(HANDSHAKE, async {
        let (mut send, mut recv) = connection.accept_bi().await.map_err(|error| super::frame::lost(&error))?;
        let dialler = hello::answer(&node, &connection, network.device, &mut send, &mut recv).await?;
        Ok::<_, ApiError>((dialler, send, recv))
    });
    let peer = DeviceId(*connection.remote_id().as_bytes());
    match greeted.await.map_err(late).and_then(|done| done) {
        Ok((dialler, ..)) if network.is_shunned(&dialler.workspace(), &peer) => {
            connection.close(code::LATER.into(), b"try again later");
            Ok(())
        }
        Ok((Dialler::Member(workspace), send, recv)) => {
            match session::open(network, connection, workspace, peer).await? {
                Some(opened) => opened.run(send, recv).await,
                None => Ok(()),
            }
        }
        Ok((Dialler::Removed(removed), mut send, mut recv)) => {
            // What it may hand in is bounded for each connection, so connections are too.
            network.shun(removed.workspace, peer, REMOVED_PAUSE);
            late::take(&node, &connection, removed, &mut send, &mut recv).await
        }
        Err(error) => {
            connection.close(code::REFUSED.into(), b"");
            Err(error)
        }
    }
}

async fn serve_blobs(network: &Arc<Network>, connection: Connection) -> Result<(), ApiError> {
    let peer = DeviceId(*connection.remote_id().as_bytes());
    let node = network.node.get()?;
    let member = node
        .with_core(move |core| {
            let mut member = false;
            for workspace in core.workspace_ids() {
                member |= hello::is_member(core.ledger(&workspace)?, &peer);
            }
            Ok(member)
        })
        .await?;
    if !member {
        connection.close(code::REFUSED.into(), b"");
        return Err(hello::refused());
    }
    transfer::serve(network, peer, connection).await;
    Ok(())
}
