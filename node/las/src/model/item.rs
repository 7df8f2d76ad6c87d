//! [`HeaderItem`]: one line of a header.

use serde::{Deserialize, Serialize};

use crate::model::Format;

/// One header line: `MNEM.UNIT VALUE : DESCRIPTION {FORMAT} | ASSOCIATION,…`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct HeaderItem {
    /// The mnemonic as delivered, blanks trimmed.
    pub mnemonic: String,
    /// The unit as delivered; empty when there is none.
    pub unit: String,
    /// The value as text, never reformatted.
    /// For LAS 1.2 `~W` lines value and description are already put in this order.
    pub value: String,
    /// The description; of LAS 3.0 without format and associations.
    pub description: String,
    /// LAS 3.0: what values look like, e.g. `{F10.4}`.
    pub format: Option<Format>,
    /// LAS 3.0: names of the runs, zones or other lines that this line belongs to, e.g. `Run[1]`,
    /// as delivered. The names are compared without case.
    pub associations: Vec<String>,
    /// 1-based line number; 0 when it comes from no file.
    pub line: u32,
    /// The whole line as delivered, without its line end; empty when it comes from no file.
    pub raw: String,
}

impl HeaderItem {
    /// Returns the name and the number of a mnemonic such as `NMR[3]`: an element of an array, or
    /// one of several runs or zones. `None` when it has no number.
    #[must_use]
    pub fn numbered(&self) -> Option<(&str, u32)> {
        numbered(&self.mnemonic)
    }
}

/// Splits `NAME[3]` into name and number.
pub(crate) fn numbered(text: &str) -> Option<(&str, u32)> {
    let (name, number) = text.trim_end().strip_suffix(']')?.rsplit_once('[')?;
    let number = number.trim();
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    if digits { Some((name.trim_end(), number.parse().ok()?)) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_in_brackets_is_no_part_of_the_name() {
        assert_eq!(numbered("NMR[12]"), Some(("NMR", 12)));
        assert_eq!(numbered("Core_Data [ 2 ]"), Some(("Core_Data", 2)));
        for text in ["NMR", "NMR[]", "NMR[x]", "NMR[1", "[M]", "NMR[99999999999]", "NMR[+1]", "NMR[1]x"] {
            assert_eq!(numbered(text), None, "{text}");
        }
    }
}
