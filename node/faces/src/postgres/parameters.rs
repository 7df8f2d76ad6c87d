//! Parameters of a statement: bytes of the protocol to values of the engine.

use arrow::datatypes::{DataType, TimeUnit};
use dataforge_node::ScalarValue;
use pgwire::api::Type;
use pgwire::api::results::FieldFormat;
use pgwire::error::PgWireError;

use super::encode::{EPOCH_DAYS, EPOCH_MICROSECONDS};
use super::errors::{BAD_VALUE, NOT_SUPPORTED, error};

/// Reads one parameter.
///
/// `told` is the type the client gave it, if any; `inferred` is what the engine needs, if it knows.
///
/// # Errors
/// Bytes that are no value of the type, and binary forms of types that are not taken.
pub(super) fn read(
    bytes: Option<&[u8]>,
    format: FieldFormat,
    told: Option<&Type>,
    inferred: Option<&DataType>,
) -> Result<ScalarValue, PgWireError> {
    let told = told.filter(|told| **told != Type::UNKNOWN);
    let inferred_type = inferred.map(super::types::type_of);
    let of = told.or(inferred_type.as_ref()).unwrap_or(&Type::TEXT);
    let value = match (bytes, format) {
        (None, _) => nothing(of),
        (Some(bytes), FieldFormat::Text) => from_text(bytes, of)?,
        (Some(bytes), FieldFormat::Binary) => from_binary(bytes, of)?,
    };
    fit(value, inferred)
}

/// Reads a text as what the engine needs. Numbers stay as they are: the engine widens them where they are
/// used, and a fraction is not cut off because it is compared with a whole number.
fn fit(value: ScalarValue, inferred: Option<&DataType>) -> Result<ScalarValue, PgWireError> {
    let Some(target) = inferred else { return Ok(value) };
    let text = matches!(value.data_type(), DataType::Utf8);
    let wants_text = matches!(target, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null);
    if !text || wants_text {
        return Ok(value);
    }
    value.cast_to(target).map_err(|_error| error(BAD_VALUE, format!("{value} is no value of type {target}")))
}

/// The type of a value that is taken as text first.
fn timestamp(of: &Type) -> DataType {
    let zone = (*of == Type::TIMESTAMPTZ).then(|| "+00:00".into());
    DataType::Timestamp(TimeUnit::Microsecond, zone)
}

fn nothing(of: &Type) -> ScalarValue {
    match *of {
        Type::BOOL => ScalarValue::Boolean(None),
        Type::INT2 => ScalarValue::Int16(None),
        Type::INT4 => ScalarValue::Int32(None),
        Type::INT8 | Type::OID => ScalarValue::Int64(None),
        Type::FLOAT4 => ScalarValue::Float32(None),
        Type::FLOAT8 | Type::NUMERIC => ScalarValue::Float64(None),
        Type::DATE => ScalarValue::Date32(None),
        Type::TIMESTAMP => ScalarValue::TimestampMicrosecond(None, None),
        Type::TIMESTAMPTZ => ScalarValue::TimestampMicrosecond(None, Some("+00:00".into())),
        Type::BYTEA => ScalarValue::Binary(None),
        _ => ScalarValue::Utf8(None),
    }
}

fn from_text(bytes: &[u8], of: &Type) -> Result<ScalarValue, PgWireError> {
    let text = std::str::from_utf8(bytes).map_err(|_error| error("22021", "a parameter is no UTF-8"))?;
    let wrong = || error(BAD_VALUE, format!("{text:?} is no value of type {}", of.name()));
    let trimmed = text.trim();
    Ok(match *of {
        Type::BOOL => ScalarValue::Boolean(Some(truth(trimmed).ok_or_else(wrong)?)),
        Type::INT2 => ScalarValue::Int16(Some(trimmed.parse().map_err(|_error| wrong())?)),
        Type::INT4 => ScalarValue::Int32(Some(trimmed.parse().map_err(|_error| wrong())?)),
        Type::INT8 | Type::OID => ScalarValue::Int64(Some(trimmed.parse().map_err(|_error| wrong())?)),
        Type::FLOAT4 => ScalarValue::Float32(Some(trimmed.parse().map_err(|_error| wrong())?)),
        Type::FLOAT8 | Type::NUMERIC => ScalarValue::Float64(Some(trimmed.parse().map_err(|_error| wrong())?)),
        Type::DATE => text_as(trimmed, &DataType::Date32).ok_or_else(wrong)?,
        Type::TIMESTAMP | Type::TIMESTAMPTZ => text_as(trimmed, &timestamp(of)).ok_or_else(wrong)?,
        Type::BYTEA => {
            let hex = text.strip_prefix("\\x").ok_or_else(wrong)?.to_ascii_lowercase();
            let bytes = data_encoding::HEXLOWER.decode(hex.as_bytes()).map_err(|_error| wrong())?;
            ScalarValue::Binary(Some(bytes))
        }
        _ => ScalarValue::Utf8(Some(text.to_owned())),
    })
}

