//! Checking a backup without the workspace: quickly, by checksums, or in full by its passphrase.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Step;
use super::envelope::{self, EnvelopeError, Kind, Name};
use super::keys::ReadKeys;
use super::manifest::{BlobPart, CHUNK, EntryPart, Manifest, Snapshot, entries_name, from_bytes};
use super::medium::{Item, KEY_COPIES, Medium};
use super::repository::{read_keys, read_manifest, read_snapshot, sealed_keys, wrong};
use crate::api::{ApiError, BackupContent, BackupListReply, BackupSnapshot, BackupVerifyReply, ErrorKind, Passphrase};
use crate::blob::side_by_side;
use crate::clock::rfc3339;

/// Objects that are checked side by side.
const THREADS: usize = 4;

/// Lists the snapshots of a backup; what is in them by its passphrase only.
///
/// # Errors
/// `NotFound` or `Input` when there is no backup, `Sealed` when the passphrase is another one,
/// `Storage`.
pub fn list(target: &Path, passphrase: Option<&Passphrase>) -> Result<BackupListReply, ApiError> {
    let medium = Medium::open(target)?;
    sealed_keys(&medium)?;
    let keys = passphrase.map(|passphrase| read_keys(&medium, passphrase)).transpose()?;
    let mut reply = BackupListReply { target: target.to_owned(), snapshots: Vec::new(), problems: medium.oddities() };
    for number in medium.snapshots()? {
        let read = read_snapshot(&medium, number, keys.as_ref().map(|keys| &keys.write));
        let listed = read.and_then(|snapshot| {
            let manifest = keys.as_ref().map(|keys| read_manifest(&medium, keys, &snapshot)).transpose()?;
            Ok(info(number, &snapshot, manifest.as_ref()))
        });
        match listed {
            Ok(info) => reply.snapshots.push(info),
            Err(error) => reply.problems.push(error.to_string()),
        }
    }
    Ok(reply)
}

fn info(number: u64, snapshot: &Snapshot, manifest: Option<&Manifest>) -> BackupSnapshot {
    let content = manifest.map(|manifest| BackupContent {
        person: manifest.person.clone(),
        device: manifest.label.clone(),
        device_id: manifest.device.map(|device| dataforge_protocol::id::DeviceId(device).to_string()),
        workspaces: manifest.workspaces.iter().map(|workspace| workspace.name.clone()).collect(),
        entries: manifest.entries(),
        blobs: manifest.blobs.len() as u64,
        bytes: manifest.blob_bytes(),
        choice: manifest.choice.clone(),
        left_out: manifest.left_out.0,
    });
    BackupSnapshot {
        number,
        created: rfc3339(snapshot.created_ms),
        objects: snapshot.names.len() as u64 + 1,
        new_bytes: snapshot.new_bytes,
        content,
    }
}

/// Checks a backup: presence and checksums, and with the passphrase who wrote it and all that is in it.
/// With `repair` what is damaged is set aside, so that the next backup writes it again.
///
/// # Errors
/// `NotFound` or `Input` when there is no backup, `Sealed` when the passphrase is another one,
/// `Damaged` when its keys are, `Storage`.
pub fn verify(
    target: &Path,
    passphrase: Option<&Passphrase>,
    repair: bool,
    tell: impl Fn(Step) + Sync,
) -> Result<BackupVerifyReply, ApiError> {
    let medium = Medium::open(target)?;
    let keys = passphrase.map(|passphrase| read_keys(&medium, passphrase)).transpose()?;
    let mut check =
        Check { medium: &medium, keys: keys.as_ref(), problems: medium.oddities(), damaged: BTreeSet::new() };
    check.key_copies()?;
    let snapshots = check.snapshots()?;
    let mut reply = BackupVerifyReply {
        target: target.to_owned(),
        quick: keys.is_none(),
        snapshots: snapshots.len() as u64,
        objects: 0,
        bytes: 0,
        entries: 0,
        blobs: 0,
        left_over: 0,
        problems: Vec::new(),
        repaired: Vec::new(),
    };
    let content = check.content(&snapshots);
    check.objects(&content, &mut reply, &tell)?;
    check.blobs(&content, &mut reply, &tell)?;
    reply.left_over = medium.objects()?.iter().filter(|name| !content.taken.contains_key(name)).count() as u64;
    if snapshots.is_empty() && check.problems.is_empty() {
        check.problems.push("there is no snapshot in it: the first backup was interrupted".to_owned());
    }
    if repair {
        check.repair(&mut reply)?;
    }
    reply.problems = check.problems;
    Ok(reply)
}

/// What snapshots are made of.
#[derive(Debug, Default)]
struct Content {
    /// Every object that a snapshot takes, and which do.
    taken: BTreeMap<Name, Vec<u64>>,
    /// What is in those that are no parts of blobs, in words, as far as it is known.
    what: BTreeMap<Name, What>,
    /// Blobs, and the snapshots that they are in.
    blobs: BTreeMap<BlobPart, Vec<u64>>,
    /// Objects that are parts of blobs.
    chunks: BTreeSet<Name>,
}

