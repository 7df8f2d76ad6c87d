//! The configuration: one TOML file in the data directory, every key with a default.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::api::{ApiError, ErrorKind};
use crate::directory::write_atomically;
use crate::keep::Policy;
use crate::loopback::Loopback;

/// Port a node listens on unless told otherwise; another one is taken when it is in use.
pub(crate) const DEFAULT_PORT: u16 = 7411;

/// Port of beacons.
const DEFAULT_BEACON_PORT: u16 = 7412;

/// All settings.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// Network.
    pub(crate) network: NetworkConfig,
    /// Blobs.
    pub(crate) cache: CacheConfig,
    /// Queries.
    pub(crate) query: QueryConfig,
    /// Imports.
    pub(crate) import: ImportConfig,
    /// Edits.
    pub(crate) edits: EditsConfig,
    /// Late work.
    pub(crate) late_work: LateConfig,
    /// Metrics.
    pub(crate) metrics: MetricsConfig,
    /// How other tools connect.
    pub(crate) faces: FacesConfig,
    /// The relay that this node runs for others.
    pub(crate) relay: RelaySettings,
}

/// Network settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct NetworkConfig {
    /// Address and port to listen on; port 0 takes any free one.
    pub(crate) listen: SocketAddr,
    /// Relays that may be used, the preferred one first; none by default. `n0` stands for iroh's public
    /// ones.
    pub(crate) relays: Vec<String>,
    /// Whether this node announces itself on the LAN and listens for members there.
    pub(crate) discovery: bool,
    /// UDP port of beacons, the same on all nodes; 0 for none, so that only multicast DNS is used.
    pub(crate) beacon_port: u16,
    /// File in PEM with the certificates by which relays are trusted; the public authorities when empty.
    pub(crate) relay_certificate: String,
    /// Seconds between background passes over known peers.
    pub(crate) pass_secs: u64,
    /// Bytes of blobs a second over paths within the own networks, each way; 0 for no
    /// limit. It holds for connections that are made from then on.
    pub(crate) limit_bytes_per_s: u64,
    /// The same over relays.
    pub(crate) relay_limit_bytes_per_s: u64,
    /// Entries a second that are taken from each peer in the long run; 0 for no limit. What comes beyond
    /// waits.
    pub(crate) peer_entries_per_s: u64,
    /// Bytes of entries a second, likewise.
    pub(crate) peer_bytes_per_s: u64,
}

/// Settings of edits that nobody waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct EditsConfig {
    /// Milliseconds that they wait for more to be written with.
    pub(crate) delay_ms: u64,
    /// Edits that are written in one transaction at most; so many do not wait.
    pub(crate) batch: u64,
}

/// The longest that an edit may wait for others.
const MAX_EDIT_DELAY_MS: u64 = 60_000;
/// The most edits in one transaction.
const MAX_EDIT_BATCH: u64 = 10_000;

impl Default for EditsConfig {
    fn default() -> Self {
        Self { delay_ms: 200, batch: 200 }
    }
}

impl EditsConfig {
    /// Returns how many edits are written in one transaction at most.
    pub(crate) fn most(&self) -> usize {
        usize::try_from(self.batch).unwrap_or(usize::MAX)
    }

    fn check(&self) -> Result<(), ApiError> {
        if self.delay_ms > MAX_EDIT_DELAY_MS {
            return Err(ApiError::new(ErrorKind::Usage, format!("edits.delay_ms {} is too long", self.delay_ms))
                .hint(format!("use at most {MAX_EDIT_DELAY_MS}: what waits is lost when the power goes")));
        }
        if !(1..=MAX_EDIT_BATCH).contains(&self.batch) {
            return Err(ApiError::new(ErrorKind::Usage, format!("edits.batch {} cannot be", self.batch))
                .hint(format!("use 1 to {MAX_EDIT_BATCH}")));
        }
        Ok(())
    }
}

/// Blob settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct CacheConfig {
    /// What is held of workspaces that have no policy of their own: `mirror` everything, `follow` what
    /// is pinned or starred, or on `demand`.
    pub(crate) policy: Policy,
    /// Bytes of blobs to keep at most, of workspaces that are not mirrored.
    pub(crate) limit_bytes: u64,
    /// From so many bytes on a warning is given.
    pub(crate) warn_bytes: u64,
    /// Bytes to keep of one project at most.
    pub(crate) project_limit_bytes: u64,
    /// Other devices that have to prove that they hold a blob before it may go from here.
    pub(crate) min_copies: u32,
    /// Bytes of what is held that a node that is up hashes again each minute; 0 for none.
    pub(crate) scrub_bytes_per_min: u64,
    /// Bytes of the disk to leave free; imports and fetches stop before.
    pub(crate) reserve_bytes: u64,
}

