//! The tables of the dictionary, read once from text: properties, mnemonics, service companies.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::vendor::Vendor;
use super::{Property, Scale};
use crate::ingest::units::Quantity;

/// Properties and mnemonics as text; its head describes the form.
pub(super) const SOURCE: &str = include_str!("dictionary.txt");

/// Service companies as text; its head describes the form.
pub(super) const VENDORS: &str = include_str!("vendors.txt");

pub(super) static TABLE: LazyLock<Table> = LazyLock::new(|| Table::parse(SOURCE, VENDORS));

/// What a mnemonic stands for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Meaning {
    /// Position in the list of properties.
    pub(super) property: usize,
    /// Which of a run's curves stands for the property: 100 first.
    pub(super) rank: u8,
    /// In how many independent kinds of source the meaning was seen.
    pub(super) sources: u8,
}

/// The parsed tables.
pub(super) struct Table {
    pub(super) properties: Vec<Property>,
    pub(super) mnemonics: BTreeMap<&'static str, Meaning>,
    pub(super) vendors: Vec<Vendor>,
}

impl Table {
    /// Reads the embedded tables; a test checks that nothing in them is passed over.
    fn parse(source: &'static str, vendors: &'static str) -> Self {
        let mut properties = Vec::new();
        let mut mnemonics = BTreeMap::new();
        for line in lines(source) {
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
        let vendors = parse_vendors(vendors, &properties);
        Self { properties, mnemonics, vendors }
    }
}

/// Returns the lines of a table that are not comments.
pub(super) fn lines(source: &'static str) -> impl Iterator<Item = &'static str> {
    source.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Reads the service companies with their own meanings of mnemonics.
fn parse_vendors(source: &'static str, properties: &[Property]) -> Vec<Vendor> {
    let mut vendors: Vec<Vendor> = Vec::new();
    for line in lines(source) {
        if let Some(head) = line.strip_prefix('@') {
            let mut parts = head.split(" | ");
            if let (Some(id), Some(name), Some(spellings)) = (parts.next(), parts.next(), parts.next()) {
                let spellings = spellings.split(", ").collect();
                vendors.push(Vendor { id, name, spellings, mnemonics: BTreeMap::new() });
            }
            continue;
        }
        let Some(vendor) = vendors.last_mut() else {
            continue;
        };
        for word in line.split_ascii_whitespace() {
            let mut parts = word.split('/');
            let (Some(mnemonic), Some(id), Some(rank)) = (parts.next(), parts.next(), parts.next()) else {
                continue;
            };
            if let (Some(property), Ok(rank)) = (properties.iter().position(|found| found.id == id), rank.parse()) {
                vendor.mnemonics.insert(mnemonic, Meaning { property, rank, sources: 0 });
            }
        }
    }
    vendors
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
