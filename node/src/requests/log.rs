//! The log: who wrote what, when, and what became of it.

use dataforge_protocol::document::{Field, Map, Said, said};
use dataforge_protocol::facts::{Facts, WellFacts};
use dataforge_protocol::id::{DeviceId, DocId, EntryId, WorkspaceId};
use dataforge_protocol::ledger::Ledger;
use dataforge_protocol::op::Op;
use rusqlite::{OptionalExtension as _, Row, params};

use super::people::{People, find_person, why_void};
use crate::api::{ApiError, LogEntry, Reply};
use crate::clock::rfc3339;
use crate::core::Core;
use crate::index::{Found, Index};
use crate::node::Node;
use crate::store::{Store, kind_word, outcome_word};

/// Columns that an entry is told from.
const COLUMNS: &str = "id, device, seq, kind, doc, outcome, reason, claimed_ms, received_ms, body";

/// Which entries are listed.
#[derive(Debug)]
pub(super) struct Filter {
    pub(super) target: Option<String>,
    pub(super) member: Option<String>,
    pub(super) void: bool,
    pub(super) limit: u32,
}

pub(super) async fn log(node: &Node, workspace: WorkspaceId, filter: Filter) -> Result<Reply, ApiError> {
    let entries = node.with_core(move |core| read_log(core, workspace, &filter)).await?;
    Ok(Reply::Log { entries })
}

fn read_log(core: &mut Core, workspace: WorkspaceId, filter: &Filter) -> Result<Vec<LogEntry>, ApiError> {
    let index = Index::new(core.store.connection(), workspace);
    let doc = filter.target.as_ref().map(|target| index.find(target, true)).transpose()?.map(Found::doc);
    let people = People::of(core, &workspace)?;
    let member = filter.member.as_ref().map(|member| find_person(&people, member)).transpose()?;
    let (ledger, store) = core.ledger_and_store(&workspace)?;
    let teller = Teller { people: &people, ledger, store, workspace };
    let limit = usize::try_from(filter.limit).unwrap_or(usize::MAX);
    let sql = format!(
        "SELECT {COLUMNS} FROM entries WHERE workspace = ?1 AND (?2 IS NULL OR doc = ?2) AND (?3 = 0 OR kind = 0 AND outcome = 1)
         ORDER BY position DESC"
    );
    let mut statement = store.connection().prepare_cached(&sql)?;
    let mut rows = statement.query(params![workspace.as_bytes(), doc.as_ref().map(DocId::as_bytes), filter.void])?;
    let mut entries = Vec::new();
    while entries.len() < limit
        && let Some(row) = rows.next()?
    {
        let author = teller.ledger.author_of(&EntryId(row.get("id")?));
        if member.as_ref().is_none_or(|person| author == Some(*person)) {
            entries.push(teller.row(row)?);
        }
    }
    Ok(entries)
}

/// Tells about entries in words.
#[derive(Debug, Clone, Copy)]
pub(super) struct Teller<'a> {
    pub(super) people: &'a People,
    pub(super) ledger: &'a Ledger,
    pub(super) store: &'a Store,
    pub(super) workspace: WorkspaceId,
}

