//! [`DataSet`]: rows and columns.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::model::HeaderItem;

/// One data set: the curves that share one index.
///
/// LAS 1.2 and 2.0 have one, the rows of `~A`. LAS 3.0 has any number: logs, whose first column is
/// the index, and tables of other kinds.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct DataSet {
    /// What it holds.
    pub kind: SetKind,
    /// The root of its title as delivered, e.g. `Core` of `~Core_Data[2]`; `Log` of `~A`.
    pub name: String,
    /// The number in its title, 2 of `~Core_Data[2]`.
    pub number: Option<u32>,
    /// The title line as written, from `~`.
    pub title: String,
    /// The sections that define its columns, as indices into [`LogFile::sections`]; several when
    /// a file continues `~C` in a second section, none when nothing defines them.
    ///
    /// [`LogFile::sections`]: crate::LogFile::sections
    pub definition: Vec<usize>,
    /// The sections of its parameters, likewise.
    pub parameters: Vec<usize>,
    /// Columns in file order; of a log the first is the index. All have the same number of rows.
    pub columns: Vec<Column>,
    /// Number of rows.
    pub rows: usize,
    /// Comments among the rows.
    pub comments: Vec<RowComment>,
    /// 1-based line of the section title.
    pub line: u32,
}

/// What a data set holds, by the root of its title.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SetKind {
    /// Curves over an index: `~A`, `~Log_Data`.
    #[default]
    Log,
    /// Tops of formations.
    Tops,
    /// A deviation survey.
    Inclinometry,
    /// Core descriptions or measurements.
    Core,
    /// Drilling data.
    Drilling,
    /// Tests.
    Test,
    /// Perforated intervals.
    Perforation,
    /// Any other root.
    Other,
}

impl SetKind {
    /// Returns the kind of a data set by the root of its title.
    #[must_use]
    pub fn of(root: &str) -> Self {
        match root.to_ascii_uppercase().as_str() {
            "LOG" => Self::Log,
            "TOP" | "TOPS" => Self::Tops,
            "INCLINOMETRY" => Self::Inclinometry,
            "CORE" => Self::Core,
            "DRILLING" => Self::Drilling,
            "TEST" => Self::Test,
            "PERFORATION" | "PERFORATIONS" => Self::Perforation,
            _ => Self::Other,
        }
    }
}

/// A comment among the rows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RowComment {
    /// The number of rows in front of it.
    pub row: usize,
    /// 1-based line number; 0 when it comes from no file.
    pub line: u32,
    /// The whole line as delivered.
    pub text: String,
}

/// One column of a data set with the header line that defines it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Column {
    /// The line of the definition; made up (`UNKNOWN:1`) when the data has more columns than the
    /// definition has lines.
    pub definition: HeaderItem,
    /// The values.
    pub values: Values,
}

/// The values of a column. A slot without a value is null: NaN among numbers, `None` among text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Values {
    /// IEEE doubles exactly as the text says; a null is NaN (a file cannot deliver NaN as a value).
    Number(Vec<f64>),
    /// Text as delivered; `None` is null. Line ends within quotes are LF.
    Text(Vec<Option<String>>),
}

impl Values {
    /// Returns the number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Number(numbers) => numbers.len(),
            Self::Text(texts) => texts.len(),
        }
    }

    /// Returns whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Default for Values {
    fn default() -> Self {
        Self::Number(Vec::new())
    }
}

/// Columns that are one array: elements of one name, numbered from 1, side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Array<'a> {
    /// The name without number, e.g. `NMR`.
    pub name: &'a str,
    /// Where its elements stand in [`DataSet::columns`]; element 1 is the first.
    pub columns: Range<usize>,
}

impl DataSet {
    /// Returns the arrays among its columns. [`Format::spacings`](crate::Format::spacings) of each
    /// element's definition say how far it is from the first.
    pub fn arrays(&self) -> impl Iterator<Item = Array<'_>> {
        let mut start = 0;
        std::iter::from_fn(move || {
            loop {
                let name = element(self.columns.get(start)?, 1);
                let length = match name {
                    Some(name) => {
                        let rest = self.columns.iter().skip(start).zip(1..);
                        rest.take_while(|&(column, number)| element(column, number) == Some(name)).count()
                    }
                    None => 1,
                };
                let columns = start..start + length;
                start += length;
                if let (Some(name), 2..) = (name, length) {
                    return Some(Array { name, columns });
                }
            }
        })
    }
}

/// Returns the name of a column that is the element `number` of something.
fn element(column: &Column, number: u32) -> Option<&str> {
    column.definition.numbered().filter(|&(_, found)| found == number).map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_are_elements_side_by_side_from_one_on() {
        let names = ["DEPT", "X[1]", "NMR[1]", "NMR[2]", "NMR[3]", "T[2]", "T[3]", "A[1]", "A[2]", "B[1]", "B[3]"];
        let column = |name: &&str| Column { definition: HeaderItem::new(name, "", "", ""), ..Column::default() };
        let set = DataSet { columns: names.iter().map(column).collect(), ..DataSet::default() };
        let arrays: Vec<_> = set.arrays().map(|array| (array.name, array.columns)).collect();
        assert_eq!(arrays, [("NMR", 2..5), ("A", 7..9)]);
    }

    #[test]
    fn roots_are_known_without_case() {
        assert_eq!(SetKind::of("TOPS"), SetKind::Tops);
        assert_eq!(SetKind::of("Perforations"), SetKind::Perforation);
        assert_eq!(SetKind::of("Phase_A"), SetKind::Other);
    }
}
