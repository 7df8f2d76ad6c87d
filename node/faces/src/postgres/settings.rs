//! Settings of a connection: what a client may set, and what it is shown.

use std::collections::BTreeMap;
use std::time::Duration;

use pgwire::error::PgWireError;

use super::errors::{BAD_SETTING, NO_SETTING, error, hinted};

/// The version that clients are told. They choose their catalogue queries by it.
pub(super) const SERVER_VERSION: &str = "15.0 (DataForge)";

/// Settings that a client is told of when they change.
const REPORTED: &[(&str, &str)] = &[
    ("application_name", "application_name"),
    ("client_encoding", "client_encoding"),
    ("datestyle", "DateStyle"),
    ("intervalstyle", "IntervalStyle"),
    ("standard_conforming_strings", "standard_conforming_strings"),
    ("timezone", "TimeZone"),
];

/// Settings that stand as they are.
const FIXED: &[(&str, &str)] = &[
    ("server_version", SERVER_VERSION),
    ("server_version_num", "150000"),
    ("server_encoding", "UTF8"),
    ("integer_datetimes", "on"),
    ("in_hot_standby", "off"),
    ("is_superuser", "off"),
    ("max_identifier_length", "63"),
    ("lc_collate", "C"),
    ("lc_ctype", "C"),
    ("max_index_keys", "32"),
    ("block_size", "8192"),
    ("transaction_read_only", "on"),
    ("session_authorization", "dataforge"),
    ("wal_level", "minimal"),
];

/// Settings with the value they have at the start.
const DEFAULTS: &[(&str, &str)] = &[
    ("application_name", ""),
    ("bytea_output", "hex"),
    ("client_encoding", "UTF8"),
    ("client_min_messages", "notice"),
    ("datestyle", "ISO, MDY"),
    ("default_transaction_isolation", "repeatable read"),
    ("default_transaction_read_only", "on"),
    ("extra_float_digits", "1"),
    ("intervalstyle", "postgres"),
    ("lc_messages", "C"),
    ("lc_monetary", "C"),
    ("lc_numeric", "C"),
    ("lc_time", "C"),
    ("search_path", "\"$user\", public"),
    ("standard_conforming_strings", "on"),
    ("statement_timeout", "0"),
    ("timezone", "UTC"),
    ("transaction_isolation", "repeatable read"),
];

/// How many settings of a client's own are kept.
const MAX_OWN: usize = 100;

/// What a client has set.
#[derive(Debug, Default)]
pub(super) struct Settings {
    /// The schema of the connection's workspace, which is `public` too.
    pub(super) own: String,
    changed: BTreeMap<String, String>,
}

impl Settings {
    /// Sets a setting, or takes it back; returns what the client is told of it.
    ///
    /// # Errors
    /// A value that would need another form of answer than is given.
    pub(super) fn set(&mut self, name: &str, value: Option<&str>) -> Result<Option<(String, String)>, PgWireError> {
        if FIXED.iter().any(|(fixed, _)| *fixed == name) {
            return Err(error("55P02", format!("{name} cannot be changed")));
        }
        match value {
            Some(value) => {
                let value = checked(name, value, &self.own)?;
                if self.changed.len() >= MAX_OWN && !self.changed.contains_key(name) {
                    return Err(error(BAD_SETTING, format!("more than {MAX_OWN} settings are not kept")));
                }
                self.changed.insert(name.to_owned(), value);
            }
            None => {
                self.changed.remove(name);
            }
        }
        let told = REPORTED.iter().find(|(reported, _)| *reported == name);
        Ok(told.and_then(|(_, written)| Some(((*written).to_owned(), self.get(name)?))))
    }

    /// Takes all settings back.
    pub(super) fn reset(&mut self) {
        self.changed.clear();
    }

    fn get(&self, name: &str) -> Option<String> {
        let name = name.to_lowercase();
        if let Some(value) = self.changed.get(&name) {
            return Some(value.clone());
        }
        let known = FIXED.iter().chain(DEFAULTS).find(|(known, _)| *known == name);
        known.map(|(_, value)| (*value).to_owned())
    }

    /// Shows a setting.
    ///
    /// # Errors
    /// One that is not there.
    pub(super) fn show(&self, name: &str) -> Result<String, PgWireError> {
        self.get(name).ok_or_else(|| {
            hinted(NO_SETTING, format!("there is no setting {name:?}"), "SHOW ALL lists them; SHOW TABLES the tables")
        })
    }

    /// Returns all settings by name.
    pub(super) fn all(&self) -> BTreeMap<String, String> {
        let known = FIXED.iter().chain(DEFAULTS).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut all: BTreeMap<String, String> = known.collect();
        all.extend(self.changed.clone());
        all
    }

    /// Returns what a client is told when it has connected.
    pub(super) fn told_at_start(&self) -> Vec<(String, String)> {
        let fixed = [
            "server_version",
            "server_encoding",
            "integer_datetimes",
            "in_hot_standby",
            "is_superuser",
            "session_authorization",
        ];
        let fixed = fixed.iter().map(|name| (*name, *name));
        let read_only = ("default_transaction_read_only", "default_transaction_read_only");
        let names = fixed.chain(REPORTED.iter().copied()).chain([read_only]);
        names.filter_map(|(name, written)| Some((written.to_owned(), self.get(name)?))).collect()
    }

    /// Returns how long a statement may take by the client's own wish.
    pub(super) fn statement_timeout(&self) -> Option<Duration> {
        let value = self.changed.get("statement_timeout")?;
        duration(value).filter(|time| !time.is_zero())
    }
}

