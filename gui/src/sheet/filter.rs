//! What people type to see only some rows: `> 2.5`, `between 10 and 20`, `empty`, words.

use arrow::array::Array;

use super::{number_at, text_at};

/// A condition on a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// There is no value.
    Empty,
    /// There is one.
    NotEmpty,
    /// A number that compares so.
    Number(Compare, f64),
    /// A number from one to another, both included.
    Between(f64, f64),
    /// Text that contains this, in lower case.
    Contains(String),
    /// Text that compares so with this, in lower case.
    Text(Compare, String),
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compare {
    /// `=`
    Equal,
    /// `!=` or `<>`
    Other,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    More,
    /// `>=`
    MoreOrEqual,
}

/// Signs of comparisons, the longer ones first.
const SIGNS: [(&str, Compare); 7] = [
    ("<=", Compare::LessOrEqual),
    (">=", Compare::MoreOrEqual),
    ("!=", Compare::Other),
    ("<>", Compare::Other),
    ("=", Compare::Equal),
    ("<", Compare::Less),
    (">", Compare::More),
];

impl Compare {
    fn holds<T: PartialOrd>(self, one: &T, other: &T) -> bool {
        match self {
            Self::Equal => one == other,
            Self::Other => one != other,
            Self::Less => one < other,
            Self::LessOrEqual => one <= other,
            Self::More => one > other,
            Self::MoreOrEqual => one >= other,
        }
    }
}

impl Filter {
    /// Reads what was typed for a column of numbers or of text; none when nothing was.
    ///
    /// # Errors
    /// In words, when a column of numbers is compared with what is none.
    pub fn parse(typed: &str, numbers: bool) -> Result<Option<Self>, String> {
        let typed = typed.trim();
        let words = typed.to_lowercase();
        if typed.is_empty() {
            return Ok(None);
        }
        let words: Vec<&str> = words.split_whitespace().collect();
        match words.as_slice() {
            ["empty"] => return Ok(Some(Self::Empty)),
            ["not", "empty"] => return Ok(Some(Self::NotEmpty)),
            ["between", from, "and", to] if numbers => {
                let (from, to) = (number(from)?, number(to)?);
                return Ok(Some(Self::Between(from.min(to), from.max(to))));
            }
            ["between", ..] if numbers => return Err("write: between 10 and 20".to_owned()),
            _ => {}
        }
        for (sign, compare) in SIGNS {
            if let Some(rest) = typed.strip_prefix(sign) {
                let rest = rest.trim();
                return Ok(Some(if numbers {
                    Self::Number(compare, number(rest)?)
                } else {
                    Self::Text(compare, rest.to_lowercase())
                }));
            }
        }
        Ok(Some(if numbers {
            Self::Number(Compare::Equal, number(typed)?)
        } else {
            Self::Contains(typed.to_lowercase())
        }))
    }

    /// Returns whether a cell meets it. What has no value meets only [`Filter::Empty`].
    #[must_use]
    pub fn keeps(&self, array: &dyn Array, row: usize) -> bool {
        let of_text =
            |holds: &dyn Fn(&str) -> bool| text_at(array, row).is_some_and(|text| holds(&text.to_lowercase()));
        match self {
            Self::Empty => array.is_null(row),
            Self::NotEmpty => !array.is_null(row),
            Self::Number(compare, wanted) => {
                number_at(array, row).is_some_and(|value| !value.is_nan() && compare.holds(&value, wanted))
            }
            Self::Between(from, to) => number_at(array, row).is_some_and(|value| (*from..=*to).contains(&value)),
            Self::Contains(part) => of_text(&|text| text.contains(part)),
            Self::Text(compare, wanted) => of_text(&|text| compare.holds(&text, &wanted.as_str())),
        }
    }
}

fn number(text: &str) -> Result<f64, String> {
    let parsed = text.parse::<f64>().ok().filter(|value| !value.is_nan());
    parsed.ok_or_else(|| {
        if text.is_empty() {
            "a number is missing, as in > 2.5".to_owned()
        } else {
            format!("not a number: {text}. Try > 2.5, between 10 and 20, empty, not empty")
        }
    })
}

#[cfg(test)]
mod tests {
    use arrow::array::{Float64Array, StringArray};

    use super::{Compare, Filter};

    fn kept(typed: &str) -> Vec<f64> {
        let array = Float64Array::from(vec![Some(1.0), Some(2.5), None, Some(10.0), Some(f64::NAN)]);
        let filter = Filter::parse(typed, true).unwrap().unwrap();
        let shown = |row: usize| if array.value(row).is_nan() { -1.0 } else { array.value(row) };
        (0..5).filter(|&row| filter.keeps(&array, row)).map(|row| if row == 2 { -2.0 } else { shown(row) }).collect()
    }

    #[test]
    fn numbers_are_compared() {
        assert_eq!(kept("> 2.5"), [10.0]);
        assert_eq!(kept(">=2.5"), [2.5, 10.0]);
        assert_eq!(kept("< 2.5"), [1.0]);
        assert_eq!(kept("<= 2.5"), [1.0, 2.5]);
        assert_eq!(kept("2.5"), [2.5]);
        assert_eq!(kept("!= 2.5"), [1.0, 10.0]);
        assert_eq!(kept("Between 10 AND 2"), [2.5, 10.0]);
    }

    #[test]
    fn no_value_is_empty_and_nothing_else() {
        assert_eq!(kept("empty"), [-2.0]);
        assert_eq!(kept("not empty"), [1.0, 2.5, 10.0, -1.0]);
        assert_eq!(kept("< 1e9"), [1.0, 2.5, 10.0]);
    }

    #[test]
    fn what_is_no_number_is_told() {
        assert!(Filter::parse("> shale", true).unwrap_err().contains("shale"));
        assert!(Filter::parse(">", true).unwrap_err().contains("missing"));
        assert!(Filter::parse("between 1", true).unwrap_err().contains("between 10 and 20"));
        assert!(Filter::parse("nan", true).is_err());
        assert_eq!(Filter::parse("  ", true), Ok(None));
    }

    #[test]
    fn text_is_searched_without_case_or_compared_whole() {
        let array = StringArray::from(vec![Some("Shale"), Some("sandy shale"), None, Some("")]);
        let kept = |typed: &str| {
            let filter = Filter::parse(typed, false).unwrap().unwrap();
            (0..4).filter(|&row| filter.keeps(&array, row)).collect::<Vec<_>>()
        };
        assert_eq!(kept("SHALE"), [0, 1]);
        assert_eq!(kept("= shale"), [0]);
        assert_eq!(kept("!= shale"), [1, 3]);
        assert_eq!(kept("> sand"), [0, 1]);
        assert_eq!(kept("empty"), [2]);
        assert_eq!(Filter::parse("= 5", false), Ok(Some(Filter::Text(Compare::Equal, "5".to_owned()))));
    }
}
