//! Judging a curve: what its company and mnemonic say, then its unit, then its values.
//!
//! Every reading that anything speaks for is a candidate; evidence adds to its confidence or takes
//! from it, and the best one is the detection. The numbers are rules of thumb, but the order they
//! make is tested: a unit that fits beats none, and none beats one that contradicts.

use super::name::spelled_out;
use super::table::{Meaning, TABLE};
use super::vendor::{own_meaning, vendor_id, vendor_name};
use super::{Property, property};
use crate::ingest::units::{self, Conversion, Unit};

/// Mnemonics of a rank up to this also mean other things.
const DOUBTFUL_RANK: u8 = 60;

/// Confidence in what a mnemonic means to the company that logged.
const BY_VENDOR: i32 = 88;
/// Confidence in what it means to a company of which we do not know whether it logged.
const BY_OTHER_VENDOR: i32 = 30;
/// Confidence in a property that the mnemonic spells out.
const BY_NAME: i32 = 80;
/// Confidence in a property named in the description, with a unit that fits.
const BY_DESCRIPTION: i32 = 45;
/// What a reading loses by a unit of another kind.
const OTHER_KIND: i32 = 40;
/// What a namesake loses that no unit speaks for.
const UNSUPPORTED: i32 = 35;

/// A mnemonic that means another property when the unit is of this kind.
pub(super) const OTHER_MEANINGS: &[(&str, &str, &str)] = &[
    ("C1", "gas", "gas_c1"),
    ("C2", "gas", "gas_c2"),
    ("C3", "gas", "gas_c3"),
    ("SPP", "voltage", "spontaneous_potential"),
];

/// A property that is another one when the unit is of this kind: the logs are named alike.
pub(super) const SIBLINGS: &[(&str, &str, &str)] = &[
    ("rop", "slowness", "drill_time"),
    ("gamma_ray", "exposure_rate", "exposure_rate"),
    ("exposure_rate", "radioactivity_api", "gamma_ray"),
    ("gamma_ray", "count_rate", "count_rate"),
    ("neutron_porosity", "neutron_api", "neutron_count_api"),
    ("neutron_porosity", "radioactivity_api", "neutron_count_api"),
    ("neutron_porosity", "count_rate", "count_rate"),
    ("resistivity_deep", "conductivity", "conductivity"),
];

/// What is known of a curve before anybody has judged it, all as delivered.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Clues<'a> {
    /// The company that logged, as the header spells it.
    pub service_company: Option<&'a str>,
    /// The mnemonic.
    pub mnemonic: &'a str,
    /// The unit.
    pub unit: &'a str,
    /// The description.
    pub description: &'a str,
    /// Smallest and largest value.
    pub range: Option<(f64, f64)>,
}

/// The property a curve is likely to hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Detection {
    /// The property.
    pub property: &'static Property,
    /// The curve's unit, when it fits the property.
    pub unit: Option<&'static Unit>,
    /// From 0, a guess, to 100, as good as certain.
    pub confidence: u8,
    /// Which of a run's curves stands for the property: the highest rank; 0 when unranked.
    pub rank: u8,
    /// Why, in words.
    pub reason: String,
}

/// Returns the property a curve is likely to hold, judged by what its header line says.
#[must_use]
pub fn detect(mnemonic: &str, unit: &str, description: &str) -> Option<Detection> {
    detect_curve(&Clues { mnemonic, unit, description, ..Clues::default() })
}

/// Returns the property a curve is likely to hold, judged by all that is known of it.
#[must_use]
pub fn detect_curve(clues: &Clues<'_>) -> Option<Detection> {
    candidates(clues).into_iter().next()
}

/// Returns all properties that anything speaks for, the likeliest first, each once.
#[must_use]
pub fn candidates(clues: &Clues<'_>) -> Vec<Detection> {
    let mnemonic = clues.mnemonic.trim().to_uppercase();
    let vendor = clues.service_company.and_then(vendor_id);
    let mut found = by_vendor(&mnemonic, vendor.as_deref(), clues);
    let own = found.first().map(|detection| (detection.property, vendor.as_deref()));
    found.extend(by_mnemonic(&mnemonic, own, clues));
    found.extend(by_other_vendors(&mnemonic, vendor.as_deref(), clues));
    let by_name =
        spelled_out(clues.mnemonic).map(|property| judged(property, 0, BY_NAME, "spelled out".to_owned(), clues));
    found.extend(by_name);
    found.extend(by_description(clues));
    // Stable: of equals the one that was found first.
    found.sort_by_key(|detection| std::cmp::Reverse((detection.confidence, detection.rank)));
    let mut listed: Vec<Detection> = Vec::with_capacity(found.len());
    for detection in found {
        if listed.iter().all(|known| known.property != detection.property) {
            listed.push(detection);
        }
    }
    listed
}

