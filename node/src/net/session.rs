//! Driving a sync session: the state machine of `protocol::sync` over two QUIC streams.
//!
//! A reader and a writer task with bounded queues keep both directions moving; the loop between
//! them verifies and accepts entries, answers progress from elsewhere and tells the peer how far
//! its work is held here.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dataforge_protocol::entry::{ReadHeader, SignedEntry};
use dataforge_protocol::holding::SignedHolding;
use dataforge_protocol::id::{BlobHash, DeviceId, WorkspaceId};
use dataforge_protocol::sync::{Effect, Session};
use dataforge_protocol::wire::{Ask, Level, Message};
use iroh::endpoint::{Connection, RecvStream, SendStream};
use tokio::sync::{Notify, Semaphore, mpsc, watch};
use tokio::task::JoinSet;

use super::exchange::Record;
use super::gauge::Tally;
use super::intake::{self, Intake};
use super::rivals::GRACE;
use super::{
    FAULT_PAUSE, HandedIn, Live, Network, OWN_FAULT_PAUSE, REMOVED_PAUSE, Registered, code, frame, guard, lock,
    transfer,
};
use crate::api::{ApiError, ErrorKind, Event};
use crate::core::Core;
use crate::node::Node;
use crate::verify::verify;
use crate::{holdings, keep};

/// What a removed device is told by its own node.
const REMOVED: &str = "this device is no member of the workspace any more";

/// Messages read ahead and frames waiting to be written.
const QUEUE: usize = 4;
/// Questions of a peer that are answered at a time.
const ASKS: usize = 4;
/// How often missing blobs are counted while entries come; people look at the number.
const COUNT: Duration = Duration::from_millis(500);
/// Messages beside the session that wait to be sent; more are dropped, and told with the next contact.
const NOTICES: usize = 256;

/// What is known about an open session; watched by those who wait for it.
#[derive(Debug, Clone, Default)]
pub(crate) struct SessionInfo {
    /// Each side has sent what the other lacked when they met.
    pub(crate) caught_up: bool,
    /// What the peer says about what it holds.
    pub(crate) peer: Option<Level>,
    /// What this side last said to the peer.
    pub(crate) own: Level,
    /// Entries received and settled.
    pub(crate) received: u64,
    /// Entries sent.
    pub(crate) sent: u64,
    /// Entries that are still to be sent.
    pub(crate) to_send: u64,
    /// Entries that the peer had when it told its tips and that are not settled here; none before.
    pub(crate) behind: Option<u64>,
    /// Why it ended.
    pub(crate) ended: Option<String>,
}

struct Driver<'a> {
    node: Node,
    network: &'a Arc<Network>,
    workspace: WorkspaceId,
    peer: DeviceId,
    session: Session,
    /// Those of the core when it began.
    restores: u64,
    info: watch::Sender<SessionInfo>,
    notices: mpsc::Receiver<Message>,
    transfer: Arc<transfer::Fetch>,
    /// Tells the fetcher to look for missing blobs.
    wanted: Arc<Notify>,
    /// When missing blobs were counted.
    counted: Instant,
    /// Questions of the peer that are being answered.
    asks: Arc<Semaphore>,
}

/// A session that is registered, to be run.
pub(super) struct Opened {
    node: Node,
    network: Arc<Network>,
    connection: Connection,
    workspace: WorkspaceId,
    dialler: DeviceId,
    session: Session,
    restores: u64,
    info: watch::Sender<SessionInfo>,
    notices: mpsc::Receiver<Message>,
    tally: Arc<Tally>,
}

/// Registers a session by who dialled and when the handshake was done; `None` when another one serves these
/// two devices.
pub(super) async fn open(
    network: &Arc<Network>,
    connection: Connection,
    workspace: WorkspaceId,
    (dialler, since): (DeviceId, Instant),
) -> Result<Option<Opened>, ApiError> {
    let node = network.node.get()?;
    let begin = move |core: &mut Core| {
        let joining = core.store.joining(&workspace)?;
        Ok((Session::new(core.ledger(&workspace)?), core.restores(), joining))
    };
    let (session, restores, joining) = node.with_core(begin).await?;
    if let Some(host) = joining {
        lock(&network.joining).insert(workspace, host);
    }
    let (info, watcher) = watch::channel(SessionInfo::default());
    let (sender, notices) = mpsc::channel(NOTICES);
    let tally = Arc::new(Tally::default());
    let held = Arc::clone(&tally);
    let live = Live { dialler, connection: connection.clone(), since, info: watcher, notices: sender, tally: held };
    let peer = DeviceId(*connection.remote_id().as_bytes());
    match network.register(workspace, peer, live) {
        Registered::Not => {
            connection.close(code::DUPLICATE.into(), b"");
            return Ok(None);
        }
        Registered::Alone => {}
        Registered::Beside => {
            let waiting = Arc::clone(network);
            network.spawn(async move {
                tokio::time::sleep(GRACE).await;
                waiting.end_older(workspace, peer);
            });
        }
    }
    guard::widen(&connection);
    let network = Arc::clone(network);
    Ok(Some(Opened { node, network, connection, workspace, dialler, session, restores, info, notices, tally }))
}

