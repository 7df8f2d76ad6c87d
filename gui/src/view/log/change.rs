//! Edits of a chart while they are on their way: what they make of the chart that was read.
//!
//! The node says what becomes of an edit; until then it is shown over what was read. An edit that was
//! refused is taken off, and the chart stands as it is there now.

use dataforge_node::api::chart::{ChartState, Form, Part};
use dataforge_node::api::{ChartEdit, ItemPlace};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::super::Ticket;

/// Edits that were sent and not yet read back.
#[derive(Debug, Default)]
pub(super) struct Pending {
    sent: Vec<Sent>,
}

#[derive(Debug)]
struct Sent {
    ticket: Ticket,
    edits: Vec<ChartEdit>,
    /// It is durable; the next load of the chart has it.
    is_saved: bool,
    /// Such a load has begun.
    is_loading: bool,
}

impl Pending {
    /// Lays edits over what was read.
    pub(super) fn sent(&mut self, ticket: Ticket, edits: Vec<ChartEdit>) {
        self.sent.push(Sent { ticket, edits, is_saved: false, is_loading: false });
    }

    /// Whether a call is one of these.
    pub(super) fn awaits(&self, ticket: Ticket) -> bool {
        self.sent.iter().any(|sent| sent.ticket == ticket && !sent.is_saved)
    }

    /// Notes the end of an edit: what was refused goes at once.
    pub(super) fn ended(&mut self, ticket: Ticket, is_saved: bool) {
        if is_saved {
            self.sent.iter_mut().filter(|sent| sent.ticket == ticket).for_each(|sent| sent.is_saved = true);
        } else {
            self.sent.retain(|sent| sent.ticket != ticket);
        }
    }

    /// Notes that a load of the chart begins.
    pub(super) fn loading(&mut self) {
        self.sent.iter_mut().for_each(|sent| sent.is_loading = sent.is_saved);
    }

    /// Notes that the load has ended: it has what was saved when it began.
    pub(super) fn loaded(&mut self) {
        self.sent.retain(|sent| !sent.is_loading);
    }

    /// Returns how many edits are not durable yet.
    pub(super) fn unsaved(&self) -> usize {
        self.sent.iter().filter(|sent| !sent.is_saved).count()
    }

    /// Lays all edits over a chart, in order.
    pub(super) fn apply(&self, chart: &mut ChartState) {
        for sent in &self.sent {
            for edit in &sent.edits {
                apply(chart, edit, &format!("new-{}", sent.ticket));
            }
        }
    }
}

/// Makes an edit of a chart; what does not fit it is left out, as the node will say why.
pub(super) fn apply(chart: &mut ChartState, edit: &ChartEdit, new: &str) {
    match edit {
        ChartEdit::Set { item: None, fields } => {
            let fields = fields.iter().map(|(name, text)| (name.as_str(), text.as_deref()));
            change(&mut chart.look, fields, form_of_look);
        }
        ChartEdit::Set { item: Some(item), fields } => {
            let fields: Vec<_> = fields.iter().map(|(name, text)| (name.as_str(), text.as_deref())).collect();
            set(chart, item, &fields);
        }
        ChartEdit::ItemText { item, value, .. } => {
            let text = Some(value.as_str()).filter(|text| !text.is_empty());
            set(chart, item, &[("text", text)]);
        }
        ChartEdit::Add { part, fields, place } => add(chart, part, fields, place, new),
        ChartEdit::Move { item, place, track } => {
            if let Some(track) = track {
                let track = track.strip_prefix("track/").unwrap_or(track);
                set(chart, item, &[("track", Some(track))]);
            }
            with_list(chart, item, |list, id| list.move_to(id, place));
        }
        ChartEdit::Remove { item } => remove(chart, item),
        ChartEdit::Tag { add, remove } => {
            chart.tags.retain(|tag| !remove.contains(tag) && !add.contains(tag));
            chart.tags.extend(add.iter().cloned());
            chart.tags.sort();
        }
        ChartEdit::Archive { on } => chart.look.archived = Some(*on),
        ChartEdit::Text { text, value, .. } if text == "title" => chart.title.clone_from(value),
        ChartEdit::Text { text, value, .. } if text == "description" => chart.description.clone_from(value),
        ChartEdit::Text { .. } | ChartEdit::Splice { .. } => {}
    }
}

