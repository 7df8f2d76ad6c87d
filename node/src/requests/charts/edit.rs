//! Changes of a chart: typed edits, one after the other, written as one change.

use std::collections::BTreeMap;

use dataforge_protocol::document::LongText;
use dataforge_protocol::document::chart::{
    FieldSpec, KIND, Look, MAX_DESCRIPTION_CHARS, MAX_TAGS, MAX_TITLE_CHARS, NoItem, Part, Sheet, Source, is_tag,
};
use dataforge_protocol::id::WorkspaceId;

use super::{Ids, find, find_chart, merged, read_chart, refuse_new, save, usage};
use crate::api::{ApiError, ChartEdit, ChartWroteReply, ErrorKind, ItemPlace, Reply};
use crate::index::Index;
use crate::ingest::dictionary;
use crate::node::Node;

/// Most edits of one request.
const MAX_EDITS: usize = 500;
/// Most bytes of them as JSON.
const MAX_EDIT_BYTES: usize = 100_000;

pub(super) async fn edit(
    node: &Node,
    workspace: WorkspaceId,
    chart: String,
    edits: Vec<ChartEdit>,
) -> Result<Reply, ApiError> {
    let bytes = serde_json::to_string(&edits).map_or(usize::MAX, |text| text.len());
    if edits.len() > MAX_EDITS || bytes > MAX_EDIT_BYTES {
        let message = format!("more than {MAX_EDITS} edits or {MAX_EDIT_BYTES} bytes at once");
        return Err(usage(message, "divide them over several requests"));
    }
    let written = node.with_core(move |core| {
        core.write(&workspace, &[], |writer| {
            let index = Index::new(writer.store().connection(), workspace);
            let doc = find_chart(&index, &chart)?;
            let before = read_chart(writer, &doc)?;
            let mut editor = Editor { index, sheet: before.clone(), ids: Ids::new()?, added: Vec::new() };
            edits.iter().try_for_each(|edit| editor.edit(edit))?;
            let Editor { index, sheet, added, .. } = editor;
            refuse_new(&index, Some(&before), &sheet, ErrorKind::Usage, ToOwned::to_owned)?;
            let changed = save(writer, doc, &before, &sheet)?;
            let title = if sheet.title.is_empty() { doc.fmt_short() } else { sheet.title };
            let message =
                if changed { format!("chart {title:?} is changed") } else { format!("chart {title:?} was so") };
            Ok(ChartWroteReply { chart: doc.to_string(), added, changed, message })
        })
    });
    let (reply, progress) = written.await?;
    node.on_progress(workspace, &progress);
    Ok(Reply::ChartWrote(reply))
}

fn missing(error: &NoItem) -> ApiError {
    ApiError::from_error(ErrorKind::NotFound, error).hint("dataforge charts show CHART lists what there is")
}

/// A chart that is being changed.
struct Editor<'a> {
    index: Index<'a>,
    sheet: Sheet,
    ids: Ids,
    /// Items that were added, as `part/id`.
    added: Vec<String>,
}