/// Query settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct QueryConfig {
    /// Bytes of memory a query may take.
    pub(crate) memory_bytes: u64,
    /// Seconds after which a query is stopped.
    pub(crate) timeout_secs: u64,
    /// Rows that a result may have; with more the query ends with an error. 0 for no limit.
    pub(crate) max_rows: u64,
    /// Bytes that a result may have, likewise.
    pub(crate) max_result_bytes: u64,
    /// Bytes of memory for results that are kept in case they are asked for again, and as many for tables of
    /// metadata; 0 for none.
    pub(crate) cache_bytes: u64,
}

/// Settings of metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct MetricsConfig {
    /// The address of this machine at which metrics are given while it is up; none when empty.
    pub(crate) listen: Loopback,
}

/// The addresses of this machine at which other tools connect while it is up; none when empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct FacesConfig {
    /// HTTP: SQL, Parquet tables and derived runs.
    pub(crate) http: Loopback,
    /// The language of PostgreSQL.
    pub(crate) postgres: Loopback,
    /// Arrow Flight SQL.
    pub(crate) flight: Loopback,
}

/// Import settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ImportConfig {
    /// Directories whose files are imported while the node is up, as they appear.
    pub(crate) watch: Vec<PathBuf>,
    /// The workspace they go to; the only one when empty.
    pub(crate) workspace: String,
    /// Bytes of a file that is read: all of it is in memory meanwhile.
    pub(crate) max_file_bytes: u64,
}

/// Settings of the relay that this node runs for others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RelaySettings {
    /// Address and port it listens on; none runs while this is empty.
    pub(crate) listen: String,
    /// File in PEM with its certificate; plain HTTP when this and `self_signed` are empty.
    pub(crate) certificate: String,
    /// File in PEM with the certificate's key.
    pub(crate) key: String,
    /// Host to make a certificate for, when there is none in a file.
    pub(crate) self_signed: String,
    /// Workspaces whose members it serves; all that this device is a member of when empty.
    pub(crate) workspaces: Vec<String>,
    /// Devices it serves at a time.
    pub(crate) max_clients: u64,
    /// Bytes a second that it takes from each; 0 for no limit.
    pub(crate) limit_bytes_per_s: u64,
    /// Whether it tells clients, if it has a certificate, by which address they are seen: direct paths
    /// through routers need that.
    pub(crate) address_discovery: bool,
}

impl Default for RelaySettings {
    fn default() -> Self {
        Self {
            listen: String::new(),
            certificate: String::new(),
            key: String::new(),
            self_signed: String::new(),
            workspaces: Vec::new(),
            max_clients: 256,
            limit_bytes_per_s: 0,
            address_discovery: true,
        }
    }
}

/// What is kept aside of people who are no members, of what their devices hand in. It has no say in
/// what counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LateConfig {
    /// Entries at most, of each workspace.
    pub(crate) max_entries: u64,
    /// Bytes at most, of each workspace.
    pub(crate) max_bytes: u64,
    /// Entries at most of one person, in each workspace.
    pub(crate) max_person_entries: u64,
    /// Bytes at most of one person, in each workspace.
    pub(crate) max_person_bytes: u64,
}

impl Default for NetworkConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([0, 0, 0, 0], DEFAULT_PORT)),
            relays: Vec::new(),
            discovery: true,
            beacon_port: DEFAULT_BEACON_PORT,
            relay_certificate: String::new(),
            pass_secs: 300,
            limit_bytes_per_s: 0,
            relay_limit_bytes_per_s: 0,
            peer_entries_per_s: 2_000,
            peer_bytes_per_s: 4_000_000,
        }
    }
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self {
            policy: Policy::Mirror,
            limit_bytes: 10_000_000_000,
            warn_bytes: 8_000_000_000,
            project_limit_bytes: 2_000_000_000,
            min_copies: 1,
            scrub_bytes_per_min: 64_000_000,
            reserve_bytes: 256 << 20,
        }
    }
}

impl Default for ImportConfig {
    fn default() -> Self {
        Self { watch: Vec::new(), workspace: String::new(), max_file_bytes: 2 << 30 }
    }
}

impl Default for LateConfig {
    fn default() -> Self {
        Self { max_entries: 100_000, max_bytes: 1 << 30, max_person_entries: 10_000, max_person_bytes: 64 << 20 }
    }
}

