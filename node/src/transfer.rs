//! What is to be fetched, in which order, from whom, and what is under way.
//!
//! One table for the node, from which the sessions with peers take work: small blobs in groups, large
//! ones in parts, so that several peers give one blob. No I/O happens here and time is passed in, so
//! every decision can be tested.

mod part;
mod queue;
mod wanted;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use dataforge_protocol::entry::BlobRef;
use dataforge_protocol::id::{BlobHash, DeviceId, WorkspaceId};
use tokio::sync::watch;

pub(crate) use self::part::Part;
use self::part::Shared;
pub(crate) use self::queue::State as TransferState;
pub(crate) use self::wanted::{Interest, Wanted, wanted};
use crate::blob::{FetchError, Fetched};
use crate::pace::Pace;
use crate::store::{Paused, Transfer, Wish};

/// Blobs fetched and made durable together.
const GROUP: usize = 128;
/// Bytes made durable together.
const GROUP_BYTES: u64 = 64 << 20;
/// Blobs of this size and more are fetched in parts.
const LARGE: u64 = 16 << 20;
/// How long a peer that sent wrong bytes is not asked for any.
const DISTRUST: Duration = Duration::from_secs(600);
/// How long a peer that stopped sending a blob is not asked for it, and one that nothing comes from for
/// nothing: its line may be broken, not it.
const STALLED: Duration = Duration::from_secs(5);
/// First and longest pause before a blob is tried again; it doubles.
const RETRY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
/// How long a list of what is wanted may be out of date.
const STALE: Duration = Duration::from_millis(250);

/// A peer that blobs of a workspace may be had from.
pub(crate) type Provider = (WorkspaceId, DeviceId);

/// The table.
#[derive(Debug, Default)]
pub(crate) struct Transfers {
    state: Mutex<State>,
    /// Counts reasons to look for work again.
    work: watch::Sender<u64>,
    /// Counts pauses: who is fetching looks whether it is concerned.
    stops: watch::Sender<u64>,
    /// Of paths within the networks of this node, and of relayed ones.
    direct: Pace,
    relayed: Pace,
    /// The same for what others fetch from here.
    direct_out: Pace,
    relayed_out: Pace,
}

#[derive(Debug, Default)]
struct State {
    queues: BTreeMap<WorkspaceId, Queue>,
    providers: BTreeMap<Provider, Supply>,
    /// How often a provider joined.
    joined: u64,
    /// What is under way, and for which workspace: what comes for one is nothing that another may have.
    flights: BTreeMap<BlobHash, (WorkspaceId, Flight)>,
    paused: BTreeSet<Paused>,
    known: BTreeMap<Wish, Transfer>,
    /// What came of each blob by requests that are under way.
    coming: BTreeMap<BlobHash, Vec<Weak<AtomicU64>>>,
    /// Blobs of what is on screen, and of what is around it, with their workspace.
    shown: BTreeSet<BlobHash>,
    around: BTreeSet<BlobHash>,
    showing: Option<WorkspaceId>,
    distrusted: BTreeMap<DeviceId, Instant>,
}

/// What is wanted of a workspace, the most urgent first.
#[derive(Debug, Default)]
struct Queue {
    blobs: Vec<Wanted>,
    made: Option<Instant>,
    is_stale: bool,
}

#[derive(Debug, Default)]
struct Supply {
    /// The sessions with it, by the numbers they leave by.
    sessions: BTreeSet<u64>,
    is_relayed: bool,
    /// Blobs it did not have when asked, and those that it stopped sending, until when.
    lacking: BTreeMap<BlobHash, Option<Instant>>,
    /// Until when it is asked for nothing, because nothing came from it any more.
    silent_until: Option<Instant>,
}

impl Supply {
    /// Notes that a blob did not come from it.
    fn on_failure(&mut self, hash: BlobHash, error: &FetchError, now: Instant) {
        match error {
            FetchError::Lacking | FetchError::Lying(_) => {
                self.lacking.insert(hash, None);
            }
            FetchError::Stalled => {
                self.lacking.insert(hash, Some(now + STALLED));
            }
            FetchError::Silent => self.silent_until = Some(now + STALLED),
            FetchError::Lost(_) | FetchError::Own(_) => {}
        }
    }

    /// Whether it is not asked for a blob now.
    fn lacks(&self, hash: &BlobHash, now: Instant) -> bool {
        let is_silent = self.silent_until.is_some_and(|until| until > now);
        is_silent || self.lacking.get(hash).is_some_and(|until| until.is_none_or(|until| until > now))
    }
}