/// What is in an object.
#[derive(Debug)]
enum What {
    Manifest,
    Rows(String),
    Entries { of: [u8; 32], words: String },
}

impl What {
    fn words(&self) -> &str {
        match self {
            Self::Manifest => "everything",
            Self::Rows(words) | Self::Entries { words, .. } => words,
        }
    }
}

struct Check<'a> {
    medium: &'a Medium,
    keys: Option<&'a ReadKeys>,
    problems: Vec<String>,
    damaged: BTreeSet<Item>,
}

impl Check<'_> {
    /// A directory has two copies of the keys, which are the same.
    fn key_copies(&mut self) -> Result<(), ApiError> {
        let (_, good) = sealed_keys(self.medium)?;
        let copies = if matches!(self.medium, Medium::Folder(_)) { KEY_COPIES } else { 1 };
        for copy in 0..copies {
            if self.medium.read(Item::Key(copy))?.as_ref() != Some(&good) {
                self.problems.push(format!(
                    "{} is missing or damaged; the other one is whole, and verify --repair writes it again",
                    Item::Key(copy)
                ));
                self.damaged.insert(Item::Key(copy));
            }
        }
        Ok(())
    }

    /// Reads the snapshots.
    fn snapshots(&mut self) -> Result<Vec<(u64, Snapshot)>, ApiError> {
        let mut snapshots = Vec::new();
        for number in self.medium.snapshots()? {
            match read_snapshot(self.medium, number, self.keys.map(|keys| &keys.write)) {
                Ok(snapshot) => snapshots.push((number, snapshot)),
                Err(error) if error.kind == ErrorKind::Storage => return Err(error),
                Err(error) => {
                    self.problems.push(format!("{error}: snapshot {number} cannot be restored"));
                    self.damaged.insert(Item::Snapshot(number));
                }
            }
        }
        Ok(snapshots)
    }

    /// Finds out what the snapshots are made of, as far as the keys are there.
    fn content(&mut self, snapshots: &[(u64, Snapshot)]) -> Content {
        let mut content = Content::default();
        for (number, snapshot) in snapshots {
            for name in snapshot.names.iter().chain([&snapshot.manifest]) {
                content.taken.entry(*name).or_default().push(*number);
            }
            content.what.insert(snapshot.manifest, What::Manifest);
            let Some(keys) = self.keys else { continue };
            match read_manifest(self.medium, keys, snapshot) {
                Ok(manifest) => content.add(keys, *number, &manifest),
                // The object itself is told of with the others.
                Err(_) if self.object(snapshot.manifest, None).is_err() => {}
                Err(error) => self.problems.push(format!("{error}: snapshot {number} cannot be restored")),
            }
        }
        content
    }

    /// Reads every object that is no part of a blob, once.
    fn objects(
        &mut self,
        content: &Content,
        reply: &mut BackupVerifyReply,
        tell: &(dyn Fn(Step) + Sync),
    ) -> Result<(), ApiError> {
        let names: Vec<_> = content.taken.keys().filter(|name| !content.chunks.contains(name)).copied().collect();
        let done = AtomicU64::new(0);
        let found = side_by_side(&names, THREADS, |name| {
            let checked = self.object(*name, content.what.get(name));
            tell(Step { step: "checking", done: done.fetch_add(1, Ordering::Relaxed) + 1, total: names.len() as u64 });
            checked
        })?;
        for (name, found) in names.iter().zip(found) {
            reply.objects += 1;
            match found {
                Ok((bytes, entries)) => {
                    reply.bytes += bytes;
                    reply.entries += entries;
                }
                Err(error) => {
                    let numbers = content.taken.get(name).map(|numbers| list_of(numbers)).unwrap_or_default();
                    let what = match content.what.get(name) {
                        Some(what) => format!("{} is lost from {numbers}", what.words()),
                        None => format!("part of {numbers} is lost; verify without --quick says what it is"),
                    };
                    self.problems.push(format!("{error}: {what}"));
                    self.damaged.insert(Item::Object(*name));
                }
            }
        }
        Ok(())
    }

    /// Checks an object; returns its bytes, and the entries in it.
    fn object(&self, name: Name, what: Option<&What>) -> Result<(u64, u64), ApiError> {
        let item = Item::Object(name);
        let missing = || ApiError::new(ErrorKind::Damaged, format!("{item} is missing"));
        let bytes = self.medium.read(item)?.ok_or_else(missing)?;
        let told = |error| wrong(item, self.medium.path(), error);
        let length = bytes.len() as u64;
        let Some(keys) = self.keys else {
            return envelope::open_as(Kind::Object, name, &bytes).map(|_| (length, 0)).map_err(told);
        };
        let content = keys.read(name, &bytes).map_err(told)?;
        match what {
            Some(What::Entries { of, .. }) => {
                let entries = count_entries(keys, of, name, &content);
                Ok((length, entries.ok_or_else(|| told(EnvelopeError::Content))?))
            }
            _ => Ok((length, 0)),
        }
    }

    /// Hashes blobs.
    fn blobs(
        &mut self,
        content: &Content,
        reply: &mut BackupVerifyReply,
        tell: &(dyn Fn(Step) + Sync),
    ) -> Result<(), ApiError> {
        let Some(keys) = self.keys else { return Ok(()) };
        let blobs: Vec<_> = content.blobs.iter().collect();
        let done = AtomicU64::new(0);
        let found = side_by_side(&blobs, THREADS, |(blob, _)| {
            let checked = self.blob(keys, blob);
            tell(Step { step: "hashing", done: done.fetch_add(1, Ordering::Relaxed) + 1, total: blobs.len() as u64 });
            checked
        })?;
        for ((blob, numbers), (bytes, wrong)) in blobs.iter().zip(found) {
            reply.objects += blob.size.div_ceil(CHUNK);
            reply.bytes += bytes;
            let Some((_, error)) = wrong.first() else {
                reply.blobs += 1;
                continue;
            };
            self.problems.push(format!(
                "{error}: blob {} ({} bytes) is lost from {}; dataforge where {} says what it is",
                blob.hash(),
                blob.size,
                list_of(numbers),
                blob.hash()
            ));
            self.damaged.extend(wrong.iter().map(|(name, _)| Item::Object(*name)));
        }
        Ok(())
    }

    /// Reads a blob; returns the bytes of its objects, and those that are wrong.
    fn blob(&self, keys: &ReadKeys, blob: &BlobPart) -> (u64, Vec<(Name, ApiError)>) {
        let (mut hasher, mut length, mut bytes, mut wrong) = (blake3::Hasher::new(), 0, 0, Vec::new());
        let names: Vec<_> = blob.names(&keys.write).collect();
        for name in &names {
            match self.chunk(keys, *name) {
                Ok((content, read)) => {
                    hasher.update(&content);
                    length += content.len() as u64;
                    bytes += read;
                }
                Err(error) => wrong.push((*name, error)),
            }
        }
        if wrong.is_empty() && (length != blob.size || *hasher.finalize().as_bytes() != blob.hash) {
            // Which of them is not known.
            let odd = || ApiError::new(ErrorKind::Damaged, "its objects are not what its hash says");
            wrong.extend(names.into_iter().map(|name| (name, odd())));
        }
        (bytes, wrong)
    }

    fn chunk(&self, keys: &ReadKeys, name: Name) -> Result<(Vec<u8>, u64), ApiError> {
        let item = Item::Object(name);
        let missing = || ApiError::new(ErrorKind::Damaged, format!("{item} is missing"));
        let bytes = self.medium.read(item)?.ok_or_else(missing)?;
        let content = keys.read(name, &bytes).map_err(|error| wrong(item, self.medium.path(), error))?;
        Ok((content, bytes.len() as u64))
    }

    /// Sets aside what is damaged, and writes copies of the keys again.
    fn repair(&mut self, reply: &mut BackupVerifyReply) -> Result<(), ApiError> {
        if self.damaged.is_empty() {
            return Ok(());
        }
        let Medium::Folder(folder) = self.medium else {
            return Err(ApiError::new(ErrorKind::Usage, "a single file cannot be repaired by parts")
                .hint("dataforge backup create writes it anew"));
        };
        for item in &self.damaged {
            match item {
                Item::Key(copy) => {
                    folder.write(Item::Key(*copy), &sealed_keys(self.medium)?.1)?;
                    reply.repaired.push(format!("{item} was written again"));
                }
                _ if self.medium.read(*item)?.is_some() => {
                    folder.set_aside(*item)?;
                    reply
                        .repaired
                        .push(format!("{item} was set aside: the next backup writes what it can of it again"));
                }
                _ => {}
            }
        }
        folder.sync()
    }
}