impl Opened {
    /// Runs the session until either side ends it.
    pub(super) async fn run(self, send: SendStream, recv: RecvStream) -> Result<(), ApiError> {
        let Self { node, network, connection, workspace, dialler, session, restores, info, notices, tally } = self;
        let peer = DeviceId(*connection.remote_id().as_bytes());
        let name = node.peer_name(workspace, peer).await;
        // Peers listen on the port they send from, so the way back is known too.
        let reached = frame::addresses(&connection);
        node.note_reached(peer, reached).await;
        let is_ours = dialler == network.device;
        let record = Record::begin(&network, &node, &connection, workspace, is_ours, Arc::clone(&tally)).await;
        node.emit(Event::PeerConnected { device: peer.to_string(), name: name.clone() });
        let wanted = Arc::new(Notify::new());
        let transfer = Arc::new(transfer::Fetch::new(workspace, peer, Arc::clone(&tally)));
        let mut driver = Driver {
            node: node.clone(),
            network: &network,
            workspace,
            peer,
            session,
            restores,
            info,
            notices,
            transfer,
            wanted,
            counted: Instant::now(),
            asks: Arc::new(Semaphore::new(ASKS)),
        };
        let intake = Intake { network: Arc::clone(&network), connection: connection.clone(), workspace, peer, tally };
        let ended = driver.drive(&connection, dialler, send, (recv, intake)).await;
        if driver.session.is_removed() {
            // Before it is gone from the table: who waits for its end looks then.
            let handed_in = HandedIn { entries: driver.info.borrow().sent, left: driver.session.left() };
            network.note_removed(workspace, peer, handed_in);
        }
        let is_own = |kind| matches!(kind, ErrorKind::Storage | ErrorKind::Damaged);
        if let Some(own) = ended.as_ref().err().filter(|error| is_own(error.kind)) {
            // Before it is gone from the table, too.
            network.note_failure(workspace, peer, Some(own.clone()));
        }
        let is_last = network.unregister(workspace, peer, &connection);
        let closed = connection.close_reason();
        let reason = closed.as_ref().map_or_else(|| "closed".to_owned(), ToString::to_string);
        if driver.session.is_removed() {
            network.shun(workspace, peer, REMOVED_PAUSE);
            node.note_contact(peer, Err(REMOVED)).await;
        }
        match ended.as_ref().err().filter(|error| error.kind != ErrorKind::Network) {
            Some(fault) if fault.kind == ErrorKind::NotAllowed => {
                // Told once; a peer that goes on like that is not listened to for a while.
                network.shun(workspace, peer, FAULT_PAUSE);
                let told: String = fault.message.chars().take(120).collect();
                connection.close(code::FAULT.into(), told.as_bytes());
            }
            Some(_own) => {
                // What failed on this side is not the peer's fault, and seldom mended in a second.
                network.shun(workspace, peer, OWN_FAULT_PAUSE);
                connection.close(code::LATER.into(), b"try again later");
            }
            None => connection.close(code::DONE.into(), b""),
        }
        let info = driver.info.borrow().clone();
        record.end(&info, &ended, closed.as_ref(), !driver.session.is_removed()).await;
        driver.info.send_modify(|info| info.ended = Some(reason.clone()));
        // One that came meanwhile was told of already.
        if is_last && !network.has_session(&peer) {
            node.emit(Event::PeerLost { device: peer.to_string(), name, reason });
        }
        ended
    }
}

