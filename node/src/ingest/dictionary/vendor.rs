//! Service companies: one id for the many ways in which headers spell them.

use std::collections::BTreeMap;

use super::table::{Meaning, TABLE};

/// A service company whose spellings and own mnemonics are known.
pub(super) struct Vendor {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    /// Words in a row that name it.
    pub(super) spellings: Vec<&'static str>,
    /// What mnemonics mean to it, where that is not what they mean to others.
    pub(super) mnemonics: BTreeMap<&'static str, Meaning>,
}

/// Words that say nothing about which company it is.
const LEGAL: &[&str] = &[
    "THE",
    "INC",
    "LTD",
    "LIMITED",
    "LLC",
    "LLP",
    "LP",
    "PLC",
    "CO",
    "CORP",
    "CORPORATION",
    "COMPANY",
    "GROUP",
    "GMBH",
    "AG",
    "AS",
    "ASA",
    "SA",
    "SAS",
    "SRL",
    "SPA",
    "BV",
    "NV",
    "OY",
    "AB",
    "PTY",
    "PTE",
    "SERVICE",
    "SERVICES",
    "OOO",
    "ZAO",
    "OAO",
    "PAO",
    "ООО",
    "ЗАО",
    "ОАО",
    "ПАО",
    "АО",
];

/// Texts that stand where a name is missing.
const PLACEHOLDERS: &[&str] =
    &["", "NA", "N A", "NONE", "NULL", "UNKNOWN", "UNDEFINED", "TBA", "TBD", "X", "XX", "XXX"];

/// Returns the id of a service company as a header spells it: that of the table, or lower-case
/// words joined by `_` for one that is not in it. `None` when the text names nobody.
#[must_use]
pub fn vendor_id(text: &str) -> Option<String> {
    let words = words(text);
    if let Some(vendor) = known(&words) {
        return Some(vendor.id.to_owned());
    }
    let telling: Vec<String> =
        words.iter().filter(|word| !LEGAL.contains(&&***word)).map(|word| word.to_lowercase()).collect();
    let nobody = PLACEHOLDERS.contains(&&*words.join(" ")) || telling.is_empty();
    let named = telling.iter().any(|word| word.chars().any(char::is_alphabetic));
    (!nobody && named).then(|| telling.join("_"))
}

/// Returns the name of a service company by its id; the id itself when it is not in the table.
#[must_use]
pub fn vendor_name(id: &str) -> &str {
    TABLE.vendors.iter().find(|vendor| vendor.id == id).map_or(id, |vendor| vendor.name)
}

/// Returns the company whose spelling stands first among the words.
fn known(words: &[String]) -> Option<&'static Vendor> {
    let place = |spelling: &str| {
        let wanted: Vec<&str> = spelling.split(' ').collect();
        words.windows(wanted.len()).position(|window| window.iter().zip(&wanted).all(|(word, wanted)| word == wanted))
    };
    let found =
        TABLE.vendors.iter().flat_map(|vendor| vendor.spellings.iter().map(move |spelling| (vendor, *spelling)));
    found
        .filter_map(|(vendor, spelling)| Some((place(spelling)?, vendor)))
        .min_by_key(|(position, _)| *position)
        .map(|(_, vendor)| vendor)
}

/// Returns the words of a text: upper case, letters and digits only.
pub(super) fn words(text: &str) -> Vec<String> {
    let upper = text.to_uppercase();
    upper.split(|ch: char| !ch.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Returns what a mnemonic means to a company alone.
pub(super) fn own_meaning(id: &str, mnemonic: &str) -> Option<Meaning> {
    TABLE.vendors.iter().find(|vendor| vendor.id == id)?.mnemonics.get(mnemonic).copied()
}
