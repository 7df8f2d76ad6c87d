//! The core: database, ledgers and identity under one lock.
//!
//! Everything that counts passes here: entries come in through [`Core::accept`] or are written with
//! [`Core::write`]; in one transaction they are stored and the touched documents are indexed again.
//! When the transaction fails the ledger in memory is ahead of the disk, so it is read back.

mod writer;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use dataforge_protocol::authority::View;
use dataforge_protocol::entry::{Entry, ReadHeader};
use dataforge_protocol::id::{BlobHash, DeviceId, DocId, EntryId, WorkspaceId};
use dataforge_protocol::ledger::{Acceptance, Ledger, Outcome};
use dataforge_protocol::op::Role;
use dataforge_protocol::sync::Entries as _;

pub(crate) use self::writer::Writer;
use crate::api::{ApiError, ErrorKind};
use crate::aside::Kept;
use crate::clock::now_ms;
use crate::config::LateConfig;
use crate::identity::{Identity, PublicIdentity, files};
use crate::index;
use crate::key::Access;
use crate::store::Store;

/// The state of a node that is not network or blobs.
#[derive(Debug)]
pub(crate) struct Core {
    /// The database.
    pub(crate) store: Store,
    /// Who this device is; none before `init` or `join`.
    pub(crate) identity: Option<Identity>,
    /// Who it was, where the key cannot be had: then it signs nothing until `device renew`.
    pub(crate) locked: Option<PublicIdentity>,
    /// Whether this data directory is a copy: then it reads, but signs nothing with the old key.
    pub(crate) is_copy: bool,
    ledgers: BTreeMap<WorkspaceId, Ledger>,
    /// How often a ledger was read back.
    restores: u64,
}

/// What accepting or writing entries did.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// Entries settled now.
    pub(crate) settled: Vec<EntryId>,
    /// Entries that can never count, with why.
    pub(crate) invalid: Vec<(EntryId, String)>,
    /// Entries that wait for missing ones.
    pub(crate) waiting: u64,
    /// Whether one of these waits only because something that is held cannot be read: it has to be
    /// given again.
    pub(crate) put_off: bool,
    /// Blobs that came to be held with what was written here.
    pub(crate) held: BTreeSet<BlobHash>,
    /// Documents whose state may have changed.
    pub(crate) touched: BTreeSet<DocId>,
    /// Who wrote what of these now, where entries came.
    pub(crate) authors: BTreeSet<(DocId, DeviceId)>,
    /// Those of them whose rows are still as they were.
    unindexed: BTreeSet<DocId>,
}

impl Progress {
    /// Adds what was done after it.
    pub(crate) fn extend(&mut self, later: Self) {
        self.settled.extend(later.settled);
        self.invalid.extend(later.invalid);
        self.waiting += later.waiting;
        self.put_off |= later.put_off;
        self.touched.extend(later.touched);
        self.authors.extend(later.authors);
        self.held.extend(later.held);
        self.unindexed.extend(later.unindexed);
    }

    fn touch(&mut self, docs: impl IntoIterator<Item = DocId>) {
        for doc in docs {
            self.touched.insert(doc);
            self.unindexed.insert(doc);
        }
    }

    /// Makes the rows anew of what was touched since they were last.
    fn index(&mut self, store: &Store, ledger: &Ledger) -> Result<(), ApiError> {
        let workspace = ledger.workspace();
        let stale = std::mem::take(&mut self.unindexed);
        index::refresh(store, ledger, &workspace, &stale)
    }
}

/// Whose a data directory is.
#[derive(Debug)]
pub(crate) enum Who {
    /// This device's, or nobody's yet.
    Open(Option<Box<Identity>>),
    /// A device's whose key cannot be had.
    Locked(PublicIdentity),
}

impl Who {
    /// Reads whose a data directory is.
    ///
    /// # Errors
    /// Those of [`Identity::read`]; without the key `NotFound` when there is no identity.
    pub(crate) fn read(dir: &Path, access: Access<'_>) -> Result<Self, ApiError> {
        if !matches!(access, Access::WithoutKey) {
            return Identity::read(dir, access).map(|identity| Self::Open(identity.map(Box::new)));
        }
        let missing = || ApiError::new(ErrorKind::NotFound, "this data directory has no identity yet");
        files::read_public(dir)?.map(Self::Locked).ok_or_else(missing)
    }
}

