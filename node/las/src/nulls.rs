//! What counts as no value: [`NullPolicy`] → [`Nulls`].
//!
//! The header's `NULL` is the only one the standard knows. Other numbers are data until somebody
//! says otherwise, so every list here has to be asked for.

use serde::{Deserialize, Serialize};

use crate::data::cell::{Cell, understand};

/// Which spellings of a value mean that there is none. Whatever the policy, the index of a log
/// keeps its values, and what is no number at all (`****`, `1.#QNAN`) is none among numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NullPolicy {
    /// The header's `NULL`.
    #[default]
    Header,
    /// None: also the header's `NULL` is a value.
    None,
    /// The header's `NULL` and [`NullPolicy::COMMON`].
    Common,
    /// The header's `NULL`, [`NullPolicy::COMMON`] and [`NullPolicy::AGGRESSIVE`].
    Aggressive,
    /// The header's `NULL` and these: numbers, compared as numbers, or words, compared without
    /// case.
    Also(Vec<String>),
}

impl NullPolicy {
    /// Values that hardly ever are data.
    pub const COMMON: &'static [&'static str] = &[
        "-999.25", "-9999.25", "-999", "-9999", "-99999", "-999.99", "-9999.99", "-999.9", "-9999.9", "1e30", "-1e30",
        "(null)", "null", "NA", "N/A", "-", "--", "IND", "IO",
    ];

    /// Values that are data in some files, and none in others.
    pub const AGGRESSIVE: &'static [&'static str] = &[
        "999.25",
        "9999.25",
        "999",
        "9999",
        "99999",
        "999.99",
        "9999.99",
        "32767",
        "-32767",
        "-32768",
        "2147483647",
        "-2147483648",
        "-99",
        "ERR",
        "ERROR",
        "NONE",
        "NIL",
        "ABSENT",
        ".",
        "?",
        "x",
    ];

    /// Returns the lists it adds to the header's `NULL`.
    fn lists(&self) -> Vec<&str> {
        match self {
            Self::Header | Self::None => Vec::new(),
            Self::Common => Self::COMMON.to_vec(),
            Self::Aggressive => [Self::COMMON, Self::AGGRESSIVE].concat(),
            Self::Also(list) => list.iter().map(String::as_str).collect(),
        }
    }
}

/// The spellings of no value of one file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Nulls {
    /// As written.
    texts: Vec<Vec<u8>>,
    /// Those that are numbers.
    numbers: Vec<f64>,
}

impl Nulls {
    /// Returns what `policy` calls no value in a file whose `NULL` is `header`.
    pub(crate) fn new(policy: &NullPolicy, header: Option<&str>) -> Self {
        let header = header.filter(|_| *policy != NullPolicy::None);
        let mut nulls = Self::default();
        for text in header.into_iter().chain(policy.lists()).map(str::trim).filter(|text| !text.is_empty()) {
            match understand(text.as_bytes()) {
                Cell::Number(number) | Cell::Comma(number) => nulls.numbers.push(number),
                _ => {}
            }
            nulls.texts.push(text.as_bytes().to_vec());
        }
        nulls
    }

    /// Returns whether `bytes` spell one.
    pub(crate) fn spell(&self, bytes: &[u8]) -> bool {
        self.texts.iter().any(|text| text.eq_ignore_ascii_case(bytes))
    }

    /// Returns whether `number` is one.
    pub(crate) fn contain(&self, number: f64) -> bool {
        self.numbers.contains(&number)
    }

    /// Returns the only number; NaN, which equals nothing, when there is none, and `None` when
    /// there are several.
    pub(crate) fn only(&self) -> Option<f64> {
        match self.numbers.as_slice() {
            [] => Some(f64::NAN),
            [only] => Some(*only),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_is_compared_as_number_and_as_text() {
        let header = |text| Nulls::new(&NullPolicy::Header, text);
        assert_eq!(header(Some("-999.2500")).only(), Some(-999.25));
        assert!(header(Some("-999,25")).contain(-999.25));
        let nulls = header(Some("(null)"));
        assert!(nulls.only().is_some_and(f64::is_nan) && nulls.spell(b"(NULL)") && !nulls.spell(b""));
        assert!(!header(None).spell(b"") && !header(Some(" ")).spell(b""));
    }

    #[test]
    fn policies_add_to_the_header() {
        let contain = |policy: &NullPolicy| {
            let nulls = Nulls::new(policy, Some("-1"));
            [-1.0, -999.25, 999.25, 7.0].map(|number| nulls.contain(number))
        };
        assert_eq!(contain(&NullPolicy::Header), [true, false, false, false]);
        assert_eq!(contain(&NullPolicy::None), [false; 4]);
        assert_eq!(contain(&NullPolicy::Common), [true, true, false, false]);
        assert_eq!(contain(&NullPolicy::Aggressive), [true, true, true, false]);
        assert_eq!(contain(&NullPolicy::Also(vec!["7.00".to_owned(), "x".to_owned()])), [true, false, false, true]);
        assert!(Nulls::new(&NullPolicy::Common, None).spell(b"n/a"));
    }
}