impl Default for QueryConfig {
    fn default() -> Self {
        Self { memory_bytes: 512 << 20, timeout_secs: 300, max_rows: 0, max_result_bytes: 0, cache_bytes: 64 << 20 }
    }
}

fn path(dir: &Path) -> PathBuf {
    dir.join("dataforge.toml")
}

fn invalid(dir: &Path, error: &toml::de::Error) -> ApiError {
    ApiError::new(
        ErrorKind::Input,
        format!("the configuration cannot be read: {}: {}", path(dir).display(), error.message()),
    )
    .hint("correct the file, or remove it to return to the defaults")
}

impl Config {
    /// Reads the configuration of a data directory; the defaults when there is no file.
    ///
    /// # Errors
    /// `Input` when the file is malformed, `Storage` when it cannot be read.
    pub(crate) fn read(dir: &Path) -> Result<Self, ApiError> {
        match std::fs::read_to_string(path(dir)) {
            Ok(text) => toml::from_str(&text).map_err(|error| invalid(dir, &error)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => {
                Err(ApiError::new(ErrorKind::Storage, format!("cannot read {}: {error}", path(dir).display())))
            }
        }
    }

    /// Checks what the types do not.
    fn check(&self) -> Result<(), ApiError> {
        crate::net::check_relays(&self.network.relays)?;
        self.edits.check()?;
        crate::relay::check_listen(&self.relay.listen).map(drop)
    }

    fn to_table(&self) -> toml::Table {
        toml::Table::try_from(self).expect("the configuration has no unserialisable part")
    }

    /// Returns all keys with their values as TOML, sorted; one when `key` names it.
    ///
    /// # Errors
    /// `NotFound` when there is no such key.
    pub(crate) fn values(&self, key: Option<&str>) -> Result<Vec<(String, String)>, ApiError> {
        let mut values = Vec::new();
        for (section, content) in self.to_table() {
            for (name, value) in content.as_table().into_iter().flatten() {
                values.push((format!("{section}.{name}"), value.to_string()));
            }
        }
        if let Some(key) = key {
            values.retain(|(name, _)| name == key);
            if values.is_empty() {
                return Err(unknown_key(key));
            }
        }
        values.sort();
        Ok(values)
    }

    /// Sets one key and writes the file.
    ///
    /// # Errors
    /// `NotFound` for an unknown key, `Usage` for a value of the wrong kind, `Storage` when the
    /// file cannot be written.
    pub(crate) fn set(&mut self, dir: &Path, key: &str, value: &str) -> Result<(), ApiError> {
        let mut table = self.to_table();
        let (section, name) = key.split_once('.').ok_or_else(|| unknown_key(key))?;
        let slot = table.get_mut(section).and_then(|section| section.get_mut(name)).ok_or_else(|| unknown_key(key))?;
        let bare = toml::Value::String(value.to_owned());
        let parsed = format!("v = {value}").parse::<toml::Table>().ok().and_then(|mut table| table.remove("v"));
        *slot = if slot.is_str() { parsed.filter(toml::Value::is_str).unwrap_or(bare) } else { parsed.unwrap_or(bare) };
        let config: Self = table
            .try_into()
            .map_err(|error: toml::de::Error| ApiError::new(ErrorKind::Usage, format!("{key}: {}", error.message())))?;
        config.check()?;
        let text = toml::to_string(&config).expect("the configuration has no unserialisable part");
        write_atomically(&path(dir), text.as_bytes(), false)?;
        *self = config;
        Ok(())
    }
}

fn unknown_key(key: &str) -> ApiError {
    ApiError::new(ErrorKind::NotFound, format!("there is no setting {key:?}"))
        .hint("dataforge config get lists all settings")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn set_value_is_read_again_and_wrong_ones_are_refused() {
        let dir = std::env::temp_dir().join(format!("dataforge-config-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let mut config = Config::default();
        config.set(&dir, "network.listen", "127.0.0.1:0").unwrap();
        config.set(&dir, "network.relays", "[\"https://relay.example\"]").unwrap();
        assert_eq!(Config::read(&dir).unwrap(), config);
        assert_eq!(config.set(&dir, "network.listen", "nowhere").unwrap_err().kind, ErrorKind::Usage);
        assert_eq!(config.set(&dir, "network.colour", "1").unwrap_err().kind, ErrorKind::NotFound);
        for (key, value) in [("edits.batch", "0"), ("edits.batch", "10001"), ("edits.delay_ms", "60001")] {
            assert_eq!(config.set(&dir, key, value).unwrap_err().kind, ErrorKind::Usage, "{key} {value}");
        }
        assert_eq!(Config::read(&dir).unwrap(), config);
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
