//! Keys that keep things in an order which several people change at once.
//!
//! A key is a text; things stand in the order of their keys as bytes, equal ones by id. To put
//! something between two others a key between theirs is made, and nothing else is written: two
//! people who move things at once never lose or double one.
//!
//! A key is four digits of base 36 (`0`–`9`, `a`–`z`), the whole part, and after them a fraction
//! that does not end in `0`. Whole parts leave room for others between them, so keys stay short
//! where things are added at the end, and grow by a digit for about five that are put into one gap.

use std::cmp::Ordering;

/// Longest key in characters; where a longer one would be needed all keys are made anew.
pub const MAX_ORDER_CHARS: usize = 64;

/// Digits of the whole part.
const WHOLE: usize = 4;
/// The base of digits.
const BASE: u32 = 36;
/// Whole parts there are.
const WHOLES: u32 = BASE * BASE * BASE * BASE;
/// How far apart the whole parts of things are that are added one after the other.
const STEP: u32 = 36;

/// Where something goes, by [`place`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Its key.
    pub key: String,
    /// Keys that others get, by their position: where equal keys or very long ones leave no room.
    pub others: Vec<(usize, String)>,
}

/// Whether a text is a key.
#[must_use]
pub fn is_order(text: &str) -> bool {
    (WHOLE..=MAX_ORDER_CHARS).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase())
        && (text.len() == WHOLE || !text.ends_with('0'))
}

/// Returns a key between two others, the first, or one at either end; `None` when there is no room
/// because the others are equal, in the wrong order, no keys, or already very long.
#[must_use]
pub fn between(low: Option<&str>, high: Option<&str>) -> Option<String> {
    let (low, high) = (read_optional(low)?, read_optional(high)?);
    let key = match (&low, &high) {
        (None, None) => Key::whole(WHOLES / 2),
        (Some(low), None) => match STEP.min(WHOLES - 1 - low.whole) {
            0 => Key { whole: low.whole, fraction: middle(&low.fraction, None)? },
            up => Key::whole(low.whole + up),
        },
        (None, Some(high)) => match STEP.min(high.whole) {
            0 => Key { whole: 0, fraction: middle(&[], Some(&high.fraction))? },
            down => Key::whole(high.whole - down),
        },
        (Some(low), Some(high)) => low.between(high)?,
    };
    let text = key.text();
    (text.len() <= MAX_ORDER_CHARS).then_some(text)
}

/// Returns keys for so many things, in order.
#[must_use]
pub fn spread(count: usize) -> Vec<String> {
    let mut keys: Vec<String> = Vec::with_capacity(count);
    while keys.len() < count {
        // Beyond the last whole part fractions follow; the things of a document are far fewer.
        let Some(key) = between(keys.last().map(String::as_str), None) else { break };
        keys.push(key);
    }
    keys
}

/// Finds a key for something that goes before the thing at a position; the others are given by
/// their keys in order, without it.
#[must_use]
pub fn place(keys: &[&str], at: usize) -> Placed {
    let at = at.min(keys.len());
    let low = at.checked_sub(1).and_then(|before| keys.get(before)).copied();
    // Those behind it with the same key as the one before it have to make room.
    let next = (at..keys.len()).find(|&next| low.is_none_or(|low| keys[next] > low)).unwrap_or(keys.len());
    let high = keys.get(next).copied();
    let mut made: Vec<String> = Vec::new();
    for _ in at..=next {
        let Some(key) = between(made.last().map(String::as_str).or(low), high) else { return anew(keys.len(), at) };
        made.push(key);
    }
    let mut made = made.into_iter();
    let key = made.next().unwrap_or_default();
    Placed { key, others: (at..next).zip(made).collect() }
}

/// Makes all keys anew, those of the others included.
fn anew(others: usize, at: usize) -> Placed {
    let mut keys = spread(others + 1);
    let key = if at < keys.len() { keys.remove(at) } else { String::new() };
    Placed { key, others: keys.into_iter().enumerate().collect() }
}

/// Returns keys for things that shall stand in this order, of which some have keys already: as many
/// as possible keep theirs.
#[must_use]
pub fn arrange(keys: &[Option<&str>]) -> Vec<String> {
    let kept = longest_ascending(keys);
    let mut arranged: Vec<String> = Vec::with_capacity(keys.len());
    for (position, key) in keys.iter().enumerate() {
        let next = match (kept.contains(&position), key) {
            (true, Some(key)) => Some((*key).to_owned()),
            _ => {
                let above = kept.iter().find(|&&other| other > position).and_then(|&other| keys[other]);
                between(arranged.last().map(String::as_str), above)
            }
        };
        let Some(next) = next else { return spread(keys.len()) };
        arranged.push(next);
    }
    arranged
}

