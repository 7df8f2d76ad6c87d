//! Columns of metadata tables: name, type and what they mean.

use arrow::datatypes::{DataType, TimeUnit};

/// What a column of a metadata table holds; every one may be null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// Text.
    Text,
    /// Whole numbers of 64 bits.
    Integer,
    /// Doubles.
    Real,
    /// True or false.
    Flag,
    /// A time in UTC, to the millisecond.
    Time,
}

impl ColumnType {
    /// Returns the type as Arrow has it.
    #[must_use]
    pub fn data_type(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::Integer => DataType::Int64,
            Self::Real => DataType::Float64,
            Self::Flag => DataType::Boolean,
            Self::Time => DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
        }
    }

    /// Returns the word for it in SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "bigint",
            Self::Real => "double",
            Self::Flag => "boolean",
            Self::Time => "timestamp",
        }
    }
}

/// A column of a metadata table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name in SQL.
    pub name: &'static str,
    /// What it holds.
    pub kind: ColumnType,
    /// What that means, for people.
    pub about: &'static str,
}

pub(super) const fn text(name: &'static str, about: &'static str) -> Column {
    Column { name, kind: ColumnType::Text, about }
}

pub(super) const fn int(name: &'static str, about: &'static str) -> Column {
    Column { name, kind: ColumnType::Integer, about }
}

pub(super) const fn real(name: &'static str, about: &'static str) -> Column {
    Column { name, kind: ColumnType::Real, about }
}

pub(super) const fn flag(name: &'static str, about: &'static str) -> Column {
    Column { name, kind: ColumnType::Flag, about }
}

pub(super) const fn time(name: &'static str, about: &'static str) -> Column {
    Column { name, kind: ColumnType::Time, about }
}
