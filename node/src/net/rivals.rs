//! Which of two connections of the same two devices serves a workspace.
//!
//! Of two that were begun at the same time from both sides the one that the lower device id dialled stays.
//! Otherwise the newer one does: who dials lost the older one, by a restart or a move. What is at the same
//! time each side reads off its own clock, by when handshakes were done, and the two may read differently:
//! then each would close the connection that the other keeps. So the lower device id decides. The other
//! one, wherever a clock could see it otherwise, goes on with both until one of them is closed. Where none is
//! in time, the one that decides knows of the newer one only, because it was restarted, and that one stays.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::time::Duration;

use dataforge_protocol::id::{DeviceId, WorkspaceId};

/// Connections begun within this time may have been dialled from both sides at once.
pub(super) const AT_ONCE: Duration = Duration::from_secs(3);
/// Connections begun so much after each other are so by either side's clock: what lies between a handshake
/// on one side and on the other is less than the difference.
const APART: Duration = Duration::from_secs(6);
/// So long the side that does not decide goes on with both.
pub(super) const GRACE: Duration = Duration::from_secs(6);

/// What is to become of two connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    /// The open one stays.
    Open,
    /// The newer one takes its place.
    Newer,
    /// The other side decides; until then the open one is used,
    AwaitOpen,
    /// or the newer one.
    AwaitNewer,
}

/// Returns what becomes of an open connection and a newer one, by who dialled each, and by how much later
/// the handshake of the newer one was done.
pub(super) fn choose(own: DeviceId, peer: DeviceId, [open, newer]: [DeviceId; 2], gap: Duration) -> Choice {
    let open_stays = gap < AT_ONCE && open < newer;
    let decides = own < peer || gap >= APART;
    match (open_stays, decides) {
        (true, true) => Choice::Open,
        (false, true) => Choice::Newer,
        (true, false) => Choice::AwaitOpen,
        (false, false) => Choice::AwaitNewer,
    }
}

/// The connections of one peer for one workspace.
#[derive(Debug)]
pub(super) struct Seat<C> {
    /// The one that is used.
    used: C,
    /// Those that another decision may put in its place.
    spare: Vec<C>,
}

impl<C> Seat<C> {
    pub(super) const fn new(used: C) -> Self {
        Self { used, spare: Vec::new() }
    }

    /// Returns the one that is used.
    pub(super) const fn used(&self) -> &C {
        &self.used
    }

    /// Returns all of them.
    pub(super) fn all(&self) -> impl Iterator<Item = &C> {
        std::iter::once(&self.used).chain(&self.spare)
    }

    /// Does what was chosen; returns the one that is to be closed.
    pub(super) fn meet(&mut self, newer: C, choice: Choice) -> Option<C> {
        match choice {
            Choice::Open => Some(newer),
            Choice::Newer => Some(std::mem::replace(&mut self.used, newer)),
            Choice::AwaitOpen => {
                self.spare.push(newer);
                None
            }
            Choice::AwaitNewer => {
                let open = std::mem::replace(&mut self.used, newer);
                self.spare.push(open);
                None
            }
        }
    }

    /// Takes one out that ended; the newest of the spare ones takes its place. Returns whether it was the
    /// last.
    pub(super) fn leave(&mut self, is_it: impl Fn(&C) -> bool) -> bool {
        if !is_it(&self.used) {
            self.spare.retain(|spare| !is_it(spare));
            return false;
        }
        match self.spare.pop() {
            Some(spare) => {
                self.used = spare;
                false
            }
            None => true,
        }
    }
}

/// The connections of all peers.
pub(super) type Seats<C> = BTreeMap<(WorkspaceId, DeviceId), Seat<C>>;