impl Core {
    /// Opens the core of a data directory for an identity, or for what is known of one whose key cannot
    /// be had.
    ///
    /// # Errors
    /// `Damaged` when stored entries are no log, `Storage` when they cannot be read.
    pub(crate) fn open(dir: &Path, who: Who) -> Result<Self, ApiError> {
        let store = Store::open(dir)?;
        let mut ledgers = BTreeMap::new();
        for (workspace, _) in store.workspaces()? {
            ledgers.insert(workspace, store.restore_ledger(&workspace)?);
        }
        let is_copy = store.is_copy(dir)?;
        let (identity, locked) = match who {
            Who::Open(identity) => (identity.map(|identity| *identity), None),
            Who::Locked(public) => (None, Some(public)),
        };
        let mut core = Self { store, identity, locked, is_copy, ledgers, restores: 0 };
        if core.store.is_stale() {
            core.workspace_ids().iter().try_for_each(|workspace| core.rebuild(workspace))?;
            core.store.note_fresh()?;
        }
        core.store.sort_held()?;
        Ok(core)
    }

    /// Returns this device's identity.
    ///
    /// # Errors
    /// `NotFound` before `init` or `join`, `Sealed` where the key cannot be had.
    pub(crate) fn identity(&self) -> Result<&Identity, ApiError> {
        self.identity.as_ref().ok_or_else(|| {
            if self.locked.is_some() {
                return ApiError::new(ErrorKind::Sealed, "the key of this data directory was not opened")
                    .hint("dataforge device renew --without-key makes a new one by your 24 recovery words");
            }
            ApiError::new(ErrorKind::NotFound, "this data directory has no workspace yet")
                .hint("dataforge init NAME makes one, dataforge join TICKET joins one")
        })
    }

    /// Returns what is no secret of the identity, whether or not its key can be had.
    ///
    /// # Errors
    /// `NotFound` before `init` or `join`.
    pub(crate) fn public(&self) -> Result<&PublicIdentity, ApiError> {
        match &self.locked {
            Some(public) => Ok(public),
            None => self.identity().map(|identity| &identity.public),
        }
    }

    /// Returns this device's id, if it has one.
    #[must_use]
    pub(crate) fn device(&self) -> Option<DeviceId> {
        self.identity.as_ref().map(Identity::device)
    }

    /// Returns how often a ledger was read back because a transaction failed. Entries that waited for
    /// others are forgotten then, so whoever sent some has to send them again.
    #[must_use]
    pub(crate) const fn restores(&self) -> u64 {
        self.restores
    }

    /// Returns the ids of all workspaces.
    #[must_use]
    pub(crate) fn workspace_ids(&self) -> Vec<WorkspaceId> {
        self.ledgers.keys().copied().collect()
    }

    /// Returns the ledger of a workspace.
    ///
    /// # Errors
    /// `NotFound`.
    pub(crate) fn ledger(&mut self, workspace: &WorkspaceId) -> Result<&mut Ledger, ApiError> {
        let missing = || ApiError::new(ErrorKind::NotFound, format!("workspace {} is not here", workspace.fmt_short()));
        self.ledgers.get_mut(workspace).ok_or_else(missing)
    }

    /// Returns the ledger of a workspace together with the store, for sessions that read both.
    ///
    /// # Errors
    /// `NotFound`.
    pub(crate) fn ledger_and_store(&mut self, workspace: &WorkspaceId) -> Result<(&mut Ledger, &Store), ApiError> {
        let missing = || ApiError::new(ErrorKind::NotFound, format!("workspace {} is not here", workspace.fmt_short()));
        let ledger = self.ledgers.get_mut(workspace).ok_or_else(missing)?;
        Ok((ledger, &self.store))
    }

    /// Finds a workspace by name, id or prefix of its id; the only one when `name` is left out.
    ///
    /// # Errors
    /// `NotFound` when there is none, `Usage` when several match.
    pub(crate) fn find_workspace(&self, name: Option<&str>) -> Result<WorkspaceId, ApiError> {
        find_among(&self.store.workspaces()?, name)
    }

    /// Returns this person's role in a workspace.
    ///
    /// # Errors
    /// `NotFound` when the workspace is not here.
    pub(crate) fn role(&mut self, workspace: &WorkspaceId) -> Result<Option<Role>, ApiError> {
        let Some(device) = self.device() else { return Ok(None) };
        Ok(self.ledger(workspace)?.members().author(&device).map(|(_, role)| role))
    }