/// Returns the fields of an item that are set, as texts; those of the chart itself without a name.
pub(super) fn fields_of(chart: &ChartState, item: Option<(Part, &str)>) -> Vec<(String, String)> {
    fn of<T: Serialize>(item: &T) -> Vec<(String, String)> {
        let Ok(Value::Object(object)) = serde_json::to_value(item) else { return Vec::new() };
        let text = |value: &Value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
            _ => None,
        };
        object.iter().filter_map(|(name, value)| Some((name.clone(), text(value)?))).collect()
    }
    let Some((part, id)) = item else { return of(&chart.look) };
    let found = match part {
        Part::Axis => chart.axes.iter().find(|item| item.id == id).map(of),
        Part::Track => chart.tracks.iter().find(|item| item.id == id).map(of),
        Part::Series => chart.series.iter().find(|item| item.id == id).map(of),
        Part::Fill => chart.fills.iter().find(|item| item.id == id).map(of),
        Part::Annotation => chart.annotations.iter().find(|item| item.id == id).map(of),
    };
    found.unwrap_or_default()
}

fn form_of_look(name: &str) -> Option<Form> {
    dataforge_node::api::chart::Look::field(name).map(|spec| spec.form)
}

/// Returns the JSON of a field; none for what it does not hold.
fn json_of(form: Form, text: &str) -> Option<Value> {
    match form {
        Form::Text => Some(Value::String(text.to_owned())),
        Form::Flag => text.parse().ok().map(Value::Bool),
        Form::Number => {
            let number: f64 = text.parse().ok()?;
            // As it is displayed: whole numbers without a point, which counts need.
            serde_json::from_str(&number.to_string()).ok()
        }
    }
}

/// Changes fields of something by its JSON form, which has a field for each.
fn change<'a, T: Serialize + DeserializeOwned>(
    item: &mut T,
    fields: impl IntoIterator<Item = (&'a str, Option<&'a str>)>,
    form: impl Fn(&str) -> Option<Form>,
) {
    let Ok(Value::Object(mut object)) = serde_json::to_value(&*item) else { return };
    for (name, text) in fields {
        match text {
            Some(text) => {
                if let Some(value) = form(name).and_then(|form| json_of(form, text)) {
                    object.insert(name.to_owned(), value);
                }
            }
            None => drop(object.remove(name)),
        }
    }
    if let Ok(changed) = serde_json::from_value(Value::Object(object)) {
        *item = changed;
    }
}

/// The items of a part, whichever it is.
trait List {
    fn set(&mut self, id: &str, fields: &[(&str, Option<&str>)], part: Part);
    fn move_to(&mut self, id: &str, place: &ItemPlace);
    fn put(&mut self, object: Map<String, Value>, place: &ItemPlace);
    fn remove(&mut self, id: &str);
}

/// An item that has an id.
trait Identified {
    fn id(&self) -> &str;
}

macro_rules! identified {
    ($($kind:ident),+) => {
        $(impl Identified for dataforge_node::api::chart::$kind {
            fn id(&self) -> &str {
                &self.id
            }
        })+
    };
}

identified!(Axis, Track, Series, Fill, Annotation);

impl<T: Identified + Serialize + DeserializeOwned> List for Vec<T> {
    fn set(&mut self, id: &str, fields: &[(&str, Option<&str>)], part: Part) {
        if let Some(item) = self.iter_mut().find(|item| item.id() == id) {
            change(item, fields.iter().copied(), |name| part.field(name).map(|spec| spec.form));
        }
    }

