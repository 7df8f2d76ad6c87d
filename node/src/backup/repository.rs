//! A backup as a whole: its keys, its snapshots, and how it is written.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::envelope::{self, EnvelopeError, Kind, Name};
use super::keys::{KeyError, ReadKeys, WriteKeys};
use super::local::{self, Known};
use super::manifest::{Manifest, Snapshot, from_bytes};
use super::medium::{Folder, Item, KEY_COPIES, Medium, SingleWriter, is_single, no_backup};
use crate::api::{ApiError, ErrorKind, Passphrase};
use crate::key::check_new;

/// Says what is wrong with a part.
pub(super) fn wrong(item: Item, path: &Path, error: EnvelopeError) -> ApiError {
    let message = format!("{item} in {} is damaged: {error}", path.display());
    match error {
        EnvelopeError::Version(_) => ApiError::new(ErrorKind::Input, format!("{}: {error}", path.display()))
            .hint("use the version of DataForge that wrote it, or a newer one"),
        _ => ApiError::new(ErrorKind::Damaged, message).hint("dataforge backup verify says what is lost by it"),
    }
}

/// Reads the keys of a backup as they lie there: the first copy that is whole.
///
/// # Errors
/// `Damaged` when none is, `Input` when a later version wrote them or there are none.
pub(super) fn sealed_keys(medium: &Medium) -> Result<(Name, Vec<u8>), ApiError> {
    let mut failure = no_backup(medium.path());
    for copy in 0..KEY_COPIES {
        let Some(bytes) = medium.read(Item::Key(copy))? else { continue };
        match envelope::open(&bytes) {
            Ok(opened) if opened.header.kind == Kind::Key => return Ok((opened.header.name, bytes)),
            Ok(_) => failure = wrong(Item::Key(copy), medium.path(), EnvelopeError::Other),
            Err(error) => failure = wrong(Item::Key(copy), medium.path(), error),
        }
    }
    Err(failure)
}

/// Opens the keys of a backup by its passphrase.
///
/// # Errors
/// `Sealed` when it is another one, else as [`sealed_keys`].
pub(super) fn read_keys(medium: &Medium, passphrase: &Passphrase) -> Result<ReadKeys, ApiError> {
    let (_, bytes) = sealed_keys(medium)?;
    ReadKeys::open(&bytes, passphrase).map_err(|error| match error {
        KeyError::Passphrase => ApiError::new(
            ErrorKind::Sealed,
            format!("this is not the passphrase of {}", medium.path().display()),
        )
        .hint(
            "a backup has a passphrase of its own, given when it was begun; mind capitals and the keyboard's language",
        ),
        KeyError::Cost => ApiError::new(ErrorKind::Input, format!("{}: {error}", medium.path().display()))
            .hint("no version of DataForge writes such a backup: do not trust it"),
        KeyError::Envelope(error) => wrong(Item::Key(0), medium.path(), error),
    })
}

/// Reads a snapshot as it lies there, in clear.
///
/// # Errors
/// `NotFound`, `Damaged`, `Storage`.
pub(super) fn read_snapshot(medium: &Medium, number: u64, keys: Option<&WriteKeys>) -> Result<Snapshot, ApiError> {
    let missing = || {
        ApiError::new(ErrorKind::NotFound, format!("there is no snapshot {number} in {}", medium.path().display()))
            .hint("dataforge backup list says which there are")
    };
    let item = Item::Snapshot(number);
    let bytes = medium.read(item)?.ok_or_else(missing)?;
    let told = |error| wrong(item, medium.path(), error);
    let opened = envelope::open_as(Kind::Snapshot, Name::of_number(number), &bytes).map_err(told)?;
    let content = match keys {
        Some(keys) => keys.prove(&opened).map_err(told)?,
        None => opened.unproven(),
    };
    from_bytes(content).ok_or_else(|| told(EnvelopeError::Content))
}

/// Reads what an object holds.
///
/// # Errors
/// `Damaged` when it is missing or not what was written, `Storage`.
pub(super) fn read_object(medium: &Medium, keys: &ReadKeys, name: Name) -> Result<Vec<u8>, ApiError> {
    let item = Item::Object(name);
    let missing = || ApiError::new(ErrorKind::Damaged, format!("{item} is missing in {}", medium.path().display()));
    let bytes = medium.read(item)?.ok_or_else(missing)?;
    keys.read(name, &bytes).map_err(|error| wrong(item, medium.path(), error))
}

