//! The types of SQL, as `GetXdbcTypeInfo` lists them.

use arrow_flight::error::FlightError;
use arrow_flight::sql::metadata::{XdbcTypeInfo, XdbcTypeInfoData, XdbcTypeInfoDataBuilder};
use arrow_flight::sql::{Nullable, Searchable, XdbcDataType, XdbcDatetimeSubcode};

/// What there is to say of a type.
struct Row {
    name: &'static str,
    data_type: XdbcDataType,
    /// Digits, characters or bytes at most.
    size: i32,
    kind: Kind,
}

/// How values of a type are written and what they are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Written between quotes.
    Text,
    /// Counts with a sign.
    Integer,
    /// Numbers in binary floating point.
    Float,
    /// Numbers with a fixed number of decimals.
    Decimal,
    /// Dates and times, written between quotes.
    Time,
    /// True or false.
    Flag,
    /// Bytes, written in hex.
    Bytes,
}

const ROWS: [Row; 12] = [
    Row { name: "VARCHAR", data_type: XdbcDataType::XdbcVarchar, size: i32::MAX, kind: Kind::Text },
    Row { name: "TINYINT", data_type: XdbcDataType::XdbcTinyint, size: 3, kind: Kind::Integer },
    Row { name: "SMALLINT", data_type: XdbcDataType::XdbcSmallint, size: 5, kind: Kind::Integer },
    Row { name: "INTEGER", data_type: XdbcDataType::XdbcInteger, size: 10, kind: Kind::Integer },
    Row { name: "BIGINT", data_type: XdbcDataType::XdbcBigint, size: 19, kind: Kind::Integer },
    Row { name: "REAL", data_type: XdbcDataType::XdbcReal, size: 24, kind: Kind::Float },
    Row { name: "DOUBLE", data_type: XdbcDataType::XdbcDouble, size: 53, kind: Kind::Float },
    Row { name: "DECIMAL", data_type: XdbcDataType::XdbcDecimal, size: 38, kind: Kind::Decimal },
    Row { name: "BOOLEAN", data_type: XdbcDataType::XdbcBit, size: 1, kind: Kind::Flag },
    Row { name: "DATE", data_type: XdbcDataType::XdbcDate, size: 10, kind: Kind::Time },
    Row { name: "TIMESTAMP", data_type: XdbcDataType::XdbcTimestamp, size: 32, kind: Kind::Time },
    Row { name: "VARBINARY", data_type: XdbcDataType::XdbcVarbinary, size: i32::MAX, kind: Kind::Bytes },
];

/// Returns the answer to `GetXdbcTypeInfo`, to be filtered.
pub(super) fn types() -> Result<XdbcTypeInfoData, FlightError> {
    let mut builder = XdbcTypeInfoDataBuilder::new();
    for row in &ROWS {
        builder.append(info(row));
    }
    builder.build()
}

fn info(row: &Row) -> XdbcTypeInfo {
    let (prefix, suffix) = match row.kind {
        Kind::Text | Kind::Time => (Some("'"), Some("'")),
        Kind::Bytes => (Some("x'"), Some("'")),
        Kind::Integer | Kind::Float | Kind::Decimal | Kind::Flag => (None, None),
    };
    let is_number = matches!(row.kind, Kind::Integer | Kind::Float | Kind::Decimal);
    // The size of a float is in bits, that of other numbers in digits.
    let radix = if row.kind == Kind::Float { 2 } else { 10 };
    XdbcTypeInfo {
        type_name: row.name.to_owned(),
        data_type: row.data_type,
        column_size: Some(row.size),
        literal_prefix: prefix.map(str::to_owned),
        literal_suffix: suffix.map(str::to_owned),
        create_params: (row.kind == Kind::Decimal).then(|| vec!["precision".to_owned(), "scale".to_owned()]),
        nullable: Nullable::NullabilityNullable,
        case_sensitive: row.kind == Kind::Text,
        searchable: if row.kind == Kind::Text { Searchable::Full } else { Searchable::Basic },
        unsigned_attribute: is_number.then_some(false),
        fixed_prec_scale: false,
        auto_increment: is_number.then_some(false),
        local_type_name: Some(row.name.to_owned()),
        minimum_scale: (row.kind == Kind::Decimal).then_some(0),
        maximum_scale: (row.kind == Kind::Decimal).then_some(row.size),
        sql_data_type: if row.kind == Kind::Time { XdbcDataType::XdbcDatetime } else { row.data_type },
        datetime_subcode: match row.data_type {
            XdbcDataType::XdbcDate => Some(XdbcDatetimeSubcode::XdbcSubcodeYear),
            XdbcDataType::XdbcTimestamp => Some(XdbcDatetimeSubcode::XdbcSubcodeTimestamp),
            _ => None,
        },
        num_prec_radix: is_number.then_some(radix),
        interval_precision: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_listed_once_and_found_by_its_code() {
        let types = types().unwrap();
        assert_eq!(types.record_batch(None).unwrap().num_rows(), ROWS.len());
        for row in &ROWS {
            assert_eq!(types.record_batch(row.data_type as i32).unwrap().num_rows(), 1, "{}", row.name);
        }
        assert_eq!(types.record_batch(XdbcDataType::XdbcInterval as i32).unwrap().num_rows(), 0);
    }
}
