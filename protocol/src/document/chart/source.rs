//! Where values of a chart come from.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::super::CurveId;
use super::field::FieldValue;

/// Longest name of a property in characters.
const MAX_PROPERTY_CHARS: usize = 64;

/// Where values come from: a curve, or whichever curve stands for a property in a well.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Source {
    /// The preferred curve of the well for a property: what lets a chart be used for any well.
    Property(String),
    /// One curve, whatever it measures.
    Curve(CurveId),
}

/// The text names no source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a property or RUN:NUMBER")]
pub struct ParseSourceError;

impl Source {
    /// Reads what it displays: one source has one text.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        if text.contains(':') {
            let curve = CurveId::from_text(text)?;
            return (curve.to_string() == text && curve.ordinal > 0).then_some(Self::Curve(curve));
        }
        let is_word = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        ((1..=MAX_PROPERTY_CHARS).contains(&text.len()) && is_word).then(|| Self::Property(text.to_owned()))
    }
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Property(property) => formatter.write_str(property),
            Self::Curve(curve) => write!(formatter, "{curve}"),
        }
    }
}

impl TryFrom<String> for Source {
    type Error = ParseSourceError;

    fn try_from(text: String) -> Result<Self, ParseSourceError> {
        Self::from_text(&text).ok_or(ParseSourceError)
    }
}

impl From<Source> for String {
    fn from(source: Source) -> Self {
        source.to_string()
    }
}

impl FieldValue for Source {
    fn from_text(text: &str) -> Option<Self> {
        Self::from_text(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::DocId;

    #[test]
    fn sources_read_as_they_display() {
        let curve = Source::Curve(CurveId { run: DocId([0xab; 32]), ordinal: 12 });
        for source in [Source::Property("bulk_density".into()), curve.clone()] {
            assert_eq!(Source::from_text(&source.to_string()), Some(source));
        }
        let upper = curve.to_string().to_uppercase();
        for bad in ["", "GR", "gamma ray", &upper, "ab:1", &format!("{}:0", DocId([1; 32]))] {
            assert_eq!(Source::from_text(bad), None, "{bad}");
        }
    }
}
