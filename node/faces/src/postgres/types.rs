//! Which type of PostgreSQL a column of Arrow is.

use arrow::datatypes::DataType;
use pgwire::api::Type;
use pgwire::api::portal::Format;
use pgwire::api::results::{FieldFormat, FieldInfo};

/// Returns the type that a client is told.
pub(super) fn type_of(data_type: &DataType) -> Type {
    match data_type {
        DataType::Boolean => Type::BOOL,
        DataType::Int8 | DataType::UInt8 | DataType::Int16 => Type::INT2,
        DataType::UInt16 | DataType::Int32 => Type::INT4,
        DataType::UInt32 | DataType::Int64 => Type::INT8,
        DataType::Float16 | DataType::Float32 => Type::FLOAT4,
        DataType::Float64 => Type::FLOAT8,
        // What no integer of PostgreSQL can hold.
        DataType::UInt64
        | DataType::Decimal32(..)
        | DataType::Decimal64(..)
        | DataType::Decimal128(..)
        | DataType::Decimal256(..) => Type::NUMERIC,
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => Type::BYTEA,
        DataType::Date32 | DataType::Date64 => Type::DATE,
        DataType::Timestamp(_, None) => Type::TIMESTAMP,
        DataType::Timestamp(_, Some(_)) => Type::TIMESTAMPTZ,
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _)
            if matches!(item.data_type(), DataType::Float32 | DataType::Float64) =>
        {
            Type::FLOAT8_ARRAY
        }
        DataType::Dictionary(_, values) => type_of(values),
        _ => Type::TEXT,
    }
}

/// Returns the type a parameter is taken as, by what the engine infers of it.
pub(super) fn parameter_type(inferred: Option<&DataType>) -> Type {
    inferred.map_or(Type::TEXT, type_of)
}

/// Returns the bytes a value always takes; -1 where that depends on the value.
fn size_of(of: &Type) -> i16 {
    match *of {
        Type::BOOL => 1,
        Type::INT2 => 2,
        Type::INT4 | Type::FLOAT4 | Type::DATE => 4,
        Type::INT8 | Type::FLOAT8 | Type::TIMESTAMP | Type::TIMESTAMPTZ => 8,
        _ => -1,
    }
}

/// Returns a column of a result as a client is told of it.
pub(super) fn field(name: &str, of: Type, format: FieldFormat) -> FieldInfo {
    let size = size_of(&of);
    FieldInfo::new(name.to_owned(), None, None, of, format).with_type_size(size)
}

/// Returns the format of one column or parameter; a list that is too short says nothing of the rest.
pub(super) fn format_at(formats: &Format, at: usize) -> FieldFormat {
    match formats {
        Format::UnifiedText => FieldFormat::Text,
        Format::UnifiedBinary => FieldFormat::Binary,
        Format::Individual(codes) => FieldFormat::from(codes.get(at).copied().unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::datatypes::{Field, TimeUnit};

    use super::*;

    #[test]
    fn every_kind_of_column_has_a_type_that_holds_it() {
        let list = |of| DataType::List(Arc::new(Field::new("item", of, true)));
        let cases = [
            (DataType::Boolean, Type::BOOL),
            (DataType::UInt8, Type::INT2),
            (DataType::UInt16, Type::INT4),
            (DataType::UInt32, Type::INT8),
            (DataType::UInt64, Type::NUMERIC),
            (DataType::Int64, Type::INT8),
            (DataType::Float64, Type::FLOAT8),
            (DataType::Utf8View, Type::TEXT),
            (DataType::Binary, Type::BYTEA),
            (DataType::Date32, Type::DATE),
            (DataType::Timestamp(TimeUnit::Millisecond, None), Type::TIMESTAMP),
            (DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())), Type::TIMESTAMPTZ),
            (DataType::Decimal128(10, 2), Type::NUMERIC),
            (list(DataType::Float64), Type::FLOAT8_ARRAY),
            (list(DataType::Utf8), Type::TEXT),
            (DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)), Type::TEXT),
            (DataType::Null, Type::TEXT),
        ];
        for (column, expected) in cases {
            assert_eq!(type_of(&column), expected, "{column}");
        }
    }

    #[test]
    fn a_short_list_of_formats_is_text_for_the_rest() {
        let formats = Format::Individual(vec![1]);
        assert_eq!(format_at(&formats, 0), FieldFormat::Binary);
        assert_eq!(format_at(&formats, 1), FieldFormat::Text);
    }
}