/// How a mnemonic was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    /// As it stands.
    Exact,
    /// Without the number that tells repeats apart.
    WithoutNumber,
    /// Without the word behind its last underscore.
    WithoutWord,
}

impl Found {
    const fn penalty(self) -> i32 {
        match self {
            Self::Exact => 0,
            Self::WithoutNumber => 5,
            Self::WithoutWord => 20,
        }
    }

    fn reason(self, stem: &str) -> String {
        match self {
            Self::Exact => format!("mnemonic {stem}"),
            Self::WithoutNumber => format!("mnemonic {stem} without its number"),
            Self::WithoutWord => format!("mnemonic {stem} without its suffix"),
        }
    }
}

/// Looks a mnemonic up: exactly, then with less and less of its end.
fn look_up(mnemonic: &str, find: impl Fn(&str) -> Option<Meaning>) -> Option<(&str, Meaning, Found)> {
    if let Some(meaning) = find(mnemonic) {
        return Some((mnemonic, meaning, Found::Exact));
    }
    let unnumbered = without_number(mnemonic);
    if let Some(meaning) = find(unnumbered) {
        return Some((unnumbered, meaning, Found::WithoutNumber));
    }
    let (stem, _) = unnumbered.rsplit_once('_')?;
    find(stem).map(|meaning| (stem, meaning, Found::WithoutWord))
}

/// Returns a mnemonic without a trailing `_2`, `:1`, `.1`, `-1`, `#1`, `[0]` or `(0)`.
pub(super) fn without_number(mnemonic: &str) -> &str {
    let open = mnemonic.strip_suffix([']', ')']);
    let digits = open.unwrap_or(mnemonic);
    let stem = digits.trim_end_matches(|character: char| character.is_ascii_digit());
    if stem.len() == digits.len() {
        return mnemonic;
    }
    let marks: &[char] = if open.is_some() { &['[', '('] } else { &['_', ':', '.', '-', '#'] };
    stem.strip_suffix(marks).filter(|stem| !stem.is_empty()).unwrap_or(mnemonic)
}

/// What a mnemonic means to the company that logged.
fn by_vendor(mnemonic: &str, vendor: Option<&str>, clues: &Clues<'_>) -> Vec<Detection> {
    let Some(vendor) = vendor else { return Vec::new() };
    let Some((stem, meaning, how)) = look_up(mnemonic, |stem| own_meaning(vendor, stem)) else {
        return Vec::new();
    };
    let reason = format!("{} of {}", how.reason(stem), vendor_name(vendor));
    let listed = &TABLE.properties[meaning.property];
    vec![judged(listed, meaning.rank, BY_VENDOR - how.penalty(), reason, clues)]
}

/// What a mnemonic means to everybody, and to those who name other logs alike. `own` is what the
/// company that logged means by it.
fn by_mnemonic(mnemonic: &str, own: Option<(&Property, Option<&str>)>, clues: &Clues<'_>) -> Vec<Detection> {
    let Some((stem, meaning, how)) = look_up(mnemonic, |stem| TABLE.mnemonics.get(stem).copied()) else {
        return Vec::new();
    };
    let listed = &TABLE.properties[meaning.property];
    let mut reason = how.reason(stem);
    let mut confidence = 70 + 5 * i32::from(meaning.sources.min(3)) - how.penalty();
    if let Some((own, Some(vendor))) = own
        && own != listed
    {
        confidence -= UNSUPPORTED;
        reason.push_str(&format!(", which means something else to {}", vendor_name(vendor)));
    } else if meaning.rank <= DOUBTFUL_RANK {
        confidence -= 10;
        reason.push_str(", which also means other things");
    }
    let mut found = vec![judged(listed, meaning.rank, confidence, reason.clone(), clues)];
    let by_stem = OTHER_MEANINGS.iter().filter(|(name, ..)| *name == stem);
    let by_property = SIBLINGS.iter().filter(|(id, ..)| *id == listed.id);
    for (_, kind, id) in by_stem.chain(by_property) {
        let Some(sibling) = property(id) else { continue };
        // The unit may fit the kind that tells the namesake, or only the namesake's own.
        let supported = [kind, sibling.measurement].iter().any(|kind| units::resolve(clues.unit, Some(kind)).is_some());
        let contradicted = units::resolve(clues.unit, Some(listed.measurement)).is_some();
        let confidence = if supported && !contradicted { confidence } else { confidence - UNSUPPORTED };
        // Old neutron logs say API for their own API unit, which is another kind.
        let misspelt = sibling.measurement != *kind && units::resolve(clues.unit, Some(kind)).is_some();
        let confidence = if misspelt { confidence + OTHER_KIND } else { confidence };
        found.push(judged(sibling, 0, confidence, reason.clone(), clues));
    }
    found
}

