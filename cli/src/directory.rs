//! Where data is kept, and paths that mean the same in every process.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::error::Failure;

/// Systems with customs of their own.
#[derive(Debug, Clone, Copy)]
enum System {
    Windows,
    MacOs,
    Other,
}

/// Returns the data directory when none is given; none without a home.
pub(crate) fn default_data_dir() -> Option<PathBuf> {
    let system = match () {
        () if cfg!(windows) => System::Windows,
        () if cfg!(target_os = "macos") => System::MacOs,
        () => System::Other,
    };
    data_dir(system, std::env::home_dir(), |name| std::env::var_os(name))
}

fn data_dir(system: System, home: Option<PathBuf>, variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let given = |name| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = home.filter(|home| !home.as_os_str().is_empty());
    let base = match system {
        // Not the roaming one: a data directory is one device's and may be large.
        System::Windows => given("LOCALAPPDATA").or_else(|| Some(home?.join("AppData").join("Local"))),
        System::MacOs => Some(home?.join("Library").join("Application Support")),
        System::Other => given("XDG_DATA_HOME").or_else(|| Some(home?.join(".local").join("share"))),
    };
    Some(base?.join("dataforge"))
}

/// Returns a path from the root: the process that works on it may stand elsewhere.
pub(crate) fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path).map_err(|error| Failure::from_file("find", path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn each_system_has_its_place() {
        let none = |_: &str| None;
        let home = || Some(PathBuf::from("/home/ada"));
        assert_eq!(data_dir(System::Other, home(), none), Some("/home/ada/.local/share/dataforge".into()));
        assert_eq!(
            data_dir(System::MacOs, home(), none),
            Some("/home/ada/Library/Application Support/dataforge".into())
        );
        assert_eq!(data_dir(System::Windows, home(), none), Some("/home/ada/AppData/Local/dataforge".into()));
        assert_eq!(data_dir(System::Other, None, none), None);
        let set = |name: &str| (name == "XDG_DATA_HOME").then(|| "/data".into());
        assert_eq!(data_dir(System::Other, None, set), Some("/data/dataforge".into()));
        let relative = |_: &str| Some("data".into());
        assert_eq!(data_dir(System::Other, home(), relative), Some("/home/ada/.local/share/dataforge".into()));
    }
}
