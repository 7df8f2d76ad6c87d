//! Answering connections: each on its own task, judged before it is served.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use dataforge_protocol::id::DeviceId;
use dataforge_protocol::wire::{BLOBS_ALPN, JOIN_ALPN, PAIR_ALPN, SYNC_ALPN};
use futures::FutureExt as _;
use iroh::endpoint::{Connection, Incoming};
use tokio::time::timeout;

use super::guard::{Admitted, Guard, Judged, Verdict, strangers};
use super::hello::Dialler;
use super::{HANDSHAKE, Network, REMOVED_PAUSE, code, hello, join, late, pairing, session, transfer};
use crate::api::{ApiError, ErrorKind};

/// Pause before an endpoint that stopped is bound anew.
const REBIND_PAUSE: Duration = Duration::from_secs(2);

/// Accepts connections until the network is closed; an endpoint that stops before is bound anew.
pub(super) async fn listen(network: Arc<Network>) {
    let guard = Arc::new(Guard::default());
    while !network.is_closing.load(Ordering::SeqCst) {
        accept(&network, &guard).await;
        if network.is_closing.load(Ordering::SeqCst) {
            return;
        }
        tracing::error!("the network stopped; it is started again");
        tokio::time::sleep(REBIND_PAUSE).await;
        if let Err(error) = network.rebind().await {
            tracing::error!("{error}");
        }
    }
}

/// Accepts connections until the endpoint stops.
async fn accept(network: &Arc<Network>, guard: &Arc<Guard>) {
    let endpoint = network.endpoint();
    while let Some(incoming) = endpoint.accept().await {
        let Verdict::Judge(incoming, judged) = guard.meet(incoming) else { continue };
        let (serving, guard) = (Arc::clone(network), Arc::clone(guard));
        network.spawn(async move {
            let gives_way = Arc::clone(&judged.gives_way);
            // A panic in one connection must not end the others.
            let serving = std::panic::AssertUnwindSafe(serve(&serving, &guard, *incoming, judged)).catch_unwind();
            let served = tokio::select! {
                served = serving => served,
                // One that was judged is in nobody's way.
                () = gives_way.notified() => return,
            };
            match served {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::debug!("a connection ended: {error}"),
                Err(_panic) => tracing::error!("serving a connection panicked"),
            }
        });
    }
}

async fn serve(network: &Arc<Network>, guard: &Arc<Guard>, incoming: Incoming, judged: Judged) -> Result<(), ApiError> {
    let late = |_elapsed| ApiError::new(ErrorKind::Network, "the handshake took too long");
    let accepting = incoming.accept().map_err(|error| super::frame::lost(&error))?;
    let connection = timeout(HANDSHAKE, accepting).await.map_err(late)?.map_err(|error| super::frame::lost(&error))?;
    let alpn = connection.alpn().to_vec();
    if alpn == SYNC_ALPN {
        serve_sync(network, guard, connection, judged).await
    } else if alpn == BLOBS_ALPN {
        serve_blobs(network, guard, connection, judged).await
    } else if alpn == JOIN_ALPN {
        let _serving = network.pairing.serve();
        let done = join::host(network, &connection).await;
        if let Err(error) = &done {
            // Who is only slow, or was cut off, may try again.
            let said = if error.kind == ErrorKind::Network { code::LATER } else { code::REFUSED };
            connection.close(said.into(), b"");
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

/// Returns the place of a member's connection; one too many is closed.
fn admit(guard: &Arc<Guard>, connection: &Connection, peer: DeviceId) -> Result<Admitted, ApiError> {
    guard.admit(peer).ok_or_else(|| {
        connection.close(code::LATER.into(), b"too many connections");
        ApiError::new(ErrorKind::Network, format!("{} has too many connections", peer.fmt_short()))
    })
}

async fn serve_sync(
    network: &Arc<Network>,
    guard: &Arc<Guard>,
    connection: Connection,
    judged: Judged,
) -> Result<(), ApiError> {
    let since = Instant::now();
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
            let _place = admit(guard, &connection, peer)?;
            drop(judged);
            match session::open(network, connection, workspace, (peer, since)).await? {
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

async fn serve_blobs(
    network: &Arc<Network>,
    guard: &Arc<Guard>,
    connection: Connection,
    judged: Judged,
) -> Result<(), ApiError> {
    let peer = DeviceId(*connection.remote_id().as_bytes());
    let node = network.node.get()?;
    let late = |_elapsed| ApiError::new(ErrorKind::Network, "the hello took too long");
    let named = timeout(HANDSHAKE, async {
        if !node.with_core(move |core| strangers(core, vec![peer])).await?.is_empty() {
            return Err(hello::refused());
        }
        hello::named(&node, &connection, network.device).await
    });
    let workspace = match named.await.map_err(late).and_then(|named| named) {
        Ok(workspace) => workspace,
        Err(error) => {
            connection.close(code::REFUSED.into(), b"");
            return Err(error);
        }
    };
    let _place = admit(guard, &connection, peer)?;
    drop(judged);
    // The node is kept by nobody who waits for a peer.
    drop(node);
    transfer::serve(network, (workspace, peer), connection).await;
    Ok(())
}
