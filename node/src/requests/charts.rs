//! Charts: lists, templates, making and changing them, and their JSON form.
//!
//! Each request that changes a chart is one transaction, and one change of its document unless it writes
//! very much. What would bring
//! a finding that was not there (`crate::chart::check`) is refused with its place; findings that are there,
//! because a curve is gone or two people's changes do not fit together, stand in nobody's way.

mod edit;
mod find;
mod known;
mod make;
pub(super) mod preview;
pub(super) mod show;

use std::collections::BTreeSet;

use dataforge_protocol::document::chart::{ChartState, Part, Sheet};
use dataforge_protocol::document::{EngineError, merge_text};
use dataforge_protocol::facts::DocKind;
use dataforge_protocol::id::{DocId, EntryId, WorkspaceId};

use self::known::Here;
use super::editing;
use crate::api::{ApiError, ChartRequest, ErrorKind, Reply};
use crate::chart::{Problem, check};
use crate::clock::random_bytes;
use crate::core::Writer;
use crate::index::Index;
use crate::node::Node;

pub(super) async fn dispatch(node: &Node, workspace: WorkspaceId, ask: ChartRequest) -> Result<Reply, ApiError> {
    match ask {
        ChartRequest::List(list) => show::list(node, workspace, list).await,
        ChartRequest::Templates => show::templates(node, workspace).await,
        ChartRequest::Show { chart } => show::show(node, workspace, chart).await,
        ChartRequest::Preview { template, well } => preview::preview(node, workspace, template, well).await,
        ChartRequest::Create(create) => make::create(node, workspace, create).await,
        ChartRequest::Export { chart } => show::export(node, workspace, chart).await,
        ChartRequest::Import { chart, text, well, project } => {
            make::import(node, workspace, make::Import { chart, text, well, project }).await
        }
        ChartRequest::Edit { chart, edits } => edit::edit(node, workspace, chart, edits).await,
        ChartRequest::Delete { chart } => {
            let doc = node.with_core(move |core| find_chart(&Index::new(core.store.connection(), workspace), &chart));
            editing::delete(node, workspace, doc.await?).await
        }
    }
}

fn usage(message: impl Into<String>, hint: impl Into<String>) -> ApiError {
    ApiError::new(ErrorKind::Usage, message).hint(hint)
}

/// Finds a chart by title or id.
pub(super) fn find_chart(index: &Index<'_>, target: &str) -> Result<DocId, ApiError> {
    index.find_described(DocKind::Chart, target, false).map_err(|error| match error.kind {
        ErrorKind::NotFound => error.hint("dataforge charts list shows them"),
        _ => error,
    })
}

/// Reads a chart that is open.
fn read_chart(writer: &Writer<'_>, doc: &DocId) -> Result<Sheet, ApiError> {
    let missing = || ApiError::new(ErrorKind::NotFound, format!("chart {} is not open", doc.fmt_short()));
    Ok(Sheet::read(&writer.document(doc)?.ok_or_else(missing)?))
}

/// Writes what differs between two states of a chart; says whether anything did.
fn save(writer: &mut Writer<'_>, doc: DocId, before: &Sheet, after: &Sheet) -> Result<bool, ApiError> {
    let deps = openings(writer, before, after);
    writer.edit(doc, &deps, Vec::new(), |document, actor| after.write(before, document, actor))
}

/// The first entries of a well or project that a chart comes to belong to, so that they arrive first.
fn openings(writer: &Writer<'_>, before: &Sheet, after: &Sheet) -> Vec<EntryId> {
    let news = ["well", "project"].into_iter().filter_map(|field| {
        let now = after.fields.get(field).filter(|id| before.fields.get(field) != Some(*id))?;
        writer.opening(&now.parse().ok()?)
    });
    news.collect()
}

