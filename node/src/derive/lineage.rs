//! What a derived run was made of and how: the JSON text that stands in for its source file.
//!
//! It is canonical, because its hash is the run's identity: fields in one order, keys of parameters and
//! sources sorted, nothing that differs from one node to another. It says what the table holds by a hash of
//! the values, not of the Parquet file, whose form may change with the version of the program.

use dataforge_las::{DataSet, Values};
use dataforge_protocol::id::{BlobHash, DocId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::api::{ApiError, ErrorKind};

/// Version of the form.
const FORM: u32 = 1;
/// What a derived run may be made of: sources.
pub(super) const MAX_SOURCES: usize = 256;
/// Bytes of the parameters as canonical JSON.
pub(super) const MAX_PARAMETER_BYTES: usize = 16 * 1024;
/// Bytes of the whole: half of what the gate admits for a change.
pub(super) const MAX_BYTES: usize = 120 * 1024;

/// What a derived run was made of and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lineage {
    /// [`FORM`].
    lineage: u32,
    /// The well it was made for, where it was filed first.
    pub(crate) well: String,
    /// The tool.
    pub(crate) tool: String,
    /// Its version.
    pub(crate) version: String,
    /// What it was told: an object.
    pub(crate) parameters: Value,
    /// What it is, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    /// What it was made of, sorted, each once.
    pub(crate) sources: Vec<Source>,
    /// [`hash_of`] its table.
    pub(crate) values: String,
}

/// A run or curve that something was made of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Source {
    /// The id of the run.
    pub(crate) run: String,
    /// The number of the curve; none for the run as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ordinal: Option<u32>,
    /// Its mnemonic as delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) mnemonic: Option<String>,
    /// The hash of the table that was read.
    pub(crate) blob: String,
}

/// How something was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Making {
    /// The tool.
    pub(super) tool: String,
    /// Its version.
    pub(super) version: String,
    /// What it was told, from [`parameters`].
    pub(super) parameters: Value,
    /// What it is, for people.
    pub(super) description: Option<String>,
}

impl Lineage {
    /// Returns that of a table.
    pub(super) fn new(well: &DocId, making: Making, mut sources: Vec<Source>, values: BlobHash) -> Self {
        sources.sort();
        sources.dedup();
        let Making { tool, version, parameters, description } = making;
        let (well, values) = (well.to_string(), values.to_string());
        Self { lineage: FORM, well, tool, version, parameters, description, sources, values }
    }

    /// Returns the canonical text.
    ///
    /// # Errors
    /// `Input` when it is longer than a change may be.
    pub(super) fn text(&self) -> Result<String, ApiError> {
        let text = serde_json::to_string(self).map_err(|error| ApiError::from_error(ErrorKind::Internal, &error))?;
        if text.len() > MAX_BYTES {
            let size = text.len();
            return Err(ApiError::new(
                ErrorKind::Input,
                format!("what the run was made of takes {size} bytes; at most {MAX_BYTES} are kept"),
            )
            .hint("name runs instead of each of their curves, or shorten the parameters"));
        }
        Ok(text)
    }

    /// Reads what somebody wrote; nothing when it is not of this form.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let read: Self = serde_json::from_slice(bytes).ok()?;
        let is_sound = |source: &Source| source.run.parse::<DocId>().is_ok() && source.blob.parse::<BlobHash>().is_ok();
        let is_one = read.lineage == FORM && read.parameters.is_object() && read.sources.len() <= MAX_SOURCES;
        (is_one && read.sources.iter().all(is_sound)).then_some(read)
    }
}

/// Returns the parameters of a tool with sorted keys.
///
/// # Errors
/// `Input` when the text is no JSON object, or too long.
pub(super) fn parameters(text: Option<&str>) -> Result<Value, ApiError> {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else { return Ok(Value::Object(Map::new())) };
    let refused = |message: String| {
        ApiError::new(ErrorKind::Input, message).hint("parameters are a JSON object such as {\"gr_clean\": 20}")
    };
    let value: Value =
        serde_json::from_str(text).map_err(|error| refused(format!("the parameters are no json: {error}")))?;
    if !value.is_object() {
        return Err(refused("the parameters are json, but no object".to_owned()));
    }
    let value = sorted(value);
    let size = value.to_string().len();
    if size > MAX_PARAMETER_BYTES {
        return Err(ApiError::new(
            ErrorKind::Input,
            format!("the parameters take {size} bytes; at most {MAX_PARAMETER_BYTES} are kept"),
        )
        .hint("attach what is larger as a file, and name it in the parameters"));
    }
    Ok(value)
}

/// Sorts the keys of all objects. The reader bounds how deep they lie in each other.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(object) => {
            let mut fields: Vec<_> = object.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            fields.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(fields.into_iter().collect())
        }
        Value::Array(values) => Value::Array(values.into_iter().map(sorted).collect()),
        other => other,
    }
}

