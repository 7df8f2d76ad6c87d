//! Finding the files to import, and what each is by its name.

use std::path::{Path, PathBuf};

use super::{FAILED, result};
use crate::api::FileResult;

/// Directories below a named one that are walked.
const MAX_DEPTH: usize = 32;

/// Names that operating systems leave in directories.
const LITTER: [&str; 4] = ["thumbs.db", "desktop.ini", "__macosx", "$recycle.bin"];

/// What a file is, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum FileKind {
    /// A LAS file.
    Las,
    /// Separated or fixed-width text.
    Text,
    /// A workbook.
    Workbook,
    /// Anything else, kept as it is.
    Other,
}

/// Which files of a directory are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// All of them.
    All,
    /// Logs and tables.
    Readable,
    /// All of them, as attachments.
    Attachments,
}

/// What the paths came to.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// Files to read, sorted.
    pub(super) files: Vec<(PathBuf, FileKind)>,
    /// Paths that lead nowhere.
    pub(super) failed: Vec<FileResult>,
    /// Files in directories that are left alone.
    pub(super) skipped: u64,
}

impl FileKind {
    /// Returns what a file is by its name. Text files of any kind are tables only when they are
    /// `named` by a person: in directories they are mostly notes.
    fn of(path: &Path, named: bool) -> Self {
        let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
        match extension.as_deref() {
            Some("las") => Self::Las,
            Some("csv" | "tsv" | "tab") => Self::Text,
            Some("txt" | "asc" | "dat" | "prn") if named => Self::Text,
            Some("xlsx" | "xlsm" | "xlsb" | "xls" | "ods") => Self::Workbook,
            _ => Self::Other,
        }
    }
}

pub(super) fn find(paths: &[PathBuf], wanted: Wanted) -> Files {
    let mut found = Files::default();
    for path in paths {
        match std::fs::metadata(path) {
            Ok(data) if data.is_dir() => walk(path, 0, wanted, &mut found),
            Ok(data) if data.is_file() => {
                let kind = match wanted {
                    Wanted::Attachments => FileKind::Other,
                    // A named file is read as what it can only be.
                    Wanted::All | Wanted::Readable => match FileKind::of(path, true) {
                        FileKind::Other if wanted == Wanted::Readable || looks_like_las(path) => FileKind::Las,
                        kind => kind,
                    },
                };
                found.files.push((path.clone(), kind));
            }
            Ok(_) => found.fail(path, "not a file", "name a file or a directory"),
            Err(error) => found.fail(path, &format!("cannot read the file: {error}"), "check the path"),
        }
    }
    found.files.sort();
    found.files.dedup_by(|next, kept| next.0 == kept.0);
    found
}

/// Returns whether a file begins as a LAS file does, whatever its name.
fn looks_like_las(path: &Path) -> bool {
    use std::io::Read as _;
    let mut start = [0; 512];
    let Ok(read) = std::fs::File::open(path).and_then(|mut file| file.read(&mut start)) else { return false };
    let text = String::from_utf8_lossy(start.get(..read).unwrap_or_default());
    let mut lines = text.lines().map(str::trim_start).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.next().is_some_and(|line| {
        line.trim_start_matches('\u{feff}').strip_prefix('~').is_some_and(|title| title.to_uppercase().starts_with('V'))
    })
}

impl Files {
    fn fail(&mut self, path: &Path, error: &str, hint: &str) {
        self.failed.push(FileResult {
            error: Some(error.to_owned()),
            hint: Some(hint.to_owned()),
            ..result(path, FAILED)
        });
    }

    fn add(&mut self, path: PathBuf, wanted: Wanted) {
        let kind = if wanted == Wanted::Attachments { FileKind::Other } else { FileKind::of(&path, false) };
        if kind == FileKind::Other && wanted == Wanted::Readable {
            self.skipped += 1;
        } else {
            self.files.push((path, kind));
        }
    }
}

/// Returns whether a file or directory is there for the system or a program, not for people.
pub(super) fn is_litter(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    name.starts_with('.') || name.starts_with("~$") || LITTER.contains(&name.as_str())
}

/// Links to directories are not followed: they may lead in a circle.
fn walk(directory: &Path, depth: usize, wanted: Wanted, found: &mut Files) {
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) if depth < MAX_DEPTH => entries,
        Ok(_) => return found.fail(directory, "directories are nested too deeply", "import it by itself"),
        Err(error) => {
            return found.fail(directory, &format!("cannot read the directory: {error}"), "check its permissions");
        }
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let Ok(kind) = entry.file_type() else { continue };
        if is_litter(&path) {
            found.skipped += u64::from(kind.is_file());
        } else if kind.is_dir() {
            walk(&path, depth + 1, wanted, found);
        } else if kind.is_file() || std::fs::metadata(&path).is_ok_and(|data| data.is_file()) {
            found.add(path, wanted);
        } else {
            found.skipped += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(found: &Files) -> Vec<(String, FileKind)> {
        let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
        found.files.iter().map(|(path, kind)| (name(path), *kind)).collect()
    }

    #[test]
    fn files_are_found_by_what_they_are() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("sub")).unwrap();
        for name in ["b.LAS", "a.las", "notes.txt", "sub/tops.csv", "sub/core.XLSX", ".DS_Store", "print.pdf"] {
            std::fs::write(dir.path().join(name), "x").unwrap();
        }
        let folder = dir.path().to_owned();
        let all = find(std::slice::from_ref(&folder), Wanted::All);
        let kinds = [
            ("a.las", FileKind::Las),
            ("b.LAS", FileKind::Las),
            ("notes.txt", FileKind::Other),
            ("print.pdf", FileKind::Other),
            ("core.XLSX", FileKind::Workbook),
            ("tops.csv", FileKind::Text),
        ];
        let mut expected = kinds.map(|(name, kind)| (name.to_owned(), kind)).to_vec();
        let mut found = names(&all);
        expected.sort();
        found.sort();
        assert_eq!(found, expected);
        assert_eq!((all.skipped, all.failed.len()), (1, 0));
        let readable = find(&[folder.clone(), folder.join("gone.las")], Wanted::Readable);
        assert_eq!((readable.files.len(), readable.skipped, readable.failed.len()), (4, 3, 1));
        let kept = find(&[folder], Wanted::Attachments);
        assert!(kept.files.len() == 6 && names(&kept).iter().all(|(_, kind)| *kind == FileKind::Other));
    }

    #[test]
    fn a_named_file_is_read_as_what_it_can_be() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            std::fs::write(dir.path().join(name), text).unwrap();
            dir.path().join(name)
        };
        let paths =
            [file("survey.txt", "MD INC AZI"), file("odd.log", "# made by\n\n~Version\n"), file("scan.tif", "II*")];
        let found = find(&paths, Wanted::All);
        let kinds = [("odd.log", FileKind::Las), ("scan.tif", FileKind::Other), ("survey.txt", FileKind::Text)];
        assert_eq!(names(&found), kinds.map(|(name, kind)| (name.to_owned(), kind)));
    }
}
