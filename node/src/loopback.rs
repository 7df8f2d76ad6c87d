//! Addresses of this machine that no other can reach, and the tokens of what is given there.

use std::net::SocketAddr;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::api::ApiError;
use crate::clock::random_bytes;
use crate::directory::{storage, write_atomically};

/// Hex digits of a token.
const TOKEN_DIGITS: usize = 64;

/// Such an address, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Loopback(pub(crate) Option<SocketAddr>);

impl TryFrom<String> for Loopback {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self(None));
        }
        let address: SocketAddr = text
            .parse()
            .map_err(|_error| format!("{text:?} is no address and port: write 127.0.0.1:7413, or \"\" for none"))?;
        if address.ip().is_loopback() {
            Ok(Self(Some(address)))
        } else {
            Err(format!(
                "{address} can be reached by others: only addresses of this machine itself are used, such as 127.0.0.1:{}; \
                 a tool elsewhere needs a tunnel",
                address.port()
            ))
        }
    }
}

impl From<Loopback> for String {
    fn from(loopback: Loopback) -> Self {
        loopback.0.map(|address| address.to_string()).unwrap_or_default()
    }
}

/// Returns the token in a file of a data directory, making it when there is none that will do.
pub(crate) fn token(dir: &Path, file: &str) -> Result<String, ApiError> {
    let path = dir.join(file);
    match std::fs::read_to_string(&path) {
        Ok(text) if is_token(text.trim()) && is_private(&path) => return Ok(text.trim().to_owned()),
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(storage("cannot read", &path, &error));
        }
        // One that others could read is none any more.
        _ => {}
    }
    let token = data_encoding::HEXLOWER.encode(&random_bytes()?);
    write_atomically(&path, token.as_bytes(), true)?;
    Ok(token)
}

fn is_token(text: &str) -> bool {
    text.len() == TOKEN_DIGITS && text.bytes().all(|digit| digit.is_ascii_hexdigit())
}

#[cfg(unix)]
fn is_private(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(path).is_ok_and(|found| found.mode() & 0o077 == 0)
}

/// Who may read a file on Windows follows from its directory.
#[cfg(not(unix))]
const fn is_private(_path: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_this_machine_are_taken() {
        let read = |text: &str| Loopback::try_from(text.to_owned());
        assert_eq!(read(""), Ok(Loopback(None)));
        for text in ["127.0.0.1:9000", "[::1]:0", "127.8.8.8:1"] {
            assert_eq!(String::from(read(text).unwrap()), text);
        }
        for text in ["0.0.0.0:9000", "[::]:9000", "10.0.0.1:9000", "192.168.1.1:80"] {
            assert!(read(text).unwrap_err().contains("reached by others"), "{text}");
        }
        for text in ["9000", "localhost:9000", "127.0.0.1"] {
            assert!(read(text).unwrap_err().contains("no address"), "{text}");
        }
    }

    #[test]
    fn a_token_stays_unless_others_could_read_it_or_it_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.token");
        let first = token(dir.path(), "a.token").unwrap();
        assert!(is_token(&first) && is_private(&path));
        assert_eq!(token(dir.path(), "a.token").unwrap(), first);
        std::fs::write(&path, "x").unwrap();
        let second = token(dir.path(), "a.token").unwrap();
        assert!(is_token(&second) && second != first);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
            assert_ne!(token(dir.path(), "a.token").unwrap(), second);
            assert!(is_private(&path));
        }
    }
}
