//! Charts as JSON: what `charts export` writes and `charts import` reads.
//!
//! The form follows from the declared fields, one to one. Whatever is not known is refused with its
//! place, a JSON pointer, and so is what a field does not hold: nothing is passed over in silence. Ids
//! in a file are any texts; they are made ids of the document when the file is read.

use std::collections::{BTreeMap, BTreeSet};

use dataforge_protocol::document::chart::{
    ChartState, FieldSpec, Form, Item, KIND, Look, MAX_DESCRIPTION_CHARS, MAX_TAG_CHARS, MAX_TAGS, MAX_TITLE_CHARS,
    Part, Sheet, is_tag,
};
use serde_json::{Map, Value};

use super::Problem;

/// Version of the form.
const SCHEMA: u64 = 1;
/// Longest file.
const MAX_JSON_BYTES: usize = 1 << 20;
/// Most bytes of all values: documents are small.
const MAX_VALUE_BYTES: usize = 400_000;
/// Most fields of all items together.
const MAX_FIELDS: usize = 20_000;
/// Most characters of an id in a file.
const MAX_ID_CHARS: usize = 64;

/// Gives ids to items: the item's part and its id in the file, if it has one, to an id of the document.
pub(crate) type Fresh<'a> = &'a mut dyn FnMut(Part, Option<&str>) -> String;

/// Writes a chart.
pub(crate) fn write(state: &ChartState) -> String {
    let mut object = Map::new();
    object.insert("schema".to_owned(), SCHEMA.into());
    if let Ok(Value::Object(fields)) = serde_json::to_value(state) {
        object.extend(fields);
    }
    serde_json::to_string_pretty(&object).expect("texts and numbers are serialisable")
}

/// Reads a chart; says all that is wrong with it.
pub(crate) fn read(text: &str, fresh: Fresh<'_>) -> Result<Sheet, Vec<Problem>> {
    if text.len() > MAX_JSON_BYTES {
        return Err(vec![Problem::at("", format!("the file is larger than {MAX_JSON_BYTES} bytes"))]);
    }
    let value: Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) => return Err(vec![Problem::at("", format!("this is no JSON: {error}"))]),
    };
    let Value::Object(object) = value else { return Err(vec![Problem::at("", "a chart is an object")]) };
    let mut reader =
        Reader { sheet: Sheet::default(), ids: BTreeMap::new(), problems: Vec::new(), fields: 0, bytes: 0 };
    reader.chart(&object, fresh);
    if reader.problems.is_empty() { Ok(reader.sheet) } else { Err(reader.problems) }
}

struct Reader {
    sheet: Sheet,
    /// The ids of the document by those of the file.
    ids: BTreeMap<(Part, String), String>,
    problems: Vec<Problem>,
    fields: usize,
    bytes: usize,
}

impl Reader {
    fn wrong(&mut self, at: &str, message: impl Into<String>) {
        self.problems.push(Problem::at(at, message));
    }

    fn chart(&mut self, object: &Map<String, Value>, fresh: Fresh<'_>) {
        if object.get("schema").and_then(Value::as_u64) != Some(SCHEMA) {
            return self.wrong("/schema", format!("this is none of version {SCHEMA}, which alone is read here"));
        }
        if !object.contains_key(KIND) {
            self.wrong("/kind", format!("missing: {}", Look::FIELDS[0].expects));
        }
        for (name, value) in object {
            let at = format!("/{name}");
            match (name.as_str(), value) {
                ("schema", _) | (_, Value::Null) => {}
                ("title", value) => self.sheet.title = self.prose(&at, value, MAX_TITLE_CHARS),
                ("description", value) => self.sheet.description = self.prose(&at, value, MAX_DESCRIPTION_CHARS),
                ("tags", value) => self.tags(&at, value),
                (name, value) => match (Look::field(name), Part::ALL.into_iter().find(|part| part.list() == name)) {
                    (Some(spec), _) => {
                        if let Some(text) = self.value(&at, spec, value) {
                            self.sheet.fields.insert(name.to_owned(), text);
                        }
                    }
                    (None, Some(part)) => self.name_items(&at, part, value, fresh),
                    (None, None) => self.unknown(&at, Look::FIELDS),
                },
            }
        }
        // Items refer to each other, so all ids come first.
        for part in Part::ALL {
            if let Some(Value::Array(items)) = object.get(part.list()) {
                self.items(part, items);
            }
        }
        if self.fields > MAX_FIELDS || self.bytes > MAX_VALUE_BYTES {
            self.wrong("", format!("a chart has at most {MAX_FIELDS} fields and {MAX_VALUE_BYTES} bytes in all"));
        }
    }

    fn unknown(&mut self, at: &str, fields: &[FieldSpec]) {
        let names: Vec<_> = fields.iter().map(|field| field.name).collect();
        self.wrong(at, format!("there is no such field; there are {}", names.join(", ")));
    }

