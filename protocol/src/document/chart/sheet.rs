//! A chart as its fields: read from a document, changed, and written back.
//!
//! Only what differs is written, field by field, so that people who change different things at once
//! never undo each other. **An item exists while its field `kind` is there**: it is written once, when
//! the item is made, and taken away with all other fields when it is removed. Nothing else writes it,
//! so who removes an item wins over everybody who moves it or changes a field of it at the same time;
//! what these wrote stays behind without an item to belong to, and is never read.

use std::collections::{BTreeMap, BTreeSet};

use super::super::order::{self, is_order};
use super::super::{Document, Edit, EngineError, Field, LongText, Map};
use super::field::{Form, is_item_id, is_text};
use super::part::{KIND, Look, ORDER, Part};

/// Most characters of a title.
pub const MAX_TITLE_CHARS: usize = 200;
/// Most characters of a description: each is an op, and a change holds 20,000, taking away and putting in.
pub const MAX_DESCRIPTION_CHARS: usize = 8_000;
/// Most tags.
pub const MAX_TAGS: usize = 64;
/// Most characters of a tag.
pub const MAX_TAG_CHARS: usize = 64;
/// Longest name of a field; longer keys are nobody's.
const MAX_FIELD_CHARS: usize = 32;
/// What begins the attribute of a tag: one for each, so that tags given at once are all there.
const TAG: &str = "tag/";

/// A chart as its fields.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sheet {
    /// Its title.
    pub title: String,
    /// What it is about.
    pub description: String,
    /// Its tags.
    pub tags: BTreeSet<String>,
    /// The fields of the whole, as texts.
    pub fields: BTreeMap<String, String>,
    items: BTreeMap<Part, Vec<Item>>,
}

/// One axis, track, series, fill or annotation as its fields.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Item {
    /// Its id.
    pub id: String,
    /// Its key among those of its part; empty when it has none, then it stands last.
    pub order: String,
    /// The other fields, as texts; those of later versions among them.
    pub fields: BTreeMap<String, String>,
}

/// Where an item goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Before all others.
    First,
    /// Behind all others.
    Last,
    /// Before another, by its id.
    Before(String),
    /// Behind another, by its id.
    After(String),
}

/// There is no such item.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no {}/{id}", .part.as_str())]
pub struct NoItem {
    /// The part.
    pub part: Part,
    /// The id that was given.
    pub id: String,
}

/// Whether a text may be a tag.
#[must_use]
pub fn is_tag(text: &str) -> bool {
    is_text(text, MAX_TAG_CHARS, false) && text.trim() == text
}

impl Sheet {
    /// Reads a chart. Of items beyond the bounds of their part, and of tags beyond theirs, nothing is
    /// read.
    #[must_use]
    pub fn read(doc: &Document) -> Self {
        let mut tags: Vec<String> = Vec::new();
        for (key, field) in doc.entries(Map::Attributes) {
            if let (Some(tag), Field::Bool(true)) = (key.strip_prefix(TAG), field)
                && is_tag(tag)
            {
                tags.push(tag.to_owned());
            }
        }
        let fields = Look::FIELDS.iter().filter_map(|spec| {
            let text = text_of(doc.get(Map::Root, spec.name)?)?;
            Some((spec.name.to_owned(), text))
        });
        Self {
            title: doc.long_text(LongText::Title),
            description: doc.long_text(LongText::Description),
            tags: tags.into_iter().take(MAX_TAGS).collect(),
            fields: fields.collect(),
            items: read_items(doc),
        }
    }

