//! Curve properties, and which property a curve is likely to hold.
//!
//! The table is `dictionary/dictionary.txt`, read once. A mnemonic alone is weak evidence (the
//! same letters mean different things to different companies), so a [`Detection`] carries a
//! confidence and a reason in words, the unit raises or lowers it, and a person has the last word.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::ingest::units::{self, Quantity, Unit};

#[cfg(test)]
mod tests;

/// The table as text; its head describes the form.
const SOURCE: &str = include_str!("dictionary/dictionary.txt");

/// Mnemonics of a rank up to this also mean other things.
const DOUBTFUL_RANK: u8 = 60;

/// A mnemonic that means another property when the unit is of this kind.
const OTHER_MEANINGS: &[(&str, &str, &str)] = &[
    ("C1", "gas", "gas_c1"),
    ("C2", "gas", "gas_c2"),
    ("C3", "gas", "gas_c3"),
    ("SPP", "voltage", "spontaneous_potential"),
];

/// A property that is another one when the unit is of this kind: the logs are named alike.
const SIBLINGS: &[(&str, &str, &str)] = &[
    ("rop", "slowness", "drill_time"),
    ("gamma_ray", "exposure_rate", "exposure_rate"),
    ("exposure_rate", "radioactivity_api", "gamma_ray"),
    ("gamma_ray", "count_rate", "count_rate"),
    ("neutron_porosity", "neutron_api", "neutron_count_api"),
    ("neutron_porosity", "radioactivity_api", "neutron_count_api"),
    ("neutron_porosity", "count_rate", "count_rate"),
    ("resistivity_deep", "conductivity", "conductivity"),
];

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::parse(SOURCE));

/// What a curve measures, and how it is usually shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Property {
    /// Its word in code and SQL, e.g. `gamma_ray`.
    pub id: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// The group it is listed under.
    pub class: &'static str,
    /// The kind of unit, as in [`Unit::measurement`].
    pub measurement: &'static str,
    /// Whether its values are points on a scale or distances on it.
    pub quantity: Quantity,
    /// Symbol of the unit everyone's curves are compared in.
    pub canonical_unit: &'static str,
    /// How a track shows it; `None` when there is no usual scale.
    pub scale: Option<Scale>,
    /// Smallest plausible value in the canonical unit, for flagging only.
    pub valid_min: Option<f64>,
    /// Largest plausible value in the canonical unit, for flagging only.
    pub valid_max: Option<f64>,
    /// Line colour, `#RRGGBB`.
    pub colour: &'static str,
    /// `solid`, `dash`, `longdash`, `dot` or `points`.
    pub line_style: &'static str,
    /// The track it usually stands in; empty when there is none.
    pub track: &'static str,
}

/// The usual scale of a track, in the canonical unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// Value at the left edge; larger than `right` where the scale runs backwards.
    pub left: f64,
    /// Value at the right edge.
    pub right: f64,
    /// Whether it is logarithmic.
    pub log: bool,
}

impl Property {
    /// Returns the canonical unit.
    #[must_use]
    pub fn unit(&self) -> Option<&'static Unit> {
        units::find(self.measurement, self.canonical_unit)
    }
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

/// Returns all properties, grouped by class.
#[must_use]
pub fn properties() -> &'static [Property] {
    &TABLE.properties
}

/// Returns a property by its id.
#[must_use]
pub fn property(id: &str) -> Option<&'static Property> {
    TABLE.properties.iter().find(|property| property.id == id)
}

/// Returns the property a curve is likely to hold, judged by what its header line says.
#[must_use]
pub fn detect(mnemonic: &str, unit: &str, description: &str) -> Option<Detection> {
    let mnemonic = mnemonic.trim().to_uppercase();
    let Some((stem, meaning, how)) = look_up(&mnemonic) else {
        return by_description(unit, description);
    };
    let rank = meaning.rank;
    let mut reason = how.reason(stem);
    let mut confidence = 70 + 5 * i32::from(meaning.sources.min(3)) - how.penalty();
    if rank <= DOUBTFUL_RANK {
        confidence -= 10;
        reason.push_str(", which also means other things");
    }
    let listed = &TABLE.properties[meaning.property];
    let property = fitting_sibling(stem, listed, unit).unwrap_or(listed);
    let (change, fit, words) = judge_unit(unit, property);
    confidence += change;
    reason.push_str(&words);
    if mentions(description, property.name) {
        confidence += 5;
        reason.push_str(", named in the description");
    }
    let rank = if property == listed { rank } else { 0 };
    let confidence = confidence.clamp(5, 100).try_into().unwrap_or(5);
    Some(Detection { property, unit: fit, confidence, rank, reason })
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
fn look_up(mnemonic: &str) -> Option<(&str, Meaning, Found)> {
    let find = |stem: &str| TABLE.mnemonics.get(stem).copied();
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
fn without_number(mnemonic: &str) -> &str {
    let open = mnemonic.strip_suffix([']', ')']);
    let digits = open.unwrap_or(mnemonic);
    let stem = digits.trim_end_matches(|character: char| character.is_ascii_digit());
    if stem.len() == digits.len() {
        return mnemonic;
    }
    let marks: &[char] = if open.is_some() { &['[', '('] } else { &['_', ':', '.', '-', '#'] };
    stem.strip_suffix(marks).filter(|stem| !stem.is_empty()).unwrap_or(mnemonic)
}

/// Returns the property that the unit speaks for, when it does not fit the listed one.
fn fitting_sibling(stem: &str, listed: &Property, unit: &str) -> Option<&'static Property> {
    if units::resolve(unit, Some(listed.measurement)).is_some() {
        return None;
    }
    let by_mnemonic = OTHER_MEANINGS.iter().filter(|(name, ..)| *name == stem);
    let by_property = SIBLINGS.iter().filter(|(id, ..)| *id == listed.id);
    by_mnemonic
        .chain(by_property)
        .find(|(_, kind, _)| units::resolve(unit, Some(kind)).is_some())
        .and_then(|(_, _, id)| property(id))
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
        Some(other) => (-40, None, format!(", but unit {unit} is of kind {}", other.measurement)),
        None => (-10, None, format!(", unit {unit} unknown")),
    }
}