/// Reads the manifest of a snapshot.
///
/// # Errors
/// As [`read_object`].
pub(super) fn read_manifest(medium: &Medium, keys: &ReadKeys, snapshot: &Snapshot) -> Result<Manifest, ApiError> {
    let bytes = read_object(medium, keys, snapshot.manifest)?;
    let told = || wrong(Item::Object(snapshot.manifest), medium.path(), EnvelopeError::Content);
    let manifest: Manifest = from_bytes(&bytes).ok_or_else(told)?;
    // The list in clear is what keeps objects from being removed, so it has to be the same.
    if manifest.names(&keys.write) == snapshot.names { Ok(manifest) } else { Err(told()) }
}

/// How a backup is written.
#[derive(Debug)]
enum Way {
    Folder(Folder),
    Single(SingleWriter),
}

/// A backup that is being written.
#[derive(Debug)]
pub(super) struct Repository {
    way: Way,
    /// What it takes to write.
    pub(super) keys: WriteKeys,
    /// The snapshots that are there, but for those that cannot be read.
    snapshots: BTreeMap<u64, Snapshot>,
    /// What was found to be wrong on the way.
    pub(super) problems: Vec<String>,
    last_number: u64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    present: BTreeSet<Name>,
    objects: u64,
    bytes: u64,
}

/// How opening a backup to write it came out.
#[derive(Debug)]
pub(super) enum Begun {
    /// It can be written.
    Open(Box<Repository>),
    /// Its passphrase is needed: that of a new backup, or of one that is there.
    Needs {
        /// Whether it is a new one.
        is_new: bool,
    },
}

impl Repository {
    /// Opens a backup to write it from a data directory, or begins one.
    ///
    /// # Errors
    /// `Usage` when something else is there, `Sealed` when the passphrase is another one, `Busy` when
    /// it is being written, `Damaged`, `Storage`.
    pub(super) fn begin(dir: &Path, target: &Path, passphrase: Option<&Passphrase>) -> Result<Begun, ApiError> {
        let single = is_single(target);
        let existing = if is_begun(target) { Some(Medium::open(target)?) } else { None };
        let known = match &existing {
            Some(medium) => {
                let (id, sealed) = sealed_keys(medium)?;
                match (local::known(dir, &id)?, passphrase) {
                    (Some(known), _) => {
                        check_keys(&known.keys, &sealed, medium)?;
                        known
                    }
                    (None, None) => return Ok(Begun::Needs { is_new: false }),
                    (None, Some(passphrase)) => {
                        let keys = read_keys(medium, passphrase)?.write;
                        Known { keys, last_number: 0 }
                    }
                }
            }
            None => {
                // Before anything is asked or made.
                let way = Way::open(target, single)?;
                let Some(passphrase) = passphrase else { return Ok(Begun::Needs { is_new: true }) };
                check_new(passphrase)?;
                let keys = ReadKeys::make()?;
                let sealed = keys.seal(passphrase)?;
                way.write_keys(&sealed)?;
                let known = Known { keys: keys.write, last_number: 0 };
                local::keep(dir, &known)?;
                return Ok(Begun::Open(Box::new(Self::new(way, known))));
            }
        };
        local::keep(dir, &known)?;
        let way = Way::open(target, single)?;
        let medium = existing.ok_or_else(|| ApiError::new(ErrorKind::Internal, "a backup went away"))?;
        let mut repository = Self::new(way, known);
        if single {
            repository.way.write_keys(&sealed_keys(&medium)?.1)?;
            repository.last_number = repository.last_number.max(medium.snapshots()?.last().copied().unwrap_or(0));
        } else {
            repository.look(&medium)?;
        }
        Ok(Begun::Open(Box::new(repository)))
    }

    fn new(way: Way, known: Known) -> Self {
        let (keys, last_number) = (known.keys, known.last_number);
        let (snapshots, problems, state) = (BTreeMap::new(), Vec::new(), Mutex::default());
        Self { way, keys, snapshots, problems, last_number, state }
    }

