//! What charts and selections refer to, and what of that does not go along: a well, run or survey that is
//! neither copied nor in the other workspace.
//!
//! Ids are the same in both workspaces, so a reference that stays needs no change.

use std::collections::BTreeSet;

use dataforge_protocol::document::chart::Source;
use dataforge_protocol::document::{Contents, CurveId, Field, Map};
use dataforge_protocol::facts::DocKind;
use dataforge_protocol::id::DocId;

/// Returns the item and the name of a field: `series/ab12`, `source`.
fn split(key: &str) -> (&str, &str) {
    key.rsplit_once('/').unwrap_or(("", key))
}

/// Returns the document that a field refers to.
fn referred(kind: DocKind, map: Map, key: &str, field: &Field) -> Option<DocId> {
    let (item, name) = split(key);
    let text = if let Field::Text(text) = field { text.as_str() } else { "" };
    match (kind, map) {
        (DocKind::Chart, Map::Root) if name == "well" => text.parse().ok(),
        (DocKind::Chart, Map::Items) => match name {
            "well" | "survey" => text.parse().ok(),
            "source" | "colour_by" => match Source::from_text(text)? {
                Source::Curve(curve) => Some(curve.run),
                Source::Property(_) => None,
            },
            _ => None,
        },
        (DocKind::Selection, Map::Items) => match item.split_once('/')? {
            ("well", id) => id.parse().ok(),
            ("curve", id) => CurveId::from_text(id).map(|curve| curve.run),
            ("interval", _) => text.split(' ').next()?.parse().ok(),
            _ => None,
        },
        _ => None,
    }
}

/// Returns all documents that a chart or a selection refers to.
pub(super) fn all(kind: DocKind, contents: &Contents) -> BTreeSet<DocId> {
    contents.fields.iter().filter_map(|(map, key, field)| referred(kind, *map, key, field)).collect()
}

/// Takes out what refers to documents that are not there; returns in how many places. A series of
/// another well loses what it shows too: in the chart's own well that would be something else.
pub(super) fn leave_out(kind: DocKind, contents: &mut Contents, gone: &BTreeSet<DocId>) -> u64 {
    let mut places = BTreeSet::new();
    let mut of_others = BTreeSet::new();
    for (map, key, field) in &contents.fields {
        if referred(kind, *map, key, field).is_some_and(|doc| gone.contains(&doc)) {
            let (item, name) = split(key);
            places.insert(if item.is_empty() { name.to_owned() } else { item.to_owned() });
            if kind == DocKind::Chart && *map == Map::Items && name == "well" {
                of_others.insert(item.to_owned());
            }
        }
    }
    contents.fields.retain(|(map, key, field)| {
        let (item, name) = split(key);
        let shows = *map == Map::Items && matches!(name, "source" | "colour_by") && of_others.contains(item);
        !shows && referred(kind, *map, key, field).is_none_or(|doc| !gone.contains(&doc))
    });
    places.len() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: DocId = DocId([1; 32]);
    const GONE: DocId = DocId([2; 32]);

    fn contents(fields: &[(Map, String, &str)]) -> Contents {
        let field = |text: &str| if text == "true" { Field::Bool(true) } else { Field::Text(text.to_owned()) };
        let fields = fields.iter().map(|(map, key, text)| (*map, key.clone(), field(text)));
        Contents { fields: fields.collect(), texts: Vec::new() }
    }

    fn keys(contents: &Contents) -> Vec<&str> {
        contents.fields.iter().map(|(_, key, _)| key.as_str()).collect()
    }

    #[test]
    fn a_chart_keeps_what_it_shows_of_what_goes_along() {
        let (here, gone) = (HERE.to_string(), GONE.to_string());
        let (curve, other) = (format!("{here}:3"), format!("{gone}:3"));
        let (here, gone, curve, other) = (here.as_str(), gone.as_str(), curve.as_str(), other.as_str());
        let item = |key: &str| key.to_owned();
        let mut chart = contents(&[
            (Map::Root, item("well"), here),
            (Map::Root, item("kind"), "log_tracks"),
            (Map::Items, item("series/a/source"), curve),
            (Map::Items, item("series/b/source"), other),
            (Map::Items, item("series/b/label"), "GR"),
            (Map::Items, item("series/c/source"), "gamma_ray"),
            (Map::Items, item("series/c/colour_by"), curve),
            (Map::Items, item("series/c/well"), gone),
            (Map::Items, item("series/d/source"), "gamma_ray"),
            (Map::Items, item("axis/e/survey"), gone),
            (Map::Items, item("annotation/f/text"), gone),
        ]);
        assert_eq!(all(DocKind::Chart, &chart), BTreeSet::from([HERE, GONE]));
        assert_eq!(leave_out(DocKind::Chart, &mut chart, &BTreeSet::new()), 0);
        assert_eq!(chart.fields.len(), 11);
        assert_eq!(leave_out(DocKind::Chart, &mut chart, &BTreeSet::from([GONE])), 3);
        let kept = ["well", "kind", "series/a/source", "series/b/label", "series/d/source", "annotation/f/text"];
        assert_eq!(keys(&chart), kept);
    }

    #[test]
    fn a_selection_keeps_what_it_chooses_of_what_goes_along() {
        let interval = |well: DocId| format!("{well} 100 200 m KB");
        let (here, gone) = (interval(HERE), interval(GONE));
        let mut selection = contents(&[
            (Map::Items, format!("well/{HERE}/in"), "true"),
            (Map::Items, format!("well/{GONE}/in"), "true"),
            (Map::Items, format!("curve/{HERE}:1/in"), "true"),
            (Map::Items, format!("curve/{GONE}:1/in"), "true"),
            (Map::Items, "property/gamma_ray/in".to_owned(), "true"),
            (Map::Items, "interval/a/in".to_owned(), here.as_str()),
            (Map::Items, "interval/b/in".to_owned(), gone.as_str()),
        ]);
        assert_eq!(all(DocKind::Selection, &selection), BTreeSet::from([HERE, GONE]));
        assert_eq!(leave_out(DocKind::Selection, &mut selection, &BTreeSet::from([GONE])), 3);
        let kept = [
            format!("well/{HERE}/in"),
            format!("curve/{HERE}:1/in"),
            "property/gamma_ray/in".to_owned(),
            "interval/a/in".to_owned(),
        ];
        assert_eq!(keys(&selection), kept);
    }
}
