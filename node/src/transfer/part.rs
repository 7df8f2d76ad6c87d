//! A large blob that several peers give in parts.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::{Duration, Instant};

use dataforge_protocol::id::{BlobHash, DeviceId};

/// Bytes of a part: a multiple of 16 KiB, a fraction of a second on a LAN.
const PART: u64 = 4 << 20;
/// Parts that one peer gives at a time, so that the way there and back costs no time.
const PARALLEL: usize = 4;
/// A part that takes longer is begun from its end by a peer that has nothing else to give.
const SLOW: Duration = Duration::from_secs(2);
/// A part is not split below this.
const LEAST: u64 = 128 << 10;

/// A part that a peer is to give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) hash: BlobHash,
    pub(crate) range: Range<u64>,
    number: u64,
}

/// A blob in parts.
#[derive(Debug)]
pub(super) struct Shared {
    hash: BlobHash,
    /// What nobody is at.
    todo: Vec<Range<u64>>,
    busy: BTreeMap<u64, Busy>,
    numbers: u64,
}

#[derive(Debug)]
struct Busy {
    device: DeviceId,
    range: Range<u64>,
    since: Instant,
}

impl Shared {
    pub(super) const fn new(hash: BlobHash, missing: Vec<Range<u64>>) -> Self {
        Self { hash, todo: missing, busy: BTreeMap::new(), numbers: 0 }
    }

    pub(super) fn is_complete(&self) -> bool {
        self.todo.is_empty() && self.busy.is_empty()
    }

    pub(super) fn is_idle(&self) -> bool {
        self.busy.is_empty()
    }

    /// How many bytes nobody has brought yet, at most.
    pub(super) fn missing(&self) -> u64 {
        let busy = self.busy.values().map(|busy| &busy.range);
        self.todo.iter().chain(busy).map(|range| range.end - range.start).sum()
    }