    /// Accepts entries that were verified, in one transaction.
    ///
    /// # Errors
    /// `Storage` when they cannot be stored; nothing is accepted then.
    pub(crate) fn accept(&mut self, workspace: &WorkspaceId, entries: Vec<Entry>) -> Result<Progress, ApiError> {
        self.transact(workspace, |store, ledger, progress| {
            entries.into_iter().try_for_each(|entry| accept_one(store, ledger, entry, progress))
        })
    }

    /// Accepts entries that came from outside the membership, as far as there is room for them, in one
    /// transaction. Returns how many found none.
    ///
    /// # Errors
    /// As [`Core::accept`].
    pub(crate) fn accept_from_outside(
        &mut self,
        workspace: &WorkspaceId,
        entries: Vec<Entry>,
        limits: &LateConfig,
    ) -> Result<(Progress, u64), ApiError> {
        let mut refused = 0;
        let progress = self.transact(workspace, |store, ledger, progress| {
            let mut kept = Kept::of(store, ledger)?;
            for entry in entries {
                if kept.takes(ledger, &entry, limits) {
                    accept_one(store, ledger, entry, progress)?;
                } else {
                    refused += 1;
                }
            }
            Ok(())
        })?;
        Ok((progress, refused))
    }

    /// Writes entries of this device, in one transaction: they are durable when this returns.
    /// Blobs that `held` names become held for the workspace in the same transaction.
    ///
    /// # Errors
    /// Those of `work`, `NotAllowed` when the rules refuse an entry, `Storage` when the
    /// transaction fails; nothing is written then.
    pub(crate) fn write<T>(
        &mut self,
        workspace: &WorkspaceId,
        held: &[(BlobHash, u64)],
        work: impl FnOnce(&mut Writer<'_>) -> Result<T, ApiError>,
    ) -> Result<(T, Progress), ApiError> {
        if self.is_copy {
            return Err(ApiError::new(
                ErrorKind::NotAllowed,
                "this data directory is a copy, or was put back from a backup: it may not go on as the device it was",
            )
            .hint("dataforge device renew makes it a device of its own; it asks for your 24 recovery words"));
        }
        let (id, secret) = (*workspace, self.identity()?.secret.clone());
        let mut value = None;
        let progress = self.transact(workspace, |store, ledger, progress| {
            store.note_held(&id, held, now_ms())?;
            progress.held.extend(held.iter().map(|(hash, _)| *hash));
            let mut writer = Writer::new(store, ledger, &secret, progress);
            value = Some(work(&mut writer)?);
            writer.flush()
        })?;
        let value = value.ok_or_else(|| ApiError::new(ErrorKind::Internal, "a write ended without a result"))?;
        Ok((value, progress))
    }

    /// Starts or joins a workspace from its genesis entry and further membership ops, in one
    /// transaction.
    ///
    /// # Errors
    /// `Input` when they are no valid membership of one workspace, `Storage` otherwise.
    pub(crate) fn begin(&mut self, genesis: &Entry, ops: Vec<Entry>) -> Result<WorkspaceId, ApiError> {
        let bad =
            |error: &dyn std::fmt::Display| ApiError::new(ErrorKind::Input, format!("not a valid workspace: {error}"));
        let mut ledger = Ledger::start(genesis).map_err(|error| bad(&error))?;
        let id = ledger.workspace();
        if self.ledgers.contains_key(&id) {
            return Err(ApiError::new(ErrorKind::Usage, "this workspace is here already"));
        }
        let name = ledger.genesis().name.clone();
        self.store.transaction(|store| {
            let now = now_ms();
            store.add_workspace(&id, &name, now)?;
            store.add_entry(&id, genesis, &Outcome::Accepted, now)?;
            let mut progress = Progress::default();
            for op in ops {
                let done = ledger.accept(op, store);
                if let Some(Outcome::Invalid(invalid)) = &done.other {
                    return Err(bad(invalid));
                }
                record(store, &ledger, done, &mut progress)?;
            }
            Ok(())
        })?;
        self.ledgers.insert(id, ledger);
        Ok(id)
    }

    fn transact(
        &mut self,
        workspace: &WorkspaceId,
        work: impl FnOnce(&Store, &mut Ledger, &mut Progress) -> Result<(), ApiError>,
    ) -> Result<Progress, ApiError> {
        let missing = || ApiError::new(ErrorKind::NotFound, format!("workspace {} is not here", workspace.fmt_short()));
        let ledger = self.ledgers.get_mut(workspace).ok_or_else(missing)?;
        let mut progress = Progress::default();
        let done = self.store.transaction(|store| {
            work(store, ledger, &mut progress)?;
            progress.index(store, ledger)
        });
        if let Err(error) = done {
            let restored = self.store.restore_ledger(workspace)?;
            self.ledgers.insert(*workspace, restored);
            self.restores += 1;
            return Err(error);
        }
        Ok(progress)
    }

    /// Makes the index of every document anew from the chains.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn rebuild(&mut self, workspace: &WorkspaceId) -> Result<(), ApiError> {
        self.transact(workspace, |store, ledger, progress| {
            index::clear(store, workspace)?;
            index::refer_again(store, workspace)?;
            progress.touch(ledger.documents());
            Ok(())
        })?;
        Ok(())
    }
}

