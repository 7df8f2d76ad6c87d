//! Canadian unique well identifiers, of the Dominion Land Survey and the National Topographic
//! System: a place, with a number for the holes there and one for what happened in a hole.
//!
//! `100/01-01-073-05W5/00` is survey 1, location exception 00, legal subdivision 01, section 01,
//! township 073, range 05 west of meridian 5, event 00. Survey and the first zero of the event are
//! often left out, leading zeros dropped, and slashes lost; the compact form has none at all.
//! The same hole has the same place and exception; the event is what the wellbore code says.

use super::{Identifier, Scheme, Unidentified};

/// Legal subdivisions of a section.
const SUBDIVISIONS: u32 = 16;
/// Sections of a township.
const SECTIONS: u32 = 36;
/// Units of a block, in the National Topographic System.
const UNITS: u32 = 100;
/// Sheets of a map area.
const SHEETS: u32 = 16;

/// Returns the well of a Canadian identifier, or why it means none; `None` for anything else.
pub(super) fn identify(groups: &[&str]) -> Option<Result<Identifier, Unidentified>> {
    let spread = match groups {
        [compact] => spread(compact)?,
        _ => groups.iter().map(|group| (*group).to_owned()).collect(),
    };
    let (first, rest) = spread.split_first()?;
    let rest = rest.join("-");
    dominion(first, &rest).or_else(|| topographic(first, &rest))
}

/// Takes a compact identifier of 16 characters apart.
fn spread(compact: &str) -> Option<Vec<String>> {
    if compact.len() != 16 {
        return None;
    }
    let cuts: &[usize] = match &compact[..1] {
        "1" => &[0, 3, 5, 7, 10, 14, 16],
        "2" => &[0, 3, 4, 7, 8, 11, 12, 14, 16],
        _ => return None,
    };
    Some(cuts.windows(2).map(|cut| compact[cut[0]..cut[1]].to_owned()).collect())
}

/// Reads `01-01-073-05W5-00` behind an exception.
fn dominion(first: &str, rest: &str) -> Option<Result<Identifier, Unidentified>> {
    let exception = exception(first, '1')?;
    let mut text = Reader(rest);
    let subdivision = text.number(2)?;
    let section = text.dash()?.number(2)?;
    let township = text.dash()?.number(3)?;
    let range = text.dash()?.number(2)?;
    let side = text.maybe_dash().letter('E'..='W').filter(|side| matches!(side, 'E' | 'W'))?;
    let meridian = text.maybe_dash().number(1)?;
    if text.0.starts_with('M') {
        text.letter('M'..='M')?;
    }
    let event = text.event()?;
    if [subdivision, section, township, range, meridian].contains(&0) {
        return Some(Err(Unidentified::Placeholder));
    }
    if subdivision > SUBDIVISIONS || section > SECTIONS {
        return None;
    }
    let key = format!("1{exception}{subdivision:02}{section:02}{township:03}{range:02}{side}{meridian}");
    Some(Ok(Identifier { key, wellbore: event, completion: None, scheme: Scheme::DominionLandSurvey }))
}

/// Reads `C-056-A-094-H-06-00` behind an exception.
fn topographic(first: &str, rest: &str) -> Option<Result<Identifier, Unidentified>> {
    let exception = exception(first, '2')?;
    let mut text = Reader(rest);
    let quarter = text.letter('A'..='D')?;
    let unit = text.maybe_dash().number(3)?;
    let block = text.maybe_dash().letter('A'..='L')?;
    let series = text.maybe_dash().number(3)?;
    let area = text.maybe_dash().letter('A'..='P')?;
    let sheet = text.maybe_dash().number(2)?;
    let event = text.event()?;
    if [unit, series, sheet].contains(&0) {
        return Some(Err(Unidentified::Placeholder));
    }
    if unit > UNITS || sheet > SHEETS {
        return None;
    }
    let key = format!("2{exception}{quarter}{unit:03}{block}{series:03}{area}{sheet:02}");
    Some(Ok(Identifier { key, wellbore: event, completion: None, scheme: Scheme::NationalTopographic }))
}

/// Returns the two characters of a location exception, with or without the survey before them.
fn exception(first: &str, survey: char) -> Option<&str> {
    match first.len() {
        2 => Some(first),
        3 => first.strip_prefix(survey),
        _ => None,
    }
}

/// What is left to read of an identifier, groups joined by dashes.
struct Reader<'a>(&'a str);

impl Reader<'_> {
    /// Reads one to `most` digits.
    fn number(&mut self, most: usize) -> Option<u32> {
        let digits = self.0.bytes().take(most).take_while(u8::is_ascii_digit).count();
        let (number, rest) = self.0.split_at(digits);
        self.0 = rest;
        number.parse().ok()
    }

    fn letter(&mut self, among: std::ops::RangeInclusive<char>) -> Option<char> {
        let letter = self.0.chars().next().filter(|letter| among.contains(letter))?;
        self.0 = &self.0[1..];
        Some(letter)
    }

    fn dash(&mut self) -> Option<&mut Self> {
        self.0 = self.0.strip_prefix('-')?;
        Some(self)
    }

    fn maybe_dash(&mut self) -> &mut Self {
        self.0 = self.0.strip_prefix('-').unwrap_or(self.0);
        self
    }

    /// Reads the event at the end, which may be missing: `Some(None)` for that and for the first.
    fn event(&mut self) -> Option<Option<String>> {
        if self.0.is_empty() {
            return Some(None);
        }
        let event = self.maybe_dash().number(2)?;
        self.0.is_empty().then(|| (event > 0).then(|| format!("{event:02}")))
    }
}