fn text_as(text: &str, of: &DataType) -> Option<ScalarValue> {
    ScalarValue::Utf8(Some(text.to_owned())).cast_to(of).ok()
}

fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "t" | "true" | "y" | "yes" | "on" | "1" => Some(true),
        "f" | "false" | "n" | "no" | "off" | "0" => Some(false),
        _ => None,
    }
}

fn from_binary(bytes: &[u8], of: &Type) -> Result<ScalarValue, PgWireError> {
    let wrong = || error("22P03", format!("{} bytes are no value of type {}", bytes.len(), of.name()));
    let range = || error("22008", format!("a value of type {} is out of range", of.name()));
    Ok(match *of {
        Type::BOOL => match bytes {
            [flag] => ScalarValue::Boolean(Some(*flag != 0)),
            _ => return Err(wrong()),
        },
        Type::INT2 => ScalarValue::Int16(Some(i16::from_be_bytes(exactly(bytes).ok_or_else(wrong)?))),
        Type::INT4 => ScalarValue::Int32(Some(i32::from_be_bytes(exactly(bytes).ok_or_else(wrong)?))),
        Type::INT8 => ScalarValue::Int64(Some(i64::from_be_bytes(exactly(bytes).ok_or_else(wrong)?))),
        Type::OID => ScalarValue::Int64(Some(u32::from_be_bytes(exactly(bytes).ok_or_else(wrong)?).into())),
        Type::FLOAT4 => ScalarValue::Float32(Some(f32::from_be_bytes(exactly(bytes).ok_or_else(wrong)?))),
        Type::FLOAT8 => ScalarValue::Float64(Some(f64::from_be_bytes(exactly(bytes).ok_or_else(wrong)?))),
        Type::NUMERIC => ScalarValue::Float64(Some(numeric(bytes).ok_or_else(wrong)?)),
        Type::DATE => {
            let days = i32::from_be_bytes(exactly(bytes).ok_or_else(wrong)?);
            ScalarValue::Date32(Some(days.checked_add(EPOCH_DAYS).ok_or_else(range)?))
        }
        Type::TIMESTAMP | Type::TIMESTAMPTZ => {
            let since = i64::from_be_bytes(exactly(bytes).ok_or_else(wrong)?);
            let micros = since.checked_add(EPOCH_MICROSECONDS).ok_or_else(range)?;
            let zone = (*of == Type::TIMESTAMPTZ).then(|| "+00:00".into());
            ScalarValue::TimestampMicrosecond(Some(micros), zone)
        }
        Type::BYTEA => ScalarValue::Binary(Some(bytes.to_vec())),
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::CHAR => {
            let text = std::str::from_utf8(bytes).map_err(|_error| error("22021", "a parameter is no UTF-8"))?;
            ScalarValue::Utf8(Some(text.to_owned()))
        }
        _ => {
            let message = format!("parameters of type {} are taken as text only", of.name());
            return Err(error(NOT_SUPPORTED, message));
        }
    })
}

fn exactly<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    bytes.try_into().ok()
}

