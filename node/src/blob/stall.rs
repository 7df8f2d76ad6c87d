//! When a request that brings nothing is given up, so that another peer, or a newer connection to the
//! same one, goes on with it.
//!
//! Two things are told apart. The line is silent when nothing at all comes over the connection, not even
//! an answer to a probe: the peer moved or vanished, which QUIC itself finds after half a minute only.
//! How long a silence is plausible goes by the round trip, by how fast the line was lately, and by the
//! silences it had before: a slow and lossy line is not taken for a dead one again and again. The peer has
//! stalled when its line is alive and no data comes over it. Requests that share a line share its rate,
//! so one that waits while others get something has not stalled.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use iroh::EndpointId;
use iroh::endpoint::Connection;
use tokio::time::timeout;

use super::FetchError;

/// How often a request that waits is looked at.
const TICK: Duration = Duration::from_millis(200);
/// The shortest silence that may mean that a line is dead, and the longest that need not.
const SILENCE: (Duration, Duration) = (Duration::from_secs(3), Duration::from_secs(20));
/// So many round trips may pass in silence: lost packets are sent again after one or two of them, and
/// after twice as long each time.
const ROUND_TRIPS: u32 = 8;
/// So may the time that these bytes take, which are ten packets.
const PACKETS: u64 = 12_000;
/// How long a silence that a line had counts.
const FORGET: Duration = Duration::from_secs(600);
/// How long no data at all comes over a line that is alive before its peer counts as stalled.
const IDLE: Duration = if cfg!(test) { Duration::from_millis(700) } else { Duration::from_secs(10) };
/// The longest that one step of a request takes, whatever else comes over the line, where that is fast
/// enough; and where it is slow.
const LONGEST: (Duration, Duration) = (Duration::from_secs(300), Duration::from_secs(2400));
/// What is under way at once, twice: two groups of sixteen small blobs, each of which is one step and begins
/// anew when it is given up.
const UNDER_WAY: u64 = 16 << 20;
/// A rate is measured over so long,
const MEASURED: Duration = Duration::from_secs(4);
/// when it is of at least so many bytes: of a line that carries nothing but signs of life it says nothing.
const LEAST: u64 = 4096;

/// What is known of the line to a peer.
#[derive(Debug, Clone, Default)]
struct Line {
    /// Bytes a second, as measured last.
    rate: Option<u64>,
    /// The measurement under way: since when, when it was looked at last, of which connection, and what
    /// that had received before.
    measuring: Option<(Instant, Instant, usize, u64)>,
    /// The longest silence of late, and when it was.
    silence: Option<(Duration, Instant)>,
}

impl Line {
    /// Takes how many bytes a connection has received so far.
    fn measure(&mut self, connection: usize, received: u64, now: Instant) {
        let begun = (now, now, connection, received);
        let Some((since, looked, of, before)) = self.measuring else {
            self.measuring = Some(begun);
            return;
        };
        // While no request waited nothing was expected.
        if of != connection || now.saturating_duration_since(looked) > TICK * 5 {
            self.measuring = Some(begun);
            return;
        }
        let (took, came) = (now.saturating_duration_since(since), received.saturating_sub(before));
        if took < MEASURED {
            self.measuring = Some((since, now, of, before));
            return;
        }
        if came >= LEAST {
            self.rate = Some((came as f64 / took.as_secs_f64()) as u64);
        }
        self.measuring = Some(begun);
    }

    /// Takes a silence that ended, or was taken for the end.
    fn note(&mut self, silence: Duration, now: Instant) {
        let is_less =
            |(longest, at): (Duration, Instant)| longest < silence || now.saturating_duration_since(at) > FORGET;
        if silence >= SILENCE.0 / 2 && self.silence.is_none_or(is_less) {
            self.silence = Some((silence, now));
        }
    }

