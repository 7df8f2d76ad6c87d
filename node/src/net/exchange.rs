//! Writing sessions down in the sync log: who, how, what moved, and why it ended.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use dataforge_protocol::id::{DeviceId, WorkspaceId};
use iroh::endpoint::{Connection, ConnectionError};

use super::gauge::{OpenSession, Tally};
use super::{Network, SessionInfo, code, frame};
use crate::api::{ApiError, ErrorKind};
use crate::clock::now_ms;
use crate::node::Node;
use crate::store::{Exchange, Moved};

/// A session that is being written down.
pub(super) struct Record {
    node: Node,
    network: Arc<Network>,
    connection: Connection,
    peer: DeviceId,
    /// The row, where it could be written.
    id: Option<i64>,
    tally: Arc<Tally>,
    _open: OpenSession,
}

const fn word(is_relayed: bool) -> &'static str {
    if is_relayed { "relay" } else { "direct" }
}

impl Record {
    /// Notes that a session began.
    pub(super) async fn begin(
        network: &Arc<Network>,
        node: &Node,
        connection: &Connection,
        workspace: WorkspaceId,
        is_out: bool,
        tally: Arc<Tally>,
    ) -> Self {
        let open = network.gauge.opened(is_out);
        let peer = DeviceId(*connection.remote_id().as_bytes());
        let path = word(frame::is_relayed(connection)).to_owned();
        let exchange = Exchange {
            workspace,
            device: peer,
            is_out,
            path,
            begun_ms: now_ms(),
            ended_ms: None,
            moved: Moved::default(),
            reason: None,
        };
        let id = node.with_core(move |core| core.store.note_exchange(&exchange)).await;
        let id = id.inspect_err(|error| tracing::warn!("a session is not in the sync log: {error}")).ok();
        Self {
            node: node.clone(),
            network: Arc::clone(network),
            connection: connection.clone(),
            peer,
            id,
            tally,
            _open: open,
        }
    }

    /// Notes how it ended. `closed` is how the connection was before this side closed it.
    pub(super) async fn end(
        self,
        info: &SessionInfo,
        ended: &Result<(), ApiError>,
        closed: Option<&ConnectionError>,
        is_member: bool,
    ) {
        let counted = self.network.gauge.traffic.end(&self.connection);
        let [blobs_in, blobs_out, bytes_in, bytes_out] = self.tally.moved();
        let (entries_in, entries_out) = (info.received, info.sent);
        let moved = Moved { entries_in, entries_out, blobs_in, blobs_out, bytes_in, bytes_out };
        // An endpoint that closes takes its connections along, and each says so in another way.
        let is_own = self.network.is_closing.load(Ordering::SeqCst) && ended.is_err();
        let closed = if is_own { Some(&ConnectionError::LocallyClosed) } else { closed };
        let (path, mut reason) = (word(counted.is_relayed()), why(ended, closed));
        reason.push_str(&slowed(self.tally.slowed_for()));
        let (peer, id) = (self.peer, self.id);
        let noted = self.node.with_core(move |core| {
            let now = now_ms();
            if is_member {
                // It was there until now.
                core.store.note_contact(&peer, Ok(now))?;
            }
            id.map_or(Ok(()), |id| core.store.end_exchange(id, Some(now), path, &moved, Some(&reason)))
        });
        if let Err(error) = noted.await {
            tracing::warn!("the end of a session is not in the sync log: {error}");
        }
    }
}

/// Returns why a session ended, in words.
fn why(ended: &Result<(), ApiError>, closed: Option<&ConnectionError>) -> String {
    if let Some(fault) = ended.as_ref().err().filter(|error| error.kind != ErrorKind::Network) {
        return fault.message.clone();
    }
    let by_code = |number: u64| match u32::try_from(number).unwrap_or(u32::MAX) {
        code::DONE => "the other side ended it",
        code::REFUSED => "the other side does not know this device as a member",
        code::FAULT => "the other side says that this one broke the protocol",
        code::REMOVED => "the other side says that this device is no member any more",
        code::LATER => "the other side wants to be left alone for a while",
        code::DUPLICATE => "another connection took its place",
        _ => "the other side ended it for a reason that this version does not know",
    };
    match closed {
        Some(ConnectionError::ApplicationClosed(close)) => by_code(close.error_code.into_inner()).to_owned(),
        Some(ConnectionError::LocallyClosed) => "ended here".to_owned(),
        Some(ConnectionError::TimedOut) => "no answer any more".to_owned(),
        Some(ConnectionError::Reset) => "the other side was restarted".to_owned(),
        Some(other) => other.to_string(),
        None => "the other side sent no more".to_owned(),
    }
}

/// Returns what is to be said of a peer that pushed more than it may.
fn slowed(time: Duration) -> String {
    match time.as_secs() {
        0 => String::new(),
        secs => format!("; slowed for {secs} s, since it sent more than network.peer_entries_per_s or _bytes_per_s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_told_in_words() {
        let lost = Err(ApiError::new(ErrorKind::Network, "the connection was lost: x"));
        let broke = Err(ApiError::new(ErrorKind::NotAllowed, "the peer sent a bad entry"));
        assert_eq!(why(&lost, Some(&ConnectionError::TimedOut)), "no answer any more");
        assert_eq!(why(&Ok(()), Some(&ConnectionError::LocallyClosed)), "ended here");
        assert_eq!(why(&broke, Some(&ConnectionError::TimedOut)), "the peer sent a bad entry");
        assert_eq!(why(&Ok(()), None), "the other side sent no more");
        assert_eq!(slowed(Duration::from_millis(999)), "");
        assert!(slowed(Duration::from_secs(12)).starts_with("; slowed for 12 s"));
    }
}