/// Reads the binary form of `numeric` by way of its text, so that rounding is done once.
fn numeric(bytes: &[u8]) -> Option<f64> {
    let words: Vec<i16> = bytes.chunks(2).map(|word| exactly(word).map(i16::from_be_bytes)).collect::<Option<_>>()?;
    let [count, weight, sign, _scale, groups @ ..] = words.as_slice() else { return None };
    let number = match *sign {
        0 | 0x4000 => {
            if usize::try_from(*count).ok()? != groups.len() || groups.iter().any(|group| !(0..10_000).contains(group))
            {
                return None;
            }
            let digits: String = groups.iter().map(|group| format!("{group:04}")).collect();
            let exponent = (i32::from(*weight) + 1 - i32::from(*count)) * 4;
            if digits.is_empty() { 0.0 } else { format!("{digits}e{exponent}").parse().ok()? }
        }
        sign if sign.cast_unsigned() == 0xc000 => f64::NAN,
        sign if sign.cast_unsigned() == 0xd000 => f64::INFINITY,
        sign if sign.cast_unsigned() == 0xf000 => f64::NEG_INFINITY,
        _ => return None,
    };
    Some(if *sign == 0x4000 { -number } else { number })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str, told: Option<&Type>, inferred: Option<&DataType>) -> Result<ScalarValue, PgWireError> {
        read(Some(value.as_bytes()), FieldFormat::Text, told, inferred)
    }

    fn binary(bytes: &[u8], told: &Type) -> Result<ScalarValue, PgWireError> {
        read(Some(bytes), FieldFormat::Binary, Some(told), None)
    }

    #[test]
    fn a_type_is_the_clients_or_else_the_engines_or_else_text() {
        let float = Some(&DataType::Float64);
        assert_eq!(text("5.5", None, float).expect("a number"), ScalarValue::Float64(Some(5.5)));
        assert_eq!(text("5.5", Some(&Type::UNKNOWN), float).expect("a number"), ScalarValue::Float64(Some(5.5)));
        assert_eq!(text("5.5", Some(&Type::VARCHAR), float).expect("a number"), ScalarValue::Float64(Some(5.5)));
        assert_eq!(text("5.5", None, None).expect("a text"), ScalarValue::Utf8(Some("5.5".to_owned())));
        assert!(text("five", None, float).is_err());
    }

    #[test]
    fn a_fraction_is_not_cut_off() {
        let found = text("5.5", Some(&Type::FLOAT8), Some(&DataType::Int64)).expect("a number");
        assert_eq!(found, ScalarValue::Float64(Some(5.5)));
    }

    #[test]
    fn texts_of_every_type_are_read() {
        assert_eq!(text(" on ", Some(&Type::BOOL), None).expect("a truth"), ScalarValue::Boolean(Some(true)));
        assert_eq!(text("-7", Some(&Type::INT4), None).expect("a number"), ScalarValue::Int32(Some(-7)));
        assert_eq!(text("1e3", Some(&Type::NUMERIC), None).expect("a number"), ScalarValue::Float64(Some(1000.0)));
        assert_eq!(text("2000-01-02", Some(&Type::DATE), None).expect("a date"), ScalarValue::Date32(Some(10_958)));
        let time = text("2000-01-01 00:00:01.5", Some(&Type::TIMESTAMP), None).expect("a time");
        assert_eq!(time, ScalarValue::TimestampMicrosecond(Some(EPOCH_MICROSECONDS + 1_500_000), None));
        assert_eq!(text("\\x00FF", Some(&Type::BYTEA), None).expect("bytes"), ScalarValue::Binary(Some(vec![0, 255])));
        for (value, told) in
            [("7.5", Type::INT4), ("maybe", Type::BOOL), ("2000-13-01", Type::DATE), ("x", Type::BYTEA)]
        {
            assert!(text(value, Some(&told), None).is_err(), "{value}");
        }
    }

    #[test]
    fn binary_values_are_read_and_wrong_lengths_refused() {
        assert_eq!(binary(&[0xff, 0xfe], &Type::INT2).expect("a number"), ScalarValue::Int16(Some(-2)));
        assert_eq!(binary(&1.5_f64.to_be_bytes(), &Type::FLOAT8).expect("a number"), ScalarValue::Float64(Some(1.5)));
        assert_eq!(binary(&[0, 0, 0, 1], &Type::DATE).expect("a date"), ScalarValue::Date32(Some(10_958)));
        assert_eq!(binary("é".as_bytes(), &Type::TEXT).expect("a text"), ScalarValue::Utf8(Some("é".to_owned())));
        let micros = binary(&1_i64.to_be_bytes(), &Type::TIMESTAMPTZ).expect("a time");
        assert_eq!(micros, ScalarValue::TimestampMicrosecond(Some(EPOCH_MICROSECONDS + 1), Some("+00:00".into())));
        assert!(binary(&[1, 2, 3], &Type::INT4).is_err());
        assert!(binary(&[0xff], &Type::TEXT).is_err());
        assert!(binary(&i32::MAX.to_be_bytes(), &Type::DATE).is_err());
        assert!(binary(&[1], &Type::INT4_ARRAY).is_err());
    }

    #[test]
    fn exact_numbers_become_double_precision() {
        let cases: [(&[u8], f64); 4] = [
            (&[0, 3, 0, 1, 0x40, 0, 0, 2, 0, 12, 0x0d, 0x80, 0x1e, 0x78], -123_456.78),
            (&[0, 1, 0xff, 0xff, 0, 0, 0, 2, 0x01, 0xf4], 0.05),
            (&[0, 0, 0, 0, 0, 0, 0, 0], 0.0),
            (&[0, 1, 0, 1, 0, 0, 0, 0, 0, 3], 30_000.0),
        ];
        for (bytes, expected) in cases {
            assert_eq!(binary(bytes, &Type::NUMERIC).expect("a number"), ScalarValue::Float64(Some(expected)));
        }
        assert!(binary(&[0, 2, 0, 1, 0, 0, 0, 0, 0, 3], &Type::NUMERIC).is_err());
        assert!(binary(&[0, 1, 0], &Type::NUMERIC).is_err());
    }

    #[test]
    fn nothing_has_a_type_too() {
        let found = read(None, FieldFormat::Text, Some(&Type::FLOAT8), None).expect("nothing");
        assert_eq!(found, ScalarValue::Float64(None));
    }
}