    /// Returns how long it may be silent.
    fn patience(&self, round_trip: Duration, now: Instant) -> Duration {
        let lately = self.silence.filter(|(_, at)| now.saturating_duration_since(*at) <= FORGET);
        let borne = lately.map_or(Duration::ZERO, |(silence, _)| silence * 2);
        let packets =
            self.rate.map_or(Duration::ZERO, |rate| Duration::from_secs_f64(PACKETS as f64 / rate.max(1) as f64));
        round_trip.saturating_mul(ROUND_TRIPS).saturating_add(packets).max(borne).clamp(SILENCE.0, SILENCE.1)
    }

    /// Returns how long one step may take.
    fn in_all(&self) -> Duration {
        let all = self.rate.map(|rate| Duration::from_secs_f64(UNDER_WAY as f64 / rate.max(1) as f64));
        all.unwrap_or_default().clamp(LONGEST.0, LONGEST.1)
    }
}

/// How long a step of a request is waited for.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// While nothing comes over the line,
    silent: Duration,
    /// while no data does,
    idle: Duration,
    /// and in all.
    in_all: Duration,
}

/// What is known of the lines to all peers that gave something.
#[derive(Debug, Default)]
pub(super) struct Lines(Mutex<BTreeMap<EndpointId, Line>>);

impl Lines {
    fn lines(&self) -> MutexGuard<'_, BTreeMap<EndpointId, Line>> {
        // Every change is one assignment.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Watches requests over a connection.
    pub(super) const fn watch<'a>(&'a self, connection: &'a Connection) -> Watch<'a> {
        Watch { lines: self, connection }
    }
}

/// What is to be done about a step of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Wait,
    /// Have the peer show that it is there.
    Probe,
    /// The line is dead.
    Silent,
    /// The peer does nothing.
    Stalled,
}

/// What a connection has received: datagrams of any kind, and pieces of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Received {
    datagrams: u64,
    data: u64,
}

/// A step of a request, from look to look.
#[derive(Debug)]
struct Step {
    received: Received,
    /// For how long nothing came over the line.
    silent: Duration,
    /// The longest such time.
    longest: Duration,
    /// For how long no data did.
    idle: Duration,
    waited: Duration,
    is_probed: bool,
}

impl Step {
    const fn new(received: Received) -> Self {
        let none = Duration::ZERO;
        Self { received, silent: none, longest: none, idle: none, waited: none, is_probed: false }
    }

    /// Judges after another tick. A tick counts as one however long it took: a machine that was busy or
    /// slept has not listened meanwhile.
    fn tick(&mut self, received: Received, limits: Limits) -> Verdict {
        self.waited += TICK;
        self.idle = if received.data == self.received.data { self.idle + TICK } else { Duration::ZERO };
        if received.datagrams == self.received.datagrams {
            self.silent += TICK;
        } else {
            (self.silent, self.is_probed) = (Duration::ZERO, false);
        }
        self.longest = self.longest.max(self.silent);
        self.received = received;
        if self.silent >= limits.silent {
            Verdict::Silent
        } else if self.idle >= limits.idle || self.waited >= limits.in_all {
            Verdict::Stalled
        } else if self.silent >= limits.silent / 2 && !self.is_probed {
            self.is_probed = true;
            Verdict::Probe
        } else {
            Verdict::Wait
        }
    }
}

/// Watches the steps of a request over a connection.
#[derive(Clone, Copy)]
pub(super) struct Watch<'a> {
    lines: &'a Lines,
    pub(super) connection: &'a Connection,
}

