//! Rows of the workspace's dictionary, and of the properties and units that the program knows.

use dataforge_protocol::id::WorkspaceId;

use super::cells::{Cell, Columns, flag, text};
use crate::api::ApiError;
use crate::core::Core;
use crate::index::read_dictionary;
use crate::ingest::dictionary::{PropertyChoice, properties as known_properties};
use crate::ingest::units::{Quantity, Reference, units as known_units};

/// Returns the rows of the dictionary, in the order of the schema's columns.
pub(super) fn dictionary(core: &Core, workspace: WorkspaceId) -> Result<Vec<Vec<Cell>>, ApiError> {
    let mut columns = Columns::<5>::new();
    for (key, meaning) in read_dictionary(&core.store, &workspace)?.overrides {
        let said = |said: Option<&str>| said.map_or(Cell::Null, |said| Cell::Text(said.to_owned()));
        columns.row([
            said(Some(key.mnemonic())),
            said(key.vendor()),
            said(key.unit()),
            said(meaning.property.as_ref().map(PropertyChoice::as_str)),
            said(meaning.unit.as_deref()),
        ]);
    }
    Ok(columns.into_columns())
}

/// Returns the rows of properties, in the order of the schema's columns.
pub(super) fn properties() -> Vec<Vec<Cell>> {
    let mut columns = Columns::<14>::new();
    for property in known_properties() {
        let quantity = match property.quantity {
            Quantity::Absolute => "absolute",
            Quantity::Difference => "difference",
        };
        columns.row([
            text(property.id),
            text(property.name),
            text(property.class),
            text(property.measurement),
            text(quantity),
            text(property.canonical_unit),
            property.scale.map(|scale| scale.left).into(),
            property.scale.map(|scale| scale.right).into(),
            property.scale.map_or(Cell::Null, |scale| flag(scale.log)),
            property.valid_min.into(),
            property.valid_max.into(),
            text(property.colour),
            text(property.line_style),
            text(property.track),
        ]);
    }
    columns.into_columns()
}

/// Returns the rows of units, in the order of the schema's columns.
pub(super) fn units() -> Vec<Vec<Cell>> {
    let mut columns = Columns::<8>::new();
    for unit in known_units() {
        let reference = unit.reference.map(|reference| match reference {
            Reference::Absolute => "absolute",
            Reference::Gauge => "gauge",
        });
        columns.row([
            text(unit.measurement),
            text(unit.symbol),
            text(unit.display),
            text(unit.name),
            text(unit.base),
            unit.factor.into(),
            // Without a size there is nothing to add to.
            unit.factor.map(|_factor| unit.offset).into(),
            reference.map_or(Cell::Null, text),
        ]);
    }
    columns.into_columns()
}
