//! Importing into a project: which files it takes, and how much.
//!
//! Both are asked before anything of a file is stored, and a file goes in whole or not at all. What
//! counts is what the project's wells and attachments name, whether it is held here or not.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use dataforge_protocol::document::ALLOWED_FILE_TYPES;
use dataforge_protocol::entry::BlobRef;
use dataforge_protocol::id::{BlobHash, DocId, WorkspaceId};

use super::failure;
use super::files::Files;
use super::read::{Content, Read};
use crate::api::{ApiError, ErrorKind};
use crate::core::Core;
use crate::index::Index;
use crate::store::Scope;

/// What a project says about files, and how far it is filled.
#[derive(Debug)]
pub(super) struct Door {
    name: String,
    /// Extensions that may come in; all when empty.
    allowed: Vec<String>,
    /// Bytes it should have at most.
    quota: u64,
    /// Bytes it has, with those that were let in.
    used: u64,
    /// Blobs it has.
    known: BTreeSet<BlobHash>,
}

impl Door {
    /// Reads what a project says now; `default` is the quota of one that has none.
    ///
    /// # Errors
    /// `NotFound` when the project is gone, `NotAllowed` when it is archived, `Storage`.
    pub(super) fn of(core: &Core, workspace: WorkspaceId, project: DocId, default: u64) -> Result<Self, ApiError> {
        let row = Index::new(core.store.connection(), workspace).project(&project)?;
        if row.archived {
            return Err(ApiError::new(ErrorKind::NotAllowed, format!("the project {} is archived", row.name))
                .hint(format!("dataforge projects unarchive {} opens it again", project.fmt_short())));
        }
        let named = core.store.blobs_of(&workspace, &Scope::Project(project))?;
        let allowed = row.settings.get(ALLOWED_FILE_TYPES).map(|types| types.split(','));
        Ok(Self {
            name: row.name,
            allowed: allowed
                .into_iter()
                .flatten()
                .map(|word| word.trim().to_lowercase())
                .filter(|word| !word.is_empty())
                .collect(),
            quota: row.quota.unwrap_or(default),
            used: named.iter().map(|one| one.blob.size).sum(),
            known: named.iter().map(|one| one.blob.hash).collect(),
        })
    }

    /// Takes out of the files those of a type that is not allowed: what was `named` is a failure, what
    /// stood in a directory is left alone.
    pub(super) fn sort_out(&self, found: &mut Files, named: &[PathBuf]) {
        if self.allowed.is_empty() {
            return;
        }
        let (allowed, others): (Vec<_>, Vec<_>) =
            std::mem::take(&mut found.files).into_iter().partition(|(path, _)| self.allows(path));
        found.files = allowed;
        for (path, _) in others {
            if named.contains(&path) {
                found.failed.push(failure(&path, &self.not_allowed(&path)));
            } else {
                found.skipped += 1;
            }
        }
    }

    fn allows(&self, path: &Path) -> bool {
        let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
        self.allowed.is_empty() || extension.is_some_and(|extension| self.allowed.contains(&extension))
    }

    fn not_allowed(&self, path: &Path) -> ApiError {
        let what = match path.extension() {
            Some(extension) => format!("files of type .{}", extension.to_string_lossy()),
            None => "files without an extension".to_owned(),
        };
        let allowed: Vec<_> = self.allowed.iter().map(|word| format!(".{word}")).collect();
        ApiError::new(ErrorKind::Input, format!("{what} are not imported into the project {}", self.name))
            .hint(format!("it takes {}; its setting settings.{ALLOWED_FILE_TYPES} says so", allowed.join(", ")))
    }

    /// Lets a file in, or makes a failure of it when there is no room for all of it.
    pub(super) fn let_in(&mut self, read: &mut Read) {
        let Ok(content) = &read.content else { return };
        let mut blobs = vec![BlobRef { hash: BlobHash::of(&read.bytes), size: read.bytes.len() as u64 }];
        if let Content::Runs(prepared) = content {
            blobs.extend(prepared.runs.iter().map(|run| BlobRef { hash: run.facts.blob, size: run.facts.blob_size }));
        }
        blobs.retain(|blob| !self.known.contains(&blob.hash));
        let more: u64 = blobs.iter().map(|blob| blob.size).sum();
        if more > 0 && self.used.saturating_add(more) > self.quota {
            read.content = Err(self.full(more));
            return;
        }
        self.used += more;
        self.known.extend(blobs.iter().map(|blob| blob.hash));
    }

    fn full(&self, more: u64) -> ApiError {
        let Self { name, used, quota, .. } = self;
        let message = format!(
            "the quota of the project {name} is exceeded: it has {used} of {quota} bytes, and the file with its \
             tables takes {more} more"
        );
        ApiError::new(ErrorKind::Input, message).hint(
            "nothing of it was stored; dataforge projects set PROJECT settings.storage_quota SIZE raises the quota",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::files::{self, Wanted};

    fn door(allowed: &[&str], quota: u64) -> Door {
        Door {
            name: "North".into(),
            allowed: allowed.iter().map(|&word| word.to_owned()).collect(),
            quota,
            used: 100,
            known: BTreeSet::from([BlobHash::of(b"known")]),
        }
    }

    fn attachment(bytes: &'static [u8]) -> Read {
        Read::for_test(PathBuf::from("/field/scan.tif"), bytes)
    }

    #[test]
    fn files_of_other_types_are_failures_when_they_were_named() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a.LAS", "b.pdf", "c"] {
            std::fs::write(dir.path().join(name), "~V").unwrap();
        }
        let named = dir.path().join("b.pdf");
        let paths = [dir.path().to_owned(), named.clone()];
        let mut found = files::find(&paths, Wanted::All);
        assert_eq!(found.files.len(), 3);
        door(&["las", "csv"], 0).sort_out(&mut found, &paths);
        assert_eq!((found.files.len(), found.skipped, found.failed.len()), (1, 1, 1));
        let failed = &found.failed[0];
        assert_eq!(failed.path, named);
        let (error, hint) = (failed.error.as_deref().unwrap(), failed.hint.as_deref().unwrap());
        assert!(error.contains(".pdf") && error.contains("North") && hint.contains(".las, .csv"), "{error} {hint}");
        let mut all = files::find(&paths, Wanted::All);
        door(&[], 0).sort_out(&mut all, &paths);
        assert_eq!(all.files.len(), 3, "without the setting everything comes in");
    }

    #[test]
    fn a_file_comes_in_whole_or_not_at_all() {
        let mut door = door(&[], 104);
        let (mut known, mut small, mut large) = (attachment(b"known"), attachment(b"tiff"), attachment(b"a"));
        door.let_in(&mut known);
        assert!(known.content.is_ok() && door.used == 100, "what it has already takes no room");
        door.let_in(&mut small);
        assert!(small.content.is_ok() && door.used == 104, "up to the last byte");
        door.let_in(&mut large);
        let error = large.content.unwrap_err();
        assert!(error.message.contains("104 of 104 bytes") && error.message.contains("1 more"), "{error}");
        assert_eq!(door.used, 104);
        door.quota = 105;
        let mut large = attachment(b"a");
        door.let_in(&mut large);
        assert!(large.content.is_ok());
    }
}