/// Refuses a state of a chart with findings that an earlier one had not; `told` puts places into the
/// caller's words.
fn refuse_new(
    index: &Index<'_>,
    before: Option<&Sheet>,
    after: &Sheet,
    kind: ErrorKind,
    told: impl Fn(&str) -> String,
) -> Result<(), ApiError> {
    let (old, new) = (before.map(ChartState::of), ChartState::of(after));
    let here = Here::gather(index, old.iter().chain([&new]))?;
    let old: BTreeSet<Problem> = old.iter().flat_map(|state| check(state, &here)).collect();
    let found = check(&new, &here).into_iter().filter(|problem| !old.contains(problem));
    refuse(found.map(|problem| Problem { at: told(&problem.at), ..problem }).collect(), kind)
}

/// Makes an error of findings, if there are any.
fn refuse(found: Vec<Problem>, kind: ErrorKind) -> Result<(), ApiError> {
    /// Findings that are told.
    const TOLD: usize = 20;
    let mut found = found.into_iter();
    let Some(first) = found.next() else { return Ok(()) };
    let hint = match kind {
        ErrorKind::Input => "nothing was written: mend the file; docs/charts.md says what it may hold",
        _ => "nothing was written: dataforge charts show CHART lists what there is",
    };
    let mut error = ApiError::new(kind, first.to_string()).hint(hint);
    error.causes = found.take(TOLD).map(|problem| format!("also {problem}")).collect();
    Err(error)
}

/// Merges a text that somebody changed with what it reads now.
fn merged(was: &str, value: &str, now: &str) -> Result<String, ApiError> {
    merge_text(was, value, now).map_err(|error| match error {
        EngineError::TextTooLong => ApiError::from_error(ErrorKind::Usage, &error).hint("make it shorter"),
        _ => ApiError::from_error(ErrorKind::Internal, &error),
    })
}

/// Ids for items: random, as each author makes them.
#[derive(Debug)]
struct Ids {
    seed: [u8; 32],
    made: u64,
}

impl Ids {
    fn new() -> Result<Self, ApiError> {
        Ok(Self { seed: random_bytes()?, made: 0 })
    }

    fn next(&mut self) -> String {
        self.made += 1;
        let hash = blake3::keyed_hash(&self.seed, &self.made.to_le_bytes());
        data_encoding::HEXLOWER.encode(&hash.as_bytes()[..8])
    }
}

/// Returns a place `part/id/field` as a JSON pointer into a file whose items stand as in the sheet.
fn pointer(sheet: &Sheet, at: &str) -> String {
    let mut words = at.splitn(3, '/');
    let item = match (words.next().and_then(Part::from_word), words.next(), words.next()) {
        (Some(part), Some(id), Some(field)) => {
            let position = sheet.items(part).iter().position(|item| item.id == id);
            position.map(|position| format!("/{}/{position}/{field}", part.list()))
        }
        _ => None,
    };
    item.unwrap_or_else(|| format!("/{at}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use dataforge_protocol::document::chart::Place;

    use super::*;

    #[test]
    fn places_in_a_chart_become_places_in_its_file() {
        let mut sheet = Sheet::default();
        for id in ["0000000000000001", "0000000000000002"] {
            sheet.add(Part::Axis, id, BTreeMap::new(), &Place::First).unwrap();
        }
        assert_eq!(pointer(&sheet, "axis/0000000000000001/from"), "/axes/1/from");
        assert_eq!(pointer(&sheet, "well"), "/well");
        assert_eq!(pointer(&sheet, "axis/0000000000000003/from"), "/axis/0000000000000003/from");
    }

    #[test]
    fn all_that_is_wrong_is_told_and_nothing_else() {
        assert!(refuse(Vec::new(), ErrorKind::Usage).is_ok());
        let found = ["one", "two", "three"].map(|at| Problem::at(at, "odd")).to_vec();
        let error = refuse(found, ErrorKind::Input).unwrap_err();
        assert_eq!((&*error.message, error.causes.len(), error.kind), ("one: odd", 2, ErrorKind::Input));
    }

    #[test]
    fn ids_are_ids_of_items_and_differ() {
        let mut ids = Ids::new().unwrap();
        let (one, other) = (ids.next(), ids.next());
        assert!(dataforge_protocol::document::chart::is_item_id(&one) && one != other, "{one} {other}");
    }
}
