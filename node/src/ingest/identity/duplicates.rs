//! Wells that may be one: proposed with a score and reasons, never merged.
//!
//! Evidence adds up: a shared source file, identifiers that differ only in spelling, names, place.
//! What contradicts takes away: other API numbers, other numbers in the names, kilometres between.
//! Only pairs that share something telling are compared, so the work follows the number of wells.

use std::collections::{BTreeMap, BTreeSet};

use dataforge_protocol::id::BlobHash;

use super::names::{is_misspelt, is_number, normal_name, shortened, words};
use super::{Hints, Identifier, Scheme, identify};

/// Least score that is worth a person's time.
const MIN_SCORE: i32 = 50;
/// A name or source that more wells share tells nothing about any two of them.
const MAX_SHARED: usize = 50;
/// Wells closer than this many metres are at one place, as exactly as headers tell.
const SAME_PLACE_M: f64 = 30.0;
/// Wells closer than this are neighbours, or one well in two geodetic datums.
const NEAR_M: f64 = 500.0;
/// Wells farther apart than this are two, unless a coordinate is wrong.
const FAR_M: f64 = 5_000.0;
/// Mean radius of the earth in metres.
const EARTH_M: f64 = 6_371_000.0;

/// What is known of a well that may be another one.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WellIdentity {
    /// What tells it from all others.
    pub id: String,
    /// The name.
    pub name: Option<String>,
    /// The identifier as delivered.
    pub uwi: Option<String>,
    /// The field.
    pub field: Option<String>,
    /// The operating company.
    pub company: Option<String>,
    /// The country.
    pub country: Option<String>,
    /// The state or province.
    pub state: Option<String>,
    /// Where it is.
    pub position: Option<Position>,
    /// The source files of its runs.
    pub sources: BTreeSet<BlobHash>,
}

/// A place as numbers.
#[derive(Debug, Clone, PartialEq)]
pub enum Position {
    /// Degrees, north and east positive.
    Geographic {
        /// Latitude.
        latitude: f64,
        /// Longitude.
        longitude: f64,
    },
    /// Metres in a projected system.
    Projected {
        /// The system, e.g. `EPSG:32631`.
        crs: String,
        /// Easting in metres.
        x_m: f64,
        /// Northing in metres.
        y_m: f64,
    },
}

/// Two wells that may be one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicate {
    /// The id of one, which sorts before the other.
    pub a: String,
    /// The id of the other.
    pub b: String,
    /// From 50, worth a look, to 100, hardly anything else.
    pub score: u8,
    /// What speaks for and against it, in words.
    pub reasons: Vec<String>,
}

/// Returns the wells that may be one, the likeliest first; the order of the wells does not matter.
#[must_use]
pub fn propose_duplicates(wells: &[WellIdentity]) -> Vec<Duplicate> {
    let known: Vec<Known<'_>> = wells.iter().map(Known::new).collect();
    let common = Common::new(&known);
    let mut found: Vec<Duplicate> = pairs(&known, &common)
        .into_iter()
        .filter_map(|(one, other)| compare(&known[one], &known[other], &common))
        .collect();
    found.sort_by(|one, other| (other.score, &one.a, &one.b).cmp(&(one.score, &other.a, &other.b)));
    found
}

/// The same by comparing every pair, to check the fast way against.
#[cfg(test)]
pub(super) fn slow(wells: &[WellIdentity]) -> Vec<Duplicate> {
    let known: Vec<Known<'_>> = wells.iter().map(Known::new).collect();
    let common = Common::new(&known);
    let others = |one: usize| known[one + 1..].iter().map(move |other| (one, other));
    let pairs = (0..known.len()).flat_map(others);
    let mut found: Vec<_> = pairs.filter_map(|(one, other)| compare(&known[one], other, &common)).collect();
    found.sort_by(|one, other| (other.score, &one.a, &one.b).cmp(&(one.score, &other.a, &other.b)));
    found
}

/// A well with what is compared of it.
struct Known<'a> {
    well: &'a WellIdentity,
    words: Vec<String>,
    name: String,
    identifier: Option<Identifier>,
    /// Letters and digits of the identifier, wherever they stand.
    letters: String,
}

impl<'a> Known<'a> {
    fn new(well: &'a WellIdentity) -> Self {
        let hints = Hints { api: false, country: well.country.as_deref(), state: well.state.as_deref() };
        let identifier = well.uwi.as_deref().and_then(|uwi| identify(uwi, &hints).ok());
        let uwi = well.uwi.as_deref().filter(|_| identifier.is_some()).unwrap_or_default();
        let letters = uwi.to_uppercase().chars().filter(|ch| ch.is_alphanumeric()).collect();
        let name = well.name.as_deref().unwrap_or_default();
        Self { well, words: words(name), name: normal_name(name), identifier, letters }
    }

    fn numbers(&self) -> Vec<&str> {
        self.words.iter().filter(|word| is_number(word)).map(String::as_str).collect()
    }
}

