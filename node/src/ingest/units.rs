//! Units of measurement: spellings met in files, and conversion within one kind.
//!
//! The table is `units/units.txt`, read once. A spelling is looked up within the kind of unit that
//! the property asks for; without a kind only spellings that mean one thing are resolved, so `F`
//! is never guessed to be feet or degrees, and what no unit is known for stays text. Kinds never
//! convert into each other: gAPI is not µR/h, and minutes per metre are a slowness, not a rate of
//! penetration. [`Conversion`] is the only way from one unit to another.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use self::exact::Exact;

mod convert;
mod exact;
#[cfg(test)]
mod tests;

pub use self::convert::{Conversion, ConvertError, Quantity, convert};

/// The table as text; its head describes the form.
const SOURCE: &str = include_str!("units/units.txt");

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::parse(SOURCE));

/// One unit of measurement.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    /// Its symbol, unique within its kind, e.g. `us/ft`.
    pub symbol: &'static str,
    /// The symbol as shown to people, e.g. `µs/ft`; empty for no unit.
    pub display: &'static str,
    /// The name in words.
    pub name: &'static str,
    /// The kind of unit, e.g. `slowness`.
    pub measurement: &'static str,
    /// The symbol of the kind's base unit.
    pub base: &'static str,
    /// How many base units it is; `None` when it has no fixed size.
    pub factor: Option<f64>,
    /// What is added after the factor, for temperatures.
    pub offset: f64,
    /// For pressures, what they are counted from, when the unit says so.
    pub reference: Option<Reference>,
    /// Factor and offset as the table defines them; `None` when it has no fixed size.
    exact: Option<(Exact, Exact)>,
}

/// What a pressure is counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reference {
    /// From vacuum.
    Absolute,
    /// From the pressure of the air at the site.
    Gauge,
}

/// Returns all units, grouped by kind.
#[must_use]
pub fn units() -> &'static [Unit] {
    &TABLE.units
}

/// Returns the unit of a kind by its exact symbol.
#[must_use]
pub fn find(measurement: &str, symbol: &str) -> Option<&'static Unit> {
    TABLE.units.iter().find(|unit| unit.measurement == measurement && unit.symbol == symbol)
}

/// Returns the unit a spelling stands for.
///
/// With a kind, only units of that kind count. Without one the spelling must mean the same in all
/// kinds that know it; `F`, `%` or `MS/M` give `None`. Real spellings come before our symbols.
#[must_use]
pub fn resolve(spelling: &str, measurement: Option<&str>) -> Option<&'static Unit> {
    let spelling = normalise(spelling);
    let only = |found: &BTreeMap<String, Vec<usize>>| {
        let mut fitting = found
            .get(&spelling)?
            .iter()
            .map(|&position| &TABLE.units[position])
            .filter(|unit| measurement.is_none_or(|kind| unit.measurement == kind));
        let unit = fitting.next()?;
        Some(fitting.next().map_or(Ok(unit), |_| Err(())))
    };
    only(&TABLE.by_spelling).or_else(|| only(&TABLE.by_symbol))?.ok()
}

/// Returns all units a spelling may stand for, one of a kind: none when it is unknown, several
/// when only the property can tell.
#[must_use]
pub fn meanings(spelling: &str) -> Vec<&'static Unit> {
    let spelling = normalise(spelling);
    let mut found: Vec<&'static Unit> = Vec::new();
    for position in
        [&TABLE.by_spelling, &TABLE.by_symbol].into_iter().filter_map(|table| table.get(&spelling)).flatten()
    {
        let unit = &TABLE.units[*position];
        if found.iter().all(|known| known.measurement != unit.measurement) {
            found.push(unit);
        }
    }
    found
}

/// Returns a spelling as the table has it: upper case, no blanks or brackets, `U` for micro,
/// `DEG` for the degree sign, `OHM` for omega, plain digits for raised ones. Cyrillic is kept.
#[must_use]
pub fn normalise(spelling: &str) -> String {
    let mut normal = String::with_capacity(spelling.len());
    for character in spelling.chars() {
        match character {
            '[' | ']' | '(' | ')' | '{' | '}' => {}
            '\u{b5}' | '\u{3bc}' => normal.push('U'),
            '\u{b0}' | '\u{ba}' => normal.push_str("DEG"),
            '\u{3a9}' | '\u{3c9}' | '\u{2126}' => normal.push_str("OHM"),
            '\u{b2}' => normal.push('2'),
            '\u{b3}' => normal.push('3'),
            '\u{b7}' => normal.push('.'),
            blank if blank.is_whitespace() => {}
            other => normal.extend(other.to_uppercase()),
        }
    }
    normal
}

/// The parsed table with its two ways in.
struct Table {
    units: Vec<Unit>,
    /// Spellings met in files.
    by_spelling: BTreeMap<String, Vec<usize>>,
    /// Our own symbols and what we display, where no spelling matches.
    by_symbol: BTreeMap<String, Vec<usize>>,
}

impl Table {
    /// Reads the embedded table; a test checks that no line of it is passed over.
    fn parse(source: &'static str) -> Self {
        let mut table = Self { units: Vec::new(), by_spelling: BTreeMap::new(), by_symbol: BTreeMap::new() };
        let (mut measurement, mut base) = ("", "");
        for line in source.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if let Some(kind) = line.strip_prefix('@') {
                let head = kind.split(" | ").next().unwrap_or(kind);
                (measurement, base) = head.split_once(' ').unwrap_or((head, ""));
            } else if let Some((unit, spellings)) = parse_unit(line, measurement, base) {
                table.add(unit, spellings);
            }
        }
        table
    }

    fn add(&mut self, unit: Unit, spellings: &str) {
        let position = self.units.len();
        for spelling in spellings.split_ascii_whitespace() {
            self.by_spelling.entry(spelling.to_owned()).or_default().push(position);
        }
        for symbol in [unit.symbol, unit.display] {
            let entry = self.by_symbol.entry(normalise(symbol)).or_default();
            if !symbol.is_empty() && !entry.contains(&position) {
                entry.push(position);
            }
        }
        self.units.push(unit);
    }
}

/// Reads one line of the table: the unit and its spellings.
fn parse_unit(line: &'static str, measurement: &'static str, base: &'static str) -> Option<(Unit, &'static str)> {
    // A line without spellings ends in a bare bar.
    let mut parts = line.split('|').map(str::trim);
    let (symbol, display, size, name) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let spellings = parts.next()?;
    let (factor, offset) = size.split_once(" + ").unwrap_or((size, "0"));
    let exact = if factor == "-" { None } else { Some((Exact::parse(factor)?, Exact::parse(offset)?)) };
    let reference = if name.ends_with(" absolute") {
        Some(Reference::Absolute)
    } else if name.ends_with(" gauge") {
        Some(Reference::Gauge)
    } else {
        None
    };
    let display = if display == "-" { "" } else { display };
    let factor = exact.map(|(factor, _)| factor.to_f64());
    let offset = exact.map_or(0.0, |(_, offset)| offset.to_f64());
    Some((Unit { symbol, display, name, measurement, base, factor, offset, reference, exact }, spellings))
}
