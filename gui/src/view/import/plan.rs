//! What is to be imported, and how: no window, no calls.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use dataforge_node::api::{FileResult, ImportOptions, ImportSummary, Request};

/// Files and folders, what checking them found, and what the user wants otherwise.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// What was chosen.
    pub(super) paths: Vec<PathBuf>,
    /// How all of it is imported.
    pub(super) options: ImportOptions,
    /// How it was checked.
    pub(super) checked_with: ImportOptions,
    /// What would come of each file.
    pub(super) checked: ImportSummary,
    /// Files that are not to come in.
    pub(super) left_out: BTreeSet<PathBuf>,
    /// Mappings by which files are read, instead of what is guessed.
    pub(super) mappings: BTreeMap<PathBuf, String>,
}

impl Plan {
    /// Adds files and folders, each once.
    pub(super) fn add(&mut self, paths: Vec<PathBuf>) {
        for path in paths {
            if !self.paths.contains(&path) {
                self.paths.push(path);
            }
        }
    }

    fn request(&self, workspace: Option<String>, paths: Vec<PathBuf>, map: Option<String>, dry_run: bool) -> Request {
        Request::Import { workspace, paths, options: ImportOptions { map, dry_run, ..self.options.clone() } }
    }

    /// Returns the call that reads everything and writes nothing.
    pub(super) fn check(&self, workspace: Option<String>) -> Request {
        self.request(workspace, self.paths.clone(), None, true)
    }

    /// Returns the call that reads one file again.
    pub(super) fn check_one(&self, workspace: Option<String>, row: usize) -> Option<Request> {
        let path = self.checked.files.get(row)?.path.clone();
        let map = self.mappings.get(&path).cloned();
        Some(self.request(workspace, vec![path], map, true))
    }

    /// Takes what reading one file again found.
    pub(super) fn replace(&mut self, row: usize, summary: ImportSummary) {
        if let (Some(file), Some(read)) = (self.checked.files.get_mut(row), summary.files.into_iter().next()) {
            *file = read;
        }
    }

    /// Returns the files that are to come in.
    pub(super) fn wanted(&self) -> impl Iterator<Item = &FileResult> {
        self.checked.files.iter().filter(|file| file.outcome != "failed" && !self.left_out.contains(&file.path))
    }

    /// Returns the calls that import: one for all files that are read as guessed, and one for each
    /// with a mapping of its own, because a mapping holds for a whole call.
    pub(super) fn commit(&self, workspace: Option<String>) -> Vec<Request> {
        if self.left_out.is_empty() && self.mappings.is_empty() {
            return vec![self.request(workspace, self.paths.clone(), None, false)];
        }
        let (own, guessed): (Vec<_>, Vec<_>) =
            self.wanted().map(|file| file.path.clone()).partition(|path| self.mappings.contains_key(path));
        let mut calls = Vec::new();
        if !guessed.is_empty() {
            calls.push(self.request(workspace.clone(), guessed, None, false));
        }
        for path in own {
            let map = self.mappings.get(&path).cloned();
            calls.push(self.request(workspace.clone(), vec![path], map, false));
        }
        calls
    }
}

/// Adds what came of another call.
pub(super) fn join(all: &mut ImportSummary, one: ImportSummary) {
    all.imported += one.imported;
    all.already_here += one.already_here;
    all.failed += one.failed;
    all.attached += one.attached;
    all.skipped += one.skipped;
    all.bytes += one.bytes;
    all.seconds += one.seconds;
    all.files.extend(one.files);
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use dataforge_node::api::{FileResult, ImportSummary, Request};

    use super::{Plan, join};

    fn file(name: &str, outcome: &str) -> FileResult {
        FileResult { path: PathBuf::from(name), outcome: outcome.to_owned(), ..FileResult::default() }
    }

    fn plan() -> Plan {
        let files = vec![file("/a/1.las", "imported"), file("/a/2.csv", "imported"), file("/a/3.las", "failed")];
        let mut plan = Plan { checked: ImportSummary { files, ..ImportSummary::default() }, ..Plan::default() };
        plan.add(vec![PathBuf::from("/a"), PathBuf::from("/a")]);
        plan
    }

    fn told(request: &Request) -> (Vec<&Path>, Option<&str>, bool) {
        let Request::Import { paths, options, .. } = request else { panic!("an import") };
        (paths.iter().map(PathBuf::as_path).collect(), options.map.as_deref(), options.dry_run)
    }

    #[test]
    fn what_was_chosen_is_checked_and_imported_as_it_was_chosen() {
        let plan = plan();
        assert_eq!(told(&plan.check(None)), (vec![Path::new("/a")], None, true));
        let calls = plan.commit(None);
        assert_eq!(calls.iter().map(told).collect::<Vec<_>>(), [(vec![Path::new("/a")], None, false)]);
    }

    #[test]
    fn a_mapping_holds_for_its_file_only_and_what_is_left_out_stays_out() {
        let mut plan = plan();
        plan.mappings.insert(PathBuf::from("/a/2.csv"), "version = 1".to_owned());
        let calls = plan.commit(None);
        let expected =
            [(vec![Path::new("/a/1.las")], None, false), (vec![Path::new("/a/2.csv")], Some("version = 1"), false)];
        assert_eq!(calls.iter().map(told).collect::<Vec<_>>(), expected);
        plan.left_out.insert(PathBuf::from("/a/1.las"));
        assert_eq!(plan.commit(None).len(), 1);
        let again = plan.check_one(None, 1).unwrap();
        assert_eq!(told(&again), (vec![Path::new("/a/2.csv")], Some("version = 1"), true));
    }

    #[test]
    fn a_file_that_is_read_again_takes_its_own_row() {
        let mut plan = plan();
        let read = ImportSummary { files: vec![file("/a/2.csv", "failed")], ..ImportSummary::default() };
        plan.replace(1, read);
        let outcomes: Vec<_> = plan.checked.files.iter().map(|file| file.outcome.as_str()).collect();
        assert_eq!(outcomes, ["imported", "failed", "failed"]);
    }

    #[test]
    fn what_came_of_several_calls_is_counted_together() {
        let mut all = ImportSummary { imported: 2, files: vec![file("/a", "imported")], ..ImportSummary::default() };
        join(
            &mut all,
            ImportSummary { imported: 1, failed: 3, files: vec![file("/b", "failed")], ..Default::default() },
        );
        assert_eq!((all.imported, all.failed, all.files.len()), (3, 3, 2));
    }
}
