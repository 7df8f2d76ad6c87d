//! What a client shows while its edits are pending: what it asked for, over what is saved.
//!
//! The client keeps what it read; edits lie over that until the node says what became of them. A
//! change by somebody else goes into what was read, so an edit that is refused gives way to how it is
//! now, not to how it was.

use std::collections::BTreeMap;

/// How a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// As it is saved.
    Saved,
    /// An edit of it is pending.
    Pending,
}

/// Edits that are pending, by their numbers: of which thing, and what it is to be.
#[derive(Debug, Clone)]
pub struct Overlay<K, V> {
    edits: BTreeMap<u64, (K, V)>,
}

impl<K, V> Default for Overlay<K, V> {
    fn default() -> Self {
        Self { edits: BTreeMap::new() }
    }
}

impl<K: PartialEq, V> Overlay<K, V> {
    /// Lays an edit over what is saved.
    pub fn apply(&mut self, id: u64, key: K, value: V) {
        self.edits.insert(id, (key, value));
    }

    /// Returns what to show of a thing, given what was read of it: the last edit that is pending.
    #[must_use]
    pub fn shown<'a>(&'a self, key: &K, read: &'a V) -> (&'a V, Standing) {
        let last = self.edits.values().rev().find(|(of, _)| of == key);
        last.map_or((read, Standing::Saved), |(_, value)| (value, Standing::Pending))
    }

    /// Takes edits off that are saved, and returns them in order: what was read is to be so now.
    pub fn saved(&mut self, ids: &[u64]) -> Vec<(K, V)> {
        ids.iter().filter_map(|id| self.edits.remove(id)).collect()
    }

    /// Takes an edit off that was refused, and returns it, for whoever made it to be told.
    pub fn refused(&mut self, id: u64) -> Option<(K, V)> {
        self.edits.remove(&id)
    }

    /// Takes all off, for a client that missed events and reads again.
    pub fn clear(&mut self) {
        self.edits.clear();
    }

    /// Returns how many edits are pending.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.edits.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_shows_at_once_and_stays_when_it_is_saved() {
        let (mut overlay, mut read) = (Overlay::default(), "old".to_owned());
        overlay.apply(1, "name", "new".to_owned());
        overlay.apply(2, "name", "newer".to_owned());
        assert_eq!(overlay.shown(&"name", &read), (&"newer".to_owned(), Standing::Pending));
        assert_eq!(overlay.shown(&"field", &read), (&"old".to_owned(), Standing::Saved));
        for (_, value) in overlay.saved(&[1, 2]) {
            read = value;
        }
        assert_eq!(overlay.shown(&"name", &read), (&"newer".to_owned(), Standing::Saved));
    }

    #[test]
    fn an_edit_that_is_refused_gives_way_to_how_it_is_now() {
        let mut overlay = Overlay::default();
        overlay.apply(1, "name", "refused");
        overlay.apply(2, "name", "also mine");
        let read = "a colleague's meanwhile";
        assert_eq!(overlay.refused(2), Some(("name", "also mine")));
        assert_eq!(overlay.shown(&"name", &read), (&"refused", Standing::Pending));
        assert_eq!(overlay.refused(1), Some(("name", "refused")));
        assert_eq!(overlay.shown(&"name", &read), (&"a colleague's meanwhile", Standing::Saved));
        assert_eq!((overlay.refused(1), overlay.pending()), (None, 0));
        overlay.apply(3, "name", "x");
        overlay.clear();
        assert_eq!(overlay.shown(&"name", &read).1, Standing::Saved);
    }

    #[test]
    fn a_hundred_rows_are_toggled_without_waiting() {
        let (mut overlay, mut read) = (Overlay::default(), BTreeMap::from_iter((0..100).map(|row| (row, false))));
        for id in 0..300 {
            let row = id % 100;
            let (shown, _) = overlay.shown(&row, &read[&row]);
            let toggled = !shown;
            overlay.apply(id, row, toggled);
        }
        assert!(read.iter().all(|(row, saved)| overlay.shown(row, saved) == (&true, Standing::Pending)));
        // Those of the first half are saved, the others are refused.
        let (saved, refused): (Vec<u64>, Vec<u64>) = (0..300).partition(|id| id % 100 < 50);
        read.extend(overlay.saved(&saved));
        for id in refused {
            overlay.refused(id);
        }
        assert!(read.iter().all(|(row, saved)| *overlay.shown(row, saved).0 == (*row < 50)));
        assert_eq!(overlay.pending(), 0);
    }
}