#[derive(Debug)]
enum Flight {
    /// Of one peer, in a group or about to be shared.
    Whole(DeviceId),
    /// In parts.
    Shared(Box<Shared>, Arc<Fetched>),
    /// All of it is here and is being made durable.
    Settling(DeviceId),
}

/// What a session is to do next.
#[derive(Debug)]
pub(crate) enum Work {
    /// Fetch these, each as a whole.
    Group(Vec<BlobRef>),
    /// Begin with a blob in parts: see what is missing, then [`Transfers::share`].
    Begin(BlobRef),
    /// Go on with parts of this blob.
    Join(BlobRef),
}

impl Transfers {
    fn state(&self) -> MutexGuard<'_, State> {
        // Every change is one assignment to a table.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look_again(&self) {
        self.work.send_modify(|count| *count += 1);
    }

    /// Tells when there may be work again.
    pub(crate) fn work(&self) -> watch::Receiver<u64> {
        self.work.subscribe()
    }

    /// Tells when something was paused.
    pub(crate) fn stops(&self) -> watch::Receiver<u64> {
        self.stops.subscribe()
    }

    /// Returns the pace of a class of path.
    pub(crate) const fn pace(&self, is_relayed: bool) -> &Pace {
        if is_relayed { &self.relayed } else { &self.direct }
    }

    /// Returns the pace of a class of path for what others fetch from here.
    pub(crate) const fn pace_out(&self, is_relayed: bool) -> &Pace {
        if is_relayed { &self.relayed_out } else { &self.direct_out }
    }

    /// Takes what the database knows.
    pub(crate) fn load(&self, known: BTreeMap<Wish, Transfer>, paused: BTreeSet<Paused>) {
        let mut state = self.state();
        (state.known, state.paused) = (known, paused);
    }

    /// A peer that may give blobs came, or came by another connection; returns by which number it leaves,
    /// because of two sessions with it either may end first.
    pub(crate) fn join(&self, provider: Provider, is_relayed: bool) -> u64 {
        let mut state = self.state();
        state.joined += 1;
        let number = state.joined;
        let mut sessions = state.providers.remove(&provider).map(|supply| supply.sessions).unwrap_or_default();
        sessions.insert(number);
        state.providers.insert(provider, Supply { sessions, is_relayed, ..Supply::default() });
        // What failed for want of a peer, or of a network, may succeed now.
        for transfer in state.known.values_mut() {
            transfer.next_ms = 0;
        }
        drop(state);
        self.look_again();
        number
    }

    /// A session with a peer ended; what it was about to bring is free again. One that has another
    /// session stays.
    pub(crate) fn leave(&self, provider: &Provider, number: u64) {
        let mut state = self.state();
        if let Some(supply) = state.providers.get_mut(provider) {
            supply.sessions.remove(&number);
            if supply.sessions.is_empty() {
                state.providers.remove(provider);
            }
        }
        drop(state);
        self.look_again();
    }

    /// A peer says that it holds these now.
    pub(crate) fn may_have(&self, provider: &Provider, blobs: &[BlobHash]) {
        let mut state = self.state();
        let Some(supply) = state.providers.get_mut(provider) else { return };
        for hash in blobs {
            supply.lacking.remove(hash);
        }
        drop(state);
        self.look_again();
    }

    /// What is wanted of workspaces may have changed.
    pub(crate) fn on_change(&self) {
        for queue in self.state().queues.values_mut() {
            queue.is_stale = true;
        }
        self.look_again();
    }

    /// These are held now for a workspace.
    pub(crate) fn on_held(&self, workspace: &WorkspaceId, blobs: &BTreeSet<BlobHash>) {
        let mut state = self.state();
        if let Some(queue) = state.queues.get_mut(workspace) {
            queue.blobs.retain(|wanted| !blobs.contains(&wanted.blob.hash));
        }
        for hash in blobs {
            state.known.remove(&(*workspace, *hash));
        }
    }

    /// Returns what a list of what is wanted is made from; `None` while the one there is will do.
    pub(crate) fn needs_list(&self, workspace: &WorkspaceId, now: Instant) -> Option<Interest> {
        let mut state = self.state();
        let queue = state.queues.entry(*workspace).or_default();
        let is_fresh = queue.made.is_some_and(|made| {
            !queue.is_stale || (!queue.blobs.is_empty() && now.saturating_duration_since(made) < STALE)
        });
        if is_fresh {
            return None;
        }
        queue.is_stale = false;
        Some(state.interest(workspace))
    }

    /// Returns what is wanted here of a workspace beside what the policy says.
    pub(crate) fn interest(&self, workspace: &WorkspaceId) -> Interest {
        self.state().interest(workspace)
    }

    /// Takes a list of what is wanted, the most urgent first.
    pub(crate) fn set_list(&self, workspace: WorkspaceId, blobs: Vec<Wanted>, now: Instant) {
        let mut state = self.state();
        let queue = state.queues.entry(workspace).or_default();
        (queue.blobs, queue.made) = (blobs, Some(now));
    }

    /// Sets what is on screen of a workspace, and what is around it.
    pub(crate) fn show(&self, workspace: WorkspaceId, shown: BTreeSet<BlobHash>, around: BTreeSet<BlobHash>) {
        let mut state = self.state();
        if state.shown == shown && state.around == around && state.showing == Some(workspace) {
            return;
        }
        (state.shown, state.around, state.showing) = (shown, around, Some(workspace));
        drop(state);
        self.on_change();
    }

    /// Returns the blobs of what is on screen.
    pub(crate) fn shown(&self) -> BTreeSet<BlobHash> {
        self.state().shown.clone()
    }

    /// Notes that blobs of a workspace are asked for.
    pub(crate) fn ask(&self, workspace: &WorkspaceId, blobs: &[BlobHash], now_ms: u64) {
        let mut state = self.state();
        for hash in blobs {
            let transfer = state.known.entry((*workspace, *hash)).or_default();
            transfer.asked_ms.get_or_insert(now_ms);
            transfer.next_ms = 0;
            for (_, supply) in state.providers.iter_mut().filter(|(provider, _)| provider.0 == *workspace) {
                supply.lacking.remove(hash);
            }
        }
        drop(state);
        self.on_change();
    }

    /// Forgets blobs of a workspace that were asked for.
    pub(crate) fn unask(&self, workspace: &WorkspaceId, blobs: &[BlobHash]) {
        let mut state = self.state();
        for hash in blobs {
            state.known.remove(&(*workspace, *hash));
        }
        drop(state);
        self.on_change();
    }

    /// Pauses something, or lets it go on.
    pub(crate) fn pause(&self, what: Paused, on: bool) {
        let mut state = self.state();
        if on {
            state.paused.insert(what)
        } else {
            state.paused.remove(&what)
        };
        drop(state);
        self.stops.send_modify(|count| *count += 1);
        self.look_again();
    }

    /// Returns whether a blob is not to be fetched from a peer now.
    pub(crate) fn is_paused(&self, provider: &Provider, hash: &BlobHash) -> bool {
        self.state().is_paused(provider, hash)
    }

    /// Returns whether a peer that is connected would be asked for a blob if that were not paused.
    pub(crate) fn is_held_back(&self, workspace: &WorkspaceId, hash: &BlobHash) -> bool {
        let state = self.state();
        let mut of = state.providers.iter().filter(|(provider, _)| provider.0 == *workspace);
        of.any(|(provider, supply)| !supply.lacking.contains_key(hash) && state.is_paused(provider, hash))
    }

    /// Takes work for a session with a peer.
    pub(crate) fn next(&self, provider: &Provider, now: Instant, now_ms: u64) -> Option<Work> {
        self.state().next(provider, now, now_ms)
    }

    /// When work that waits for another try may be had at the earliest, in milliseconds since 1970.
    pub(crate) fn next_try(&self, now: Instant, now_ms: u64) -> Option<u64> {
        let state = self.state();
        let failed = state.known.values().map(|transfer| transfer.next_ms).filter(|ms| *ms > 0);
        let supplies = state.providers.values();
        let stalled = supplies.flat_map(|supply| supply.lacking.values().flatten().chain(&supply.silent_until));
        let stalled = stalled.filter(|until| **until > now).map(|until| {
            let pause = until.saturating_duration_since(now).as_millis();
            now_ms.saturating_add(u64::try_from(pause).unwrap_or(u64::MAX))
        });
        failed.chain(stalled).min()
    }

    /// Gives back blobs that were taken as a whole.
    pub(crate) fn give_back(&self, blobs: &[BlobRef]) {
        let mut state = self.state();
        for blob in blobs {
            if matches!(state.flights.get(&blob.hash), Some((_, Flight::Whole(_) | Flight::Settling(_)))) {
                state.flights.remove(&blob.hash);
            }
        }
        drop(state);
        self.look_again();
    }

    /// Notes that a peer did not give a blob; returns what is to be written down about it.
    pub(crate) fn on_failure(
        &self,
        provider: &Provider,
        hash: &BlobHash,
        error: &FetchError,
        now: Instant,
        now_ms: u64,
    ) -> Option<Transfer> {
        let mut state = self.state();
        let is_peers = !matches!(error, FetchError::Lost(_) | FetchError::Own(_));
        if let Some(supply) = state.providers.get_mut(provider) {
            supply.on_failure(*hash, error, now);
        }
        match error {
            // That it does not have it is no failure: others may.
            FetchError::Lacking => return None,
            FetchError::Lying(_) => {
                state.distrusted.insert(provider.1, now + DISTRUST);
            }
            _ => {}
        }
        let transfer = state.known.entry((provider.0, *hash)).or_default();
        transfer.attempts = transfer.attempts.saturating_add(1);
        let pause = retry_pause(transfer.attempts);
        // Where the fault is the peer's, another one may be asked at once.
        transfer.next_ms = if is_peers { 0 } else { now_ms + u64::try_from(pause.as_millis()).unwrap_or_default() };
        transfer.last_error = Some(error.to_string());
        Some(transfer.clone())
    }

    /// Shares a blob that was taken to be fetched in parts for a workspace, with what is missing of it.
    pub(crate) fn share(&self, workspace: WorkspaceId, fetched: Fetched, missing: Vec<std::ops::Range<u64>>) {
        let hash = fetched.blob.hash;
        let shared = Flight::Shared(Box::new(Shared::new(hash, missing)), Arc::new(fetched));
        self.state().flights.insert(hash, (workspace, shared));
        self.look_again();
    }

    /// Takes a part of a shared blob.
    pub(crate) fn take_part(&self, provider: &Provider, hash: &BlobHash, now: Instant) -> Option<Part> {
        let mut state = self.state();
        if !state.may_give(provider, hash, now) {
            return None;
        }
        match state.flights.get_mut(hash) {
            Some((of, Flight::Shared(shared, _))) if *of == provider.0 => shared.take(provider.1, now),
            _ => None,
        }
    }

    /// Gives back a part with what is still missing of it.
    pub(crate) fn end_part(&self, part: &Part, missing: Vec<std::ops::Range<u64>>) {
        let mut state = self.state();
        if let Some((_, Flight::Shared(shared, _))) = state.flights.get_mut(&part.hash) {
            shared.end(part, missing);
        }
        drop(state);
        self.look_again();
    }

    /// Returns what counts the bytes of a request for a blob, for as long as the request keeps it.
    pub(crate) fn coming(&self, hash: &BlobHash) -> Arc<AtomicU64> {
        let count = Arc::default();
        let mut state = self.state();
        state.forget_ended();
        state.coming.entry(*hash).or_default().push(Arc::downgrade(&count));
        count
    }

    /// Returns how many bytes of a shared blob are still to come.
    pub(crate) fn missing_of(&self, hash: &BlobHash) -> Option<u64> {
        match self.state().flights.get(hash) {
            Some((_, Flight::Shared(shared, _))) => Some(shared.missing()),
            _ => None,
        }
    }

    /// Takes a shared blob of which nothing is missing, to make it durable.
    pub(crate) fn take_complete(&self, provider: &Provider, hash: &BlobHash) -> Option<Arc<Fetched>> {
        let mut state = self.state();
        match state.flights.get(hash) {
            Some((of, Flight::Shared(shared, fetched))) if *of == provider.0 && shared.is_complete() => {
                let fetched = Arc::clone(fetched);
                state.flights.insert(*hash, (provider.0, Flight::Settling(provider.1)));
                Some(fetched)
            }
            _ => None,
        }
    }

    /// Drops a shared blob that nobody is at, so that it is begun anew when somebody comes; what was
    /// received stays.
    pub(crate) fn drop_idle(&self, hash: &BlobHash) {
        let mut state = self.state();
        if matches!(state.flights.get(hash), Some((_, Flight::Shared(shared, _))) if shared.is_idle()) {
            state.flights.remove(hash);
            drop(state);
            self.look_again();
        }
    }

    /// Returns whether any peer that is connected may have a blob of a workspace.
    pub(crate) fn is_on_offer(&self, workspace: &WorkspaceId, hash: &BlobHash, now: Instant) -> bool {
        let state = self.state();
        state.providers.keys().any(|provider| provider.0 == *workspace && state.may_give(provider, hash, now))
    }

    /// Returns whether a peer gives blobs.
    pub(crate) fn is_provider(&self, provider: &Provider) -> bool {
        self.state().providers.contains_key(provider)
    }

    /// Notes that a peer is not to be trusted with blobs for a while.
    pub(crate) fn distrust(&self, device: DeviceId, now: Instant) {
        self.state().distrusted.insert(device, now + DISTRUST);
    }

    /// Returns whether a peer may be asked for a blob.
    pub(crate) fn may_ask(&self, provider: &Provider, hash: &BlobHash, now: Instant) -> bool {
        self.state().may_give(provider, hash, now)
    }

    /// Notes that a peer did not give what was asked for beside the queue.
    pub(crate) fn note_failure(&self, provider: &Provider, hash: &BlobHash, error: &FetchError, now: Instant) {
        if let Some(supply) = self.state().providers.get_mut(provider) {
            supply.on_failure(*hash, error, now);
        }
    }

    /// Notes that a peer does not have a blob.
    pub(crate) fn note_lacking(&self, provider: &Provider, hash: &BlobHash) {
        if let Some(supply) = self.state().providers.get_mut(provider) {
            supply.lacking.insert(*hash, None);
        }
    }
}