impl Watch<'_> {
    /// Waits for a step of a request, for as long as is plausible.
    ///
    /// # Errors
    /// `Silent` when nothing comes over the line, `Stalled` when the peer sends no data.
    pub(super) async fn over<T>(&self, step: impl Future<Output = T>) -> Result<T, FetchError> {
        let mut future = std::pin::pin!(step);
        // Most steps take no time, and are not worth a look at the connection.
        if let Ok(done) = timeout(TICK, future.as_mut()).await {
            return Ok(done);
        }
        let mut step = Step::new(self.received());
        loop {
            if let Ok(done) = timeout(TICK, future.as_mut()).await {
                self.note(step.longest);
                return Ok(done);
            }
            let limits = self.limits();
            match step.tick(self.received(), limits) {
                Verdict::Wait => {}
                Verdict::Probe => self.probe(),
                Verdict::Silent => {
                    self.note(step.longest);
                    return Err(FetchError::Silent);
                }
                Verdict::Stalled => return Err(FetchError::Stalled),
            }
        }
    }

    fn received(&self) -> Received {
        let stats = self.connection.stats();
        Received { datagrams: stats.udp_rx.datagrams, data: stats.frame_rx.stream }
    }

    fn note(&self, silence: Duration) {
        if !silence.is_zero() {
            self.lines.lines().entry(self.connection.remote_id()).or_default().note(silence, Instant::now());
        }
    }

    fn limits(&self) -> Limits {
        let used = self.connection.paths().iter().find(|path| path.is_selected()).map(|path| path.rtt());
        let received = self.connection.stats().udp_rx.bytes;
        let now = Instant::now();
        let mut lines = self.lines.lines();
        let line = lines.entry(self.connection.remote_id()).or_default();
        line.measure(self.connection.stable_id(), received, now);
        Limits { silent: line.patience(used.unwrap_or_default(), now), idle: IDLE, in_all: line.in_all() }
    }

    /// Sends something that the other side's QUIC acknowledges whatever its program does: a stream that
    /// is given up before it begins.
    fn probe(&self) {
        if let Some(Ok((mut send, _recv))) = self.connection.open_bi().now_or_never() {
            // It was not closed before.
            drop(send.reset(0_u8.into()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const NOTHING: Received = Received { datagrams: 9, data: 5 };

    fn ticks(of: Duration) -> u32 {
        u32::try_from(of.as_millis() / TICK.as_millis()).unwrap()
    }

    const fn limits(silent_secs: u64) -> Limits {
        Limits { silent: Duration::from_secs(silent_secs), idle: Duration::from_secs(10), in_all: LONGEST.0 }
    }

    /// A line of so many bytes a second.
    fn line(rate: u64) -> Line {
        Line { rate: Some(rate), ..Line::default() }
    }

    #[test]
    fn patience_goes_by_round_trip_and_rate_between_a_floor_and_a_cap() {
        let now = Instant::now();
        let of = |line: &Line, round_trip_ms| line.patience(Duration::from_millis(round_trip_ms), now);
        assert_eq!(of(&Line::default(), 0), SILENCE.0, "nothing is known yet");
        assert_eq!(of(&line(100_000_000), 1), SILENCE.0, "a LAN");
        assert_eq!(of(&line(2_000_000), 10), SILENCE.0);
        // 256 kbit/s, 800 ms, of which a quarter is lost.
        let slow = of(&line(24_000), 800);
        assert!(slow > 6 * SECOND && slow < 8 * SECOND, "{slow:?}");
        assert_eq!(of(&line(100), 800), SILENCE.1);
        assert_eq!(of(&line(24_000), 60_000), SILENCE.1);
    }

    #[test]
    fn all_that_is_under_way_may_come_over_a_slow_line() {
        assert_eq!(Line::default().in_all(), LONGEST.0, "nothing is known yet");
        assert_eq!(line(2_000_000).in_all(), LONGEST.0);
        // 256 kbit/s.
        let slow = line(24_000).in_all();
        assert!(slow > 690 * SECOND && slow < 700 * SECOND, "{slow:?}");
        assert_eq!(line(0).in_all(), LONGEST.1);
    }

    #[test]
    fn silence_that_a_line_had_is_borne_for_a_while() {
        let now = Instant::now();
        let mut line = Line::default();
        line.note(SECOND, now);
        assert_eq!(line.patience(Duration::ZERO, now), SILENCE.0, "less than could be taken for the end");
        let mut given_up = Vec::new();
        for _ in 0..5 {
            let patience = line.patience(Duration::ZERO, now);
            given_up.push(patience.as_secs());
            line.note(patience, now);
        }
        assert_eq!(given_up, [3, 6, 12, 20, 20], "a line is doubted less each time");
        line.note(2 * SECOND, now);
        assert_eq!(line.patience(Duration::ZERO, now + FORGET), SILENCE.1);
        assert_eq!(line.patience(Duration::ZERO, now + FORGET + SECOND), SILENCE.0);
        line.note(2 * SECOND, now + FORGET + SECOND);
        assert_eq!(line.patience(Duration::ZERO, now + FORGET + SECOND), 4 * SECOND, "the long one is forgotten");
    }

    #[test]
    fn rate_is_measured_while_something_is_expected() {
        let begun = Instant::now();
        let mut line = Line::default();
        let look = |line: &mut Line, from: Instant, bytes_per_tick: u64| {
            for tick in 0..=ticks(MEASURED) {
                line.measure(1, u64::from(tick) * bytes_per_tick, from + TICK * tick);
            }
        };
        look(&mut line, begun, 6_400);
        assert_eq!(line.rate, Some(32_000));
        // A pause is no low rate, and neither are signs of life only.
        line.measure(1, 1_000_000, begun + 60 * SECOND);
        assert_eq!(line.rate, Some(32_000));
        look(&mut line, begun + 120 * SECOND, 20);
        assert_eq!(line.rate, Some(32_000));
        // Another connection counts anew.
        line.measure(2, 0, begun + 121 * SECOND);
        assert_eq!(line.rate, Some(32_000));
    }

    #[test]
    fn dead_line_is_probed_and_then_found_out() {
        let mut step = Step::new(NOTHING);
        let verdicts: Vec<_> = (0..ticks(3 * SECOND)).map(|_| step.tick(NOTHING, limits(3))).collect();
        let (last, before) = verdicts.split_last().unwrap();
        assert_eq!(*last, Verdict::Silent);
        assert_eq!(before.iter().filter(|verdict| **verdict == Verdict::Probe).count(), 1);
        assert!(before.iter().all(|verdict| matches!(verdict, Verdict::Probe | Verdict::Wait)));
        // It answers after all, and falls silent again: it is asked again.
        let answer = Received { datagrams: 10, ..NOTHING };
        assert_eq!(step.tick(answer, limits(3)), Verdict::Wait);
        let again = (0..ticks(2 * SECOND)).map(|_| step.tick(answer, limits(3)));
        assert_eq!(again.filter(|verdict| *verdict == Verdict::Probe).count(), 1);
        assert_eq!(step.longest, 3 * SECOND);
    }

    #[test]
    fn peer_whose_line_lives_stalls_when_no_data_comes_for_anybody() {
        let (mut step, mut received) = (Step::new(NOTHING), NOTHING);
        for _ in 1..ticks(10 * SECOND) {
            received.datagrams += 1;
            assert_eq!(step.tick(received, limits(3)), Verdict::Wait);
        }
        received.datagrams += 1;
        assert_eq!(step.tick(received, limits(3)), Verdict::Stalled);
    }

    #[test]
    fn request_that_waits_for_others_on_a_slow_line_has_not_stalled() {
        let (mut step, mut received) = (Step::new(NOTHING), NOTHING);
        for tick in 1..ticks(LONGEST.0) {
            // Something for somebody twice a second.
            if tick % 3 == 0 {
                received = Received { datagrams: received.datagrams + 1, data: received.data + 1 };
            }
            assert_eq!(step.tick(received, limits(7)), Verdict::Wait, "{tick}");
        }
        assert_eq!(step.tick(received, limits(7)), Verdict::Stalled, "but not for ever");
    }
}
