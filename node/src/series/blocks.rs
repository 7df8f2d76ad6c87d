//! Discrete logs: codes that hold from one sample to the next, never blended.

use super::{Series, View};

/// A stretch over which a code holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Block {
    /// Where it begins: the index of its first sample.
    pub top: f64,
    /// Where it ends: the index of the first sample that says otherwise.
    pub base: f64,
    /// The code.
    pub value: f64,
}

impl Series {
    /// Returns where the code of a sample ends to hold, which is the last one at its index: at the next
    /// sample; that of the last of all holds for as long as the step before it.
    fn end_of(&self, ordinal: usize) -> f64 {
        let index = self.index();
        let here = index[ordinal];
        index.get(ordinal + 1).copied().unwrap_or_else(|| {
            let before = index.partition_point(|at| *at < here);
            before.checked_sub(1).map_or(here, |before| here + (here - index[before]))
        })
    }

    /// Returns the blocks of equal codes that reach into `top..bottom`, for when there are fewer samples than
    /// rows. Of several samples at one index the last counts; a sample without value ends a block.
    #[must_use]
    pub fn blocks(&self, top: f64, bottom: f64) -> Vec<Block> {
        let mut blocks: Vec<Block> = Vec::new();
        self.each_code(top, bottom, |block| match blocks.last_mut() {
            Some(last) if last.value == block.value && last.base == block.top => last.base = block.base,
            _ => blocks.push(block),
        });
        blocks
    }

    /// Returns the code that holds over most of each row of a view, none where none does; of codes that hold
    /// equally long the smallest.
    #[must_use]
    pub fn dominant(&self, view: &View) -> Vec<Option<f64>> {
        let mut held: Vec<Vec<(f64, f64)>> = vec![Vec::new(); view.rows()];
        self.each_code(view.top(), view.bottom(), |block| {
            let Some(mut n) = view.row_of(block.top.max(view.top())) else { return };
            while n < held.len() && view.edge(n) < block.base {
                let length = view.edge(n + 1).min(block.base) - view.edge(n).max(block.top);
                match held[n].iter_mut().find(|(code, _)| *code == block.value) {
                    Some((_, sum)) => *sum += length,
                    None => held[n].push((block.value, length)),
                }
                n += 1;
            }
        });
        let longest = |codes: Vec<(f64, f64)>| {
            codes.into_iter().reduce(|a, b| if b.1 > a.1 || (b.1 == a.1 && b.0 < a.0) { b } else { a })
        };
        held.into_iter().map(|codes| longest(codes).map(|(code, _)| code)).collect()
    }

    /// Calls for every sample with a code that holds somewhere in `top..bottom`.
    fn each_code(&self, top: f64, bottom: f64, mut call: impl FnMut(Block)) {
        let within = self.between(top, bottom);
        for ordinal in within.start.saturating_sub(1)..within.end {
            let Some(point) = self.point(ordinal) else { continue };
            let is_last_there = self.index().get(ordinal + 1).is_none_or(|next| *next > point.index);
            if point.value.is_nan() || !is_last_there {
                continue;
            }
            let base = self.end_of(ordinal);
            if base > top {
                call(Block { top: point.index, base, value: point.value });
            }
        }
    }
}
