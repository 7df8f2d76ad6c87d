//! Values as bytes of the protocol, in text and in binary.
//!
//! A batch is first cast to the few arrays of [`Column`]; then rows are written one by one.
//! Numbers are written in the fewest digits that read back as the same number.

mod text;
mod wide;

use arrow::array::{
    Array, ArrayRef, AsArray as _, BooleanArray, Date32Array, Float32Array, Float64Array, Int64Array, LargeBinaryArray,
    LargeStringArray, ListArray, TimestampMicrosecondArray,
};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Date32Type, Field, Float32Type, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType,
};
use arrow::error::ArrowError;
use bytes::{BufMut as _, BytesMut};
use pgwire::api::Type;
use pgwire::api::results::FieldFormat;

use self::text::{array_text, put_date, put_float4, put_float8, put_timestamp};
use self::wide::{put_array, put_numeric};

/// Days from 1970 to 2000, from which PostgreSQL counts.
pub(super) const EPOCH_DAYS: i32 = 10_957;

/// The same in microseconds.
pub(super) const EPOCH_MICROSECONDS: i64 = 946_684_800_000_000;

/// The values of a column in the one form that its type is written from.
#[derive(Debug)]
pub(super) enum Column {
    Bool(BooleanArray),
    Int2(Int64Array),
    Int4(Int64Array),
    Int8(Int64Array),
    Float4(Float32Array),
    Float8(Float64Array),
    Text(LargeStringArray),
    Bytes(LargeBinaryArray),
    Date(Date32Array),
    /// Whether it is written with its zone, which is always UTC.
    Timestamp(TimestampMicrosecondArray, bool),
    Numeric(LargeStringArray),
    Floats(ListArray),
}

impl Column {
    /// Takes the values of an array as a type.
    ///
    /// # Errors
    /// A value that the type cannot hold.
    pub(super) fn new(array: &ArrayRef, of: &Type) -> Result<Self, ArrowError> {
        let as_type = |target: &DataType| cast(array, target);
        Ok(match *of {
            Type::BOOL => Self::Bool(as_type(&DataType::Boolean)?.as_boolean().clone()),
            Type::INT2 => Self::Int2(as_type(&DataType::Int64)?.as_primitive::<Int64Type>().clone()),
            Type::INT4 => Self::Int4(as_type(&DataType::Int64)?.as_primitive::<Int64Type>().clone()),
            Type::INT8 => Self::Int8(as_type(&DataType::Int64)?.as_primitive::<Int64Type>().clone()),
            Type::FLOAT4 => Self::Float4(as_type(&DataType::Float32)?.as_primitive::<Float32Type>().clone()),
            Type::FLOAT8 => Self::Float8(as_type(&DataType::Float64)?.as_primitive::<Float64Type>().clone()),
            Type::BYTEA => Self::Bytes(as_type(&DataType::LargeBinary)?.as_binary::<i64>().clone()),
            Type::DATE => Self::Date(as_type(&DataType::Date32)?.as_primitive::<Date32Type>().clone()),
            Type::TIMESTAMP | Type::TIMESTAMPTZ => Self::timestamps(array, *of == Type::TIMESTAMPTZ)?,
            Type::NUMERIC => Self::Numeric(as_type(&DataType::LargeUtf8)?.as_string::<i64>().clone()),
            Type::FLOAT8_ARRAY => {
                let item = Field::new("item", DataType::Float64, true);
                Self::Floats(as_type(&DataType::List(item.into()))?.as_list::<i32>().clone())
            }
            _ => Self::Text(array_text(array)?),
        })
    }

    fn timestamps(array: &ArrayRef, zoned: bool) -> Result<Self, ArrowError> {
        let zone = match array.data_type() {
            DataType::Timestamp(_, zone) => zone.clone(),
            _ => None,
        };
        let micros = cast(array, &DataType::Timestamp(TimeUnit::Microsecond, zone))?;
        Ok(Self::Timestamp(micros.as_primitive::<TimestampMicrosecondType>().clone(), zoned))
    }