/// How long a blob is left alone after so many failures.
fn retry_pause(attempts: u32) -> Duration {
    RETRY.1.min(RETRY.0 * 2_u32.saturating_pow(attempts.saturating_sub(1).min(16)))
}

impl State {
    /// Forgets requests that ended.
    fn forget_ended(&mut self) {
        self.coming.retain(|_, counts| {
            counts.retain(|count| count.strong_count() > 0);
            !counts.is_empty()
        });
    }

    /// What came of a blob by requests that are under way.
    fn came(&self, hash: &BlobHash) -> u64 {
        let counts = self.coming.get(hash).into_iter().flatten();
        counts.filter_map(Weak::upgrade).map(|count| count.load(Ordering::Relaxed)).sum()
    }

    fn interest(&self, workspace: &WorkspaceId) -> Interest {
        let asked = self.known.iter().filter(|((of, _), known)| of == workspace && known.asked_ms.is_some());
        let mut interest = Interest { asked: asked.map(|((_, hash), _)| *hash).collect(), ..Interest::default() };
        if self.showing == Some(*workspace) {
            (interest.shown, interest.around) = (self.shown.clone(), self.around.clone());
        }
        interest
    }

    fn is_paused(&self, provider: &Provider, hash: &BlobHash) -> bool {
        let (workspace, device) = *provider;
        [Paused::Workspace(workspace), Paused::Device(device), Paused::Blob(*hash)]
            .iter()
            .any(|paused| self.paused.contains(paused))
    }