impl Content {
    fn add(&mut self, keys: &ReadKeys, number: u64, manifest: &Manifest) {
        for table in &manifest.tables {
            for part in &table.parts {
                self.what
                    .entry(part.name)
                    .or_insert_with(|| What::Rows(format!("the table {} of settings", table.table)));
            }
        }
        for workspace in &manifest.workspaces {
            for part in &workspace.parts {
                let words = || format!("work of {} ({} entries, and what builds on them)", workspace.name, part.items);
                self.what.entry(part.name).or_insert_with(|| What::Entries { of: workspace.id, words: words() });
            }
        }
        for blob in &manifest.blobs {
            let numbers = self.blobs.entry(*blob).or_default();
            if numbers.is_empty() {
                self.chunks.extend(blob.names(&keys.write));
            }
            numbers.push(number);
        }
    }
}

/// Verifies the signatures of a part; returns how many entries it has, unless it is not what it should
/// be.
fn count_entries(keys: &ReadKeys, workspace: &[u8; 32], name: Name, content: &[u8]) -> Option<u64> {
    let entries: Vec<EntryPart> = from_bytes(content)?;
    let mut ids = Vec::with_capacity(entries.len());
    for entry in entries {
        ids.push(entry.signed()?.verify().ok()?.id.0);
    }
    (entries_name(&keys.write, workspace, &ids) == name).then_some(ids.len() as u64)
}

fn list_of(numbers: &[u64]) -> String {
    let noun = if numbers.len() == 1 { "snapshot" } else { "snapshots" };
    format!("{noun} {}", numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(", "))
}