    fn prose(&mut self, at: &str, value: &Value, most: usize) -> String {
        match value {
            Value::String(text) if text.chars().count() <= most => {
                self.bytes += text.len();
                return text.clone();
            }
            Value::String(_) => self.wrong(at, format!("longer than {most} characters")),
            _ => self.wrong(at, "expected a text"),
        }
        String::new()
    }

    fn tags(&mut self, at: &str, value: &Value) {
        let Value::Array(tags) = value else { return self.wrong(at, "expected a list of texts") };
        if tags.len() > MAX_TAGS {
            return self.wrong(at, format!("more than {MAX_TAGS} tags"));
        }
        for (position, tag) in tags.iter().enumerate() {
            match tag.as_str().filter(|tag| is_tag(tag)) {
                Some(tag) => {
                    self.sheet.tags.insert(tag.to_owned());
                }
                None => {
                    let expected =
                        format!("expected a text of 1 to {MAX_TAG_CHARS} characters without blanks around it");
                    self.wrong(&format!("{at}/{position}"), expected);
                }
            }
        }
    }

    fn value(&mut self, at: &str, spec: &FieldSpec, value: &Value) -> Option<String> {
        let text = match (spec.form, value) {
            (Form::Text, Value::String(text)) => Some(text.clone()),
            (Form::Number, Value::Number(number)) => Some(number.to_string()),
            (Form::Flag, Value::Bool(flag)) => Some(flag.to_string()),
            _ => None,
        };
        let accepted = text.and_then(|text| spec.accept(&text));
        if accepted.is_none() {
            self.wrong(at, format!("expected {}", spec.expects));
        }
        self.fields += 1;
        self.bytes += accepted.as_ref().map_or(0, String::len);
        accepted
    }

    /// Gives the items of a list their ids.
    fn name_items(&mut self, at: &str, part: Part, value: &Value, fresh: Fresh<'_>) {
        let Value::Array(items) = value else { return self.wrong(at, "expected a list") };
        if items.len() > part.most() {
            return self.wrong(at, format!("more than {}", part.most()));
        }
        for (position, item) in items.iter().enumerate() {
            let at = format!("{at}/{position}");
            let named = match item.get("id") {
                None | Some(Value::Null) => None,
                Some(Value::String(id)) if (1..=MAX_ID_CHARS).contains(&id.chars().count()) => Some(id.as_str()),
                Some(_) => {
                    self.wrong(&format!("{at}/id"), format!("expected a text of 1 to {MAX_ID_CHARS} characters"));
                    continue;
                }
            };
            // One without an id goes by its position, which no id in a file looks like.
            let key = named.map_or_else(|| format!("/{position}"), ToOwned::to_owned);
            let id = fresh(part, named);
            if self.ids.insert((part, key), id).is_some() {
                self.wrong(&format!("{at}/id"), "another one has this id too");
            }
        }
    }

    fn items(&mut self, part: Part, items: &[Value]) {
        let mut read = Vec::new();
        for (position, item) in items.iter().enumerate() {
            let at = format!("/{}/{position}", part.list());
            let Value::Object(object) = item else {
                self.wrong(&at, "expected an object");
                continue;
            };
            let key =
                object.get("id").and_then(Value::as_str).map_or_else(|| format!("/{position}"), ToOwned::to_owned);
            // What has none was told about already.
            let Some(id) = self.ids.get(&(part, key)).cloned() else { continue };
            let fields = self.item(part, &at, object);
            read.push(Item { id, order: String::new(), fields });
        }
        let ids: BTreeSet<_> = read.iter().map(|item| &item.id).collect();
        if ids.len() == read.len() {
            self.sheet.replace(part, read);
        }
    }

    fn item(&mut self, part: Part, at: &str, object: &Map<String, Value>) -> BTreeMap<String, String> {
        let mut fields = BTreeMap::new();
        if !object.contains_key(KIND) {
            self.wrong(&format!("{at}/{KIND}"), format!("missing: {}", part.fields()[0].expects));
        }
        for (name, value) in object {
            let at = format!("{at}/{name}");
            if name == "id" || value.is_null() {
                continue;
            }
            let Some(spec) = part.field(name) else {
                self.unknown(&at, part.fields());
                continue;
            };
            if let Some(text) = self.refer(&at, spec, value) {
                fields.insert(name.clone(), text);
            }
        }
        fields
    }