/// Returns the property whose name the description holds and whose kind the unit fits.
fn by_description(unit: &str, description: &str) -> Option<Detection> {
    let description = description.to_lowercase();
    let (property, unit) = TABLE
        .properties
        .iter()
        .filter(|property| description.contains(&plain_name(property.name)))
        .filter_map(|property| Some((property, units::resolve(unit, Some(property.measurement))?)))
        .max_by_key(|(property, _)| property.name.len())?;
    let reason = format!("{} in the description, unit fits", plain_name(property.name));
    Some(Detection { property, unit: Some(unit), confidence: 45, rank: 0, reason })
}

/// Returns a property's name without its explanation, lower case.
fn plain_name(name: &str) -> String {
    name.split([',', '(', '/']).next().unwrap_or(name).trim().to_lowercase()
}

/// Returns whether a description holds a telling word of a property's name.
fn mentions(description: &str, name: &str) -> bool {
    let description = description.to_lowercase();
    plain_name(name).split_whitespace().filter(|word| word.chars().count() >= 4).any(|word| description.contains(word))
}

/// What a mnemonic stands for.
#[derive(Debug, Clone, Copy)]
struct Meaning {
    property: usize,
    rank: u8,
    sources: u8,
}

/// The parsed table.
struct Table {
    properties: Vec<Property>,
    mnemonics: BTreeMap<&'static str, Meaning>,
}

impl Table {
    /// Reads the embedded table; a test checks that nothing in it is passed over.
    fn parse(source: &'static str) -> Self {
        let mut properties = Vec::new();
        let mut mnemonics = BTreeMap::new();
        for line in source.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if let Some(head) = line.strip_prefix('@') {
                properties.extend(parse_property(head));
                continue;
            }
            let Some(property) = properties.len().checked_sub(1) else {
                continue;
            };
            for word in line.split_ascii_whitespace() {
                let mut parts = word.rsplitn(3, '/');
                let mut number = || parts.next()?.parse().ok();
                if let (Some(sources), Some(rank)) = (number(), number())
                    && let Some(mnemonic) = parts.next()
                {
                    mnemonics.insert(mnemonic, Meaning { property, rank, sources });
                }
            }
        }
        Self { properties, mnemonics }
    }
}

/// Reads the head line of a property.
fn parse_property(head: &'static str) -> Option<Property> {
    let mut parts = head.split(" | ");
    let mut next = || parts.next();
    let (id, name, class, measurement, canonical_unit) = (next()?, next()?, next()?, next()?, next()?);
    let (scale, valid, look) = (next()?, next()?, next()?);
    let (measurement, quantity) = measurement
        .strip_suffix(" difference")
        .map_or((measurement, Quantity::Absolute), |kind| (kind, Quantity::Difference));
    let (valid_min, valid_max) = valid.split_once(' ')?;
    let mut look = look.split(' ');
    let (colour, line_style, track) = (look.next()?, look.next()?, look.next()?);
    Some(Property {
        id,
        name,
        class,
        measurement,
        quantity,
        canonical_unit,
        scale: parse_scale(scale),
        valid_min: valid_min.parse().ok(),
        valid_max: valid_max.parse().ok(),
        colour,
        line_style,
        track: if track == "-" { "" } else { track },
    })
}

/// Reads `left right` or `left right log`.
fn parse_scale(text: &str) -> Option<Scale> {
    let mut parts = text.split(' ');
    let (left, right) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    Some(Scale { left, right, log: parts.next() == Some("log") })
}
