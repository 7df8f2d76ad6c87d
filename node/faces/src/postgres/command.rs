//! What kind of statement a text is: one for the engine, one that the face itself answers, or one that is
//! not given here.

use pgwire::error::PgWireError;

use super::errors::{NOT_ALLOWED, NOT_SUPPORTED, SYNTAX, error, hinted};
use super::split::{Reader, Token};

/// A statement by what is done with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    /// For the engine.
    Query,
    /// Sets a setting; none is the value it has at the start.
    Set { name: String, value: Option<String> },
    /// All settings as at the start.
    ResetAll,
    /// Shows a setting.
    Show { name: String },
    /// Shows all settings.
    ShowAll,
    /// Begins a transaction; the text is the tag.
    Begin(&'static str),
    /// Ends a transaction.
    End(&'static str),
    /// Goes back to a point in a transaction.
    RollBackTo,
    /// Something that changes nothing here; the text is the tag.
    Nothing(&'static str),
    /// Forgets a prepared statement, or all.
    Deallocate { name: Option<String> },
    /// Forgets all of a connection.
    DiscardAll,
    /// Opens a cursor over a query; whether it outlives the transaction.
    Declare { cursor: String, sql: String, holds: bool },
    /// Takes rows of a cursor; none for all that are left.
    Fetch { cursor: String, rows: Option<usize> },
    /// Closes a cursor, or all.
    Close { cursor: Option<String> },
}

/// Statements that write, whatever they are written to.
const WRITES: &[&str] = &[
    "insert", "update", "delete", "merge", "truncate", "create", "alter", "drop", "grant", "revoke", "comment",
    "refresh", "reindex", "vacuum", "analyze", "cluster", "import", "security",
];

/// Says what a statement is.
///
/// # Errors
/// One that is not given here.
pub(super) fn classify(sql: &str) -> Result<Command, PgWireError> {
    let mut words = Reader::new(sql);
    let Some(first) = words.next() else { return Ok(Command::Query) };
    let Token::Word(word) = first else { return Ok(Command::Query) };
    let word = word.to_ascii_lowercase();
    match word.as_str() {
        "set" => set(words),
        "reset" => reset(words),
        "show" => Ok(show(words)),
        "begin" => Ok(Command::Begin("BEGIN")),
        "start" if words.takes("transaction") => Ok(Command::Begin("START TRANSACTION")),
        "commit" | "end" => end(words, "COMMIT"),
        "rollback" | "abort" => roll_back(words),
        "savepoint" => Ok(Command::Nothing("SAVEPOINT")),
        "release" => Ok(Command::Nothing("RELEASE")),
        "unlisten" => Ok(Command::Nothing("UNLISTEN")),
        "deallocate" => Ok(deallocate(words)),
        "discard" => Ok(discard(words)),
        "declare" => declare(words),
        "fetch" => fetch(words),
        "close" => close(words),
        "copy" => Err(hinted(
            NOT_SUPPORTED,
            "COPY is not given here",
            "use SELECT; dataforge export and the HTTP face write files",
        )),
        "listen" | "notify" | "prepare" | "execute" | "lock" | "call" | "do" | "load" | "move" | "checkpoint"
        | "reassign" => Err(error(NOT_SUPPORTED, format!("{} is not given here", word.to_uppercase()))),
        word if WRITES.contains(&word) => Err(hinted(
            NOT_ALLOWED,
            format!("{} is refused: what is asked here only reads", word.to_uppercase()),
            "use SELECT; the program, the desktop and the Python package change the workspace",
        )),
        _ => Ok(Command::Query),
    }
}

fn set(mut words: Reader<'_>) -> Result<Command, PgWireError> {
    let _scoped = words.takes("session") || words.takes("local");
    if words.takes("transaction") || words.takes("characteristics") || words.takes("constraints") {
        // Every statement here sees what is there and changes nothing, so every isolation is given.
        return Ok(Command::Nothing("SET"));
    }
    if words.takes("role") || words.takes("authorization") {
        return Err(error(NOT_SUPPORTED, "there is one user here, who cannot become another"));
    }
    if words.takes("names") {
        return Ok(Command::Set { name: "client_encoding".to_owned(), value: value(words)? });
    }
    if words.takes("time") && words.takes("zone") {
        return Ok(Command::Set { name: "timezone".to_owned(), value: value(words)? });
    }
    let name = setting_name(&mut words)?;
    let mut ahead = words.clone();
    match ahead.next() {
        Some(Token::Other('=')) => {}
        Some(token) if token.is("to") => {}
        _ => return Err(error(SYNTAX, format!("SET {name} needs TO and a value"))),
    }
    Ok(Command::Set { name, value: value(ahead)? })
}

/// Reads a name that may have parts, such as `my.setting`.
fn setting_name(words: &mut Reader<'_>) -> Result<String, PgWireError> {
    let part = |words: &mut Reader<'_>| words.next().and_then(|token| token.name());
    let missing = || error(SYNTAX, "the name of a setting is missing");
    let mut name = part(words).ok_or_else(missing)?.to_lowercase();
    loop {
        let mut ahead = words.clone();
        if ahead.next() != Some(Token::Other('.')) {
            return Ok(name);
        }
        name = format!("{name}.{}", part(&mut ahead).ok_or_else(missing)?.to_lowercase());
        *words = ahead;
    }
}

/// Reads the value of a setting; `DEFAULT` is none.
fn value(words: Reader<'_>) -> Result<Option<String>, PgWireError> {
    let mut ahead = words.clone();
    if ahead.takes("default") && ahead.next().is_none() {
        return Ok(None);
    }
    let mut text = String::new();
    for token in words {
        match token {
            Token::Word(word) => text.push_str(word),
            Token::Name(name) => text.push_str(&name),
            Token::Text(value) => text.push_str(&value),
            Token::Other(',') => text.push_str(", "),
            Token::Other(character) => text.push(character),
        }
    }
    if text.is_empty() { Err(error(SYNTAX, "the value of a setting is missing")) } else { Ok(Some(text)) }
}

fn reset(mut words: Reader<'_>) -> Result<Command, PgWireError> {
    if words.takes("all") {
        return Ok(Command::ResetAll);
    }
    if words.takes("role") || words.takes("session") {
        return Ok(Command::Nothing("RESET"));
    }
    if words.takes("time") && words.takes("zone") {
        return Ok(Command::Set { name: "timezone".to_owned(), value: None });
    }
    Ok(Command::Set { name: setting_name(&mut words)?, value: None })
}

fn show(mut words: Reader<'_>) -> Command {
    // These are SQL of the engine.
    for word in ["tables", "columns", "functions", "create"] {
        if words.takes(word) {
            return Command::Query;
        }
    }
    if words.takes("all") {
        return Command::ShowAll;
    }
    if words.takes("transaction") {
        return Command::Show { name: "transaction_isolation".to_owned() };
    }
    if words.takes("time") && words.takes("zone") {
        return Command::Show { name: "timezone".to_owned() };
    }
    if words.takes("session") && words.takes("authorization") {
        return Command::Show { name: "session_authorization".to_owned() };
    }
    setting_name(&mut words).map_or(Command::Query, |name| Command::Show { name })
}

fn end(mut words: Reader<'_>, tag: &'static str) -> Result<Command, PgWireError> {
    if words.takes("prepared") {
        return Err(error(NOT_SUPPORTED, "transactions in two phases are not given here"));
    }
    Ok(Command::End(tag))
}

fn roll_back(mut words: Reader<'_>) -> Result<Command, PgWireError> {
    let _noise = words.takes("work") || words.takes("transaction");
    if words.takes("to") { Ok(Command::RollBackTo) } else { end(words, "ROLLBACK") }
}

fn deallocate(mut words: Reader<'_>) -> Command {
    let _noise = words.takes("prepare");
    if words.takes("all") {
        return Command::Deallocate { name: None };
    }
    Command::Deallocate { name: words.next().and_then(|token| token.name()) }
}

fn discard(mut words: Reader<'_>) -> Command {
    if words.takes("all") { Command::DiscardAll } else { Command::Nothing("DISCARD") }
}

/// `DECLARE name [BINARY] [INSENSITIVE] [[NO] SCROLL] CURSOR [{WITH | WITHOUT} HOLD] FOR query`
fn declare(mut words: Reader<'_>) -> Result<Command, PgWireError> {
    let cursor = words.next().and_then(|token| token.name()).ok_or_else(|| error(SYNTAX, "DECLARE needs a name"))?;
    let mut forwards = true;
    let (mut with, mut holds) = (false, false);
    loop {
        let Some(token) = words.next() else {
            return Err(error(SYNTAX, "DECLARE needs CURSOR FOR and a query"));
        };
        if token.is("scroll") && forwards {
            return Err(error(NOT_SUPPORTED, "cursors here only go forwards; leave SCROLL out"));
        }
        forwards = !token.is("no");
        holds |= with && token.is("hold");
        with = token.is("with");
        if token.is("for") {
            break;
        }
    }
    Ok(Command::Declare { cursor, sql: words.rest().trim().to_owned(), holds })
}

/// `FETCH [[NEXT | ALL | count | FORWARD [count | ALL]] [FROM | IN]] name`
fn fetch(mut words: Reader<'_>) -> Result<Command, PgWireError> {
    let forwards =
        || error(NOT_SUPPORTED, "cursors here only go forwards: FETCH count FROM name, or FETCH ALL FROM name");
    let mut rows = Some(1);
    let _next = words.takes("next") || words.takes("forward");
    if words.takes("all") {
        rows = None;
    } else {
        let mut ahead = words.clone();
        match ahead.next() {
            Some(Token::Word(word)) if word.starts_with(|first: char| first.is_ascii_digit()) => {
                rows = Some(word.parse().map_err(|_error| forwards())?);
                words = ahead;
            }
            Some(Token::Other(_)) => return Err(forwards()),
            Some(token)
                if ["prior", "first", "last", "absolute", "relative", "backward"].iter().any(|word| token.is(word)) =>
            {
                return Err(forwards());
            }
            _ => {}
        }
    }
    let _noise = words.takes("from") || words.takes("in");
    let cursor = words.next().and_then(|token| token.name()).ok_or_else(|| error(SYNTAX, "FETCH needs a cursor"))?;
    Ok(Command::Fetch { cursor, rows })
}

fn close(mut words: Reader<'_>) -> Result<Command, PgWireError> {
    if words.takes("all") {
        return Ok(Command::Close { cursor: None });
    }
    let cursor = words.next().and_then(|token| token.name()).ok_or_else(|| error(SYNTAX, "CLOSE needs a cursor"))?;
    Ok(Command::Close { cursor: Some(cursor) })
}

#[cfg(test)]
mod tests {
    use pgwire::error::ErrorInfo;

    use super::*;

    fn set(name: &str, value: &str) -> Command {
        Command::Set { name: name.to_owned(), value: Some(value.to_owned()) }
    }

    #[test]
    fn what_reads_goes_to_the_engine() {
        for sql in [
            "select 1",
            "/* x */ WITH a AS (SELECT 1) SELECT * FROM a",
            "(select 1)",
            "values (1)",
            "show tables",
            "explain select 1",
            "describe wells",
            "nonsense",
        ] {
            assert_eq!(classify(sql).expect("for the engine"), Command::Query, "{sql}");
        }
    }

    #[test]
    fn settings_are_read_in_all_their_forms() {
        assert_eq!(classify("SET extra_float_digits = 3").expect("set"), set("extra_float_digits", "3"));
        assert_eq!(classify("set session DateStyle TO ISO, MDY").expect("set"), set("datestyle", "ISO, MDY"));
        assert_eq!(classify("SET TIME ZONE 'Europe/Oslo'").expect("set"), set("timezone", "Europe/Oslo"));
        assert_eq!(classify("SET NAMES 'utf8'").expect("set"), set("client_encoding", "utf8"));
        assert_eq!(classify("set a.b = -1.5").expect("set"), set("a.b", "-1.5"));
        let default = Command::Set { name: "search_path".to_owned(), value: None };
        assert_eq!(classify("SET search_path TO DEFAULT").expect("set"), default);
        assert_eq!(classify("RESET search_path").expect("set"), default);
        assert_eq!(
            classify("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY").expect("set"),
            Command::Nothing("SET")
        );
        assert!(classify("SET x").is_err());
        assert!(classify("SET x =").is_err());
    }

    #[test]
    fn showing_takes_the_long_names_too() {
        let shown = |name: &str| Command::Show { name: name.to_owned() };
        assert_eq!(classify("SHOW TRANSACTION ISOLATION LEVEL").expect("show"), shown("transaction_isolation"));
        assert_eq!(classify("show time zone").expect("show"), shown("timezone"));
        assert_eq!(classify("SHOW server_version").expect("show"), shown("server_version"));
        assert_eq!(classify("SHOW ALL").expect("show"), Command::ShowAll);
    }

    #[test]
    fn transactions_are_known_by_their_words() {
        assert_eq!(classify("BEGIN READ WRITE").expect("begin"), Command::Begin("BEGIN"));
        assert_eq!(classify("start transaction").expect("begin"), Command::Begin("START TRANSACTION"));
        assert_eq!(classify("END").expect("end"), Command::End("COMMIT"));
        assert_eq!(classify("ROLLBACK").expect("end"), Command::End("ROLLBACK"));
        assert_eq!(classify("rollback work to savepoint a").expect("back"), Command::RollBackTo);
        assert!(classify("COMMIT PREPARED 'a'").is_err());
    }

    #[test]
    fn cursors_go_forwards_only() {
        let declared = Command::Declare { cursor: "c".to_owned(), sql: "select ';' as a".to_owned(), holds: true };
        assert_eq!(classify("DECLARE c NO SCROLL CURSOR WITH HOLD FOR select ';' as a").expect("cursor"), declared);
        let fetched = |rows| Command::Fetch { cursor: "c".to_owned(), rows };
        assert_eq!(classify("FETCH FORWARD 100 FROM \"c\"").expect("fetch"), fetched(Some(100)));
        assert_eq!(classify("fetch all in c").expect("fetch"), fetched(None));
        assert_eq!(classify("fetch forward all from c").expect("fetch"), fetched(None));
        assert_eq!(classify("fetch c").expect("fetch"), fetched(Some(1)));
        for refused in
            ["fetch backward 1 from c", "fetch -1 from c", "fetch last from c", "declare c scroll cursor for select 1"]
        {
            assert!(classify(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn what_writes_is_refused_with_its_code() {
        let code = |sql: &str| ErrorInfo::from(classify(sql).expect_err("refused")).code;
        for sql in
            ["insert into wells values (1)", "DROP TABLE wells", "create table a (b int)", "-- x\ntruncate wells"]
        {
            assert_eq!(code(sql), "42501", "{sql}");
        }
        for sql in ["COPY wells TO '/tmp/x'", "LISTEN a", "PREPARE a AS SELECT 1", "do $$ begin end $$"] {
            assert_eq!(code(sql), "0A000", "{sql}");
        }
    }
}