/// Returns the positions of a longest choice of keys that ascend.
fn longest_ascending(keys: &[Option<&str>]) -> Vec<usize> {
    // For each position the length of the longest choice that ends there, and the one before it.
    let mut best: Vec<(usize, Option<usize>)> = Vec::with_capacity(keys.len());
    for (position, key) in keys.iter().enumerate() {
        let Some(key) = key.filter(|key| is_order(key)) else {
            best.push((0, None));
            continue;
        };
        let before = (0..position).filter(|&other| best[other].0 > 0 && keys[other].is_some_and(|other| other < key));
        let before = before.max_by_key(|&other| best[other].0);
        best.push((before.map_or(1, |other| best[other].0 + 1), before));
    }
    let mut at = (0..keys.len()).filter(|&position| best[position].0 > 0).max_by_key(|&position| best[position].0);
    let mut chosen = Vec::new();
    while let Some(position) = at {
        chosen.push(position);
        at = best[position].1;
    }
    chosen.reverse();
    chosen
}

/// A key, read.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Key {
    whole: u32,
    /// Digits.
    fraction: Vec<u32>,
}

impl Key {
    const fn whole(whole: u32) -> Self {
        Self { whole, fraction: Vec::new() }
    }

    fn read(text: &str) -> Option<Self> {
        if !is_order(text) {
            return None;
        }
        let (whole, fraction) = text.split_at_checked(WHOLE)?;
        Some(Self {
            whole: u32::from_str_radix(whole, BASE).ok()?,
            fraction: fraction.chars().map(|digit| digit.to_digit(BASE)).collect::<Option<_>>()?,
        })
    }

    fn between(&self, high: &Self) -> Option<Self> {
        match (high.whole.checked_sub(self.whole)?, high.fraction.is_empty()) {
            (0, _) if self.fraction.cmp(&high.fraction) != Ordering::Less => None,
            (0, _) => Some(Self { whole: self.whole, fraction: middle(&self.fraction, Some(&high.fraction))? }),
            (1, false) => Some(Self::whole(high.whole)),
            (1, true) => Some(Self { whole: self.whole, fraction: middle(&self.fraction, None)? }),
            (gap, _) => Some(Self::whole(self.whole + gap / 2)),
        }
    }

    fn text(&self) -> String {
        let digit = |digit: u32| char::from_digit(digit, BASE).unwrap_or('0');
        let places = (0..WHOLE as u32).rev().map(|place| digit(self.whole / BASE.pow(place) % BASE));
        places.chain(self.fraction.iter().map(|&number| digit(number))).collect()
    }
}

/// Returns a fraction between two, the higher of which is 1 when left out.
fn middle(low: &[u32], mut high: Option<&[u32]>) -> Option<Vec<u32>> {
    let mut found = Vec::new();
    for place in 0..MAX_ORDER_CHARS {
        let below = low.get(place).copied().unwrap_or(0);
        let above = high.map_or(BASE, |high| high.get(place).copied().unwrap_or(0));
        match above.checked_sub(below)? {
            0 => found.push(below),
            1 => {
                // Whatever follows is below the higher one.
                found.push(below);
                high = None;
            }
            gap => {
                found.push(below + gap / 2);
                return Some(found);
            }
        }
    }
    None
}