/// What a mnemonic means to companies other than the one that logged, for a person to choose.
fn by_other_vendors(mnemonic: &str, vendor: Option<&str>, clues: &Clues<'_>) -> Vec<Detection> {
    let others = TABLE.vendors.iter().filter(|other| vendor != Some(other.id));
    let meanings = others.filter_map(|other| {
        let (stem, meaning, how) = look_up(mnemonic, |stem| other.mnemonics.get(stem).copied())?;
        let reason = format!("{} of {}", how.reason(stem), other.name);
        let listed = &TABLE.properties[meaning.property];
        Some(judged(listed, meaning.rank, BY_OTHER_VENDOR - how.penalty(), reason, clues))
    });
    meanings.collect()
}

/// The property whose name the description holds and whose kind the unit fits.
fn by_description(clues: &Clues<'_>) -> Option<Detection> {
    let description = clues.description.to_lowercase();
    let (property, _) = TABLE
        .properties
        .iter()
        .filter(|property| description.contains(&plain_name(property.name)))
        .filter_map(|property| Some((property, units::resolve(clues.unit, Some(property.measurement))?)))
        .max_by_key(|(property, _)| property.name.len())?;
    let (unit, values) = (judge_unit(clues.unit, property), judge_values(clues, property));
    let reason = format!("{} in the description, unit fits{}", plain_name(property.name), values.1);
    Some(Detection { property, unit: unit.1, confidence: bounded(BY_DESCRIPTION + values.0), rank: 0, reason })
}

/// Returns a reading with what unit, values and description do to its confidence.
fn judged(property: &'static Property, rank: u8, confidence: i32, mut reason: String, clues: &Clues<'_>) -> Detection {
    let (by_unit, unit, words) = judge_unit(clues.unit, property);
    reason.push_str(&words);
    let (by_values, words) = judge_values(clues, property);
    reason.push_str(&words);
    let mut confidence = confidence + by_unit + by_values;
    if mentions(clues.description, property.name) {
        confidence += 5;
        reason.push_str(", named in the description");
    }
    Detection { property, unit, confidence: bounded(confidence), rank, reason }
}

fn bounded(confidence: i32) -> u8 {
    confidence.clamp(5, 100).try_into().unwrap_or(5)
}

/// Returns what the unit does to the confidence, the unit when it fits, and why.
fn judge_unit(unit: &str, property: &Property) -> (i32, Option<&'static Unit>, String) {
    let unit = unit.trim();
    if let Some(fit) = units::resolve(unit, Some(property.measurement)) {
        return (15, Some(fit), format!(", unit {unit} fits"));
    }
    if unit.is_empty() || units::resolve(unit, Some("none")).is_some() {
        return (0, None, ", no unit".to_owned());
    }
    match units::resolve(unit, None) {
        Some(other) => (-OTHER_KIND, None, format!(", but unit {unit} is of kind {}", other.measurement)),
        None => (-10, None, format!(", unit {unit} unknown")),
    }
}

/// Returns what the values do to the confidence, and why. Without a unit they say less, since they
/// may be in another one than the canonical.
fn judge_values(clues: &Clues<'_>, property: &Property) -> (i32, String) {
    let Some((min, max)) = clues.range.filter(|(min, max)| min <= max) else {
        return (0, String::new());
    };
    let fit = units::resolve(clues.unit, Some(property.measurement));
    let conversion = fit.zip(property.unit()).and_then(|(from, to)| Conversion::new(from, to, property.quantity).ok());
    let (low, high) = conversion.map_or((min, max), |conversion| (conversion.apply(min), conversion.apply(max)));
    let (least, most) = (property.valid_min.unwrap_or(f64::NEG_INFINITY), property.valid_max.unwrap_or(f64::INFINITY));
    let (unbounded, united) = (least.is_infinite() && most.is_infinite(), conversion.is_some());
    if high < least || low > most {
        let change = if united { -25 } else { -15 };
        return (change, format!(", but its values from {min} to {max} do not look like it"));
    }
    if united && !unbounded && low >= least && high <= most {
        return (3, ", values fit".to_owned());
    }
    (0, String::new())
}

/// Returns a property's name without its explanation, lower case.
pub(super) fn plain_name(name: &str) -> String {
    name.split([',', '(', '/']).next().unwrap_or(name).trim().to_lowercase()
}

/// Returns whether a description holds a telling word of a property's name.
fn mentions(description: &str, name: &str) -> bool {
    let description = description.to_lowercase();
    plain_name(name).split_whitespace().filter(|word| word.chars().count() >= 4).any(|word| description.contains(word))
}