impl Editor<'_> {
    fn edit(&mut self, edit: &ChartEdit) -> Result<(), ApiError> {
        match edit {
            ChartEdit::Set { item: None, fields } => self.set_whole(fields),
            ChartEdit::Set { item: Some(item), fields } => self.set_item(item, fields),
            ChartEdit::Add { part, fields, place } => self.add(part, fields, place),
            ChartEdit::Move { item, place, track } => self.move_item(item, place, track.as_deref()),
            ChartEdit::Remove { item } => {
                let (part, id) = find::item(&self.sheet, item, None)?;
                self.remove(part, &id)
            }
            ChartEdit::Tag { add, remove } => self.tag(add, remove),
            ChartEdit::Archive { on } => {
                self.sheet.fields.insert("archived".to_owned(), on.to_string());
                Ok(())
            }
            ChartEdit::Text { text, value, was } => {
                self.text(text, |now| was.as_ref().map_or_else(|| Ok(value.clone()), |was| merged(was, value, now)))
            }
            ChartEdit::ItemText { item, value, was } => self.item_text(item, value, was.as_deref()),
            ChartEdit::Splice { text, at, delete, insert } => self.text(text, |now| splice(now, *at, *delete, insert)),
        }
    }

    fn set_whole(&mut self, fields: &[(String, Option<String>)]) -> Result<(), ApiError> {
        for (name, text) in fields {
            let spec = Look::field(name).ok_or_else(|| unknown(name, name, Look::FIELDS))?;
            fixed(name, name)?;
            match text {
                Some(text) => {
                    let value = find::value(&self.index, &self.sheet, name, spec, text)?;
                    self.sheet.fields.insert(name.clone(), value);
                }
                None => drop(self.sheet.fields.remove(name)),
            }
        }
        Ok(())
    }

    fn set_item(&mut self, item: &str, fields: &[(String, Option<String>)]) -> Result<(), ApiError> {
        let (part, id) = find::item(&self.sheet, item, None)?;
        for (name, text) in fields {
            let at = format!("{}/{id}/{name}", part.as_str());
            let spec = part.field(name).ok_or_else(|| unknown(&at, name, part.fields()))?;
            fixed(&at, name)?;
            let text = text.as_ref().map(|text| find::value(&self.index, &self.sheet, &at, spec, text)).transpose()?;
            self.sheet.set(part, &id, name, text).map_err(|error| missing(&error))?;
        }
        Ok(())
    }

    /// Changes the text of an annotation; it is a field of its own, so a merge is a new value of it.
    fn item_text(&mut self, item: &str, value: &str, was: Option<&str>) -> Result<(), ApiError> {
        let (part, id) = find::item(&self.sheet, item, Some(Part::Annotation))?;
        let now = self.sheet.item(part, &id).map_err(|error| missing(&error))?.fields.get("text").cloned();
        let text = match was {
            Some(was) => merged(was, value, now.as_deref().unwrap_or_default())?,
            None => value.to_owned(),
        };
        let text = Some(text).filter(|text| !text.is_empty());
        self.set_item(&format!("{}/{id}", part.as_str()), &[("text".to_owned(), text)])
    }

    fn add(&mut self, part: &str, fields: &[(String, String)], place: &ItemPlace) -> Result<(), ApiError> {
        let words: Vec<_> = Part::ALL.map(Part::as_str).to_vec();
        let part = Part::from_word(part)
            .ok_or_else(|| usage(format!("a chart has no {part:?}"), format!("use one of {}", words.join(", "))))?;
        if self.sheet.items(part).len() >= part.most() {
            let message = format!("{}: a chart has at most {}", part.list(), part.most());
            return Err(usage(message, "remove some first, or make another chart"));
        }
        let place = find::place(&self.sheet, part, place)?;
        let mut set = BTreeMap::new();
        for (name, text) in fields {
            let at = format!("{}/{name}", part.as_str());
            let spec = part.field(name).ok_or_else(|| unknown(&at, name, part.fields()))?;
            set.insert(name.clone(), find::value(&self.index, &self.sheet, &at, spec, text)?);
        }
        self.complete(part, &mut set)?;
        let id = self.ids.next();
        self.sheet.add(part, &id, set, &place).map_err(|error| missing(&error))?;
        self.added.push(format!("{}/{id}", part.as_str()));
        Ok(())
    }

    /// Adds what was left out: the kind where it is clear, and of a series how its property usually looks.
    fn complete(&self, part: Part, fields: &mut BTreeMap<String, String>) -> Result<(), ApiError> {
        let has = |name: &str| fields.contains_key(name);
        let is_crossplot = self.sheet.fields.get(KIND).is_some_and(|kind| kind == "crossplot");
        let kind = match part {
            Part::Track => Some("curves"),
            Part::Series if is_crossplot => Some("points"),
            Part::Series => Some("values"),
            Part::Fill if has("other") => Some("between"),
            Part::Fill if has("limit") => Some("limit"),
            Part::Annotation if has("depth_to") || has("x_to") || has("y_to") => Some("region"),
            Part::Annotation => Some("marker"),
            Part::Axis | Part::Fill => None,
        };
        if !has(KIND) {
            let spec = part.fields().first().map_or("", |spec| spec.expects);
            let kind =
                kind.ok_or_else(|| usage(format!("{}/kind: missing", part.as_str()), format!("it is {spec}")))?;
            fields.insert(KIND.to_owned(), kind.to_owned());
        }
        if part == Part::Series {
            self.dress(fields)?;
        }
        Ok(())
    }

    /// Gives a series the scale, colour and line that are usual for its property.
    fn dress(&self, fields: &mut BTreeMap<String, String>) -> Result<(), ApiError> {
        let property = match fields.get("source").and_then(|text| Source::from_text(text)) {
            Some(Source::Property(property)) => Some(property),
            Some(Source::Curve(curve)) => self.index.source_of(&curve)?.and_then(|row| row.property),
            None => None,
        };
        let Some(property) = property.as_deref().and_then(dictionary::property) else { return Ok(()) };
        let mut usual =
            vec![("colour", property.colour.to_ascii_lowercase()), ("line", property.line_style.to_owned())];
        let own_scale = ["unit", "left", "right", "scale"].into_iter().any(|name| fields.contains_key(name));
        if let Some(scale) = property.scale.filter(|_| !own_scale) {
            usual.push(("unit", property.canonical_unit.to_owned()));
            usual.push(("left", scale.left.to_string()));
            usual.push(("right", scale.right.to_string()));
            usual.push(("scale", if scale.log { "log" } else { "linear" }.to_owned()));
        }
        for (name, text) in usual {
            if let Some(text) = Part::Series.field(name).and_then(|spec: &FieldSpec| spec.accept(&text)) {
                fields.entry(name.to_owned()).or_insert(text);
            }
        }
        Ok(())
    }

    fn move_item(&mut self, item: &str, place: &ItemPlace, track: Option<&str>) -> Result<(), ApiError> {
        let (part, id) = find::item(&self.sheet, item, None)?;
        if let Some(track) = track {
            if part.field("track").is_none() {
                return Err(usage(format!("{item:?} stands in no track"), "only series and annotations do"));
            }
            let track = find::item(&self.sheet, track, Some(Part::Track))?.1;
            self.sheet.set(part, &id, "track", Some(track)).map_err(|error| missing(&error))?;
        }
        let place = find::place(&self.sheet, part, place)?;
        self.sheet.move_to(part, &id, &place).map_err(|error| missing(&error))
    }

    /// Removes an item, and what cannot be without it.
    fn remove(&mut self, part: Part, id: &str) -> Result<(), ApiError> {
        self.sheet.remove(part, id).map_err(|error| missing(&error))?;
        let depending: Vec<(Part, String)> = Part::ALL
            .into_iter()
            .flat_map(|other| self.sheet.items(other).iter().map(move |item| (other, item)))
            .filter(|(_, item)| {
                item.fields.iter().any(|(name, value)| Part::referred(name) == Some(part) && value == id)
            })
            .map(|(other, item)| (other, item.id.clone()))
            .collect();
        for (other, item) in depending {
            if part == Part::Axis {
                // A series is read against another axis then.
                self.sheet.set(other, &item, "axis", None).map_err(|error| missing(&error))?;
            } else if self.sheet.item(other, &item).is_ok() {
                self.remove(other, &item)?;
            }
        }
        Ok(())
    }

    fn tag(&mut self, add: &[String], remove: &[String]) -> Result<(), ApiError> {
        for tag in remove {
            self.sheet.tags.remove(tag);
        }
        for tag in add {
            if !is_tag(tag) {
                return Err(usage(format!("{tag:?} is no tag"), "use 1 to 64 characters without blanks around them"));
            }
            self.sheet.tags.insert(tag.clone());
        }
        if self.sheet.tags.len() > MAX_TAGS {
            return Err(usage(format!("a chart has at most {MAX_TAGS} tags"), "take some off first"));
        }
        Ok(())
    }

    fn text(&mut self, text: &str, work: impl FnOnce(&str) -> Result<String, ApiError>) -> Result<(), ApiError> {
        let (now, most) = match LongText::ALL.into_iter().find(|one| one.as_str() == text) {
            Some(LongText::Title) => (&mut self.sheet.title, MAX_TITLE_CHARS),
            Some(LongText::Description) => (&mut self.sheet.description, MAX_DESCRIPTION_CHARS),
            None => return Err(usage(format!("a chart has no text {text:?}"), "use title or description")),
        };
        let value = work(now)?;
        if value.chars().count() > most {
            return Err(usage(format!("the {text} is longer than {most} characters"), "make it shorter"));
        }
        *now = value;
        Ok(())
    }
}

