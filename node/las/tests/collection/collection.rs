//! The shared collection: where it is, its files, and the differences found in them.

use std::fmt::Debug;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// Returns the collection, if it is there.
pub(crate) fn root() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/las");
    if root.is_dir() {
        return Some(root);
    }
    skip(&format!("no collection of LAS files, NOTHING WAS COMPARED: {}", root.display()));
    None
}

/// Returns the Python that `DATAFORGE_PYTHON` names, else the one that is installed, if it runs.
pub(crate) fn python() -> Option<PathBuf> {
    let python = std::env::var_os("DATAFORGE_PYTHON").map_or_else(|| "python3".into(), PathBuf::from);
    let runs = Command::new(&python).arg("--version").output().is_ok_and(|output| output.status.success());
    if !runs {
        skip(&format!("no Python, NOTHING WAS COMPARED: {}", python.display()));
    }
    runs.then_some(python)
}

/// Says loudly why nothing is compared.
///
/// # Panics
///
/// With `CI=true`, which promises that everything is compared.
pub(crate) fn skip(why: &str) {
    let promised = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(!promised, "CI=true, but {why}");
    // Past the macro, whose output is only shown of tests that fail.
    writeln!(std::io::stderr(), "SKIP ===== {why}").expect("stderr can be written");
}

/// Returns all files below `folder` whose name ends in `ending`, in order.
pub(crate) fn walk(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("folders of the collection can be read") {
        let path = entry.expect("folders of the collection can be read").path();
        if path.is_dir() {
            found.extend(walk(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Returns the LAS files of the collection, each with its path below `files`.
pub(crate) fn las_files(root: &Path) -> Vec<(String, PathBuf)> {
    let folder = root.join("files");
    let name = |path: &Path| path.strip_prefix(&folder).expect("walked from there").to_string_lossy().into_owned();
    let files = walk(&folder, "").into_iter().map(|path| (name(&path), path));
    files.filter(|(name, _)| name.to_ascii_lowercase().ends_with(".las")).collect()
}

pub(crate) fn json(path: &Path) -> Value {
    let bytes = fs::read(path).expect("files of the collection can be read");
    serde_json::from_slice(&bytes).expect("expectations are JSON")
}

/// Returns the SHA-256 of some bytes in hexadecimal digits.
pub(crate) fn hash(bytes: Vec<u8>) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Differences, each as a line that says where it is.
#[derive(Debug, Default)]
pub(crate) struct Differences(pub(crate) Vec<String>);

impl Differences {
    pub(crate) fn check(&mut self, equal: bool, place: &str, ours: &dyn Debug, theirs: &Value) {
        if !equal {
            self.0.push(format!("{place}: ours {ours:?}, theirs {theirs}"));
        }
    }

    /// # Panics
    ///
    /// When there are any.
    #[track_caller]
    pub(crate) fn assert_none(&self) {
        assert!(self.0.is_empty(), "{} differences:\n{}", self.0.len(), self.0.join("\n"));
    }
}