    /// The devices that give parts now.
    pub(super) fn devices(&self) -> impl Iterator<Item = DeviceId> + '_ {
        self.busy.values().map(|busy| busy.device)
    }

    /// Whether a peer could take a part, or see to the end of it all.
    pub(super) fn has_work(&self, device: DeviceId, now: Instant) -> bool {
        self.is_complete() || (self.has_place(device) && (!self.todo.is_empty() || self.slowest(device, now).is_some()))
    }

    fn has_place(&self, device: DeviceId) -> bool {
        self.busy.values().filter(|busy| busy.device == device).count() < PARALLEL
    }

    /// The part that another peer has been at for longest, and too long.
    fn slowest(&self, device: DeviceId, now: Instant) -> Option<u64> {
        let slow = self.busy.iter().filter(|(_, busy)| {
            let age = now.saturating_duration_since(busy.since);
            busy.device != device && age > SLOW && busy.range.end - busy.range.start >= 2 * LEAST
        });
        slow.min_by_key(|(_, busy)| busy.since).map(|(number, _)| *number)
    }

    pub(super) fn take(&mut self, device: DeviceId, now: Instant) -> Option<Part> {
        if !self.has_place(device) {
            return None;
        }
        let range = match self.todo.pop() {
            Some(range) => self.cut(range),
            None => self.steal(device, now)?,
        };
        self.numbers += 1;
        let part = Part { hash: self.hash, range: range.clone(), number: self.numbers };
        self.busy.insert(self.numbers, Busy { device, range, since: now });
        Some(part)
    }

    /// The beginning of a range; the rest stays to be done.
    fn cut(&mut self, range: Range<u64>) -> Range<u64> {
        let middle = (range.start / PART + 1).saturating_mul(PART);
        if middle >= range.end {
            return range;
        }
        self.todo.push(middle..range.end);
        range.start..middle
    }

    /// The second half of what a slow peer is at. It goes on with the whole: who is first is first.
    fn steal(&mut self, device: DeviceId, now: Instant) -> Option<Range<u64>> {
        let slowest = self.slowest(device, now)?;
        let busy = self.busy.get_mut(&slowest)?;
        let middle = busy.range.start.midpoint(busy.range.end).next_multiple_of(LEAST).min(busy.range.end);
        let half = middle..busy.range.end;
        busy.range.end = middle;
        busy.since = now;
        Some(half).filter(|half| !half.is_empty())
    }

    /// Ends a part; what is missing of it is to be done again, unless somebody else took it over.
    pub(super) fn end(&mut self, part: &Part, missing: Vec<Range<u64>>) {
        let Some(busy) = self.busy.remove(&part.number) else { return };
        let own = missing.into_iter().map(|range| range.start.max(busy.range.start)..range.end.min(busy.range.end));
        self.todo.extend(own.filter(|range| range.start < range.end));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: u64 = 10 * PART + 12_345;

    fn device(number: u8) -> DeviceId {
        DeviceId([number; 32])
    }

    fn shared() -> (Shared, Instant) {
        (Shared::new(BlobHash([9; 32]), std::iter::once(0..SIZE).collect()), Instant::now())
    }

    /// Takes parts with these devices in turn until there are none.
    fn take_all(shared: &mut Shared, devices: &[u8], now: Instant) -> Vec<(u8, Part)> {
        let mut taken = Vec::new();
        loop {
            let before = taken.len();
            for number in devices {
                taken.extend(shared.take(device(*number), now).map(|part| (*number, part)));
            }
            if taken.len() == before {
                return taken;
            }
        }
    }

    #[test]
    fn parts_are_disjoint_and_cover_all_and_each_peer_has_a_few() {
        let (mut shared, now) = shared();
        let taken = take_all(&mut shared, &[1, 2, 3], now);
        assert_eq!(taken.len(), 11);
        assert!([1, 2, 3].iter().all(|of| taken.iter().filter(|(by, _)| by == of).count() <= PARALLEL));
        let mut ranges: Vec<_> = taken.iter().map(|(_, part)| part.range.clone()).collect();
        ranges.sort_by_key(|range| range.start);
        assert_eq!((ranges[0].start, ranges[10].end), (0, SIZE));
        assert!(ranges.windows(2).all(|pair| pair[0].end == pair[1].start));
        assert!(ranges.iter().all(|range| range.start % PART == 0));
        for (_, part) in &taken {
            assert!(!shared.is_complete());
            shared.end(part, Vec::new());
        }
        assert!(shared.is_complete() && shared.is_idle() && shared.missing() == 0);
    }

    #[test]
    fn what_a_peer_did_not_bring_is_done_by_another() {
        let (mut shared, now) = shared();
        let part = shared.take(device(1), now).unwrap();
        let rest = part.range.start + 65_536..part.range.end;
        shared.end(&part, vec![rest.clone()]);
        assert_eq!(shared.missing(), SIZE - 65_536);
        assert_eq!(shared.take(device(2), now).unwrap().range, rest);
    }

    #[test]
    fn the_end_of_a_slow_part_is_taken_over_once_nothing_else_is_left() {
        let (mut shared, now) = shared();
        let slow: Vec<_> = take_all(&mut shared, &[1], now).into_iter().map(|(_, part)| part).collect();
        assert_eq!(slow.len(), PARALLEL);
        for (_, part) in take_all(&mut shared, &[2, 3], now) {
            shared.end(&part, Vec::new());
        }
        assert!(shared.take(device(2), now + SLOW).is_none(), "not slow yet");
        let late = now + SLOW * 2;
        assert!(
            shared.has_work(device(2), late) && !shared.has_work(device(1), late),
            "nobody takes over from oneself"
        );
        let half = shared.take(device(2), late).unwrap();
        assert_eq!(half.range.end, slow.iter().map(|part| part.range.end).find(|end| *end == half.range.end).unwrap());
        let of = slow.iter().find(|part| part.range.end == half.range.end).unwrap();
        assert_eq!(half.range.end - half.range.start, PART / 2);
        // Whatever the slow one leaves of that half is the other's.
        shared.end(of, std::iter::once(of.range.clone()).collect());
        let begun = shared.take(device(3), late).unwrap();
        assert_eq!(begun.range, of.range.start..half.range.start);
    }
}
