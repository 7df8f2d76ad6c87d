//! Numbers in order, of which some come and some go: blocks of sorted numbers.
//!
//! A change moves the numbers of one block, and a rank is found by passing over blocks, so a window of
//! a million rows slides in microseconds a row.

/// Most numbers of a block; twice as many as a block that was cut.
const BLOCK: usize = 1_024;

/// Sorted numbers, none of them NaN; minus zero before zero.
#[derive(Debug, Default)]
pub(super) struct Sorted {
    /// None of them is empty.
    blocks: Vec<Vec<f64>>,
    count: usize,
}

impl Sorted {
    pub(super) const fn len(&self) -> usize {
        self.count
    }

    pub(super) fn bytes(&self) -> usize {
        self.blocks.iter().map(|block| block.capacity() * size_of::<f64>() + size_of::<Vec<f64>>()).sum()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = f64> {
        self.blocks.iter().flatten().copied()
    }

    /// Returns the number of a rank, the smallest being 0.
    pub(super) fn nth(&self, rank: usize) -> Option<f64> {
        let mut left = rank;
        for block in &self.blocks {
            match block.get(left) {
                Some(value) => return Some(*value),
                None => left -= block.len(),
            }
        }
        None
    }

    /// Adds numbers.
    pub(super) fn extend(&mut self, values: Vec<f64>) {
        if values.len() < self.count / 8 {
            values.into_iter().for_each(|value| self.insert(value));
            return;
        }
        if values.is_empty() {
            return;
        }
        let mut all: Vec<f64> = self.iter().chain(values).collect();
        all.sort_unstable_by(f64::total_cmp);
        self.count = all.len();
        self.blocks = all.chunks(BLOCK / 2).map(<[f64]>::to_vec).collect();
    }

    fn insert(&mut self, value: f64) {
        let at = self.block_of(value).min(self.blocks.len().saturating_sub(1));
        self.count += 1;
        let Some(block) = self.blocks.get_mut(at) else {
            self.blocks.push(vec![value]);
            return;
        };
        let place = block.partition_point(|other| other.total_cmp(&value).is_lt());
        block.insert(place, value);
        if block.len() > BLOCK {
            let upper = block.split_off(BLOCK / 2);
            self.blocks.insert(at + 1, upper);
        }
    }

    /// Removes a number once; returns whether it was there.
    pub(super) fn remove(&mut self, value: f64) -> bool {
        let at = self.block_of(value);
        let Some(block) = self.blocks.get_mut(at) else { return false };
        let place = block.partition_point(|other| other.total_cmp(&value).is_lt());
        if block.get(place).is_none_or(|found| found.total_cmp(&value).is_ne()) {
            return false;
        }
        block.remove(place);
        self.count -= 1;
        if block.is_empty() {
            self.blocks.remove(at);
        }
        true
    }

    /// Returns the first block whose last number is not below a number; their count when all are.
    fn block_of(&self, value: f64) -> usize {
        self.blocks.partition_point(|block| block.last().is_some_and(|last| last.total_cmp(&value).is_lt()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_as_one_sorted_list() {
        let mut random = fastrand::Rng::with_seed(17);
        let (mut sorted, mut slow) = (Sorted::default(), Vec::new());
        sorted.extend((0..5_000).map(f64::from).collect());
        slow.extend((0..5_000).map(f64::from));
        for _ in 0..20_000 {
            let value = f64::from(random.i32(-20..5_020));
            if random.bool() {
                sorted.extend(vec![value]);
                slow.insert(slow.partition_point(|other| *other < value), value);
            } else {
                let there = slow.iter().position(|other| *other == value);
                assert_eq!(sorted.remove(value), there.is_some());
                if let Some(at) = there {
                    slow.remove(at);
                }
            }
            let rank = random.usize(0..slow.len() + 2);
            assert_eq!(sorted.nth(rank), slow.get(rank).copied());
        }
        assert_eq!((sorted.len(), sorted.iter().collect::<Vec<_>>()), (slow.len(), slow));
        assert!(sorted.blocks.iter().all(|block| !block.is_empty() && block.len() <= BLOCK));
    }
}
