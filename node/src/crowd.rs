//! Places for those of whom nothing is known yet: few in all, few of one source. Where there is none left
//! the oldest gives way: who is welcome is found to be so in no time, and is seldom among the oldest.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use tokio::sync::Notify;

/// Bits of an IPv6 address that one machine cannot choose.
const V6_NETWORK: u32 = 64;

/// Returns where an address is from, as far as one machine can easily be several: of an IPv6 address it may
/// take any within the network.
pub(crate) fn network_of(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V4(ip) => IpAddr::V4(ip),
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() >> V6_NETWORK << V6_NETWORK)),
    }
}

/// Somebody who has a place.
#[derive(Debug)]
struct Waiting<S> {
    number: u64,
    source: S,
    /// Told when it has to give way.
    gives_way: Arc<Notify>,
}

/// Those who have places, the oldest first.
#[derive(Debug)]
pub(crate) struct Crowd<S> {
    waiting: VecDeque<Waiting<S>>,
    number: u64,
    most: usize,
    most_of_source: usize,
}

impl<S: Copy + Ord> Crowd<S> {
    /// Makes so many places, of which one source may have so many.
    pub(crate) const fn new(most: usize, most_of_source: usize) -> Self {
        Self { waiting: VecDeque::new(), number: 0, most, most_of_source }
    }

    /// Returns how many places are taken.
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Returns how many places a source has.
    pub(crate) fn of(&self, source: S) -> usize {
        self.waiting.iter().filter(|one| one.source == source).count()
    }

    /// Takes one in; returns by which number it leaves, and what tells when it has to give way. Where there
    /// is no place left the oldest of the same source gives way, or of the source that has most.
    pub(crate) fn take(&mut self, source: S) -> (u64, Arc<Notify>) {
        let crowded = if self.of(source) >= self.most_of_source {
            Some(source)
        } else if self.waiting.len() >= self.most {
            self.waiting.iter().map(|one| one.source).max_by_key(|source| self.of(*source))
        } else {
            None
        };
        let oldest = crowded.and_then(|source| self.waiting.iter().position(|one| one.source == source));
        if let Some(gone) = oldest.and_then(|at| self.waiting.remove(at)) {
            gone.gives_way.notify_one();
        }
        self.number += 1;
        let gives_way = Arc::new(Notify::new());
        self.waiting.push_back(Waiting { number: self.number, source, gives_way: Arc::clone(&gives_way) });
        (self.number, gives_way)
    }

    /// Gives a place back.
    pub(crate) fn leave(&mut self, number: u64) {
        self.waiting.retain(|one| one.number != number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: usize = 64;
    const MOST_OF_SOURCE: usize = 8;

    fn crowd() -> Crowd<u8> {
        Crowd::new(MOST, MOST_OF_SOURCE)
    }

    /// Whether one was told to give way.
    fn gave_way(gives_way: &Notify) -> bool {
        use futures::FutureExt as _;
        gives_way.notified().now_or_never().is_some()
    }

    #[test]
    fn oldest_of_a_source_gives_way_to_its_newest() {
        let mut crowd = crowd();
        let other = crowd.take(9).1;
        let taken: Vec<_> = (0..MOST_OF_SOURCE + 2).map(|_| crowd.take(1).1).collect();
        assert_eq!(crowd.of(1), MOST_OF_SOURCE);
        assert!(taken.iter().take(2).all(|one| gave_way(one)));
        assert!(!taken.iter().skip(2).any(|one| gave_way(one)));
        assert!(!gave_way(&other));
    }

    #[test]
    fn crowd_of_sources_gives_way_where_it_is_thickest() {
        let mut crowd = crowd();
        let thick: Vec<_> = (0..MOST_OF_SOURCE).map(|_| crowd.take(1).1).collect();
        let mut number = 2;
        while crowd.len() < MOST {
            crowd.take(number);
            number += 1;
        }
        crowd.take(number);
        assert_eq!(crowd.len(), MOST);
        assert!(gave_way(&thick[0]) && !gave_way(&thick[1]));
    }

    #[test]
    fn place_that_is_given_back_is_free() {
        let mut crowd = crowd();
        let taken: Vec<_> = (0..MOST_OF_SOURCE).map(|_| crowd.take(1)).collect();
        crowd.leave(taken[3].0);
        assert_eq!((crowd.of(1), crowd.len()), (MOST_OF_SOURCE - 1, MOST_OF_SOURCE - 1));
        crowd.take(1);
        assert!(!taken.iter().any(|(_, gives_way)| gave_way(gives_way)));
    }

    #[test]
    fn addresses_of_one_ipv6_network_are_one_source() {
        let from = |address: &str| network_of(address.parse().unwrap());
        assert_eq!(from("2001:db8::1"), from("2001:db8::2"));
        assert_ne!(from("2001:db8::1"), from("2001:db8:0:1::1"));
        assert_eq!(from("10.0.0.1"), from("::ffff:10.0.0.1"));
        assert_ne!(from("10.0.0.1"), from("10.0.0.2"));
    }
}