/// Returns how people call a device: its person, and its label.
pub(crate) fn device_name(members: &View, device: &DeviceId) -> String {
    let person = members.devices.get(device).and_then(|person| members.members.get(person));
    person.map_or_else(
        || device.fmt_short(),
        |person| match person.devices.get(device) {
            Some(label) => format!("{} ({label})", person.name),
            None => person.name.clone(),
        },
    )
}

/// Judges an entry that was verified, and stores what comes of it.
fn accept_one(store: &Store, ledger: &mut Ledger, entry: Entry, progress: &mut Progress) -> Result<(), ApiError> {
    let id = entry.id;
    let done = ledger.accept(entry, store);
    match &done.other {
        Some(Outcome::Invalid(invalid)) => progress.invalid.push((id, invalid.to_string())),
        Some(Outcome::Waiting) => {
            progress.waiting += 1;
            progress.put_off |= ledger.is_put_off(&id);
        }
        _ => {}
    }
    record(store, ledger, done, progress)
}

/// Stores what the ledger settled and changed, and notes the documents that it touches.
fn record(store: &Store, ledger: &Ledger, done: Acceptance, progress: &mut Progress) -> Result<(), ApiError> {
    let workspace = ledger.workspace();
    let now = now_ms();
    for (entry, outcome) in done.settled {
        store.add_entry(&workspace, &entry, &outcome, now)?;
        if let ReadHeader::Known(_, header) = &entry.header {
            if outcome == Outcome::Accepted {
                store.refer(&workspace, header)?;
            }
            progress.touch(header.claims.doc);
            progress.authors.extend(header.claims.doc.map(|doc| (doc, header.link.device)));
        }
        progress.settled.push(entry.id);
    }
    for (id, outcome) in done.changed {
        store.set_outcome(&id, &outcome)?;
        // Late work that counts now: its blobs are wanted now.
        let entry = (outcome == Outcome::Accepted).then(|| store.entry(&id)).flatten();
        if let Some(ReadHeader::Known(_, header)) = entry.and_then(|entry| Some(entry.read().ok()?.header)) {
            store.refer(&workspace, &header)?;
        }
        progress.touch(ledger.doc_of(&id));
    }
    Ok(())
}

/// Finds a workspace among those of this node, as [`Core::find_workspace`] does.
///
/// # Errors
/// `NotFound` when there is none, `Usage` when several match.
pub(crate) fn find_among(all: &[(WorkspaceId, String)], name: Option<&str>) -> Result<WorkspaceId, ApiError> {
    let list = || all.iter().map(|(id, name)| format!("{name} ({})", id.fmt_short())).collect::<Vec<_>>().join(", ");
    let found: Vec<_> = match name {
        None => all.iter().collect(),
        Some(wanted) => {
            let exact: Vec<_> = all.iter().filter(|(_, name)| name == wanted).collect();
            if exact.is_empty() {
                all.iter().filter(|(id, _)| id.to_string().starts_with(wanted)).collect()
            } else {
                exact
            }
        }
    };
    match (found.as_slice(), name) {
        ([(id, _)], _) => Ok(*id),
        ([], None) => Err(ApiError::new(ErrorKind::NotFound, "there is no workspace here yet")
            .hint("dataforge init NAME makes one, dataforge join TICKET joins one")),
        ([], Some(name)) => Err(ApiError::new(ErrorKind::NotFound, format!("there is no workspace {name:?} here"))
            .hint(format!("there are: {}", list()))),
        _ => Err(ApiError::new(ErrorKind::Usage, "several workspaces match")
            .hint(format!("say which, on the command line with --workspace: {}", list()))),
    }
}