    fn move_to(&mut self, id: &str, place: &ItemPlace) {
        let Some(from) = self.iter().position(|item| item.id() == id) else { return };
        let item = self.remove(from);
        let at = position(self, place);
        self.insert(at, item);
    }

    fn put(&mut self, object: Map<String, Value>, place: &ItemPlace) {
        if let Ok(item) = serde_json::from_value(Value::Object(object)) {
            let at = position(self, place);
            self.insert(at, item);
        }
    }

    fn remove(&mut self, id: &str) {
        self.retain(|item| item.id() != id);
    }
}

fn position<T: Identified>(list: &[T], place: &ItemPlace) -> usize {
    let find = |text: &String| {
        let id = text.split_once('/').map_or(text.as_str(), |(_, id)| id);
        list.iter().position(|item| item.id() == id)
    };
    match place {
        ItemPlace::First => 0,
        ItemPlace::Last => list.len(),
        ItemPlace::Before(other) => find(other).unwrap_or(list.len()),
        ItemPlace::After(other) => find(other).map_or(list.len(), |at| at + 1),
    }
}

fn list(chart: &mut ChartState, part: Part) -> &mut dyn List {
    match part {
        Part::Axis => &mut chart.axes,
        Part::Track => &mut chart.tracks,
        Part::Series => &mut chart.series,
        Part::Fill => &mut chart.fills,
        Part::Annotation => &mut chart.annotations,
    }
}

/// Takes `part/id` apart.
pub(super) fn parse(item: &str) -> Option<(Part, &str)> {
    let (word, id) = item.split_once('/')?;
    Some((Part::from_word(word)?, id))
}

fn with_list(chart: &mut ChartState, item: &str, work: impl FnOnce(&mut dyn List, &str)) {
    if let Some((part, id)) = parse(item) {
        work(list(chart, part), id);
    }
}

fn set(chart: &mut ChartState, item: &str, fields: &[(&str, Option<&str>)]) {
    if let Some((part, id)) = parse(item) {
        list(chart, part).set(id, fields, part);
    }
}

fn add(chart: &mut ChartState, part: &str, fields: &[(String, String)], place: &ItemPlace, new: &str) {
    let Some(part) = Part::from_word(part) else { return };
    let mut object = Map::new();
    object.insert("id".to_owned(), Value::String(new.to_owned()));
    for (name, text) in fields {
        if let Some(value) = part.field(name).and_then(|spec| json_of(spec.form, text)) {
            object.insert(name.clone(), value);
        }
    }
    list(chart, part).put(object, place);
}

/// Removes an item, with what cannot be without it.
fn remove(chart: &mut ChartState, item: &str) {
    let Some((part, id)) = parse(item) else { return };
    list(chart, part).remove(id);
    match part {
        Part::Track => {
            let of_track = chart.series.iter().filter(|one| one.track.as_deref() == Some(id));
            let gone: Vec<String> = of_track.map(|series| format!("series/{}", series.id)).collect();
            gone.iter().for_each(|series| remove(chart, series));
            chart.annotations.retain(|one| one.track.as_deref() != Some(id));
        }
        Part::Series => {
            let names = |field: &Option<String>| field.as_deref() == Some(id);
            chart.fills.retain(|fill| !names(&fill.series) && !names(&fill.other) && !names(&fill.when));
            chart.annotations.retain(|one| !names(&one.series));
        }
        Part::Axis | Part::Fill | Part::Annotation => {}
    }
}

#[cfg(test)]
mod tests {
    use dataforge_node::api::chart::{ChartState, Part, Scale};
    use dataforge_node::api::{ChartEdit, ItemPlace};
    use serde_json::json;

    use super::{Pending, apply, fields_of};

    fn chart() -> ChartState {
        serde_json::from_value(json!({
            "kind": "log_tracks", "title": "One",
            "tracks": [{"id": "t1", "kind": "curves"}, {"id": "t2", "kind": "curves"}],
            "series": [{"id": "s1", "kind": "values", "track": "t1", "left": 0.0, "right": 150.0}],
            "fills": [{"id": "f1", "kind": "left", "series": "s1"}],
        }))
        .unwrap()
    }

