//! The settings of this machine: what they are called, what they mean, and what may be typed.

use std::net::SocketAddr;

use crate::view::team::storage::size;

/// Where a setting stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    General,
    Sync,
    Storage,
}

/// What may be typed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    /// Any text.
    Text,
    /// An address with a port.
    Address,
    /// A whole number within these bounds.
    Number(u64, u64),
    /// A size, such as `2 GB`.
    Bytes,
    /// Yes or no.
    Flag,
    /// Texts, divided by commas.
    List,
    /// One of these.
    Choice(&'static [(&'static str, &'static str)]),
}

/// A setting.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Setting {
    pub(super) key: &'static str,
    pub(super) name: &'static str,
    pub(super) hint: &'static str,
    pub(super) kind: Kind,
    pub(super) group: Group,
}

const fn setting(group: Group, key: &'static str, name: &'static str, kind: Kind, hint: &'static str) -> Setting {
    Setting { key, name, hint, kind, group }
}

/// How much is held of workspaces without a policy of their own.
const POLICIES: &[(&str, &str)] = &[
    ("mirror", "everything"),
    ("follow", "what is pinned or starred"),
    ("demand", "what is pinned, the rest when read"),
];

/// The settings that are shown, in order.
pub(super) const KEYS: &[Setting] = &[
    setting(
        Group::General,
        "edits.delay_ms",
        "Edits wait for more",
        Kind::Number(0, 60_000),
        "Milliseconds; what waits is lost when the power goes.",
    ),
    setting(
        Group::General,
        "edits.batch",
        "Edits written together at most",
        Kind::Number(1, 10_000),
        "So many do not wait.",
    ),
    setting(Group::General, "query.timeout_secs", "Queries are stopped after", Kind::Number(1, 86_400), "Seconds."),
    setting(
        Group::General,
        "query.memory_bytes",
        "Memory of a query",
        Kind::Bytes,
        "What does not fit goes to the disk.",
    ),
    setting(
        Group::General,
        "import.max_file_bytes",
        "Largest file that is read",
        Kind::Bytes,
        "All of it is in memory meanwhile.",
    ),
    setting(
        Group::Sync,
        "network.listen",
        "Listen at",
        Kind::Address,
        "IP:PORT; port 0 takes any free one. From the next start on.",
    ),
    setting(
        Group::Sync,
        "network.discovery",
        "Find members on the local network",
        Kind::Flag,
        "Announces this machine to members there. From the next start on.",
    ),
    setting(
        Group::Sync,
        "network.beacon_port",
        "Port of beacons",
        Kind::Number(0, 65_535),
        "The same on all machines; 0 for none.",
    ),
    setting(
        Group::Sync,
        "network.relays",
        "Relays",
        Kind::List,
        "URLs, divided by commas, the preferred one first; none by default.",
    ),
    setting(
        Group::Sync,
        "network.relay_certificate",
        "Certificates of relays",
        Kind::Text,
        "A file in PEM; the public authorities when empty.",
    ),
    setting(Group::Sync, "network.pass_secs", "All peers are tried every", Kind::Number(1, 86_400), "Seconds."),
    setting(
        Group::Sync,
        "network.limit_bytes_per_s",
        "Limit over direct paths",
        Kind::Bytes,
        "Of data a second, each way; 0 for none.",
    ),
    setting(
        Group::Sync,
        "network.relay_limit_bytes_per_s",
        "Limit over relays",
        Kind::Bytes,
        "Of data a second, each way; 0 for none.",
    ),
    setting(
        Group::Sync,
        "late_work.max_entries",
        "Late work kept aside",
        Kind::Number(0, u64::MAX),
        "Entries of a workspace at most.",
    ),
    setting(
        Group::Storage,
        "cache.policy",
        "Held of workspaces",
        Kind::Choice(POLICIES),
        "Of those that have no policy of their own.",
    ),
    setting(
        Group::Storage,
        "cache.limit_bytes",
        "Cache at most",
        Kind::Bytes,
        "Of workspaces that are not held as a whole.",
    ),
    setting(Group::Storage, "cache.warn_bytes", "Warn from", Kind::Bytes, "From so much cache on a warning is given."),
    setting(
        Group::Storage,
        "cache.project_limit_bytes",
        "Cache of one project",
        Kind::Bytes,
        "Where the project has no quota of its own.",
    ),
    setting(
        Group::Storage,
        "cache.min_copies",
        "Copies that others must prove",
        Kind::Number(1, 100),
        "Before a blob may go from here.",
    ),
    setting(
        Group::Storage,
        "cache.reserve_bytes",
        "Left free on the disk",
        Kind::Bytes,
        "Imports and fetches stop before.",
    ),
    setting(
        Group::Storage,
        "cache.scrub_bytes_per_min",
        "Hashed again each minute",
        Kind::Bytes,
        "While it is up; 0 for none.",
    ),
];