impl Teller<'_> {
    /// Describes a stored entry.
    pub(super) fn entry(&self, id: &EntryId) -> Result<Option<LogEntry>, ApiError> {
        let sql = format!("SELECT {COLUMNS} FROM entries WHERE id = ?1");
        let mut statement = self.store.connection().prepare_cached(&sql)?;
        Ok(statement.query_row(params![id.as_bytes()], |row| self.row(row)).optional()?)
    }

    fn row(&self, row: &Row<'_>) -> rusqlite::Result<LogEntry> {
        let id = EntryId(row.get("id")?);
        let (kind, outcome): (i64, i64) = (row.get("kind")?, row.get("outcome")?);
        let doc: Option<[u8; 32]> = row.get("doc")?;
        let reason: Option<String> = row.get("reason")?;
        let body: Vec<u8> = row.get("body")?;
        let void = kind == 0 && outcome == 1;
        Ok(LogEntry {
            id: id.to_string(),
            author: self.author(&id, &DeviceId(row.get("device")?)),
            seq: row.get("seq")?,
            kind: kind_word(kind).to_owned(),
            summary: self.summary(kind, doc.map(DocId), &body, reason),
            status: outcome_word(outcome).to_owned(),
            claimed: rfc3339(row.get("claimed_ms")?),
            received: rfc3339(row.get("received_ms")?),
            void,
            why: void.then(|| why_void(self.people, self.ledger, &id)),
        })
    }

    /// By the ops the entry knows: a device may have been another person's, or nobody's, since.
    fn author(&self, id: &EntryId, device: &DeviceId) -> String {
        let person = self.ledger.author_of(id);
        let known = person.and_then(|person| self.people.all().get(&person)?.devices.get(device));
        match (person, known) {
            (Some(person), Some(known)) => format!("{} ({})", self.people.name(&person), known.label),
            _ => self.people.device(device),
        }
    }

    /// Returns what a document is called, if it is in the index.
    pub(super) fn document(&self, doc: &DocId) -> Option<String> {
        let sql = "SELECT 'well ' || name FROM wells WHERE workspace = ?1 AND id = ?2
                   UNION ALL SELECT 'run ' || name FROM runs WHERE workspace = ?1 AND id = ?2
                   UNION ALL SELECT 'file ' || name FROM attachments WHERE workspace = ?1 AND id = ?2
                   UNION ALL SELECT 'project ' || name FROM projects WHERE workspace = ?1 AND id = ?2
                   UNION ALL SELECT kind || ' ' || name FROM described WHERE workspace = ?1 AND id = ?2";
        let mut statement = self.store.connection().prepare_cached(sql).ok()?;
        let found = statement.query_row(params![self.workspace.as_bytes(), doc.as_bytes()], |row| row.get(0));
        found
            .optional()
            .ok()
            .flatten()
            .or_else(|| (Facts::Dictionary.doc_id() == *doc).then(|| "the dictionary".to_owned()))
            .or_else(|| (Facts::Settings.doc_id() == *doc).then(|| "the settings".to_owned()))
    }

    fn called(&self, doc: &DocId) -> String {
        self.document(doc).unwrap_or_else(|| doc.fmt_short())
    }

    fn summary(&self, kind: i64, doc: Option<DocId>, body: &[u8], reason: Option<String>) -> String {
        let what = match (kind, doc) {
            (0, _) => Op::from_bytes(body).map_or_else(|error| error.to_string(), |op| self.people.told(&op)),
            (1, Some(doc)) => match Facts::from_bytes(body) {
                Some(Facts::Well(WellFacts::Uwi(uwi))) => format!("opened well {} (UWI {uwi})", doc.fmt_short()),
                Some(Facts::Well(WellFacts::FirstRun(_))) => format!("opened well {}", doc.fmt_short()),
                Some(Facts::Run { source, .. }) => {
                    format!("opened run {} of file {}", doc.fmt_short(), source.fmt_short())
                }
                Some(Facts::Project { .. }) => format!("opened project {}", doc.fmt_short()),
                Some(Facts::Dictionary) => "opened the dictionary".to_owned(),
                Some(Facts::Attachment { blob }) => {
                    format!("opened attachment {} of file {}", doc.fmt_short(), blob.fmt_short())
                }
                Some(Facts::Settings) => "opened the settings".to_owned(),
                Some(facts) => format!("opened {} {}", facts.kind().as_str(), doc.fmt_short()),
                None => format!("opened document {}", doc.fmt_short()),
            },
            (2, Some(doc)) => format!("changed {}{}", self.called(&doc), changed(body)),
            _ => "written by a newer version".to_owned(),
        };
        reason.map_or(what.clone(), |reason| format!("{what}: {reason}"))
    }
}

/// Says what a change wrote.
fn changed(body: &[u8]) -> String {
    /// Fields shown.
    const SHOWN: usize = 4;
    let Ok(said) = said(body) else { return String::new() };
    let describe = |said: &Said| {
        let name = match said.map {
            Map::Curves => match said.key.split_once('.') {
                Some((curve, field)) => format!("{field} of curve {curve}"),
                None => said.key.clone(),
            },
            Map::Root | Map::Attributes | Map::Renditions | Map::Items => said.key.clone(),
        };
        match &said.value {
            _ if said.map == Map::Renditions => "a table".to_owned(),
            Some(Field::Bytes(_)) if said.map == Map::Items => "what was imported".to_owned(),
            Some(Field::Text(text)) => format!("{name} = {text:?}"),
            Some(Field::Bool(value)) => format!("{name} = {value}"),
            Some(Field::Bytes(_)) | None => format!("no {name}"),
        }
    };
    let mut parts: Vec<_> = said.iter().take(SHOWN).map(describe).collect();
    if said.len() > SHOWN {
        parts.push(format!("{} more", said.len() - SHOWN));
    }
    format!(": {}", parts.join(", "))
}