/// Names, sources and beginnings of numbers that too many wells share.
struct Common {
    names: BTreeSet<String>,
    sources: BTreeSet<BlobHash>,
    stems: BTreeSet<String>,
}

impl Common {
    fn new(known: &[Known<'_>]) -> Self {
        Self {
            names: shared_by_many(known.iter().map(|one| one.name.clone())),
            sources: shared_by_many(known.iter().flat_map(|one| one.well.sources.iter().copied())),
            stems: shared_by_many(known.iter().filter_map(|one| api_stem(&one.letters)).map(str::to_owned)),
        }
    }
}

/// Returns what more wells have than it could tell apart.
fn shared_by_many<T: Ord>(all: impl Iterator<Item = T>) -> BTreeSet<T> {
    let mut counts: BTreeMap<T, usize> = BTreeMap::new();
    all.for_each(|one| *counts.entry(one).or_default() += 1);
    counts.into_iter().filter(|(_, count)| *count > MAX_SHARED).map(|(one, _)| one).collect()
}

/// Something that two wells may share.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Shared {
    Source(BlobHash),
    Key(String),
    Letters(String),
    Name(String),
    /// A name with one word misspelt.
    Misspelt(String),
    /// A band of latitude or northing.
    Band(String, i64),
}

/// Returns the pairs that share something telling, each once, by position.
fn pairs(known: &[Known<'_>], common: &Common) -> BTreeSet<(usize, usize)> {
    let mut holders: BTreeMap<Shared, Vec<usize>> = BTreeMap::new();
    for (position, one) in known.iter().enumerate() {
        for shared in shared(one) {
            holders.entry(shared).or_default().push(position);
        }
    }
    let mut pairs = BTreeSet::new();
    for (shared, holders) in &holders {
        let says_nothing = match shared {
            Shared::Source(_) | Shared::Name(_) | Shared::Misspelt(_) => holders.len() > MAX_SHARED,
            Shared::Letters(letters) => common.stems.contains(letters),
            Shared::Key(_) | Shared::Band(..) => false,
        };
        if says_nothing {
            continue;
        }
        for (at, &one) in holders.iter().enumerate() {
            for &other in &holders[at + 1..] {
                let near = || metres(known[one].well, known[other].well).is_some_and(|metres| metres <= SAME_PLACE_M);
                if one != other && (!matches!(shared, Shared::Band(..)) || near()) {
                    pairs.insert((one.min(other), one.max(other)));
                }
            }
        }
    }
    pairs
}

/// Returns everything another well may share with this one.
fn shared(one: &Known<'_>) -> BTreeSet<Shared> {
    let mut shared: BTreeSet<Shared> = one.well.sources.iter().copied().map(Shared::Source).collect();
    shared.extend(one.identifier.iter().map(|identifier| Shared::Key(identifier.key.clone())));
    if !one.letters.is_empty() {
        shared.insert(Shared::Letters(one.letters.clone()));
        // An API number with and without the digits of its hole.
        shared.extend(api_stem(&one.letters).map(|stem| Shared::Letters(stem.to_owned())));
    }
    if !one.name.is_empty() {
        shared.insert(Shared::Name(one.name.clone()));
        for (at, word) in one.words.iter().enumerate().filter(|(_, word)| !is_number(word)) {
            let others =
                |middle: &str| [&one.words[..at], &[middle.to_owned()], &one.words[at + 1..]].concat().join(" ");
            shared.extend(shortened(word).iter().map(|shorter| Shared::Misspelt(others(shorter))));
        }
    }
    let (system, along) = match &one.well.position {
        Some(Position::Geographic { latitude, .. }) => ("", latitude.to_radians() * EARTH_M),
        Some(Position::Projected { crs, y_m, .. }) => (&**crs, *y_m),
        None => return shared,
    };
    // Two places within reach of each other share at least one of the bands next to them.
    for side in [-SAME_PLACE_M, SAME_PLACE_M] {
        let band = ((along + side) / (4.0 * SAME_PLACE_M)).floor();
        shared.insert(Shared::Band(system.to_owned(), band as i64));
    }
    shared
}

/// Returns the scored pair, if it is worth proposing.
fn compare(one: &Known<'_>, other: &Known<'_>, common: &Common) -> Option<Duplicate> {
    let (one, other) = if one.well.id <= other.well.id { (one, other) } else { (other, one) };
    let mut evidence = Evidence::default();
    if one.well.sources.intersection(&other.well.sources).any(|source| !common.sources.contains(source)) {
        evidence.add(90, "runs of both are from one source file".to_owned());
    }
    by_identifier(one, other, common, &mut evidence);
    by_name(one, other, common, &mut evidence);
    let equal = |part: fn(&WellIdentity) -> &Option<String>| {
        let texts = part(one.well).as_deref().zip(part(other.well).as_deref());
        texts
            .map(|(one, other)| (normal_name(one), normal_name(other)))
            .filter(|(one, other)| !one.is_empty() && !other.is_empty())
    };
    for (part, points, word) in [
        ((|well| &well.field) as fn(&WellIdentity) -> &Option<String>, 10, "field"),
        (|well| &well.company, 5, "company"),
    ] {
        if let Some((text, _)) = equal(part).filter(|(one, other)| one == other) {
            evidence.add(points, format!("the same {word}: {text}"));
        }
    }
    if let Some((here, there)) = equal(|well| &well.country).filter(|(here, there)| here != there) {
        evidence.add(-20, format!("countries differ: {here}, {there}"));
    }
    by_place(one.well, other.well, &mut evidence);
    let score = evidence.score.min(100);
    let proposed = score >= MIN_SCORE && one.well.id != other.well.id;
    proposed.then(|| Duplicate {
        a: one.well.id.clone(),
        b: other.well.id.clone(),
        score: score.try_into().unwrap_or(0),
        reasons: evidence.reasons,
    })
}

/// What speaks for and against a pair so far.
#[derive(Default)]
struct Evidence {
    score: i32,
    reasons: Vec<String>,
}

impl Evidence {
    fn add(&mut self, points: i32, reason: String) {
        self.score += points;
        self.reasons.push(reason);
    }
}

fn by_identifier(one: &Known<'_>, other: &Known<'_>, common: &Common, evidence: &mut Evidence) {
    let (Some(here), Some(there)) = (&one.identifier, &other.identifier) else {
        return;
    };
    let texts = || {
        let text = |known: &Known<'_>| known.well.uwi.as_deref().unwrap_or_default().trim().to_owned();
        format!("{}, {}", text(one), text(other))
    };
    let stems = [api_stem(&one.letters).unwrap_or(&one.letters), api_stem(&other.letters).unwrap_or(&other.letters)];
    if one.letters == other.letters || here.key == there.key {
        evidence.add(65, format!("identifiers differ in spelling only: {}", texts()));
    } else if stems[0] == stems[1] && !common.stems.contains(stems[0]) {
        evidence.add(55, format!("identifiers may be one number with and without its last digits: {}", texts()));
    } else if here.scheme == there.scheme && here.scheme != Scheme::Other {
        evidence.add(-60, format!("identifiers differ: {}", texts()));
    } else {
        evidence.add(-15, format!("identifiers differ: {}", texts()));
    }
}

fn by_name(one: &Known<'_>, other: &Known<'_>, common: &Common, evidence: &mut Evidence) {
    if one.name.is_empty()
        || other.name.is_empty()
        || common.names.contains(&one.name)
        || common.names.contains(&other.name)
    {
        return;
    }
    let (numbers, others) = (one.numbers(), other.numbers());
    if one.name == other.name {
        let points = if numbers.is_empty() { 35 } else { 55 };
        evidence.add(points, format!("the same name: {}", one.name));
    } else if is_misspelt(&one.words, &other.words) {
        evidence.add(40, format!("names alike: {}, {}", one.name, other.name));
    } else if !numbers.is_empty() && !others.is_empty() && numbers != others {
        evidence.add(-40, format!("numbers in the names differ: {}, {}", one.name, other.name));
    } else if !one.words.starts_with(&other.words) && !other.words.starts_with(&one.words) {
        evidence.add(-10, format!("names differ: {}, {}", one.name, other.name));
    }
}

fn by_place(one: &WellIdentity, other: &WellIdentity, evidence: &mut Evidence) {
    let Some(metres) = metres(one, other) else {
        return;
    };
    if metres <= SAME_PLACE_M {
        evidence.add(35, format!("{metres:.0} m apart"));
    } else if metres <= NEAR_M {
        evidence.add(15, format!("{metres:.0} m apart"));
    } else if metres > FAR_M {
        evidence.add(-50, format!("{:.0} km apart", metres / 1_000.0));
    }
}

/// Returns how far two wells are apart in metres; `None` when their places are not comparable.
fn metres(one: &WellIdentity, other: &WellIdentity) -> Option<f64> {
    match (one.position.as_ref()?, other.position.as_ref()?) {
        (
            Position::Geographic { latitude, longitude },
            Position::Geographic { latitude: other_latitude, longitude: other_longitude },
        ) => {
            let (here, there) = (latitude.to_radians(), other_latitude.to_radians());
            let across = (longitude - other_longitude).to_radians();
            // Haversine, which is exact enough where it matters, close by.
            let half = ((here - there) / 2.0).sin().powi(2) + here.cos() * there.cos() * (across / 2.0).sin().powi(2);
            Some(2.0 * EARTH_M * half.clamp(0.0, 1.0).sqrt().asin())
        }
        (
            Position::Projected { crs, x_m, y_m },
            Position::Projected { crs: other_crs, x_m: other_x_m, y_m: other_y_m },
        ) if crs == other_crs => Some((x_m - other_x_m).hypot(y_m - other_y_m)),
        _ => None,
    }
}

/// Returns the first ten digits of what may be an API number with digits for the hole.
fn api_stem(letters: &str) -> Option<&str> {
    let number = matches!(letters.len(), 12 | 14) && letters.bytes().all(|byte| byte.is_ascii_digit());
    number.then(|| &letters[..10])
}