/// Reads an optional key; `None` only for a text that is none.
fn read_optional(text: Option<&str>) -> Option<Option<Key>> {
    text.map_or(Some(None), |text| Key::read(text).map(Some))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_between(low: Option<&str>, key: &str, high: Option<&str>) -> bool {
        is_order(key) && low.is_none_or(|low| low < key) && high.is_none_or(|high| key < high)
    }

    #[test]
    fn between_any_two_keys_there_is_one() {
        for seed in 0..40 {
            let mut rng = fastrand::Rng::with_seed(seed);
            let mut keys: Vec<String> = Vec::new();
            for _ in 0..200 {
                let at = rng.usize(..=keys.len());
                let low = at.checked_sub(1).map(|before| keys[before].clone());
                let high = keys.get(at).cloned();
                let key = between(low.as_deref(), high.as_deref()).unwrap();
                assert!(is_between(low.as_deref(), &key, high.as_deref()), "seed {seed}: {low:?} {key} {high:?}");
                keys.insert(at, key);
            }
            assert!(keys.is_sorted(), "seed {seed}");
            assert!(keys.iter().all(|key| key.len() <= 12), "seed {seed}: they stay short");
        }
    }

    #[test]
    fn random_texts_that_are_keys_have_one_between_them() {
        let mut rng = fastrand::Rng::with_seed(7);
        let mut text = || -> String {
            let length = rng.usize(WHOLE..12);
            (0..length).map(|_| ['0', '1', '9', 'a', 'y', 'z'][rng.usize(..6)]).collect()
        };
        let mut seen = 0;
        for _ in 0..20_000 {
            let (one, other) = (text(), text());
            if is_order(&one) && is_order(&other) && one != other {
                let (low, high) = if one < other { (one, other) } else { (other, one) };
                let key = between(Some(&low), Some(&high)).unwrap();
                assert!(is_between(Some(&low), &key, Some(&high)), "{low} {key} {high}");
                seen += 1;
            }
        }
        assert!(seen > 5_000, "{seen}");
    }

    #[test]
    fn keys_stay_short_where_things_are_added_at_an_end() {
        let mut keys = spread(5_000);
        assert!(keys.is_sorted() && keys.iter().all(|key| key.len() == WHOLE), "{:?}", keys.last());
        for _ in 0..5_000 {
            let first = between(None, keys.first().map(String::as_str)).unwrap();
            assert!(first < keys[0] && first.len() == WHOLE);
            keys.insert(0, first);
        }
    }

    #[test]
    fn a_gap_that_is_filled_again_and_again_costs_a_digit_for_five() {
        let (mut low, high) = ("i000".to_owned(), "i010".to_owned());
        for count in 1..=100_usize {
            low = between(Some(&low), Some(&high)).unwrap();
            assert!(low < high && low.len() <= WHOLE + 1 + count / 4, "{count}: {low}");
        }
    }

    #[test]
    fn what_is_no_key_or_leaves_no_room_gives_none() {
        for (low, high) in [("i000", "i000"), ("i001", "i000"), ("i0000", "i001"), ("I000", "i001"), ("", "i000")] {
            assert_eq!(between(Some(low), Some(high)), None, "{low} {high}");
        }
        assert_eq!(between(None, Some("0000")), None);
        let long = format!("i000{}1", "0".repeat(MAX_ORDER_CHARS - WHOLE - 1));
        assert!(is_order(&long));
        assert_eq!(between(Some("i000"), Some(&long)), None, "it would be too long");
    }

    #[test]
    fn a_place_is_found_also_between_equal_keys() {
        let mut rng = fastrand::Rng::with_seed(3);
        for _ in 0..2_000 {
            let mut keys: Vec<String> = (0..rng.usize(..8)).map(|_| format!("i00{}", rng.u8(0..4))).collect();
            keys.sort();
            let at = rng.usize(..=keys.len());
            let refs: Vec<&str> = keys.iter().map(String::as_str).collect();
            let placed = place(&refs, at);
            for (position, key) in placed.others {
                keys[position] = key;
            }
            let (before, after) = keys.split_at(at);
            assert!(before.iter().all(|key| *key < placed.key), "{keys:?} {at} {}", placed.key);
            assert!(after.iter().all(|key| *key > placed.key), "{keys:?} {at} {}", placed.key);
            assert!(keys.is_sorted(), "{keys:?}");
        }
    }

    #[test]
    fn no_room_at_all_makes_all_keys_anew() {
        let long = format!("i000{}1", "0".repeat(MAX_ORDER_CHARS - WHOLE - 1));
        let placed = place(&["i000", &long], 1);
        assert_eq!(placed.others.len(), 2);
        assert!(placed.others[0].1 < placed.key && placed.key < placed.others[1].1, "{placed:?}");
    }

    #[test]
    fn things_that_stand_in_order_keep_their_keys() {
        let keys = spread(4);
        let of = |positions: &[usize]| -> Vec<Option<&str>> {
            positions.iter().map(|&position| keys.get(position).map(String::as_str)).collect()
        };
        assert_eq!(arrange(&of(&[0, 1, 2, 3])), keys);
        let moved = arrange(&of(&[3, 0, 1, 2]));
        assert!(moved.is_sorted() && moved[1..] == keys[..3], "one was moved, one is written: {moved:?}");
        let with_new = arrange(&[Some(&keys[0]), None, None, Some(&keys[1])]);
        assert!(with_new.is_sorted() && with_new[0] == keys[0] && with_new[3] == keys[1], "{with_new:?}");
        assert_eq!(arrange(&[None, None]).len(), 2);
    }
}
