//! The shape of the project itself: small files, dependencies one way, a lock file that does not
//! swell unseen.

use std::path::{Path, PathBuf};

/// Lines of a source file.
const MAX_LINES: usize = 700;
/// Packages in `Cargo.lock`; raise it with the reason here and in the commit. The last ones came with how other
/// tools connect: Flight SQL and gRPC, the language of PostgreSQL, HTTP.
const MAX_PACKAGES: usize = 1_000;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() && name != "target" && !name.to_string_lossy().starts_with('.') {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn no_source_file_is_too_long() {
    let mut files = Vec::new();
    sources(&root(), &mut files);
    assert!(files.len() > 50, "the sources are found");
    let long: Vec<_> =
        files.iter().filter(|path| std::fs::read_to_string(path).unwrap().lines().count() > MAX_LINES).collect();
    assert!(long.is_empty(), "split these: {long:?}");
}

#[test]
fn crates_depend_one_way() {
    let allowed: [(&str, &[&str]); 8] = [
        ("protocol", &[]),
        ("node/las", &[]),
        ("node/query", &[]),
        ("node", &["dataforge-las", "dataforge-protocol", "dataforge-query"]),
        ("node/faces", &["dataforge-node"]),
        ("cli", &["dataforge-faces", "dataforge-node"]),
        ("gui", &["dataforge-faces", "dataforge-node"]),
        ("tests", &["dataforge-gui", "dataforge-las", "dataforge-protocol", "dataforge-node"]),
    ];
    for (krate, may) in allowed {
        let manifest = std::fs::read_to_string(root().join(krate).join("Cargo.toml")).unwrap();
        let ours = manifest.lines().filter(|line| line.starts_with("dataforge-"));
        for line in ours {
            let name = line.split(['.', ' ', '=']).next().unwrap();
            assert!(may.contains(&name), "{krate} may not depend on {name}");
        }
    }
}

#[test]
fn lock_file_does_not_swell() {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let packages = lock.lines().filter(|line| *line == "[[package]]").count();
    assert!(packages <= MAX_PACKAGES, "{packages} packages");
    for once in ["arrow", "parquet", "object_store", "automerge", "iroh", "rusqlite", "rustls", "tokio"] {
        let name = format!("name = \"{once}\"");
        assert_eq!(lock.lines().filter(|line| *line == name).count(), 1, "{once} must be there once");
    }
}