impl Kind {
    /// Returns a value in TOML as it is typed.
    pub(super) fn text(self, value: &str) -> String {
        match self {
            Self::Text | Self::Address | Self::Choice(_) => unquoted(value),
            Self::List => {
                let list: Vec<String> = serde_json::from_str(value).unwrap_or_default();
                list.join(", ")
            }
            Self::Number(..) | Self::Bytes | Self::Flag => value.to_owned(),
        }
    }

    /// Returns what is typed as TOML.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(super) fn value(self, text: &str) -> Result<String, String> {
        let text = text.trim();
        match self {
            Self::Text | Self::Choice(_) | Self::Flag => Ok(text.to_owned()),
            Self::Address => match text.parse::<SocketAddr>() {
                Ok(_) => Ok(text.to_owned()),
                Err(error) => Err(format!("write it as IP:PORT, such as 0.0.0.0:7411 ({error})")),
            },
            Self::Number(least, most) => match text.parse::<u64>() {
                Ok(number) if (least..=most).contains(&number) => Ok(number.to_string()),
                _ if most == u64::MAX => Err(format!("a whole number from {least} on")),
                _ => Err(format!("a whole number from {least} to {most}")),
            },
            Self::Bytes => size(text).map(|bytes| bytes.to_string()),
            Self::List => {
                let items: Vec<&str> = text.split(',').map(str::trim).filter(|item| !item.is_empty()).collect();
                serde_json::to_string(&items).map_err(|error| error.to_string())
            }
        }
    }
}

/// Returns the text of a string in TOML.
fn unquoted(value: &str) -> String {
    let literal = value.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    literal.map_or_else(|| serde_json::from_str(value).unwrap_or_else(|_| value.to_owned()), str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{KEYS, Kind};

    #[test]
    fn values_are_read_and_written_as_toml() {
        assert_eq!(Kind::Address.text("\"0.0.0.0:7411\""), "0.0.0.0:7411");
        assert_eq!(Kind::Text.text("'C:\\relay.pem'"), "C:\\relay.pem");
        assert_eq!(Kind::List.text("[\"https://a\", \"https://b\"]"), "https://a, https://b");
        assert_eq!(Kind::List.value(" https://a ,, https://b ").as_deref(), Ok("[\"https://a\",\"https://b\"]"));
        assert_eq!(Kind::List.value("").as_deref(), Ok("[]"));
        assert_eq!(Kind::Bytes.value("2 GB").as_deref(), Ok("2000000000"));
        assert_eq!(Kind::Number(1, 9).value(" 7 ").as_deref(), Ok("7"));
    }

    #[test]
    fn what_cannot_be_is_said_before_it_is_sent() {
        for (kind, text) in [
            (Kind::Address, "nowhere"),
            (Kind::Address, "10.0.0.1"),
            (Kind::Number(1, 100), "0"),
            (Kind::Number(1, 100), "101"),
            (Kind::Number(0, u64::MAX), "-1"),
            (Kind::Bytes, "much"),
        ] {
            assert!(kind.value(text).is_err(), "{kind:?} {text}");
        }
    }

    #[test]
    fn every_setting_is_there_once_and_has_a_name_of_its_own() {
        let mut seen = BTreeSet::new();
        for setting in KEYS {
            assert!(seen.insert(setting.key) && seen.insert(setting.name), "{}", setting.key);
            assert!(setting.key.contains('.') && !setting.hint.is_empty(), "{}", setting.key);
        }
    }
}