    /// Reads a value; ids of the file become ids of the document.
    fn refer(&mut self, at: &str, spec: &FieldSpec, value: &Value) -> Option<String> {
        let Some(part) = Part::referred(spec.name) else { return self.value(at, spec, value) };
        let found = value.as_str().and_then(|id| self.ids.get(&(part, id.to_owned())).cloned());
        if found.is_none() {
            let named = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
            self.wrong(at, format!("there is no {} {named:?} in this chart", part.as_str()));
        }
        self.fields += 1;
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads with ids that count up.
    fn numbered(text: &str) -> Result<Sheet, Vec<String>> {
        let mut next = 0;
        let mut fresh = |_: Part, _: Option<&str>| {
            next += 1;
            format!("{next:016x}")
        };
        read(text, &mut fresh).map_err(|found| found.into_iter().map(|problem| problem.to_string()).collect())
    }

    const CHART: &str = r##"{"schema": 1, "kind": "log_tracks", "title": "Gamma", "tags": ["b", "a"], "grid": true,
        "tracks": [{"id": "one", "kind": "curves", "width": 6.35}],
        "series": [{"id": "gr", "kind": "values", "track": "one", "source": "gamma_ray", "left": 0, "right": 150.0},
                   {"kind": "values", "track": "one", "source": "caliper", "visible": false}],
        "fills": [{"kind": "limit", "series": "gr", "limit": 75, "colour_right": "#b8b090"}]}"##;

    #[test]
    fn a_chart_reads_as_it_is_written() {
        let sheet = numbered(CHART).unwrap();
        let state = ChartState::of(&sheet);
        assert_eq!((state.series.len(), state.fills.len(), &*state.tags.concat()), (2, 1, "ab"));
        assert_eq!(
            state.fills[0].series.as_ref(),
            Some(&state.series[0].id),
            "ids of the file became those of the chart"
        );
        assert_eq!((state.series[0].right, state.series[1].visible), (Some(150.0), Some(false)));
        let again = read(&write(&state), &mut |_, id| id.unwrap_or_default().to_owned()).unwrap();
        assert_eq!(ChartState::of(&again), state);
        assert!(write(&state).starts_with("{\n  \"schema\": 1,"));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let wrong = |from: &str, to: &str| numbered(&CHART.replace(from, to)).unwrap_err().join("; ");
        for (from, to, told) in [
            ("\"schema\": 1", "\"schema\": 2", "/schema"),
            ("\"title\"", "\"titel\"", "/titel: there is no such field"),
            ("\"width\"", "\"widht\"", "/tracks/0/widht: there is no such field"),
            ("\"left\": 0", "\"left\": \"0\"", "/series/0/left: expected a number"),
            ("false", "\"no\"", "/series/1/visible: expected true or false"),
            ("\"series\": \"gr\"", "\"series\": \"rg\"", "/fills/0/series: there is no series \"rg\""),
            ("\"kind\": \"limit\"", "\"kind\": \"cut\"", "/fills/0/kind: expected one of: left"),
            ("\"kind\": \"limit\", ", "", "/fills/0/kind: missing"),
            ("{\"kind\": \"values\"", "{\"id\": \"gr\", \"kind\": \"values\"", "/series/1/id: another one"),
            ("\"id\": \"one\"", "\"id\": 1", "/tracks/0/id: expected"),
            ("\"b\", ", "\" b\", ", "/tags/0: expected"),
            ("\"#b8b090\"", "\"sand\"", "/fills/0/colour_right: expected a colour"),
            ("6.35", "1e300", "/tracks/0/width: expected a width"),
            ("}]}", "}]", "this is no JSON: "),
        ] {
            let found = wrong(from, to);
            assert!(found.contains(told), "{to}: {found}");
        }
        assert!(numbered("[]").unwrap_err()[0].contains("a chart is an object"));
        assert!(numbered(&" ".repeat(MAX_JSON_BYTES + 1)).is_err());
        let many = format!("\"tags\": [{}\"z\"]", "\"z\",".repeat(MAX_TAGS));
        assert!(wrong("\"tags\": [\"b\", \"a\"]", &many).contains("/tags: more than 64"));
    }

    #[test]
    fn the_page_about_charts_names_every_field_and_word() {
        let page = include_str!("../../../docs/charts.md");
        let lists = Part::ALL.map(Part::fields).into_iter().chain([Look::FIELDS]);
        for field in lists.flatten() {
            assert!(page.contains(&format!("`{}`", field.name)), "{}", field.name);
            for word in field.expects.strip_prefix("one of: ").into_iter().flat_map(str::split_whitespace) {
                assert!(page.contains(&format!("`{word}`")), "{}: {word}", field.name);
            }
        }
        let start = page.find("```json\n").unwrap() + 8;
        let example = &page[start..start + page[start..].find("```").unwrap()];
        numbered(example).unwrap();
    }

    #[test]
    fn a_chart_that_is_too_large_is_refused() {
        let text = "x".repeat(2000);
        let one = format!("{{\"kind\": \"marker\", \"text\": \"{text}\"}}");
        let many = vec![one; 201].join(",");
        let chart = format!("{{\"schema\": 1, \"kind\": \"line\", \"annotations\": [{many}]}}");
        let found = numbered(&chart).unwrap_err();
        assert!(found.len() == 1 && found[0].contains("bytes in all"), "{found:?}");
    }
}
