//! Units of measurement: spellings met in files, and conversion within one kind.
//!
//! The table is `units/units.txt`, read once. A spelling is looked up within the kind of unit that
//! the property asks for; without a kind only spellings that mean one thing are resolved, so `F`
//! is never guessed to be feet or degrees. Kinds never convert into each other: gAPI is not µR/h,
//! and minutes per metre are a slowness, not a rate of penetration.

use std::collections::BTreeMap;
use std::f64::consts::PI;
use std::sync::LazyLock;

#[cfg(test)]
mod tests;

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
}

/// What a pressure is counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reference {
    /// From vacuum.
    Absolute,
    /// From the pressure of the air at the site.
    Gauge,
}

/// Two units cannot be converted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConvertError {
    /// They measure different things.
    #[error("no conversion from {from_kind} ({from}) to {to_kind} ({to})")]
    Kind {
        /// Symbol of the unit converted from.
        from: &'static str,
        /// Its kind.
        from_kind: &'static str,
        /// Symbol of the unit converted to.
        to: &'static str,
        /// Its kind.
        to_kind: &'static str,
    },
    /// One of them has no fixed size.
    #[error("no conversion from {from} to {to}: one has no fixed size")]
    NoSize {
        /// Symbol of the unit converted from.
        from: &'static str,
        /// Symbol of the unit converted to.
        to: &'static str,
    },
    /// One is absolute and the other gauge pressure; the site pressure is not known here.
    #[error("no conversion between absolute and gauge pressure, {from} to {to}")]
    Reference {
        /// Symbol of the unit converted from.
        from: &'static str,
        /// Symbol of the unit converted to.
        to: &'static str,
    },
}

impl Unit {
    /// Returns a value of this unit in the kind's base unit; `None` without a fixed size.
    #[must_use]
    pub fn to_base(&self, value: f64) -> Option<f64> {
        self.factor.map(|factor| factor.mul_add(value, self.offset))
    }

    /// Returns a value of the kind's base unit in this unit; `None` without a fixed size.
    #[must_use]
    pub fn from_base(&self, value: f64) -> Option<f64> {
        self.factor.map(|factor| (value - self.offset) / factor)
    }
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

/// Returns a value converted between two units of one kind.
///
/// # Errors
/// When the units differ in kind or pressure reference, or one has no fixed size.
pub fn convert(value: f64, from: &Unit, to: &Unit) -> Result<f64, ConvertError> {
    if let (Some(one), Some(other)) = (from.reference, to.reference)
        && one != other
    {
        return Err(ConvertError::Reference { from: from.symbol, to: to.symbol });
    }
    scale(value, (from, from.offset), (to, to.offset))
}

/// Returns a difference converted between two units of one kind: no offset, no reference.
///
/// # Errors
/// When the units differ in kind or one has no fixed size.
pub fn convert_difference(value: f64, from: &Unit, to: &Unit) -> Result<f64, ConvertError> {
    scale(value, (from, 0.0), (to, 0.0))
}

/// Converts with the offsets given.
fn scale(value: f64, (from, from_offset): (&Unit, f64), (to, to_offset): (&Unit, f64)) -> Result<f64, ConvertError> {
    if from.measurement != to.measurement {
        return Err(ConvertError::Kind {
            from: from.symbol,
            from_kind: from.measurement,
            to: to.symbol,
            to_kind: to.measurement,
        });
    }
    if from.symbol == to.symbol {
        return Ok(value);
    }
    let (Some(from_factor), Some(to_factor)) = (from.factor, to.factor) else {
        return Err(ConvertError::NoSize { from: from.symbol, to: to.symbol });
    };
    Ok((from_factor.mul_add(value, from_offset) - to_offset) / to_factor)
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
    let factor = if factor == "-" { None } else { Some(evaluate(factor)?) };
    let reference = if name.ends_with(" absolute") {
        Some(Reference::Absolute)
    } else if name.ends_with(" gauge") {
        Some(Reference::Gauge)
    } else {
        None
    };
    let display = if display == "-" { "" } else { display };
    let offset = evaluate(offset)?;
    Some((Unit { symbol, display, name, measurement, base, factor, offset, reference }, spellings))
}

/// Returns the value of a product or quotient such as `pi/180/30.48`, from left to right.
fn evaluate(expression: &str) -> Option<f64> {
    let mut value = 1.0;
    let mut divide = false;
    let mut rest = expression;
    loop {
        let end = rest.find(['*', '/']).unwrap_or(rest.len());
        let term = if &rest[..end] == "pi" { PI } else { rest[..end].parse().ok()? };
        value = if divide { value / term } else { value * term };
        let Some(operator) = rest[end..].chars().next() else {
            return Some(value);
        };
        divide = operator == '/';
        rest = &rest[end + 1..];
    }
}