    /// Returns the items of a part, in order.
    #[must_use]
    pub fn items(&self, part: Part) -> &[Item] {
        self.items.get(&part).map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns an item.
    ///
    /// # Errors
    /// There is none of this id.
    pub fn item(&self, part: Part, id: &str) -> Result<&Item, NoItem> {
        self.items(part).iter().find(|item| item.id == id).ok_or_else(|| no_item(part, id))
    }

    /// Sets a field of an item, or takes it away.
    ///
    /// # Errors
    /// There is no such item.
    pub fn set(&mut self, part: Part, id: &str, field: &str, text: Option<String>) -> Result<(), NoItem> {
        let item = self.items.entry(part).or_default().iter_mut().find(|item| item.id == id);
        let item = item.ok_or_else(|| no_item(part, id))?;
        match text {
            Some(text) => drop(item.fields.insert(field.to_owned(), text)),
            None => drop(item.fields.remove(field)),
        }
        Ok(())
    }

    /// Adds an item.
    ///
    /// # Errors
    /// The place names one that is not there.
    pub fn add(&mut self, part: Part, id: &str, fields: BTreeMap<String, String>, place: &Place) -> Result<(), NoItem> {
        let item = Item { id: id.to_owned(), order: String::new(), fields };
        self.put(part, item, place)
    }

    /// Moves an item among those of its part.
    ///
    /// # Errors
    /// There is no such item, or the place names one that is not there.
    pub fn move_to(&mut self, part: Part, id: &str, place: &Place) -> Result<(), NoItem> {
        if let Place::Before(other) | Place::After(other) = place {
            self.item(part, other)?;
            if other == id {
                return Ok(());
            }
        }
        let item = self.remove(part, id)?;
        self.put(part, item, place)
    }

    /// Removes an item and returns it. What refers to it stays.
    ///
    /// # Errors
    /// There is no such item.
    pub fn remove(&mut self, part: Part, id: &str) -> Result<Item, NoItem> {
        let items = self.items.entry(part).or_default();
        let position = items.iter().position(|item| item.id == id).ok_or_else(|| no_item(part, id))?;
        Ok(items.remove(position))
    }

    /// Makes the items of a part these, in this order; those that were there keep their keys where the
    /// order allows.
    pub fn replace(&mut self, part: Part, mut items: Vec<Item>) {
        for item in &mut items {
            item.order = self.item(part, &item.id).map(|old| old.order.clone()).unwrap_or_default();
        }
        let keys: Vec<_> = items.iter().map(|item| Some(item.order.as_str()).filter(|key| is_order(key))).collect();
        let arranged = order::arrange(&keys);
        for (item, key) in items.iter_mut().zip(arranged) {
            item.order = key;
        }
        self.items.insert(part, items);
    }

    fn put(&mut self, part: Part, mut item: Item, place: &Place) -> Result<(), NoItem> {
        let items = self.items.entry(part).or_default();
        let find = |id: &String| items.iter().position(|item| item.id == *id).ok_or_else(|| no_item(part, id));
        let at = match place {
            Place::First => 0,
            Place::Last => items.len(),
            Place::Before(other) => find(other)?,
            Place::After(other) => find(other)? + 1,
        };
        let keys: Vec<&str> = items.iter().map(|item| item.order.as_str()).collect();
        let placed = order::place(&keys, at);
        for (position, key) in placed.others {
            if let Some(other) = items.get_mut(position) {
                other.order = key;
            }
        }
        item.order = placed.key;
        items.insert(at, item);
        Ok(())
    }

    /// Writes what differs from how the chart was read, and returns the changes to put into entries, in
    /// order: one, unless very much differs.
    ///
    /// # Errors
    /// Automerge fails; the document is as before.
    pub fn write(&self, before: &Self, doc: &mut Document, actor: [u8; 16]) -> Result<Vec<Vec<u8>>, EngineError> {
        let writes = self.writes(before);
        let mut rest = writes.as_slice();
        let mut written = doc.clone();
        let mut changes = Vec::new();
        changes.extend(written.edit(actor, |edit| {
            if self.title != before.title {
                edit.set_long_text(LongText::Title, &self.title)?;
            }
            if self.description != before.description {
                edit.set_long_text(LongText::Description, &self.description)?;
            }
            next(&mut rest).iter().try_for_each(|write| write.put(edit))
        })?);
        while !rest.is_empty() {
            let part = next(&mut rest);
            changes.extend(written.edit(actor, |edit| part.iter().try_for_each(|write| write.put(edit)))?);
        }
        *doc = written;
        Ok(changes)
    }

    /// Returns the fields that differ.
    fn writes(&self, before: &Self) -> Vec<Write> {
        let mut writes = Vec::new();
        for (name, text) in differences(&before.fields, &self.fields) {
            let form = Look::field(name).map(|spec| spec.form);
            writes.push(Write::new(Map::Root, name.clone(), form, text));
        }
        for tag in before.tags.difference(&self.tags) {
            writes.push(Write { map: Map::Attributes, key: format!("{TAG}{tag}"), value: None });
        }
        for tag in self.tags.difference(&before.tags) {
            writes.push(Write { map: Map::Attributes, key: format!("{TAG}{tag}"), value: Some(Field::Bool(true)) });
        }
        for part in Part::ALL {
            writes.extend(part_writes(part, before.items(part), self.items(part)));
        }
        writes
    }
}

/// A field to be written, or taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Write {
    map: Map,
    key: String,
    value: Option<Field>,
}

impl Write {
    fn new(map: Map, key: String, form: Option<Form>, text: Option<&String>) -> Self {
        let value = text.map(|text| match form {
            Some(Form::Flag) => Field::Bool(text == "true"),
            _ => Field::Text(text.clone()),
        });
        Self { map, key, value }
    }

