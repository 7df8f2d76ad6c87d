//! A mapping as TOML, with the place of whatever is wrong with it.

use serde::{Deserialize, Deserializer, Serialize};
use toml::Spanned;
use toml_parser::lexer::TokenKind;

use super::{ColumnMapping, ColumnRef, ColumnType, Mapping, Role, SourceMapping, TableKind, TableMapping};
use crate::ingest::tabular::error::MappingError;
use crate::ingest::tabular::limits::MAX_MAPPING_BYTES;

#[cfg(test)]
mod tests;

/// The version of the form; raised when an old file would mean something else.
const VERSION: u32 = 1;

/// Deepest nesting of brackets; a mapping has four.
const MAX_DEPTH: usize = 64;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MappingFile {
    version: Spanned<u32>,
    #[serde(default)]
    source: SourceMapping,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    table: Vec<Spanned<TableFile>>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct TableFile {
    #[serde(skip_serializing_if = "Option::is_none")]
    sheet: Option<String>,
    #[serde(skip_serializing_if = "is_false")]
    skip: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<TableKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    well: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    header_rows: Option<Vec<u32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit_row: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_row: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_row: Option<u32>,
    #[serde(skip_serializing_if = "is_false")]
    only_listed: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    column: Vec<Spanned<ColumnFile>>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ColumnFile {
    column: ColumnRef,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    role: Option<Role>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    values: Option<ColumnType>,
    #[serde(default, skip_serializing_if = "is_false")]
    fill_down: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_false(truth: &bool) -> bool {
    !truth
}

/// Reads texts and numbers alike, so that `nulls = [-999.25, "n/a"]` says what it seems to say.
pub(super) fn texts_or_numbers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Null {
        Text(String),
        Integer(i64),
        Number(f64),
    }
    let nulls = Vec::<Null>::deserialize(deserializer)?;
    Ok(nulls
        .into_iter()
        .map(|null| match null {
            Null::Text(text) => text,
            Null::Integer(number) => number.to_string(),
            Null::Number(number) => number.to_string(),
        })
        .collect())
}

impl Mapping {
    /// Reads a mapping from TOML.
    ///
    /// # Errors
    /// When it is too large, no TOML, or says something that no mapping may say; with its place.
    pub fn from_toml(text: &str) -> Result<Self, MappingError> {
        if text.len() > MAX_MAPPING_BYTES {
            return Err(MappingError::TooLarge);
        }
        let syntax = |at: usize, message: &str| {
            let (line, column) = place(text, at);
            MappingError::Syntax { line, column, message: message.to_owned() }
        };
        if let Some(at) = too_deep(text) {
            return Err(syntax(at, "nested too deeply"));
        }
        let file: MappingFile = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            syntax(at, error.message().trim_end().lines().next().unwrap_or_default())
        })?;
        if *file.version.get_ref() != VERSION {
            let message = format!("this program reads version {VERSION} of mappings");
            return Err(syntax(file.version.span().start, &message));
        }
        let line = |at: usize| place(text, at).0;
        let tables = file.table.into_iter().map(|table| {
            let at = line(table.span().start);
            let columns = |columns: Vec<Spanned<ColumnFile>>| {
                let one = |column: Spanned<ColumnFile>| (line(column.span().start), column.into_inner());
                columns.into_iter().map(one).map(|(at, column)| column.into_mapping(at)).collect()
            };
            table.into_inner().into_mapping(at, columns)
        });
        Ok(Self { tables: tables.collect(), source: file.source })
    }

    /// Writes the mapping as TOML.
    ///
    /// # Errors
    /// When TOML cannot say it, which happens with no mapping that was read.
    pub fn to_toml(&self) -> Result<String, MappingError> {
        let tables = self.tables.iter().map(|table| Spanned::new(0..0, TableFile::from(table)));
        let file =
            MappingFile { version: Spanned::new(0..0, VERSION), source: self.source.clone(), table: tables.collect() };
        toml::to_string(&file).map_err(|error| MappingError::Write(error.to_string()))
    }
}

/// Returns where brackets are nested deeper than any mapping needs. The parser has a limit of its
/// own, but errors on the way get past it, and then it overflows the stack.
fn too_deep(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    toml_parser::Source::new(text).lex().find_map(|token| {
        match token.kind() {
            TokenKind::LeftCurlyBracket | TokenKind::LeftSquareBracket => depth += 1,
            TokenKind::RightCurlyBracket | TokenKind::RightSquareBracket => depth = depth.saturating_sub(1),
            _ => {}
        }
        (depth > MAX_DEPTH).then(|| token.span().start())
    })
}

impl TableFile {
    fn into_mapping(self, at: u32, columns: impl Fn(Vec<Spanned<ColumnFile>>) -> Vec<ColumnMapping>) -> TableMapping {
        TableMapping {
            at,
            sheet: self.sheet,
            skip: self.skip,
            kind: self.kind,
            well: self.well,
            header_rows: self.header_rows,
            unit_row: self.unit_row,
            first_row: self.first_row,
            last_row: self.last_row,
            only_listed: self.only_listed,
            columns: columns(self.column),
        }
    }
}

impl From<&TableMapping> for TableFile {
    fn from(table: &TableMapping) -> Self {
        Self {
            sheet: table.sheet.clone(),
            skip: table.skip,
            kind: table.kind,
            well: table.well.clone(),
            header_rows: table.header_rows.clone(),
            unit_row: table.unit_row,
            first_row: table.first_row,
            last_row: table.last_row,
            only_listed: table.only_listed,
            column: table.columns.iter().map(|column| Spanned::new(0..0, ColumnFile::from(column))).collect(),
        }
    }
}

impl ColumnFile {
    fn into_mapping(self, at: u32) -> ColumnMapping {
        let Self { column, role, name, unit, values, fill_down } = self;
        ColumnMapping { at, column, role, name, unit, values, fill_down }
    }
}

impl From<&ColumnMapping> for ColumnFile {
    fn from(column: &ColumnMapping) -> Self {
        let ColumnMapping { column, role, name, unit, values, fill_down, .. } = column.clone();
        Self { column, role, name, unit, values, fill_down }
    }
}

/// Returns the 1-based line and column, in characters, of a byte of a text.
fn place(text: &str, at: usize) -> (u32, u32) {
    let before = &text[..text.floor_char_boundary(at.min(text.len()))];
    let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}
