//! Chooses inputs and keeps those that show something new.
//!
//! Deterministic: the input of an iteration follows from the seed, the corpus it starts from, and
//! what the iterations before it showed. Neither time nor memory plays a part.

use std::collections::BTreeSet;
use std::path::Path;

use fastrand::Rng;

use super::Outcome;
use super::mutate::mutate;
use super::target::Kind;

/// Most inputs kept; more take the place of others.
const MAX_KEPT: usize = 4_096;

/// Largest input that is kept, in bytes, so that runs stay fast.
const MAX_KEPT_BYTES: usize = 32 << 10;

/// Largest file of a corpus that is distilled.
pub const MAX_CORPUS_BYTES: usize = 4 << 10;

/// Most mutations of one input, less one.
const MAX_MUTATIONS: usize = 6;

/// The state of a run.
#[derive(Debug)]
pub struct Engine {
    kind: Kind,
    seed: u64,
    /// What the first iterations run as it is.
    first: Vec<Vec<u8>>,
    kept: Vec<(Vec<u8>, Outcome)>,
    pairs: Pairs,
}

impl Engine {
    /// Returns a new one that starts from the seeds of the target and the files of a directory.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn new(kind: Kind, seed: u64, corpus: Option<&Path>) -> std::io::Result<Self> {
        let mut first = kind.seeds();
        if let Some(corpus) = corpus {
            first.extend(files(corpus)?.into_iter().map(|(_, bytes)| bytes));
        }
        Ok(Self { kind, seed, first, kept: Vec::new(), pairs: Pairs::default() })
    }

    /// Returns the input of an iteration, all those before it being learned from.
    #[must_use]
    pub fn input(&self, iteration: u64) -> Vec<u8> {
        let first = usize::try_from(iteration).ok().and_then(|at| self.first.get(at));
        if let Some(bytes) = first {
            return bytes.clone();
        }
        let mut random = self.random(iteration);
        let mut input = self.pick(&mut random).to_vec();
        for _ in 0..=random.usize(..=MAX_MUTATIONS) {
            mutate(self.kind, &mut input, self.pick(&mut random), &mut random);
        }
        input
    }

    /// Returns the random numbers of an iteration.
    fn random(&self, iteration: u64) -> Rng {
        let mut random = Rng::with_seed(self.seed);
        let odd = random.u64(..) | 1;
        Rng::with_seed(self.seed ^ iteration.wrapping_mul(odd))
    }

    /// Picks an input to go on from, a late one as likely as any other.
    fn pick(&self, random: &mut Rng) -> &[u8] {
        let count = self.kept.len();
        let from = if random.bool() { count - count.div_ceil(4) } else { 0 };
        let kept = if count == 0 { None } else { self.kept.get(random.usize(from..count)) };
        kept.map_or(&[], |(bytes, _)| bytes)
    }

    /// Keeps an input when it showed something new; returns whether it did.
    pub fn learn(&mut self, iteration: u64, input: &[u8], outcome: Outcome) -> bool {
        let new = self.pairs.add(&outcome);
        if !new || input.len() > MAX_KEPT_BYTES {
            return new;
        }
        if self.kept.len() < MAX_KEPT {
            self.kept.push((input.to_vec(), outcome));
        } else {
            let place = self.random(iteration).usize(..MAX_KEPT);
            self.kept[place] = (input.to_vec(), outcome);
        }
        true
    }

    /// Returns how many inputs are kept.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.kept.len()
    }

    /// Returns small inputs that together show every feature that small ones have shown.
    #[must_use]
    pub fn distilled(&self) -> Vec<&[u8]> {
        let mut small: Vec<_> = self.kept.iter().filter(|(bytes, _)| bytes.len() < MAX_CORPUS_BYTES).collect();
        small.sort_by_key(|(bytes, _)| bytes.len());
        let mut missing: BTreeSet<u64> = small.iter().flat_map(|(_, outcome)| outcome.features()).collect();
        let mut chosen = Vec::new();
        while !missing.is_empty() {
            let gain = |outcome: &Outcome| outcome.features().filter(|feature| missing.contains(feature)).count();
            // The first of the best is the smallest.
            let best = small.iter().rev().max_by_key(|(_, outcome)| gain(outcome));
            let Some((bytes, outcome)) = best else { break };
            missing.retain(|missing| !outcome.0.contains(missing));
            chosen.push(&**bytes);
        }
        chosen
    }
}

/// Returns the files of a directory with their names, sorted by them.
///
/// # Errors
/// When one cannot be read.
pub fn files(directory: &Path) -> std::io::Result<Vec<(String, Vec<u8>)>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        paths.push(entry?.path());
    }
    paths.sort();
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    paths.iter().map(|path| Ok((name(path), std::fs::read(path)?))).collect()
}

/// Pairs of features that were seen together, by their hash; two in a million are mistaken for
/// others, which costs an input that might have been kept.
#[derive(Debug)]
struct Pairs(Vec<u64>);

/// Bits of the set of pairs: a few hundred features make some ten thousand pairs.
const PAIR_BITS: u64 = 1 << 24;

impl Default for Pairs {
    fn default() -> Self {
        Self(vec![0; (PAIR_BITS / 64) as usize])
    }
}

impl Pairs {
    /// Adds the pairs of an outcome; returns whether one is new.
    fn add(&mut self, outcome: &Outcome) -> bool {
        let features: Vec<u64> = outcome.features().collect();
        let mut new = false;
        for (at, one) in features.iter().enumerate() {
            for other in &features[at..] {
                let bit = (one.rotate_left(17) ^ other).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
                let (word, mask) = ((bit / 64) as usize, 1 << (bit % 64));
                new |= self.0[word] & mask == 0;
                self.0[word] |= mask;
            }
        }
        new
    }
}