    /// Whether a peer may be asked for a blob.
    fn may_give(&self, provider: &Provider, hash: &BlobHash, now: Instant) -> bool {
        let is_trusted = self.distrusted.get(&provider.1).is_none_or(|until| *until <= now);
        let has = self.providers.get(provider).is_some_and(|supply| !supply.lacks(hash, now));
        is_trusted && has && !self.is_paused(provider, hash)
    }

    /// Whether a peer on a shorter path may be asked instead.
    fn is_better_had(&self, provider: &Provider, hash: &BlobHash, now: Instant) -> bool {
        self.providers.get(provider).is_some_and(|supply| supply.is_relayed)
            && self
                .providers
                .iter()
                .any(|(other, supply)| other.0 == provider.0 && !supply.is_relayed && self.may_give(other, hash, now))
    }

    fn next(&mut self, provider: &Provider, now: Instant, now_ms: u64) -> Option<Work> {
        let queue = self.queues.get(&provider.0)?;
        let (mut group, mut bytes) = (Vec::new(), 0);
        for wanted in &queue.blobs {
            let blob = wanted.blob;
            let waits = self.known.get(&(provider.0, blob.hash)).is_some_and(|transfer| transfer.next_ms > now_ms);
            if waits || !self.may_give(provider, &blob.hash, now) || self.is_better_had(provider, &blob.hash, now) {
                continue;
            }
            match self.flights.get(&blob.hash) {
                None if blob.size >= LARGE => {
                    if group.is_empty() {
                        self.flights.insert(blob.hash, (provider.0, Flight::Whole(provider.1)));
                        return Some(Work::Begin(blob));
                    }
                }
                None => {
                    if group.len() == GROUP || (!group.is_empty() && bytes + blob.size > GROUP_BYTES) {
                        break;
                    }
                    bytes += blob.size;
                    group.push(blob);
                }
                Some((of, Flight::Shared(shared, _)))
                    if *of == provider.0 && group.is_empty() && shared.has_work(provider.1, now) =>
                {
                    return Some(Work::Join(blob));
                }
                Some(_) => {}
            }
        }
        for blob in &group {
            self.flights.insert(blob.hash, (provider.0, Flight::Whole(provider.1)));
        }
        (!group.is_empty()).then_some(Work::Group(group))
    }
}

#[cfg(test)]
mod tests;