/// Returns a value as it is kept.
fn checked(name: &str, value: &str, own: &str) -> Result<String, PgWireError> {
    let value = value.trim();
    let lower = value.to_lowercase();
    let only = |what: &str| Err(error(BAD_SETTING, format!("{name} is {what} here, not {value:?}")));
    match name {
        "client_encoding" => match lower.replace(['-', '_'], "").as_str() {
            "utf8" | "unicode" => Ok("UTF8".to_owned()),
            _ => only("UTF8"),
        },
        "datestyle" if !lower.starts_with("iso") => only("ISO"),
        "bytea_output" if lower != "hex" => only("hex"),
        "standard_conforming_strings" if !matches!(lower.as_str(), "on" | "true" | "yes" | "1") => only("on"),
        "standard_conforming_strings" => Ok("on".to_owned()),
        "search_path" if !value.split(',').all(|schema| is_searched(schema, own)) => Err(hinted(
            BAD_SETTING,
            format!(
                "names without a schema are of the workspace of the connection, so search_path cannot be {value:?}"
            ),
            "write the schema before the table, or connect to that workspace as the database",
        )),
        "datestyle" if lower == "iso" => Ok("ISO, MDY".to_owned()),
        "statement_timeout" if duration(value).is_none() => only("a time such as 5000, 5s or 1min"),
        _ => Ok(value.to_owned()),
    }
}

/// Reads a time: milliseconds unless it says another unit.
fn duration(value: &str) -> Option<Duration> {
    let value = value.trim();
    let digits = value.find(|character: char| !character.is_ascii_digit()).unwrap_or(value.len());
    let number: u64 = value.get(..digits)?.parse().ok()?;
    let factor = match value.get(digits..)?.trim() {
        "" | "ms" => 1,
        "s" => 1_000,
        "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    Some(Duration::from_millis(number.checked_mul(factor)?))
}

/// Reads the `options` of a connection: `-c name=value` and `--name=value`.
pub(super) fn options(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut words = text.split_whitespace();
    while let Some(word) = words.next() {
        let pair = match word {
            "-c" => words.next(),
            word => word.strip_prefix("--").or_else(|| word.strip_prefix("-c")),
        };
        if let Some((name, value)) = pair.and_then(|pair| pair.split_once('=')) {
            found.push((name.replace('-', "_").to_lowercase(), value.to_owned()));
        }
    }
    found
}

/// Whether a schema changes nothing of where names are looked up.
fn is_searched(schema: &str, own: &str) -> bool {
    let schema = schema.trim().trim_matches('"');
    schema == own || matches!(schema, "" | "$user" | "public" | "pg_catalog" | "information_schema")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_looked_up_in_the_own_workspace_only() {
        let mut settings = Settings { own: "North Sea".to_owned(), ..Settings::default() };
        for path in ["public", "\"$user\", public", "$user, public", "North Sea, pg_catalog", "\"North Sea\""] {
            settings.set("search_path", Some(path)).expect("changes nothing");
        }
        for path in ["South", "public, South", "north sea"] {
            assert!(settings.set("search_path", Some(path)).is_err(), "{path}");
        }
    }

    #[test]
    fn what_is_set_is_shown_and_told() {
        let mut settings = Settings::default();
        assert_eq!(settings.show("timezone").expect("known"), "UTC");
        let told = settings.set("timezone", Some("Europe/Oslo")).expect("set");
        assert_eq!(told, Some(("TimeZone".to_owned(), "Europe/Oslo".to_owned())));
        assert_eq!(settings.show("TimeZone").expect("known"), "Europe/Oslo");
        assert_eq!(settings.set("extra_float_digits", Some("3")).expect("set"), None);
        settings.set("timezone", None).expect("reset");
        assert_eq!(settings.show("timezone").expect("known"), "UTC");
        assert!(settings.show("nonsense").is_err());
        settings.set("my.own", Some("x")).expect("set");
        assert_eq!(settings.show("my.own").expect("own"), "x");
        settings.reset();
        assert!(settings.show("my.own").is_err());
    }

    #[test]
    fn what_would_change_answers_is_refused() {
        let mut settings = Settings::default();
        for (name, value) in [
            ("client_encoding", "LATIN1"),
            ("datestyle", "German"),
            ("standard_conforming_strings", "off"),
            ("server_version", "9"),
            ("statement_timeout", "soon"),
            ("bytea_output", "escape"),
        ] {
            assert!(settings.set(name, Some(value)).is_err(), "{name}");
        }
        settings.set("client_encoding", Some("utf-8")).expect("the same");
        settings.set("datestyle", Some("ISO")).expect("the same");
        assert_eq!(settings.show("datestyle").expect("known"), "ISO, MDY");
    }

    #[test]
    fn a_time_for_statements_has_units() {
        let mut settings = Settings::default();
        assert_eq!(settings.statement_timeout(), None);
        for (value, expected) in [("1500", 1_500), ("2s", 2_000), ("1min", 60_000)] {
            settings.set("statement_timeout", Some(value)).expect("a time");
            assert_eq!(settings.statement_timeout(), Some(Duration::from_millis(expected)));
        }
        settings.set("statement_timeout", Some("0")).expect("none");
        assert_eq!(settings.statement_timeout(), None);
    }

    #[test]
    fn options_of_a_connection_are_settings() {
        let found = options("-c statement_timeout=5s --search-path=public -cdatestyle=iso -x");
        let expected = [("statement_timeout", "5s"), ("search_path", "public"), ("datestyle", "iso")];
        assert_eq!(found, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn a_client_is_told_what_it_waits_for() {
        let told: BTreeMap<String, String> = Settings::default().told_at_start().into_iter().collect();
        for name in [
            "server_version",
            "client_encoding",
            "DateStyle",
            "TimeZone",
            "integer_datetimes",
            "standard_conforming_strings",
        ] {
            assert!(told.contains_key(name), "{name}");
        }
    }
}
