//! Small builders: a [`LogFile`] of parts that never were a file, to be written as one.

use crate::model::{Column, DataSet, HeaderItem, LogFile, Section, SectionKind, SetKind, Values};

impl HeaderItem {
    /// Returns an item that comes from no file.
    #[must_use]
    pub fn new(mnemonic: &str, unit: &str, value: &str, description: &str) -> Self {
        Self {
            mnemonic: mnemonic.to_owned(),
            unit: unit.to_owned(),
            value: value.to_owned(),
            description: description.to_owned(),
            ..Self::default()
        }
    }
}

impl SectionKind {
    /// Returns the title the standard gives it in LAS 2.0.
    pub(crate) fn title(self) -> Option<&'static str> {
        match self {
            Self::Version => Some("~Version Information"),
            Self::Well => Some("~Well Information"),
            Self::Curve => Some("~Curve Information"),
            Self::Parameter => Some("~Parameter Information"),
            Self::Other => Some("~Other Information"),
            Self::Custom => None,
        }
    }
}

impl Section {
    /// Returns a section with the title that the standard gives its kind, and none of its own
    /// ([`SectionKind::Custom`]) `~Custom`.
    #[must_use]
    pub fn new(kind: SectionKind, items: Vec<HeaderItem>) -> Self {
        let title = kind.title().unwrap_or("~Custom");
        Self { title: title.to_owned(), kind, items, ..Self::default() }
    }
}

impl Column {
    /// Returns a column of numbers, NaN where there is none.
    #[must_use]
    pub fn of_numbers(definition: HeaderItem, numbers: Vec<f64>) -> Self {
        Self { definition, values: Values::Number(numbers) }
    }

    /// Returns a column of words.
    #[must_use]
    pub fn of_texts(definition: HeaderItem, texts: Vec<Option<String>>) -> Self {
        Self { definition, values: Values::Text(texts) }
    }
}

impl DataSet {
    /// Returns a data set of columns that have the same number of rows. The first column of a log
    /// is its index. An empty name stands for that of the kind.
    #[must_use]
    pub fn new(kind: SetKind, name: &str, columns: Vec<Column>) -> Self {
        let rows = columns.first().map_or(0, |column| column.values.len());
        Self { kind, name: name.to_owned(), columns, rows, ..Self::default() }
    }
}

impl LogFile {
    /// Returns a file about a well, without data sets yet. What `~W` says of the index (`STRT`,
    /// `STOP`, `STEP`) and of nulls is added when the file is written.
    #[must_use]
    pub fn new(well: Vec<HeaderItem>) -> Self {
        Self { sections: vec![Section::new(SectionKind::Well, well)], ..Self::default() }
    }

    /// Adds a data set with its parameters.
    pub fn push(&mut self, mut set: DataSet, parameters: Vec<HeaderItem>) {
        if !parameters.is_empty() {
            let is_log = set.kind == SetKind::Log;
            let kind = if is_log { SectionKind::Parameter } else { SectionKind::Custom };
            set.parameters = vec![self.sections.len()];
            self.sections.push(Section::new(kind, parameters));
        }
        self.data.push(set);
    }
}