    fn is_null(&self, row: usize) -> bool {
        match self {
            Self::Bool(values) => values.is_null(row),
            Self::Int2(values) | Self::Int4(values) | Self::Int8(values) => values.is_null(row),
            Self::Float4(values) => values.is_null(row),
            Self::Float8(values) => values.is_null(row),
            Self::Text(values) | Self::Numeric(values) => values.is_null(row),
            Self::Bytes(values) => values.is_null(row),
            Self::Date(values) => values.is_null(row),
            Self::Timestamp(values, _) => values.is_null(row),
            Self::Floats(values) => values.is_null(row),
        }
    }

    /// Writes one value with its length before it, -1 for none.
    ///
    /// # Errors
    /// A value that the type cannot hold, or that is longer than the protocol can say.
    pub(super) fn put(&self, buffer: &mut BytesMut, row: usize, format: FieldFormat) -> Result<(), String> {
        if self.is_null(row) {
            buffer.put_i32(-1);
            return Ok(());
        }
        let start = buffer.len();
        buffer.put_i32(0);
        match format {
            FieldFormat::Text => self.put_text(buffer, row),
            FieldFormat::Binary => self.put_binary(buffer, row)?,
        }
        let length = buffer.len() - start - 4;
        let length = i32::try_from(length).map_err(|_error| "a value is longer than 2 GiB".to_owned())?;
        buffer[start..start + 4].copy_from_slice(&length.to_be_bytes());
        Ok(())
    }

    fn put_text(&self, buffer: &mut BytesMut, row: usize) {
        match self {
            Self::Bool(values) => buffer.put_u8(if values.value(row) { b't' } else { b'f' }),
            Self::Int2(values) | Self::Int4(values) | Self::Int8(values) => {
                buffer.put_slice(values.value(row).to_string().as_bytes());
            }
            Self::Float4(values) => put_float4(buffer, values.value(row)),
            Self::Float8(values) => put_float8(buffer, values.value(row)),
            Self::Text(values) | Self::Numeric(values) => buffer.put_slice(values.value(row).as_bytes()),
            Self::Bytes(values) => {
                buffer.put_slice(b"\\x");
                buffer.put_slice(data_encoding::HEXLOWER.encode(values.value(row)).as_bytes());
            }
            Self::Date(values) => put_date(buffer, values.value(row).into()),
            Self::Timestamp(values, zoned) => {
                put_timestamp(buffer, values.value(row));
                if *zoned {
                    buffer.put_slice(b"+00");
                }
            }
            Self::Floats(values) => {
                let items = values.value(row);
                let items = items.as_primitive::<Float64Type>();
                buffer.put_u8(b'{');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        buffer.put_u8(b',');
                    }
                    match item {
                        Some(value) => put_float8(buffer, value),
                        None => buffer.put_slice(b"NULL"),
                    }
                }
                buffer.put_u8(b'}');
            }
        }
    }

    fn put_binary(&self, buffer: &mut BytesMut, row: usize) -> Result<(), String> {
        match self {
            Self::Bool(values) => buffer.put_u8(u8::from(values.value(row))),
            Self::Int2(values) => buffer.put_i16(narrow(values.value(row))?),
            Self::Int4(values) => buffer.put_i32(narrow(values.value(row))?),
            Self::Int8(values) => buffer.put_i64(values.value(row)),
            Self::Float4(values) => buffer.put_f32(values.value(row)),
            Self::Float8(values) => buffer.put_f64(values.value(row)),
            Self::Text(values) => buffer.put_slice(values.value(row).as_bytes()),
            Self::Bytes(values) => buffer.put_slice(values.value(row)),
            Self::Date(values) => {
                let days = values.value(row).checked_sub(EPOCH_DAYS).ok_or("a date is out of range")?;
                buffer.put_i32(days);
            }
            Self::Timestamp(values, _) => {
                let since = values.value(row).checked_sub(EPOCH_MICROSECONDS).ok_or("a time is out of range")?;
                buffer.put_i64(since);
            }
            Self::Numeric(values) => put_numeric(buffer, values.value(row))?,
            Self::Floats(values) => {
                let items = values.value(row);
                put_array(buffer, items.as_primitive::<Float64Type>())?;
            }
        }
        Ok(())
    }
}

fn narrow<T: TryFrom<i64>>(value: i64) -> Result<T, String> {
    T::try_from(value).map_err(|_error| format!("{value} is out of range"))
}

#[cfg(test)]
mod tests;
