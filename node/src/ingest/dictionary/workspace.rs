//! What the people of a workspace say about mnemonics, instead of or beside the tables.
//!
//! An override is for a mnemonic, of one company or of any, with one unit or with any; the most
//! particular one counts, company before unit, for the property and the unit separately. It is
//! what somebody decided, so its confidence is 100.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::detect::{Clues, detect_curve, without_number};
use super::table::TABLE;
use super::vendor::{vendor_id, vendor_name};
use super::{Property, property};
use crate::ingest::units::{self, Unit};

/// Stands for any company or any unit in the text of a key.
const ANY: &str = "*";
/// Stands for no property in the text of a choice.
const NOTHING: &str = "-";

/// Which curves an override is for. Its text, `company|mnemonic|unit`, is one to one with it and
/// can be a key of a document or of JSON.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct OverrideKey {
    vendor: Option<String>,
    mnemonic: String,
    unit: Option<String>,
}

/// A text is no key of an override.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It has not three parts, or stray escapes.
    #[error("not of the form company|mnemonic|unit: {0}")]
    Form(String),
    /// It names no mnemonic.
    #[error("no mnemonic in: {0}")]
    NoMnemonic(String),
}

/// What is said about the curves of a key. What is `None` is left to less particular overrides,
/// then to the tables and the file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Override {
    /// The property.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub property: Option<PropertyChoice>,
    /// The unit, in any spelling; it stands instead of the delivered one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Who said so, as shown to people; empty when that is not said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by: String,
}

/// A property somebody chose. Its text is the property's id, or `-` for none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub enum PropertyChoice {
    /// The id of a property.
    Property(String),
    /// None of the properties, whatever the mnemonic looks like.
    Nothing,
}

/// The overrides of a workspace.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WorkspaceDictionary {
    /// By key.
    pub overrides: BTreeMap<OverrideKey, Override>,
}

/// What a curve is taken to hold, and in which unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Interpretation {
    /// The property; `None` when nothing speaks for any, or somebody said that it has none.
    pub property: Option<&'static Property>,
    /// The unit as it counts: set in the workspace, or else as delivered.
    pub unit_text: String,
    /// That unit, when it is known and fits the property.
    pub unit: Option<&'static Unit>,
    /// From 0, nothing known, to 100, certain or set by somebody.
    pub confidence: u8,
    /// Which of a well's curves stands for the property: the highest rank; 0 when unranked.
    pub rank: u8,
    /// Why, in words.
    pub reason: String,
}

impl OverrideKey {
    /// Returns the key for a mnemonic: of one company, in any spelling, or of all; with one unit,
    /// which may be empty, or with all. Case and blanks do not matter.
    ///
    /// # Errors
    /// When the mnemonic is blank.
    pub fn new(vendor: Option<&str>, mnemonic: &str, unit: Option<&str>) -> Result<Self, KeyError> {
        let mnemonic = mnemonic.trim().to_uppercase();
        if mnemonic.is_empty() {
            return Err(KeyError::NoMnemonic(mnemonic));
        }
        Ok(Self { vendor: vendor.and_then(vendor_id), mnemonic, unit: unit.map(units::normalise) })
    }

    /// Returns the id of the company it is for; `None` for all.
    #[must_use]
    pub fn vendor(&self) -> Option<&str> {
        self.vendor.as_deref()
    }

    /// Returns the mnemonic it is for, in upper case.
    #[must_use]
    pub fn mnemonic(&self) -> &str {
        &self.mnemonic
    }

    /// Returns the unit it is for, as [`units::normalise`] leaves it; `None` for all.
    #[must_use]
    pub fn unit(&self) -> Option<&str> {
        self.unit.as_deref()
    }
}

impl fmt::Display for OverrideKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let any = |part: &Option<String>| part.as_deref().map_or_else(|| ANY.to_owned(), escape);
        write!(formatter, "{}|{}|{}", any(&self.vendor), escape(&self.mnemonic), any(&self.unit))
    }
}

impl FromStr for OverrideKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let parts: Vec<&str> = text.split('|').collect();
        let form = || KeyError::Form(text.to_owned());
        let [vendor, mnemonic, unit] = parts[..] else {
            return Err(form());
        };
        let any = |part: &str| if part == ANY { Some(None) } else { unescape(part).map(Some) };
        let (vendor, unit) = (any(vendor).ok_or_else(form)?, any(unit).ok_or_else(form)?);
        let mnemonic = unescape(mnemonic).ok_or_else(form)?;
        let key = Self::new(vendor.as_deref(), &mnemonic, unit.as_deref())?;
        // Only what we would write, so that one key has one text.
        if key.to_string() == text { Ok(key) } else { Err(form()) }
    }
}

impl From<OverrideKey> for String {
    fn from(key: OverrideKey) -> Self {
        key.to_string()
    }
}

impl TryFrom<String> for OverrideKey {
    type Error = KeyError;

    fn try_from(text: String) -> Result<Self, KeyError> {
        text.parse()
    }
}

impl PropertyChoice {
    /// Returns its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Property(id) => id,
            Self::Nothing => NOTHING,
        }
    }
}