    fn put(&self, edit: &mut Edit<'_, '_>) -> Result<(), EngineError> {
        match &self.value {
            Some(Field::Bool(value)) => edit.set_bool(self.map, &self.key, *value),
            Some(Field::Text(text)) => edit.set_text(self.map, &self.key, Some(text)),
            Some(Field::Bytes(bytes)) => edit.set_bytes(self.map, &self.key, Some(bytes)),
            None => edit.set_text(self.map, &self.key, None),
        }
    }

    /// About how many bytes it takes in a change.
    fn bytes(&self) -> usize {
        /// What an op takes besides key and value.
        const REST: usize = 16;
        let value = match &self.value {
            Some(Field::Text(text)) => text.len(),
            _ => 1,
        };
        self.key.len() + value + REST
    }
}

/// Takes so many fields off as one change holds.
fn next<'a>(rest: &mut &'a [Write]) -> &'a [Write] {
    /// Far below what the gate lets through, which leaves room for a title and a description.
    const MOST: usize = 100_000;
    let mut bytes = 0;
    let fitting = rest.iter().take_while(|write| {
        bytes += write.bytes();
        bytes <= MOST
    });
    let count = fitting.count();
    // One that is larger than that goes by itself.
    let (now, later) = rest.split_at(if count == 0 { rest.len().min(1) } else { count });
    *rest = later;
    now
}

fn no_item(part: Part, id: &str) -> NoItem {
    NoItem { part, id: id.to_owned() }
}

fn text_of(field: Field) -> Option<String> {
    match field {
        Field::Text(text) => Some(text),
        Field::Bool(value) => Some(value.to_string()),
        Field::Bytes(_) => None,
    }
}

fn read_items(doc: &Document) -> BTreeMap<Part, Vec<Item>> {
    let mut found: BTreeMap<(Part, String), Item> = BTreeMap::new();
    for (key, field) in doc.entries(Map::Items) {
        let mut words = key.splitn(3, '/');
        let (Some(part), Some(id), Some(name)) = (words.next().and_then(Part::from_word), words.next(), words.next())
        else {
            continue;
        };
        let Some(text) = text_of(field) else { continue };
        if !is_item_id(id) || name.is_empty() || name.chars().count() > MAX_FIELD_CHARS {
            continue;
        }
        let item = found.entry((part, id.to_owned())).or_default();
        if name != ORDER {
            item.fields.insert(name.to_owned(), text);
        } else if is_order(&text) {
            item.order = text;
        }
    }
    let mut items: BTreeMap<Part, Vec<Item>> = BTreeMap::new();
    for ((part, id), item) in found {
        let kind = part.field(KIND).zip(item.fields.get(KIND));
        if kind.is_some_and(|(spec, kind)| spec.accept(kind).is_some()) {
            items.entry(part).or_default().push(Item { id, ..item });
        }
    }
    for (part, items) in &mut items {
        // They come by id, which the sort keeps among equals.
        items.sort_by(|a, b| (a.order.is_empty(), &a.order).cmp(&(b.order.is_empty(), &b.order)));
        items.truncate(part.most());
    }
    items
}

/// Returns the fields that differ, with what they are now.
fn differences<'a>(
    before: &'a BTreeMap<String, String>,
    now: &'a BTreeMap<String, String>,
) -> Vec<(&'a String, Option<&'a String>)> {
    let gone = before.keys().filter(|name| !now.contains_key(*name)).map(|name| (name, None));
    let set = now.iter().filter(|(name, text)| before.get(*name) != Some(*text)).map(|(name, text)| (name, Some(text)));
    gone.chain(set).collect()
}

fn part_writes(part: Part, before: &[Item], now: &[Item]) -> Vec<Write> {
    let of = |items: &[Item]| items.iter().map(|item| (item.id.clone(), item.clone())).collect::<BTreeMap<_, _>>();
    let (old, new) = (of(before), of(now));
    let ids: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let nothing = Item::default();
    let mut writes = Vec::new();
    for id in ids {
        let (old, new) = (old.get(id).unwrap_or(&nothing), new.get(id).unwrap_or(&nothing));
        let key = |name: &str| format!("{}/{id}/{name}", part.as_str());
        for (name, text) in differences(&old.fields, &new.fields) {
            let form = part.field(name).map(|spec| spec.form);
            writes.push(Write::new(Map::Items, key(name), form, text));
        }
        if old.order != new.order {
            let order = Some(&new.order).filter(|order| !order.is_empty());
            writes.push(Write::new(Map::Items, key(ORDER), None, order));
        }
    }
    writes
}
