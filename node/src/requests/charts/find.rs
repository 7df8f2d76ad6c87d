//! What users call things of a chart: items, and values of fields.

use dataforge_protocol::document::CurveId;
use dataforge_protocol::document::chart::{FieldSpec, Item, KIND, Part, Place, Sheet, Source};
use dataforge_protocol::facts::DocKind;

use super::usage;
use crate::api::{ApiError, ErrorKind, ItemPlace};
use crate::index::{Found, Index};

/// Fields by which items are called.
const NAMES: [&str; 4] = ["label", "title", "text", "source"];
/// Digits from which on a text may be the beginning of an id.
const MIN_PREFIX: usize = 4;

/// Finds an item, of one part if that is given.
pub(super) fn item(sheet: &Sheet, text: &str, part: Option<Part>) -> Result<(Part, String), ApiError> {
    let (named, name) = match text.split_once('/').and_then(|(word, name)| Some((Part::from_word(word)?, name))) {
        Some((part, name)) => (Some(part), name),
        None => (None, text),
    };
    let part = part.or(named);
    let all = || {
        let parts = Part::ALL.into_iter().filter(move |one| part.is_none_or(|part| part == *one));
        parts.flat_map(move |part| sheet.items(part).iter().map(move |item| (part, item)))
    };
    let mut found: Vec<_> = all().filter(|(part, item)| is_called(*part, item, name)).collect();
    if found.is_empty() && name.len() >= MIN_PREFIX {
        found = all().filter(|(_, item)| item.id.starts_with(name)).collect();
    }
    match found.as_slice() {
        [(part, item)] => Ok((*part, item.id.clone())),
        [] => Err(ApiError::new(ErrorKind::NotFound, format!("there is no {} in this chart", told(part, name)))
            .hint("dataforge charts show CHART lists what there is")),
        several => {
            let ids: Vec<_> = several.iter().map(|(part, item)| format!("{}/{}", part.as_str(), item.id)).collect();
            Err(usage(
                format!("{name:?} names {} things of this chart", several.len()),
                format!("use one of {}", ids.join(", ")),
            ))
        }
    }
}

fn told(part: Option<Part>, name: &str) -> String {
    part.map_or_else(|| format!("{name:?}"), |part| format!("{} {name:?}", part.as_str()))
}

fn is_called(part: Part, item: &Item, name: &str) -> bool {
    let is_name = |field: &str| item.fields.get(field).is_some_and(|text| text.eq_ignore_ascii_case(name));
    // Axes mostly have no other name.
    item.id == name || NAMES.into_iter().any(is_name) || (part == Part::Axis && is_name(KIND))
}

/// Finds where an item goes.
pub(super) fn place(sheet: &Sheet, part: Part, place: &ItemPlace) -> Result<Place, ApiError> {
    Ok(match place {
        ItemPlace::First => Place::First,
        ItemPlace::Last => Place::Last,
        ItemPlace::Before(other) => Place::Before(item(sheet, other, Some(part))?.1),
        ItemPlace::After(other) => Place::After(item(sheet, other, Some(part))?.1),
    })
}

/// Returns the value of a field as it is written: names of items, wells, projects and curves become ids.
pub(super) fn value(
    index: &Index<'_>,
    sheet: &Sheet,
    at: &str,
    spec: &FieldSpec,
    text: &str,
) -> Result<String, ApiError> {
    let text = match spec.name {
        name if Part::referred(name).is_some() => item(sheet, text, Part::referred(name))?.1,
        "well" => index.find_well(text)?.to_string(),
        "project" => index.find_project(text)?.to_string(),
        "survey" => index.find_described(DocKind::Survey, text, false)?.to_string(),
        "source" | "colour_by" => source(index, text)?.to_string(),
        _ => text.to_owned(),
    };
    let wrong = || ApiError::new(ErrorKind::Usage, format!("{at}: {text:?} is not {}", spec.expects));
    spec.accept(&text).ok_or_else(wrong)
}

/// Finds a property, or a curve as `RUN:NUMBER`.
fn source(index: &Index<'_>, text: &str) -> Result<Source, ApiError> {
    if let Some(property @ Source::Property(_)) = Source::from_text(text) {
        return Ok(property);
    }
    match index.find(text, false)? {
        Found::Curve(run, ordinal) => Ok(Source::Curve(CurveId { run, ordinal })),
        _ => Err(usage(
            format!("{text:?} is no property and no curve"),
            "write a property, e.g. gamma_ray, or RUN:NUMBER; dataforge curves lists them",
        )),
    }
}

/// Finds a curve.
pub(super) fn curve(index: &Index<'_>, text: &str) -> Result<CurveId, ApiError> {
    match index.find(text, false)? {
        Found::Curve(run, ordinal) => Ok(CurveId { run, ordinal }),
        _ => Err(usage(format!("{text:?} is no curve"), "write RUN:NUMBER; dataforge curves lists them")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_found_by_what_they_are_called_and_by_id() {
        let item_of = |id: &str, fields: &[(&str, &str)]| Item {
            id: id.to_owned(),
            order: String::new(),
            fields: fields.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect(),
        };
        let mut sheet = Sheet::default();
        sheet.replace(Part::Axis, vec![item_of("00000000000000aa", &[("kind", "depth")])]);
        sheet.replace(Part::Track, vec![item_of("aaaa000000000001", &[("kind", "curves"), ("title", "Porosity")])]);
        let one = item_of("bbbb000000000001", &[("kind", "values"), ("source", "gamma_ray"), ("label", "GR")]);
        let two = item_of("bbbb000000000002", &[("kind", "values"), ("source", "gamma_ray")]);
        sheet.replace(Part::Series, vec![one, two]);
        let id = |text: &str, part| item(&sheet, text, part).map(|(part, id)| format!("{}/{id}", part.as_str()));
        for (text, found) in [
            ("gr", "series/bbbb000000000001"),
            ("series/GR", "series/bbbb000000000001"),
            ("bbbb000000000002", "series/bbbb000000000002"),
            ("porosity", "track/aaaa000000000001"),
            ("aaaa", "track/aaaa000000000001"),
            ("axis/depth", "axis/00000000000000aa"),
        ] {
            assert_eq!(id(text, None).unwrap(), found);
        }
        let several = id("gamma_ray", None).unwrap_err();
        assert!(several.hint.unwrap().contains("series/bbbb000000000002"));
        assert_eq!(id("bbbb", Some(Part::Track)).unwrap_err().kind, ErrorKind::NotFound);
        assert_eq!(id("curves", None).unwrap_err().kind, ErrorKind::NotFound);
    }
}
