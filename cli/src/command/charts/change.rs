//! Changes of charts: words of the command line become edits.

use clap::Args;
use dataforge_node::api::{ChartEdit, ItemPlace};

use crate::error::Failure;

/// Sets fields of a chart or of a part of it.
#[derive(Debug, Args)]
pub(super) struct Set {
    /// The chart
    chart: String,
    /// The axis, track, series, fill or annotation; without it the chart itself
    #[arg(long)]
    item: Option<String>,
    /// Fields and values; an empty value takes the field away
    #[arg(required = true, value_name = "FIELD=VALUE")]
    fields: Vec<String>,
}

/// Adds a part.
#[derive(Debug, Args)]
pub(super) struct Add {
    /// The chart
    chart: String,
    /// Fields and values; docs/charts.md lists them
    #[arg(required = true, value_name = "FIELD=VALUE")]
    fields: Vec<String>,
    #[command(flatten)]
    position: Position,
}

/// Moves a part among those of its kind.
#[derive(Debug, Args)]
pub(super) struct Move {
    /// The chart
    chart: String,
    /// The part
    item: String,
    #[command(flatten)]
    position: Position,
    /// Put a series or annotation into this track
    #[arg(long)]
    track: Option<String>,
}

/// Where a part goes; behind all others when nothing is said.
#[derive(Debug, Args)]
#[group(multiple = false)]
struct Position {
    /// Before all others
    #[arg(long)]
    first: bool,
    /// Before this one
    #[arg(long, value_name = "ITEM")]
    before: Option<String>,
    /// Behind this one
    #[arg(long, value_name = "ITEM")]
    after: Option<String>,
}

/// Changes the description of a chart, or the text of an annotation.
#[derive(Debug, Args)]
pub(super) struct Describe {
    /// The chart
    chart: String,
    /// The new description; with --at or --append what is put in
    #[arg(allow_hyphen_values = true)]
    text: String,
    /// How it read when you began to change it: what others wrote since is kept
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["at", "append"], allow_hyphen_values = true)]
    was: Option<String>,
    /// The annotation whose text it is, instead of the description of the chart
    #[arg(long, value_name = "ITEM", conflicts_with_all = ["at", "append"])]
    item: Option<String>,
    /// Put the text in after so many characters
    #[arg(long, value_name = "CHARACTERS", conflicts_with = "append")]
    at: Option<u64>,
    /// With --at: take so many characters out
    #[arg(long, value_name = "CHARACTERS", requires = "at", default_value_t = 0, hide_default_value = true)]
    delete: u64,
    /// Put the text at the end
    #[arg(long)]
    append: bool,
}

/// A chart and what is done with it.
pub(super) type Edits = (String, Vec<ChartEdit>);

impl Position {
    fn place(self) -> ItemPlace {
        match (self.first, self.before, self.after) {
            (true, _, _) => ItemPlace::First,
            (_, Some(other), _) => ItemPlace::Before(other),
            (_, _, Some(other)) => ItemPlace::After(other),
            _ => ItemPlace::Last,
        }
    }
}

/// Splits `FIELD=VALUE`.
fn pair(text: &str) -> Result<(String, String), Failure> {
    let hint = "write FIELD=VALUE, e.g. colour=#d00000; docs/charts.md lists fields";
    let pair = text.split_once('=').filter(|(field, _)| !field.is_empty());
    let (field, value) = pair.ok_or_else(|| Failure::usage(format!("{text:?} sets no field"), hint))?;
    Ok((field.to_owned(), value.to_owned()))
}

impl Set {
    pub(super) fn into_edits(self) -> Result<Edits, Failure> {
        let fields = self.fields.iter().map(|text| {
            let (field, value) = pair(text)?;
            Ok((field, (!value.is_empty()).then_some(value)))
        });
        let fields = fields.collect::<Result<_, Failure>>()?;
        Ok((self.chart, vec![ChartEdit::Set { item: self.item, fields }]))
    }
}

impl Add {
    pub(super) fn into_edits(self, part: &str) -> Result<Edits, Failure> {
        let fields = self.fields.iter().map(|text| pair(text)).collect::<Result<_, _>>()?;
        let place = self.position.place();
        Ok((self.chart, vec![ChartEdit::Add { part: part.to_owned(), fields, place }]))
    }
}

impl Move {
    pub(super) fn into_edits(self) -> Edits {
        let place = self.position.place();
        (self.chart, vec![ChartEdit::Move { item: self.item, place, track: self.track }])
    }
}

impl Describe {
    pub(super) fn into_edits(self) -> Edits {
        if let Some(item) = self.item {
            return (self.chart, vec![ChartEdit::ItemText { item, value: self.text, was: self.was }]);
        }
        let text = "description".to_owned();
        let edit = match (self.append, self.at) {
            (false, None) => ChartEdit::Text { text, value: self.text, was: self.was },
            (_, at) => ChartEdit::Splice { text, at, delete: self.delete, insert: self.text },
        };
        (self.chart, vec![edit])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_split_at_the_first_sign() {
        assert_eq!(pair("text=a=b").unwrap(), ("text".to_owned(), "a=b".to_owned()));
        assert_eq!(pair("label=").unwrap().1, "");
        assert!(pair("label").is_err() && pair("=x").is_err());
    }
}