    fn set(item: &str, field: &str, value: Option<&str>) -> ChartEdit {
        let fields = vec![(field.to_owned(), value.map(str::to_owned))];
        ChartEdit::Set { item: Some(item.to_owned()), fields }
    }

    #[test]
    fn fields_show_at_once_and_are_taken_away() {
        let mut chart = chart();
        apply(&mut chart, &set("series/s1", "right", Some("200")), "new");
        apply(&mut chart, &set("series/s1", "scale", Some("log")), "new");
        apply(&mut chart, &set("series/s1", "wrap", Some("1")), "new");
        apply(&mut chart, &set("series/s1", "visible", Some("false")), "new");
        let series = &chart.series[0];
        let seen = (series.right, series.scale, series.wrap, series.visible);
        assert_eq!(seen, (Some(200.0), Some(Scale::Log), Some(1), Some(false)));
        apply(&mut chart, &set("series/s1", "right", None), "new");
        assert_eq!(chart.series[0].right, None);
        apply(&mut chart, &set("series/s1", "scale", Some("sideways")), "new");
        assert_eq!(chart.series[0].scale, Some(Scale::Log), "what it cannot hold changes nothing");
        let fields = fields_of(&chart, Some((Part::Series, "s1")));
        assert!(fields.contains(&("left".into(), "0.0".into())) || fields.contains(&("left".into(), "0".into())));
    }

    #[test]
    fn items_come_go_and_move() {
        let mut chart = chart();
        let fields = vec![("kind".to_owned(), "marker".to_owned()), ("depth".to_owned(), "1203.5".to_owned())];
        let add = ChartEdit::Add { part: "annotation".into(), fields, place: ItemPlace::Last };
        apply(&mut chart, &add, "new-7");
        assert_eq!((chart.annotations[0].id.as_str(), chart.annotations[0].depth), ("new-7", Some(1203.5)));
        let text = ChartEdit::ItemText { item: "annotation/new-7".into(), value: "Top".into(), was: None };
        apply(&mut chart, &text, "new");
        assert_eq!(chart.annotations[0].text.as_deref(), Some("Top"));
        let first =
            ChartEdit::Move { item: "track/t2".into(), place: ItemPlace::Before("track/t1".into()), track: None };
        apply(&mut chart, &first, "new");
        assert_eq!(chart.tracks.iter().map(|track| track.id.as_str()).collect::<Vec<_>>(), ["t2", "t1"]);
        apply(&mut chart, &ChartEdit::Remove { item: "track/t1".into() }, "new");
        assert!(chart.series.is_empty() && chart.fills.is_empty(), "nothing stays that hangs on it");
    }

    #[test]
    fn what_is_refused_goes_and_what_is_saved_stays_until_it_is_read() {
        let (mut pending, read) = (Pending::default(), chart());
        pending.sent(1, vec![set("series/s1", "right", Some("200"))]);
        pending.sent(2, vec![set("series/s1", "left", Some("10"))]);
        let shown = |pending: &Pending, read: &ChartState| {
            let mut shown = read.clone();
            pending.apply(&mut shown);
            (shown.series[0].left, shown.series[0].right)
        };
        assert_eq!((shown(&pending, &read), pending.unsaved()), ((Some(10.0), Some(200.0)), 2));
        pending.ended(2, false);
        assert_eq!(shown(&pending, &read), (Some(0.0), Some(200.0)), "rolled back");
        // A load that began before it was saved says nothing of it.
        pending.loading();
        pending.ended(1, true);
        pending.loaded();
        assert_eq!((shown(&pending, &read), pending.unsaved()), ((Some(0.0), Some(200.0)), 0));
        pending.loading();
        pending.loaded();
        assert_eq!(shown(&pending, &read), (Some(0.0), Some(150.0)), "what was read counts");
        assert!(!pending.awaits(1));
    }
}
