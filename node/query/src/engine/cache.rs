//! Results that are kept in case they are asked for again.
//!
//! A result is a function of the statement, its parameters and the state of the workspace: tables of
//! runs are immutable and named by hash, so the catalog's state says which hashes a name stands for.
//! Kept are results of statements that give the same whenever they run, as long as they are small.

use std::collections::VecDeque;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::common::ScalarValue;

use super::Question;

/// A result may take this part of the memory at most, so that one does not push out all others.
const LARGEST_PART: u64 = 8;

/// Results kept at most: they are looked through one by one.
const MOST: usize = 1_000;

/// What a result depends on.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Key {
    state: u64,
    sql: String,
    parameters: Vec<ScalarValue>,
}

impl Key {
    pub(super) fn new(question: &Question, state: u64) -> Self {
        Self { state, sql: question.sql.clone(), parameters: question.parameters.clone() }
    }
}

/// A result as it was sent.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) schema: SchemaRef,
    pub(super) batches: Arc<[RecordBatch]>,
}

/// Results, those used last at the end.
#[derive(Debug)]
pub(super) struct Cache {
    limit: u64,
    bytes: u64,
    results: VecDeque<(Key, Kept, u64)>,
}

impl Cache {
    pub(super) const fn new(limit: u64) -> Self {
        Self { limit, bytes: 0, results: VecDeque::new() }
    }

    pub(super) fn get(&mut self, key: &Key) -> Option<Kept> {
        let at = self.results.iter().position(|(kept, ..)| kept == key)?;
        let found = self.results.remove(at)?;
        let kept = found.1.clone();
        self.results.push_back(found);
        Some(kept)
    }

    fn put(&mut self, key: Key, kept: Kept, bytes: u64) {
        if let Some(at) = self.results.iter().position(|(old, ..)| *old == key)
            && let Some((.., old)) = self.results.remove(at)
        {
            self.bytes -= old;
        }
        self.bytes += bytes;
        self.results.push_back((key, kept, bytes));
        while self.bytes > self.limit || self.results.len() > MOST {
            let Some((.., old)) = self.results.pop_front() else { return };
            self.bytes -= old;
        }
    }
}

/// Gathers a result while it is sent; gives up when it grows too large.
#[derive(Debug)]
pub(super) struct Gathering {
    key: Key,
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
    bytes: u64,
    most: u64,
}

impl Gathering {
    /// Starts to gather; nothing when no result is kept.
    pub(super) fn new(key: Key, schema: &SchemaRef, limit: u64) -> Option<Self> {
        let bytes = key.sql.len() as u64;
        let most = limit / LARGEST_PART;
        (bytes <= most).then(|| Self { key, schema: Arc::clone(schema), batches: Vec::new(), bytes, most })
    }

    /// Adds a batch; returns nothing when the result has become too large.
    pub(super) fn add(mut self, batch: &RecordBatch) -> Option<Self> {
        // What a slice is cut from stays in memory with it.
        self.bytes += batch.get_array_memory_size() as u64;
        self.batches.push(batch.clone());
        (self.bytes <= self.most).then_some(self)
    }

    pub(super) fn keep(self, cache: &mut Cache) {
        cache.put(self.key, Kept { schema: self.schema, batches: self.batches.into() }, self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::Int64Array;

    use super::*;

    fn batch(rows: i64) -> RecordBatch {
        RecordBatch::try_from_iter([("n", Arc::new(Int64Array::from_iter_values(0..rows)) as _)]).unwrap()
    }

    fn keep(cache: &mut Cache, sql: &str, state: u64, rows: i64) -> bool {
        let (key, batch) = (Key::new(&sql.into(), state), batch(rows));
        let gathered = Gathering::new(key, &batch.schema(), cache.limit).and_then(|result| result.add(&batch));
        let fits = gathered.is_some();
        if let Some(result) = gathered {
            result.keep(cache);
        }
        fits
    }

    #[test]
    fn a_result_is_found_for_the_same_state_and_parameters_only() {
        let mut cache = Cache::new(100_000);
        assert!(keep(&mut cache, "select 1", 7, 3));
        let mut question = Question::from("select 1");
        assert_eq!(cache.get(&Key::new(&question, 7)).unwrap().batches[0].num_rows(), 3);
        assert!(cache.get(&Key::new(&question, 8)).is_none());
        question.parameters.push(ScalarValue::Int64(Some(1)));
        assert!(cache.get(&Key::new(&question, 7)).is_none());
    }

    #[test]
    fn what_was_not_used_for_longest_leaves_first_and_large_results_are_not_kept() {
        let mut cache = Cache::new(16_000);
        assert!(!keep(&mut cache, "large", 0, 1_000), "more than an eighth");
        for number in 0..40 {
            assert!(keep(&mut cache, &format!("select {number}"), 0, 100));
            assert!(cache.bytes <= cache.limit);
            let first = cache.get(&Key::new(&"select 0".into(), 0));
            assert!(first.is_some(), "it is used all the time");
        }
        assert!(cache.get(&Key::new(&"select 1".into(), 0)).is_none());
        assert!(cache.get(&Key::new(&"select 39".into(), 0)).is_some());
        let total: u64 = cache.results.iter().map(|(.., bytes)| *bytes).sum();
        assert_eq!(total, cache.bytes);
        assert!(!keep(&mut Cache::new(0), "select 1", 0, 1), "a cache of nothing keeps nothing");
    }
}