/// Takes characters out of a text and puts others in.
fn splice(now: &str, at: Option<u64>, delete: u64, insert: &str) -> Result<String, ApiError> {
    let count = now.chars().count();
    let at = at.map_or(Ok(count), usize::try_from).unwrap_or(usize::MAX);
    if at > count {
        return Err(usage(format!("the text has {count} characters"), "begin within it"));
    }
    let behind = now.chars().skip(at).skip(usize::try_from(delete).unwrap_or(usize::MAX));
    Ok(now.chars().take(at).chain(insert.chars()).chain(behind).collect())
}

fn unknown(at: &str, name: &str, fields: &[FieldSpec]) -> ApiError {
    let names: Vec<_> = fields.iter().map(|field| field.name).filter(|name| *name != KIND).collect();
    usage(format!("{at}: there is no field {name:?} here"), format!("fields are: {}", names.join(" ")))
}

/// Refuses what never changes.
fn fixed(at: &str, name: &str) -> Result<(), ApiError> {
    if name != KIND {
        return Ok(());
    }
    Err(usage(format!("{at}: what something is does not change"), "make another one in its place"))
}

#[cfg(test)]
mod tests {
    use super::splice;

    #[test]
    fn a_splice_counts_characters() {
        assert_eq!(splice("Øst 井", Some(4), 1, "felt").unwrap(), "Øst felt");
        assert_eq!(splice("Øst", None, 0, " 井").unwrap(), "Øst 井");
        assert_eq!(splice("Øst", Some(1), 99, "").unwrap(), "Ø");
        assert!(splice("Øst", Some(4), 0, "x").is_err());
    }
}
