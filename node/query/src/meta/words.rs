//! Columns of the dictionary, of properties and of units.

use super::column::{Column, flag, real, text};

pub(super) const DICTIONARY: &[Column] = &[
    text("mnemonic", "The mnemonic that the workspace gives a meaning of its own."),
    text("vendor", "The service company it holds for; null for all."),
    text("unit", "The unit it holds for; null for all."),
    text("property", "The property it means; `-` for none."),
    text("to_unit", "The unit that the curve is taken to have."),
];

pub(super) const PROPERTIES: &[Column] = &[
    text("property", "Its word, as in `curves.property` and `samples.property`."),
    text("name", "Its name for people."),
    text("class", "The group it is listed under."),
    text("measurement", "The kind of unit, as in `units.measurement`."),
    text("quantity", "`absolute` for points on the scale, `difference` for distances on it."),
    text("unit", "Symbol of the canonical unit."),
    real("scale_left", "Value at the left edge of a track, in the canonical unit."),
    real("scale_right", "Value at the right edge."),
    flag("scale_log", "Whether that scale is logarithmic."),
    real("valid_min", "Smallest plausible value, in the canonical unit."),
    real("valid_max", "Largest plausible value, in the canonical unit."),
    text("colour", "Line colour, `#RRGGBB`."),
    text("line_style", "`solid`, `dash`, `longdash`, `dot` or `points`."),
    text("track", "The track it usually stands in."),
];

pub(super) const UNITS: &[Column] = &[
    text("measurement", "The kind of unit; only units of one kind convert into each other."),
    text("symbol", "Symbol, unique within its kind."),
    text("display", "The symbol as shown to people; null for no unit."),
    text("name", "Its name in words."),
    text("base_unit", "Symbol of the kind's base unit."),
    real("base_factor", "What a value is multiplied by for base units; null when it has no fixed size."),
    real("base_offset", "What is added after that; not 0 for temperatures only."),
    text("reference", "What a pressure is counted from, where the unit says so: `absolute` or `gauge`."),
];