/// Takes out a connection that ended, unless another one took its place. Returns whether the peer is gone
/// with it: none is left, for whatever workspace.
pub(super) fn leave<C>(
    seats: &mut Seats<C>,
    workspace: WorkspaceId,
    peer: DeviceId,
    is_it: impl Fn(&C) -> bool,
) -> bool {
    let Entry::Occupied(mut seat) = seats.entry((workspace, peer)) else { return false };
    if !seat.get_mut().leave(is_it) {
        return false;
    }
    seat.remove();
    !seats.keys().any(|(_, device)| *device == peer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_is_gone_with_its_last_connection() {
        let [one, other] = [WorkspaceId([1; 32]), WorkspaceId([2; 32])];
        let mut seats = Seats::new();
        let mut seat = Seat::new(1);
        assert_eq!((seat.meet(2, Choice::AwaitOpen), seat.meet(3, Choice::Newer)), (None, Some(1)));
        seats.insert((one, LOW), seat);
        seats.insert((other, LOW), Seat::new(4));
        seats.insert((one, HIGH), Seat::new(5));
        let mut leaves = |workspace, connection| leave(&mut seats, workspace, LOW, |it| *it == connection);
        assert!(!leaves(one, 2), "a spare one, and another lives");
        assert!(!leaves(one, 1), "another has its place");
        assert!(!leaves(one, 3), "there is one for another workspace");
        assert!(leaves(other, 4), "the last one");
        assert!(!leaves(other, 4), "it is gone already");
    }

    const LOW: DeviceId = DeviceId([1; 32]);
    const HIGH: DeviceId = DeviceId([2; 32]);

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn of_two_at_once_the_lower_ones_stays_and_of_others_the_newer_one() {
        let by_low = |dialled, gap| choose(LOW, HIGH, dialled, gap);
        assert_eq!(by_low([LOW, HIGH], ms(2_999)), Choice::Open);
        assert_eq!(by_low([LOW, HIGH], ms(3_000)), Choice::Newer);
        for dialled in [[HIGH, LOW], [LOW, LOW], [HIGH, HIGH]] {
            assert_eq!(by_low(dialled, ms(0)), Choice::Newer, "{dialled:?}");
        }
    }

    #[test]
    fn higher_one_decides_only_what_no_clock_sees_otherwise() {
        let by_high = |dialled, gap| choose(HIGH, LOW, dialled, gap);
        assert_eq!(by_high([LOW, HIGH], ms(2_999)), Choice::AwaitOpen);
        assert_eq!(by_high([LOW, HIGH], ms(3_000)), Choice::AwaitNewer);
        assert_eq!(by_high([HIGH, HIGH], ms(5_999)), Choice::AwaitNewer);
        assert_eq!(by_high([LOW, HIGH], ms(6_000)), Choice::Newer);
    }

    /// One of two connections.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    struct Link {
        name: usize,
        dialler: DeviceId,
        /// When its handshake was done by the clock of this side.
        at: u64,
    }

    /// A side as it registers connections and hears of closed ones.
    #[derive(Default)]
    struct Side {
        seat: Option<Seat<Link>>,
        /// Connections that it closed, and when the other side hears of each.
        closes: Vec<(u64, usize)>,
    }

    impl Side {
        fn register(&mut self, own: DeviceId, peer: DeviceId, link: Link, heard_at: u64) {
            let Some(seat) = &mut self.seat else {
                self.seat = Some(Seat::new(link));
                return;
            };
            let gap = ms(link.at.saturating_sub(seat.used().at));
            let choice = choose(own, peer, [seat.used().dialler, link.dialler], gap);
            if let Some(gone) = seat.meet(link, choice) {
                self.closes.push((heard_at, gone.name));
            }
        }

        fn hear_of_end(&mut self, name: usize) {
            if self.seat.as_mut().is_some_and(|seat| seat.leave(|link| link.name == name)) {
                self.seat = None;
            }
        }

        fn names(&self) -> Vec<usize> {
            self.seat.iter().flat_map(Seat::all).map(|link| link.name).collect()
        }
    }

    /// Plays two connections whose handshakes are done at these times on the lower and on the higher side,
    /// with ends that are heard of so much later; returns what is left on each side.
    fn play(diallers: [DeviceId; 2], done: [[u64; 2]; 2], delay: u64) -> [Vec<usize>; 2] {
        let mut sides = [Side::default(), Side::default()];
        for now in (0..20_000).step_by(100) {
            for side in [0, 1] {
                let due: Vec<_> =
                    sides[1 - side].closes.iter().filter(|(at, _)| *at == now).map(|(_, name)| *name).collect();
                for name in due {
                    sides[side].hear_of_end(name);
                }
            }
            for (side, [own, peer]) in [[LOW, HIGH], [HIGH, LOW]].into_iter().enumerate() {
                for name in [0, 1] {
                    // One that the other side closed before is not registered.
                    let is_closed = sides[1 - side].closes.iter().any(|(at, gone)| *gone == name && *at <= now);
                    if done[side][name] == now && !is_closed {
                        let link = Link { name, dialler: diallers[name], at: now };
                        sides[side].register(own, peer, link, now + delay);
                    }
                }
            }
        }
        sides.map(|side| side.names())
    }

    #[test]
    fn both_sides_keep_the_same_one_whatever_their_clocks_say() {
        let mut played = 0;
        for diallers in [[LOW, LOW], [LOW, HIGH], [HIGH, LOW], [HIGH, HIGH]] {
            for gap in (0..=7_000).step_by(500) {
                // How much later than on the lower side each handshake is done on the higher one, or earlier.
                for (first, second) in [(0, 0), (0, 700), (700, 0), (1_200, 200), (200, 1_200), (1_400, 0), (0, 1_400)]
                {
                    for delay in [100, 900] {
                        let low = [2_000, 2_000 + gap];
                        let high = [1_300 + first, 1_300 + gap + second];
                        let [of_low, of_high] = play(diallers, [low, high], delay);
                        let what = format!("{diallers:?} {low:?} {high:?} {delay}");
                        assert_eq!(of_low.len(), 1, "{what}: {of_low:?}");
                        assert_eq!(of_low, of_high, "{what}");
                        played += 1;
                    }
                }
            }
        }
        assert_eq!(played, 4 * 15 * 7 * 2);
    }

    #[test]
    fn one_that_ends_leaves_its_place_to_the_other() {
        let link = |name| Link { name, dialler: LOW, at: 0 };
        let mut seat = Seat::new(link(0));
        assert!(seat.meet(link(1), Choice::AwaitNewer).is_none());
        assert!(seat.meet(link(2), Choice::AwaitOpen).is_none());
        assert_eq!((seat.used().name, seat.all().count()), (1, 3));
        assert!(!seat.leave(|link| link.name == 1));
        assert_eq!((seat.used().name, seat.all().count()), (2, 2));
        assert!(!seat.leave(|link| link.name == 0));
        assert!(!seat.leave(|link| link.name == 7) && seat.leave(|link| link.name == 2));
    }
}