/// Returns the hash of what a table holds: names, units, descriptions and values in order, every null the
/// same.
pub(super) fn hash_of(data: &DataSet) -> BlobHash {
    let mut hasher = blake3::Hasher::new_derive_key("dataforge derived table 1");
    let text = |hasher: &mut blake3::Hasher, text: &str| {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    };
    hasher.update(&(data.columns.len() as u64).to_le_bytes());
    hasher.update(&(data.rows as u64).to_le_bytes());
    for column in &data.columns {
        let definition = &column.definition;
        for said in [&definition.mnemonic, &definition.unit, &definition.description] {
            text(&mut hasher, said);
        }
        match &column.values {
            Values::Number(values) => {
                hasher.update(&[0]);
                let null = f64::NAN.to_bits();
                for value in values {
                    let bits = if value.is_nan() { null } else { value.to_bits() };
                    hasher.update(&bits.to_le_bytes());
                }
            }
            Values::Text(values) => {
                hasher.update(&[1]);
                for value in values {
                    hasher.update(&[u8::from(value.is_some())]);
                    text(&mut hasher, value.as_deref().unwrap_or_default());
                }
            }
        }
    }
    BlobHash(*hasher.finalize().as_bytes())
}

#[cfg(test)]
mod tests {
    use dataforge_las::{Column, HeaderItem};

    use super::*;

    fn source(byte: u8, ordinal: u32) -> Source {
        let blob = BlobHash([byte; 32]).to_string();
        Source { run: DocId([byte; 32]).to_string(), ordinal: Some(ordinal), mnemonic: Some("GR".into()), blob }
    }

    fn making(parameters_text: &str) -> Making {
        let parameters = parameters(Some(parameters_text)).unwrap();
        Making { tool: "vsh".into(), version: "1".into(), parameters, description: None }
    }

    fn text(parameters: &str, sources: Vec<Source>) -> String {
        Lineage::new(&DocId([9; 32]), making(parameters), sources, BlobHash([7; 32])).text().unwrap()
    }

    #[test]
    fn the_order_of_keys_and_sources_makes_no_other_run() {
        let one = text("{\"b\": {\"z\": 1, \"y\": [2.50, null]}, \"a\": 1}", vec![source(1, 1), source(2, 3)]);
        let other = text("{ \"a\":1,\"b\":{\"y\":[2.5,null],\"z\":1}}", vec![source(2, 3), source(1, 1), source(2, 3)]);
        assert_eq!(one, other);
        assert_ne!(one, text("{\"a\": 2}", vec![source(1, 1), source(2, 3)]));
        let read = Lineage::read(one.as_bytes()).unwrap();
        assert_eq!((read.text().unwrap(), read.sources.len()), (one, 2));
    }

    #[test]
    fn parameters_are_a_small_json_object() {
        assert_eq!(parameters(None).unwrap(), Value::Object(Map::new()));
        assert_eq!(parameters(Some(" ")).unwrap(), Value::Object(Map::new()));
        for (text, word) in [("[1]", "no object"), ("{\"a\": NaN}", "no json"), ("{\"a\"", "no json")] {
            let error = parameters(Some(text)).unwrap_err();
            assert!(error.kind == ErrorKind::Input && error.message.contains(word), "{text}: {error}");
        }
        let long = format!("{{\"a\": \"{}\"}}", "x".repeat(MAX_PARAMETER_BYTES));
        assert!(parameters(Some(&long)).unwrap_err().message.contains("at most 16384"));
        let deep = format!("{{\"a\": {}{}}}", "[".repeat(1000), "]".repeat(1000));
        assert!(parameters(Some(&deep)).is_err());
    }

    #[test]
    fn what_is_of_another_form_is_not_read() {
        let good = text("{}", vec![source(1, 1)]);
        assert!(Lineage::read(good.as_bytes()).is_some());
        for (from, to) in [("\"lineage\":1", "\"lineage\":2"), ("\"parameters\":{}", "\"parameters\":[]")] {
            assert!(Lineage::read(good.replace(from, to).as_bytes()).is_none(), "{to}");
        }
        let short = DocId([1; 32]).to_string();
        assert!(Lineage::read(good.replace(&short, "01").as_bytes()).is_none());
        assert!(Lineage::read(b"DEPT,GR").is_none());
    }

    #[test]
    fn every_value_name_and_unit_counts_and_every_null_is_the_same() {
        let table = |mnemonic: &str, unit: &str, values: Vec<f64>| {
            let definition = HeaderItem { mnemonic: mnemonic.into(), unit: unit.into(), ..HeaderItem::default() };
            let rows = values.len();
            DataSet { columns: vec![Column { definition, values: Values::Number(values) }], rows, ..DataSet::default() }
        };
        let nan = f64::from_bits(f64::NAN.to_bits() ^ 1);
        let hash = hash_of(&table("VSH", "v/v", vec![0.5, f64::NAN]));
        assert_eq!(hash, hash_of(&table("VSH", "v/v", vec![0.5, nan])));
        for other in [
            table("VSH", "v/v", vec![0.5, 0.0]),
            table("VSH", "%", vec![0.5, f64::NAN]),
            table("VSHv", "/v", vec![0.5, f64::NAN]),
            table("VSH", "v/v", vec![0.5, f64::NAN, f64::NAN]),
        ] {
            assert_ne!(hash, hash_of(&other));
        }
    }
}
