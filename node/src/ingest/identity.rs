//! Which well an identifier means: rules for UWI and API numbers.
//!
//! Equal keys make files of different people one well, so the rules are normative: every node must
//! come to the same key, and two wells must never come to one. `docs/wells.md` states them in full
//! and its table is a test. Where spellings of one well cannot be told from those of two, they get
//! two keys, and [`propose_duplicates`] brings them before a person.

mod api;
mod canada;
mod country;
mod duplicates;
mod names;
mod spelling;
#[cfg(test)]
mod tests;

pub use self::duplicates::{Duplicate, Position, WellIdentity, propose_duplicates};
pub use self::names::normal_name;

/// Longest key of an identifier in characters; facts of a well take no longer one.
pub const MAX_KEY_CHARS: usize = 64;

/// An identifier that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identifier {
    /// What is compared: upper-case ASCII letters and digits. Equal keys mean one well.
    pub key: String,
    /// The hole within the well: sidetrack digits of an API number, event of a Canadian UWI.
    /// `None` for the first hole, or when the identifier does not tell.
    pub wellbore: Option<String>,
    /// The completion within the hole, of an API number with 14 digits; `None` for the first.
    pub completion: Option<String>,
    /// The rule it follows.
    pub scheme: Scheme,
}

/// The rules that identifiers follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// API number of the United States.
    Api,
    /// Canadian UWI of the Dominion Land Survey.
    DominionLandSurvey,
    /// Canadian UWI of the National Topographic System.
    NationalTopographic,
    /// Quadrant, block and number of a North Sea well, whose country is known.
    Block,
    /// Any other: compared as it is spelt.
    Other,
}

/// What the header says beside the identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hints<'a> {
    /// Whether the line says that it holds an API number.
    pub api: bool,
    /// The country as delivered.
    pub country: Option<&'a str>,
    /// The state or province as delivered.
    pub state: Option<&'a str>,
}

/// A text identifies no well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unidentified {
    /// There is nothing, or no digit.
    #[error("without a digit it identifies no well")]
    NoDigit,
    /// It stands where an identifier is missing.
    #[error("a placeholder")]
    Placeholder,
    /// A spreadsheet has rounded it.
    #[error("rounded by a spreadsheet, its last digits are lost")]
    Rounded,
    /// It has letters outside ASCII, without which two identifiers might become one.
    #[error("letters other than A to Z are not compared")]
    ForeignLetters,
    /// It is an API number with digits missing, or without its state.
    #[error("not a whole api number: 10, 12 or 14 digits with state and county")]
    IncompleteApi,
    /// It is too long for a key.
    #[error("longer than {MAX_KEY_CHARS} characters")]
    TooLong,
}

/// Returns which well an identifier means.
///
/// # Errors
/// When the text identifies no well; such a well is known by its first file.
pub fn identify(text: &str, hints: &Hints<'_>) -> Result<Identifier, Unidentified> {
    spelling::check(text)?;
    let text = text.trim().to_ascii_uppercase();
    let groups: Vec<&str> =
        text.split(|ch: char| !ch.is_ascii_alphanumeric()).filter(|group| !group.is_empty()).collect();
    let found = match canada::identify(&groups).or_else(|| api::identify(&groups, hints)) {
        Some(found) => found?,
        None => other(&text, &groups, hints),
    };
    if found.key.len() > MAX_KEY_CHARS { Err(Unidentified::TooLong) } else { Ok(found) }
}

/// Returns the key of an identifier of which nothing is known but its text.
#[must_use]
pub fn uwi_key(text: &str) -> Option<String> {
    identify(text, &Hints::default()).ok().map(|found| found.key)
}

/// Returns whether a country lies wholly west of Greenwich, of those whose wells we tell apart.
pub(crate) fn is_western(country: &str) -> bool {
    country::code(country).is_some_and(|code| matches!(code, "US" | "CA" | "IE"))
}

/// An identifier that follows no rule we know: its spelling, and for a North Sea block, which
/// neighbouring countries number alike, the country.
fn other(text: &str, groups: &[&str], hints: &Hints<'_>) -> Identifier {
    let spelt = spelling::key(text);
    let country = country::with_blocks(hints.country, hints.state).filter(|_| is_block(text, groups));
    let (key, scheme) = match country {
        Some(code) => (spelling::key(&format!("{code} {text}")), Scheme::Block),
        None => (spelt, Scheme::Other),
    };
    Identifier { key, wellbore: None, completion: None, scheme }
}

/// Returns whether a text begins with quadrant and block, as in `15/9-19 A`.
fn is_block(text: &str, groups: &[&str]) -> bool {
    let [quadrant, block, _, ..] = groups else {
        return false;
    };
    let digits = |part: &str, most: usize| (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let block_number = block.strip_suffix(|ch: char| ch.is_ascii_uppercase()).unwrap_or(block);
    digits(quadrant, 4) && digits(block_number, 2) && text.starts_with(&format!("{quadrant}/{block}-"))
}