    /// Looks at what is there.
    fn look(&mut self, medium: &Medium) -> Result<(), ApiError> {
        let numbers = medium.snapshots()?;
        for number in &numbers {
            match read_snapshot(medium, *number, Some(&self.keys)) {
                Ok(snapshot) => drop(self.snapshots.insert(*number, snapshot)),
                Err(error) => self.problems.push(error.to_string()),
            }
        }
        let newest = numbers.last().copied().unwrap_or(0);
        if newest < self.last_number {
            self.problems.push(format!(
                "snapshot {} was written from here and is gone: somebody removed it, or put back an older state of the backup",
                self.last_number
            ));
        }
        self.last_number = self.last_number.max(newest);
        self.state.get_mut().unwrap_or_else(PoisonError::into_inner).present = medium.objects()?;
        Ok(())
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        // Each change of it is one step.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether an object is there.
    pub(super) fn has(&self, name: &Name) -> bool {
        self.state().present.contains(name)
    }

    /// Writes an object, unless it is there.
    ///
    /// # Errors
    /// `Storage`.
    pub(super) fn put(&self, name: Name, content: &[u8]) -> Result<(), ApiError> {
        if self.has(&name) {
            return Ok(());
        }
        let bytes = self.keys.object(name, content)?;
        match &self.way {
            Way::Folder(folder) => folder.write(Item::Object(name), &bytes)?,
            Way::Single(single) => single.write(&bytes)?,
        }
        let mut state = self.state();
        state.present.insert(name);
        state.objects += 1;
        state.bytes += bytes.len() as u64;
        Ok(())
    }

    /// Returns how many objects were written, and their bytes.
    pub(super) fn written(&self) -> (u64, u64) {
        let state = self.state();
        (state.objects, state.bytes)
    }

    /// Writes a snapshot, and notes it in the data directory; returns its number.
    ///
    /// # Errors
    /// `Storage`; earlier snapshots are whole then.
    pub(super) fn finish(&mut self, dir: &Path, snapshot: Snapshot) -> Result<u64, ApiError> {
        let number = self.last_number + 1;
        let bytes = self.keys.snapshot(number, &super::manifest::to_bytes(&snapshot));
        match &self.way {
            Way::Folder(folder) => folder.write_snapshot(number, &bytes)?,
            Way::Single(single) => {
                single.write(&bytes)?;
                single.finish()?;
            }
        }
        self.state().bytes += bytes.len() as u64;
        self.last_number = number;
        self.snapshots.insert(number, snapshot);
        local::keep(dir, &Known { keys: self.keys.clone(), last_number: number })?;
        Ok(number)
    }

    /// Removes the oldest snapshots of a data directory but so many, and the objects that no snapshot
    /// takes any more. Returns the numbers of those snapshots.
    ///
    /// # Errors
    /// `Storage`; what is left is whole then.
    pub(super) fn prune(&mut self, source: &[u8; 16], keep: u32) -> Result<Vec<u64>, ApiError> {
        let Way::Folder(folder) = &self.way else { return Ok(Vec::new()) };
        let own: Vec<u64> = self
            .snapshots
            .iter()
            .filter(|(_, snapshot)| snapshot.source == *source)
            .map(|(number, _)| *number)
            .collect();
        let kept = usize::try_from(keep.max(1)).unwrap_or(usize::MAX);
        let gone = own.get(..own.len().saturating_sub(kept)).unwrap_or_default().to_vec();
        for number in &gone {
            folder.remove(Item::Snapshot(*number))?;
            self.snapshots.remove(number);
        }
        // Durable before what they rest on goes.
        folder.sync_snapshots()?;
        // What a snapshot takes that cannot be read is not known.
        if !folder.snapshots()?.iter().all(|number| self.snapshots.contains_key(number)) {
            self.problems.push(
                "what is not needed any more was not removed: there are snapshots that cannot be read; dataforge backup \
                 verify --repair sets them aside"
                    .to_owned(),
            );
            return Ok(gone);
        }
        let mut taken: BTreeSet<Name> = self.snapshots.values().map(|snapshot| snapshot.manifest).collect();
        taken.extend(self.snapshots.values().flat_map(|snapshot| &snapshot.names));
        let surplus: Vec<_> = self.state().present.difference(&taken).copied().collect();
        for name in surplus {
            folder.remove(Item::Object(name))?;
            self.state().present.remove(&name);
        }
        Ok(gone)
    }
}

impl Way {
    fn open(target: &Path, single: bool) -> Result<Self, ApiError> {
        if single {
            SingleWriter::create(target).map(Self::Single)
        } else {
            Folder::open_to_write(target).map(Self::Folder)
        }
    }

    fn write_keys(&self, bytes: &[u8]) -> Result<(), ApiError> {
        match self {
            Self::Folder(folder) => folder.write_keys(bytes),
            Self::Single(single) => single.write(bytes),
        }
    }
}

/// Whether there is a backup at a path.
fn is_begun(target: &Path) -> bool {
    if target.is_dir() { Folder::open(target).is_ok() } else { target.is_file() }
}

/// Checks that the keys in a backup are those that this data directory writes with: others would not
/// open what it writes.
fn check_keys(keys: &WriteKeys, sealed: &[u8], medium: &Medium) -> Result<(), ApiError> {
    let told = |error| wrong(Item::Key(0), medium.path(), error);
    keys.prove(&envelope::open(sealed).map_err(told)?).map(drop).map_err(|error| {
        told(error).hint("somebody changed the keys of this backup: do not trust it, and begin another one elsewhere")
    })
}

#[cfg(test)]
mod tests;