impl Driver<'_> {
    async fn drive(
        &mut self,
        connection: &Connection,
        dialler: DeviceId,
        send: SendStream,
        (recv, intake): (RecvStream, Intake),
    ) -> Result<(), ApiError> {
        let (incoming_tx, mut incoming) = mpsc::channel(QUEUE);
        let (outgoing, outgoing_rx) = mpsc::channel(QUEUE);
        let mut tasks = JoinSet::new();
        tasks.spawn(intake::read(recv, intake, incoming_tx));
        tasks.spawn(write(send, outgoing_rx));
        let (network, fetch, wanted) = (Arc::clone(self.network), Arc::clone(&self.transfer), Arc::clone(&self.wanted));
        tasks.spawn(async move { transfer::fetch_when_wanted(&network, &fetch, &wanted).await });
        let mut changes = self.node.changes();
        let mut held = self.network.held.subscribe();
        let mut fetching = self.transfer.state.subscribe();
        let (mut has_more, mut blobs_linked) = (true, false);
        loop {
            tokio::select! {
                permit = outgoing.reserve(), if has_more => {
                    let Ok(permit) = permit else { return Ok(()) };
                    match self.next_message()? {
                        Some(message) => permit.send(message.to_frame()),
                        // The peer closes once it has taken what it may have.
                        None => has_more = false,
                    }
                }
                message = incoming.recv() => {
                    let Some(message) = message else { return self.end() };
                    match message {
                        Err(_) if self.session.is_removed() => return self.end(),
                        message => self.on_message(message?)?,
                    }
                    if !blobs_linked && dialler == self.network.device {
                        // Only now has the listener surely judged this device as a member.
                        blobs_linked = true;
                        let (network, connection) = (Arc::clone(self.network), connection.clone());
                        let workspace = self.workspace;
                        tasks.spawn(async move { transfer::keep_linked(&network, workspace, &connection).await });
                    }
                    has_more = true;
                }
                changed = changes.changed() => {
                    if changed.is_err() { return Ok(()) }
                    self.on_changes()?;
                    has_more = true;
                }
                blobs = held.recv() => {
                    if let Ok(blobs) = blobs {
                        self.on_held(&blobs)?;
                    }
                    self.update_level()?;
                    has_more = true;
                }
                notice = self.notices.recv() => {
                    let Some(notice) = notice else { return Ok(()) };
                    self.session.on_notice(notice);
                    has_more = true;
                }
                _ = fetching.changed() => {
                    self.update_level()?;
                    has_more = true;
                }
            }
        }
    }

    /// The stream of the peer ended.
    fn end(&self) -> Result<(), ApiError> {
        if self.session.is_removed() { Err(ApiError::new(ErrorKind::Network, REMOVED)) } else { Ok(()) }
    }

    fn next_message(&mut self) -> Result<Option<Message>, ApiError> {
        let (workspace, session) = (self.workspace, &mut self.session);
        let message = self.node.block(|core| {
            let (_, store) = core.ledger_and_store(&workspace)?;
            // It goes on when it can be read again: the peer dials, and so does this node.
            let damaged = |unread| ApiError::from_error(ErrorKind::Damaged, &unread);
            store.reading(|store| session.next_message(store).map_err(damaged))
        })?;
        let caught_up = self.session.is_caught_up();
        let sent = if let Some(Message::Entries(entries)) = &message { entries.len() as u64 } else { 0 };
        let to_send = self.session.to_send() as u64;
        if sent > 0 || caught_up {
            self.info.send_if_modified(|info| {
                let changed = sent > 0 || info.caught_up != caught_up;
                info.sent += sent;
                info.to_send = to_send;
                info.caught_up = caught_up;
                changed
            });
        }
        Ok(message)
    }

    fn on_message(&mut self, message: Message) -> Result<(), ApiError> {
        let (workspace, session) = (self.workspace, &mut self.session);
        let is_tips = matches!(message, Message::Tips(..));
        let effect = self.node.block(|core| {
            let fault =
                |fault: dataforge_protocol::sync::Fault| ApiError::new(ErrorKind::NotAllowed, fault.to_string());
            session.on_message(message, core.ledger(&workspace)?).map_err(fault)
        })?;
        match effect {
            Effect::None if is_tips => self.note_behind()?,
            Effect::None => {}
            Effect::Accept(entries) => self.accept(entries)?,
            Effect::Removed => tracing::warn!("{} says that {REMOVED}", self.peer.fmt_short()),
            Effect::PeerHolds(hashes) => {
                self.node.transfers().may_have(&(self.workspace, self.peer), &hashes);
                self.wanted.notify_one();
            }
            Effect::PeerLevel(level) => self.on_peer_level(level)?,
            Effect::Holdings(statements) => self.on_holdings(statements)?,
            Effect::Promise(promise) => self.node.promises().on_promise(self.peer, promise),
            Effect::Ask(ask) => self.answer(ask),
            Effect::PeerCaughtUp => {
                self.end_joining()?;
                // Until the fetcher has looked, it counts as fetching.
                self.transfer.state.send_replace(true);
                self.wanted.notify_one();
                self.tell_holdings()?;
                self.update_level()?;
                self.node.settle_conflicts(self.workspace)?;
            }
        }
        let caught_up = self.session.is_caught_up();
        self.info.send_if_modified(|info| std::mem::replace(&mut info.caught_up, caught_up) != caught_up);
        Ok(())
    }

    /// Verifies and accepts entries. One that does not verify ends the session: a peer that passes
    /// it on did not verify it either.
    fn accept(&mut self, entries: Vec<SignedEntry>) -> Result<(), ApiError> {
        let workspace = self.workspace;
        let bad = |error: dataforge_protocol::entry::EntryError| {
            ApiError::new(ErrorKind::NotAllowed, format!("the peer sent a bad entry: {error}"))
        };
        let verified = verify(entries).map_err(bad)?;
        // What settles with them, because it waited, may have come from another: this peer may lack it.
        let given: BTreeSet<_> = verified.iter().map(|entry| entry.id).collect();
        if self.session.is_caught_up() {
            // What it wrote itself and sends now was written just now.
            let claims = verified.iter().filter_map(|entry| match &entry.header {
                ReadHeader::Known(_, header) if header.link.device == self.peer => Some(header.claims.claimed_ms),
                _ => None,
            });
            if let Some(claimed_ms) = claims.max() {
                self.network.gauge.note_clock(self.peer, claimed_ms);
            }
        }
        let progress = self.node.block(|core| core.accept(&workspace, verified))?;
        for (id, why) in &progress.invalid {
            tracing::warn!("entry {} from {} is refused: {why}", id.fmt_short(), self.peer.fmt_short());
        }
        self.session.on_settled(progress.settled.iter().filter(|id| given.contains(id)).copied());
        self.info.send_modify(|info| info.received += progress.settled.len() as u64);
        self.network.gauge.judged(progress.settled.len(), progress.invalid.len());
        self.node.on_progress(workspace, &progress);
        if self.session.is_caught_up() {
            self.node.settle_conflicts(self.workspace)?;
        }
        if progress.put_off {
            let message = "an entry that is held here cannot be read, so others cannot be judged";
            return Err(ApiError::new(ErrorKind::Damaged, message));
        }
        Ok(())
    }

    /// The peer has sent all that it had when it came: what comes from now on is counted, unless it is
    /// somebody who had nothing, such as another one who joins.
    fn end_joining(&self) -> Result<(), ApiError> {
        let (workspace, had_some) = (self.workspace, self.info.borrow().received > 0);
        let mut joining = lock(&self.network.joining);
        if joining.get(&workspace).is_none_or(|host| *host != self.peer && !had_some) {
            return Ok(());
        }
        joining.remove(&workspace);
        drop(joining);
        self.node.block(|core| core.store.end_joining(&workspace))
    }

    /// Tells what is known of who has what, once each side has what it takes to judge it.
    fn tell_holdings(&mut self) -> Result<(), ApiError> {
        let workspace = self.workspace;
        let statements = self.node.block(|core| {
            holdings::say(core, &workspace)?;
            Ok(holdings::all(core, &workspace)?.into_iter().map(|(_, signed)| signed).collect::<Vec<_>>())
        })?;
        for signed in statements {
            self.session.on_notice(Message::Holdings(vec![signed]));
        }
        Ok(())
    }

    /// Takes what is said of who has what, and passes on what is news.
    fn on_holdings(&mut self, statements: Vec<SignedHolding>) -> Result<(), ApiError> {
        let workspace = self.workspace;
        let news = self.node.block(|core| holdings::take(core, &workspace, statements))?;
        if !news.is_empty() {
            self.network.tell_all(&workspace, Some(self.peer), &Message::Holdings(news));
            // What may be given up here depends on it.
            self.node.look_for_blobs();
        }
        Ok(())
    }

    /// Answers a peer that wants proof of what is held here, when it has been read.
    fn answer(&self, ask: Ask) {
        let Ok(place) = Arc::clone(&self.asks).try_acquire_owned() else {
            // It gets no answer, which proves nothing.
            tracing::debug!("{} asks for too many proofs at a time", self.peer.fmt_short());
            return;
        };
        let (node, network) = (self.node.clone(), Arc::clone(self.network));
        let (workspace, peer) = (self.workspace, self.peer);
        let answering = async move {
            match keep::answer(&node, workspace, peer, ask).await {
                Ok(promise) => network.tell(&workspace, &peer, Message::Promise(promise)),
                Err(error) => tracing::warn!("{} gets no proof: {error}", peer.fmt_short()),
            }
            drop(place);
        };
        self.network.spawn(answering);
    }

    /// Announces blobs that came to be held here, if they are so for this workspace: a hash of another
    /// is nothing to tell its members.
    fn on_held(&mut self, blobs: &[BlobHash]) -> Result<(), ApiError> {
        let workspace = self.workspace;
        let own = self.node.block(|core| {
            core.store.reading(|store| {
                let mut own = Vec::new();
                for blob in blobs {
                    if store.offers(&workspace, blob)? {
                        own.push(*blob);
                    }
                }
                Ok(own)
            })
        })?;
        self.session.on_holding(own);
        Ok(())
    }

    fn on_changes(&mut self) -> Result<(), ApiError> {
        let (workspace, peer, restores, session) = (self.workspace, self.peer, self.restores, &mut self.session);
        let member = self.node.block(|core| {
            if core.restores() != restores {
                // What waited here for other entries is forgotten, and the peer would not send it again.
                return Err(ApiError::new(ErrorKind::Storage, "the disk failed: the session has to begin anew"));
            }
            let ledger = core.ledger(&workspace)?;
            session.on_progress(ledger);
            Ok(ledger.members().is_member(&peer))
        })?;
        if !member && !self.session.is_removed() {
            // No fault of its own: it is told why when it dials again, which it may do at once.
            return Err(ApiError::new(ErrorKind::Network, "the peer is no member of the workspace any more"));
        }
        self.wanted.notify_one();
        // Before that the peer is told of no level, and to count what is missing costs as much as a batch.
        let is_due = self.session.is_peer_caught_up() || self.counted.elapsed() > COUNT;
        if is_due { self.update_level() } else { self.note_behind() }
    }

    /// Notes how far this side is behind. The peer is told of levels later, once it has sent what it has.
    fn note_behind(&self) -> Result<(), ApiError> {
        let workspace = self.workspace;
        let behind = self.node.block(|core| Ok(self.session.behind(core.ledger(&workspace)?)))?;
        let to_send = self.session.to_send() as u64;
        self.info.send_modify(|info| (info.to_send, info.behind) = (to_send, behind));
        Ok(())
    }

    /// Works out how far the peer's work is held here.
    fn update_level(&mut self) -> Result<(), ApiError> {
        let (workspace, peer, fetching) = (self.workspace, self.peer, *self.transfer.state.borrow());
        let (level, behind) = self.node.block(|core| {
            let missing_blobs = self.node.count_wanted(core, &workspace)?;
            let ledger = core.ledger(&workspace)?;
            let (tips, behind) = (ledger.device_tips(&peer), self.session.behind(ledger));
            Ok((Level { tips, missing_blobs, fetching: fetching && missing_blobs > 0 }, behind))
        })?;
        self.counted = Instant::now();
        let to_send = self.session.to_send() as u64;
        self.info.send_modify(|info| {
            (info.own, info.to_send, info.behind) = (level.clone(), to_send, behind);
        });
        self.session.on_level(level);
        Ok(())
    }

    fn on_peer_level(&mut self, level: Level) -> Result<(), ApiError> {
        let (workspace, peer, own) = (self.workspace, self.peer, self.network.device);
        let tips = level.tips.clone();
        self.node.block(|core| {
            let ours = core.ledger(&workspace)?.device_tips(&own);
            let seq =
                tips.iter().filter(|tip| ours.first().is_some_and(|our| tip.0 <= our.0)).map(|(seq, _)| *seq).max();
            if let Some(seq) = seq {
                core.store.note_level(&workspace, &peer, seq)?;
            }
            Ok(())
        })?;
        self.info.send_modify(|info| info.peer = Some(level));
        Ok(())
    }
}

async fn write(mut send: SendStream, mut outgoing: mpsc::Receiver<Vec<u8>>) {
    while let Some(frame) = outgoing.recv().await {
        if frame::write(&mut send, &frame).await.is_err() {
            return;
        }
    }
    // The peer may have closed first.
    drop(send.finish());
}