impl From<PropertyChoice> for String {
    fn from(choice: PropertyChoice) -> Self {
        choice.as_str().to_owned()
    }
}

impl From<String> for PropertyChoice {
    fn from(text: String) -> Self {
        if text == NOTHING { Self::Nothing } else { Self::Property(text) }
    }
}

impl WorkspaceDictionary {
    /// Returns what a curve is taken to hold: what was set for it, then what the tables say.
    #[must_use]
    pub fn interpret(&self, clues: &Clues<'_>) -> Interpretation {
        let set_unit = self.find(clues, |found| found.unit.clone());
        let unit_text = set_unit.as_ref().map_or_else(|| clues.unit.to_owned(), |(unit, _)| unit.clone());
        let unit_words = set_unit.as_ref().map(|(unit, by)| format!("unit {unit} {by}"));
        let clues = Clues { unit: &unit_text, ..*clues };
        let set = self.find(&clues, |found| found.property.clone());
        let known = set.map(|(choice, by)| match &choice {
            PropertyChoice::Nothing => Ok((None, by)),
            PropertyChoice::Property(id) => property(id).map(|found| (Some(found), by)).ok_or(id.clone()),
        });
        let mut found = match known {
            Some(Ok((property, by))) => decided(property, by, &clues),
            Some(Err(id)) => {
                let mut found = detected(&clues);
                found.reason.push_str(&format!(", the property set in this workspace is not known here: {id}"));
                found
            }
            None => detected(&clues),
        };
        if let Some(words) = unit_words {
            found.reason.push_str(&format!(", {words}"));
        }
        found.unit_text = unit_text;
        found
    }

    /// Returns what the most particular override says, and who says it in words.
    fn find<T>(&self, clues: &Clues<'_>, part: impl Fn(&Override) -> Option<T>) -> Option<(T, String)> {
        let mnemonic = clues.mnemonic.trim().to_uppercase();
        let stem = without_number(&mnemonic);
        let vendor = clues.service_company.and_then(vendor_id);
        let unit = units::normalise(clues.unit);
        // The most particular first: mnemonic before company before unit.
        for mnemonic in std::iter::once(&*mnemonic).chain((stem != mnemonic).then_some(stem)) {
            for vendor in vendor.iter().map(Some).chain([None]) {
                for unit in [Some(&unit), None] {
                    let (mnemonic, vendor) = (mnemonic.to_owned(), vendor.cloned());
                    let key = OverrideKey { vendor, mnemonic, unit: unit.cloned() };
                    let found = self.overrides.get(&key);
                    if let Some((found, value)) = found.and_then(|found| Some((found, part(found)?))) {
                        return Some((value, words(&key, found)));
                    }
                }
            }
        }
        None
    }
}

/// Returns who set an override, and for what, in words.
fn words(key: &OverrideKey, found: &Override) -> String {
    let of = key.vendor().map(|vendor| format!(" of {}", vendor_name(vendor))).unwrap_or_default();
    let within = match key.unit() {
        Some("") => " without unit".to_owned(),
        Some(unit) => format!(" in {unit}"),
        None => String::new(),
    };
    let by = if found.by.is_empty() { String::new() } else { format!(" by {}", found.by) };
    format!("set in this workspace{by} for {}{of}{within}", key.mnemonic())
}

/// What somebody decided.
fn decided(property: Option<&'static Property>, by: String, clues: &Clues<'_>) -> Interpretation {
    let mnemonic = clues.mnemonic.trim().to_uppercase();
    let listed = TABLE
        .mnemonics
        .get(&*mnemonic)
        .filter(|meaning| property.is_some_and(|property| TABLE.properties[meaning.property].id == property.id));
    Interpretation {
        property,
        unit_text: String::new(),
        unit: property.and_then(|property| units::resolve(clues.unit, Some(property.measurement))),
        confidence: 100,
        rank: listed.map_or(0, |meaning| meaning.rank),
        reason: by,
    }
}

/// What the tables say.
fn detected(clues: &Clues<'_>) -> Interpretation {
    let found = detect_curve(clues);
    Interpretation {
        property: found.as_ref().map(|found| found.property),
        unit_text: String::new(),
        unit: found.as_ref().and_then(|found| found.unit).or_else(|| match found {
            // Without a property a unit that means one thing is still known.
            None => units::resolve(clues.unit, None),
            Some(_) => None,
        }),
        confidence: found.as_ref().map_or(0, |found| found.confidence),
        rank: found.as_ref().map_or(0, |found| found.rank),
        reason: found.map_or_else(|| "nothing known of this mnemonic".to_owned(), |found| found.reason),
    }
}

/// Returns a part of a key without the characters that mean something in its text.
fn escape(part: &str) -> String {
    part.replace('%', "%25").replace('|', "%7C").replace('*', "%2A")
}

/// Returns what [`escape`] was given; `None` for other escapes.
fn unescape(part: &str) -> Option<String> {
    let mut pieces = part.split('%');
    let mut text = pieces.next()?.to_owned();
    for piece in pieces {
        let character = match piece.get(..2)? {
            "25" => '%',
            "7C" => '|',
            "2A" => '*',
            _ => return None,
        };
        text.push(character);
        text.push_str(&piece[2..]);
    }
    Some(text)
}
