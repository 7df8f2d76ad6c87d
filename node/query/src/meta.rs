//! The metadata tables: fixed schemas, rows from the catalog at every scan.

mod column;
mod data;
#[cfg(test)]
mod page;
mod people;
mod picture;
mod provider;
mod words;

use std::fmt;
use std::sync::{Arc, LazyLock};

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

pub use self::column::{Column, ColumnType};
pub(crate) use self::provider::MetaProvider;

/// The tables of metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetaTable {
    /// One row per well.
    Wells,
    /// One row per hole of a well, as its runs name it.
    Wellbores,
    /// One row per run.
    Runs,
    /// One row per curve of a run.
    Curves,
    /// One row per run that is a table and no log.
    Tables,
    /// One row per oddity of a run's source.
    Notices,
    /// One row per thing that a derived run was made of.
    Lineage,
    /// One row per file kept as it is.
    Attachments,
    /// One row per project.
    Projects,
    /// One row per top or zone.
    Tops,
    /// One row per station of a deviation survey.
    Surveys,
    /// One row per thing that a selection chooses.
    Selections,
    /// One row per chart, those that are put away and templates too.
    Charts,
    /// One row per mnemonic that the workspace gives a meaning of its own.
    Dictionary,
    /// One row per property that the program knows.
    Properties,
    /// One row per unit that the program knows.
    Units,
    /// One row per device of a member.
    Members,
    /// One row per device of a person, also of those who are no member any more.
    Devices,
    /// One row per entry of a chain.
    Entries,
    /// One row per side of a conflict that nobody has decided.
    Conflicts,
    /// One row per blob that a run or attachment names.
    Blobs,
    /// One row per device and blob that it holds.
    Holdings,
    /// One row per other device of a member.
    Peers,
    /// One row per blob that is wanted and not held.
    Transfers,
}

impl MetaTable {
    /// Every table.
    pub const ALL: [Self; 24] = [
        Self::Wells,
        Self::Wellbores,
        Self::Runs,
        Self::Curves,
        Self::Tables,
        Self::Notices,
        Self::Lineage,
        Self::Attachments,
        Self::Projects,
        Self::Tops,
        Self::Surveys,
        Self::Selections,
        Self::Charts,
        Self::Dictionary,
        Self::Properties,
        Self::Units,
        Self::Members,
        Self::Devices,
        Self::Entries,
        Self::Conflicts,
        Self::Blobs,
        Self::Holdings,
        Self::Peers,
        Self::Transfers,
    ];

    /// Returns the name in SQL.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wells => "wells",
            Self::Wellbores => "wellbores",
            Self::Runs => "runs",
            Self::Curves => "curves",
            Self::Tables => "tables",
            Self::Notices => "notices",
            Self::Lineage => "lineage",
            Self::Attachments => "attachments",
            Self::Projects => "projects",
            Self::Tops => "tops",
            Self::Surveys => "surveys",
            Self::Selections => "selections",
            Self::Charts => "charts",
            Self::Dictionary => "dictionary",
            Self::Properties => "properties",
            Self::Units => "units",
            Self::Members => "members",
            Self::Devices => "devices",
            Self::Entries => "entries",
            Self::Conflicts => "conflicts",
            Self::Blobs => "blobs",
            Self::Holdings => "holdings",
            Self::Peers => "peers",
            Self::Transfers => "transfers",
        }
    }

    /// Returns what its rows are, in words.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::Wells => "One row per well.",
            Self::Wellbores => "One row per hole of a well, as its runs name it.",
            Self::Runs => "One row per run.",
            Self::Curves => "One row per curve of a run.",
            Self::Tables => "One row per run that is a table and no log.",
            Self::Notices => "One row per oddity of a run's source.",
            Self::Lineage => "One row per thing that a derived run was made of.",
            Self::Attachments => "One row per file kept as it is.",
            Self::Projects => "One row per project.",
            Self::Tops => "One row per top or zone.",
            Self::Surveys => "One row per station of a deviation survey.",
            Self::Selections => "One row per thing that a selection chooses.",
            Self::Charts => "One row per chart, those that are put away and templates too.",
            Self::Dictionary => "One row per mnemonic that the workspace gives a meaning of its own.",
            Self::Properties => "One row per property that the program knows.",
            Self::Units => "One row per unit that the program knows.",
            Self::Members => "One row per device of a member.",
            Self::Devices => "One row per device of a person, also of those who are no member any more.",
            Self::Entries => "One row per entry of a chain.",
            Self::Conflicts => "One row per side of a conflict that nobody has decided.",
            Self::Blobs => "One row per blob that a run or attachment names.",
            Self::Holdings => "One row per device and blob that it holds.",
            Self::Peers => "One row per other device of a member.",
            Self::Transfers => "One row per blob that is wanted and not held.",
        }
    }

    /// Returns the schema that [`Catalog::rows`](crate::Catalog::rows) must answer with; every column may be
    /// null.
    ///
    /// Ids are full ids as text; `run` is the short id; depths and times are as delivered unless the
    /// name ends in a unit.
    pub fn schema(self) -> SchemaRef {
        static SCHEMAS: LazyLock<Vec<SchemaRef>> = LazyLock::new(|| {
            let columns =
                |table: MetaTable| table.columns().iter().map(|column| (column.name, column.kind.data_type()));
            MetaTable::ALL.into_iter().map(|table| schema_of(columns(table))).collect()
        });
        Arc::clone(&SCHEMAS[self as usize])
    }

    /// Returns its columns, in order.
    #[must_use]
    pub const fn columns(self) -> &'static [Column] {
        match self {
            Self::Wells => data::WELLS,
            Self::Wellbores => data::WELLBORES,
            Self::Runs => data::RUNS,
            Self::Curves => data::CURVES,
            Self::Tables => data::TABLES,
            Self::Notices => data::NOTICES,
            Self::Lineage => data::LINEAGE,
            Self::Attachments => data::ATTACHMENTS,
            Self::Projects => picture::PROJECTS,
            Self::Tops => picture::TOPS,
            Self::Surveys => picture::SURVEYS,
            Self::Selections => picture::SELECTIONS,
            Self::Charts => picture::CHARTS,
            Self::Dictionary => words::DICTIONARY,
            Self::Properties => words::PROPERTIES,
            Self::Units => words::UNITS,
            Self::Members => people::MEMBERS,
            Self::Devices => people::DEVICES,
            Self::Entries => people::ENTRIES,
            Self::Conflicts => people::CONFLICTS,
            Self::Blobs => data::BLOBS,
            Self::Holdings => data::HOLDINGS,
            Self::Peers => people::PEERS,
            Self::Transfers => people::TRANSFERS,
        }
    }
}

impl fmt::Display for MetaTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Builds a schema of nullable columns.
pub(crate) fn schema_of(columns: impl IntoIterator<Item = (&'static str, DataType)>) -> SchemaRef {
    let fields = columns.into_iter().map(|(name, data_type)| Field::new(name, data_type, true));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}
