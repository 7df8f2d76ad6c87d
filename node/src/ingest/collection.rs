//! The reference collection for tests: files and facts that stand beside the repository, not in it.
//!
//! Without it there is nothing to compare: the tests say so loudly, and fail where `CI=true`
//! promises it. Fixtures of our own cover the same ground on a small scale.

use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Returns a file or folder of the collection, if it is there.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let found = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared").join(path);
    if found.exists() {
        return Some(found);
    }
    let promised = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(!promised, "CI=true, but this part of the collection is missing: {}", found.display());
    // Past the macro, whose output is only shown of tests that fail.
    writeln!(std::io::stderr(), "SKIP ===== NOTHING WAS COMPARED: {} is missing", found.display())
        .expect("stderr can be written");
    None
}

/// Returns the rows of a CSV file of the collection as maps from column to text.
pub(crate) fn rows(path: &str) -> Option<Vec<std::collections::BTreeMap<String, String>>> {
    let mut reader = csv::Reader::from_path(shared(path)?).expect("files of the collection can be read");
    Some(reader.deserialize().collect::<Result<_, _>>().expect("the collection's CSV files are well-formed"))
}

/// Returns the LAS files of the collection by name, in order; other files are passed over.
pub(crate) fn las_files() -> Option<Vec<(String, Vec<u8>)>> {
    let root = shared("las/files")?;
    let mut found = Vec::new();
    walk(&root, &mut found);
    found.sort();
    let named = found.into_iter().filter(|path| path.extension().is_some_and(|end| end.eq_ignore_ascii_case("las")));
    let read = |path: PathBuf| {
        let name = path.strip_prefix(&root).unwrap_or(&path).display().to_string();
        (name, std::fs::read(path).expect("files of the collection can be read"))
    };
    Some(named.map(read).collect())
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("folders of the collection can be read").flatten() {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, found);
        } else {
            found.push(path);
        }
    }
}
