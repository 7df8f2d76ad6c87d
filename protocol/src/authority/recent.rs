//! A bounded memory of what was asked for last.

use std::borrow::Borrow;
use std::collections::BTreeMap;

/// Values by key, each with the time of its last use; the one unused for longest goes first.
#[derive(Debug)]
pub(super) struct Recent<K, V> {
    values: BTreeMap<K, (u64, V)>,
    uses: u64,
}

impl<K, V> Default for Recent<K, V> {
    fn default() -> Self {
        Self { values: BTreeMap::new(), uses: 0 }
    }
}

impl<K: Ord + Clone, V> Recent<K, V> {
    pub(super) fn get<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.uses += 1;
        let (used, value) = self.values.get_mut(key)?;
        *used = self.uses;
        Some(value)
    }

    /// Puts a value in; keeps at most `limit`.
    pub(super) fn put(&mut self, key: K, value: V, limit: usize) {
        if self.values.len() >= limit {
            let oldest = self.values.iter().min_by_key(|(_, (used, _))| *used);
            if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                self.values.remove(&oldest);
            }
        }
        self.uses += 1;
        self.values.insert(key, (self.uses, value));
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &V> {
        self.values.values().map(|(_, value)| value)
    }
}
