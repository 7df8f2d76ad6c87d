//! Finding the files to import: named files always, in directories those called `.las`.

use std::path::{Path, PathBuf};

use super::{FAILED, FileResult, result};

/// Directories below a named one that are walked.
const MAX_DEPTH: usize = 32;

/// What the paths came to.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// Files to read, sorted.
    pub(super) files: Vec<PathBuf>,
    /// Paths that lead nowhere.
    pub(super) failed: Vec<FileResult>,
    /// Files in directories that are not called `.las`.
    pub(super) skipped: u64,
}

pub(super) fn find(paths: &[PathBuf]) -> Files {
    let mut found = Files::default();
    for path in paths {
        match std::fs::metadata(path) {
            Ok(data) if data.is_dir() => walk(path, 0, &mut found),
            Ok(data) if data.is_file() => found.files.push(path.clone()),
            Ok(_) => found.fail(path, "not a file", "name a file or a directory"),
            Err(error) => found.fail(path, &format!("cannot read the file: {error}"), "check the path"),
        }
    }
    found.files.sort();
    found.files.dedup();
    found
}

impl Files {
    fn fail(&mut self, path: &Path, error: &str, hint: &str) {
        self.failed.push(FileResult {
            error: Some(error.to_owned()),
            hint: Some(hint.to_owned()),
            ..result(path, FAILED)
        });
    }
}

/// Links to directories are not followed: they may lead in a circle.
fn walk(directory: &Path, depth: usize, found: &mut Files) {
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
        if kind.is_dir() {
            walk(&path, depth + 1, found);
        } else if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("las")) {
            found.files.push(path);
        } else {
            found.skipped += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_files_are_taken_and_others_in_directories_are_skipped() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("sub")).unwrap();
        for name in ["b.LAS", "a.las", "notes.txt", "sub/c.las"] {
            std::fs::write(dir.path().join(name), "x").unwrap();
        }
        let found = find(&[dir.path().to_owned(), dir.path().join("notes.txt"), dir.path().join("gone.las")]);
        let names: Vec<_> =
            found.files.iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect();
        assert_eq!(names, ["a.las", "b.LAS", "notes.txt", "c.las"]);
        assert_eq!((found.skipped, found.failed.len()), (1, 1));
    }
}
