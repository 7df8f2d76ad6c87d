//! What is kept between two calls: so many things, each for so long after its last use, each under a random
//! id that nobody can guess.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use ring::rand::{SecureRandom as _, SystemRandom};
use tokio::time::Instant;
use tonic::Status;

/// Bytes of an id.
const ID_BYTES: usize = 16;

/// Things by their ids.
#[derive(Debug)]
pub(super) struct Held<T> {
    things: Mutex<BTreeMap<Bytes, Thing<T>>>,
    most: usize,
    keep: Duration,
}

#[derive(Debug)]
struct Thing<T> {
    value: T,
    used: Instant,
}

impl<T: Clone> Held<T> {
    /// Keeps at most `most` things, each until it was not used for `keep`.
    pub(super) const fn new(most: usize, keep: Duration) -> Self {
        Self { things: Mutex::new(BTreeMap::new()), most, keep }
    }

    /// Keeps a thing and returns its id. The one longest unused gives way when there are too many.
    pub(super) fn put(&self, value: T) -> Result<Bytes, Status> {
        let id = random_id()?;
        self.with(|things| {
            while things.len() >= self.most {
                let oldest = things.iter().min_by_key(|(_, thing)| thing.used).map(|(id, _)| id.clone());
                let Some(oldest) = oldest else { break };
                things.remove(&oldest);
            }
            things.insert(id.clone(), Thing { value, used: Instant::now() });
        });
        Ok(id)
    }

    /// Returns a thing, which counts as its use.
    pub(super) fn get(&self, id: &[u8]) -> Option<T> {
        self.with(|things| {
            let thing = things.get_mut(id)?;
            thing.used = Instant::now();
            Some(thing.value.clone())
        })
    }

    /// Puts another thing in the place of one that is there; whether it is there.
    pub(super) fn replace(&self, id: &[u8], value: T) -> bool {
        self.with(|things| match things.get_mut(id) {
            Some(thing) => {
                *thing = Thing { value, used: Instant::now() };
                true
            }
            None => false,
        })
    }

    /// Takes a thing out.
    pub(super) fn remove(&self, id: &[u8]) -> Option<T> {
        self.with(|things| Some(things.remove(id)?.value))
    }

    fn with<R>(&self, work: impl FnOnce(&mut BTreeMap<Bytes, Thing<T>>) -> R) -> R {
        let mut things = self.things.lock().unwrap_or_else(PoisonError::into_inner);
        things.retain(|_, thing| thing.used.elapsed() < self.keep);
        work(&mut things)
    }
}

fn random_id() -> Result<Bytes, Status> {
    let mut id = [0; ID_BYTES];
    SystemRandom::new().fill(&mut id).map_err(|error| Status::internal(format!("no random bytes: {error}")))?;
    Ok(Bytes::copy_from_slice(&id))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    #[test]
    fn the_one_longest_unused_gives_way() {
        let held = Held::new(2, LONG);
        let (first, second) = (held.put(1).unwrap(), held.put(2).unwrap());
        assert_eq!(held.get(&first), Some(1));
        let third = held.put(3).unwrap();
        assert_eq!([held.get(&first), held.get(&second), held.get(&third)], [Some(1), None, Some(3)]);
    }

    #[test]
    fn what_is_not_used_expires() {
        let held = Held::new(2, Duration::ZERO);
        let id = held.put(1).unwrap();
        assert_eq!(held.get(&id), None);
        assert!(!held.replace(&id, 2));
    }

    #[test]
    fn a_thing_is_replaced_and_removed() {
        let held = Held::new(2, LONG);
        let id = held.put(1).unwrap();
        assert!(held.replace(&id, 2));
        assert_eq!(held.remove(&id), Some(2));
        assert_eq!(held.remove(&id), None);
        assert!(!held.replace(b"unknown", 1));
    }
}
