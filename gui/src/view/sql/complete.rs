//! What a word in a statement may become: tables, columns, words of SQL.

use std::ops::Range;

/// A table and its columns, each with its type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// Name.
    pub name: String,
    /// Columns.
    pub columns: Vec<(String, String)>,
}

/// Something that a word may become.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// The text.
    pub text: String,
    /// What it is: a column of a table, a table, a word of SQL.
    pub what: String,
}

/// Candidates shown at most.
const SHOWN: usize = 50;

/// Words of SQL that people type.
const WORDS: &[&str] = &[
    "and",
    "as",
    "asc",
    "avg",
    "between",
    "by",
    "case",
    "cast",
    "count",
    "cross join",
    "desc",
    "describe",
    "distinct",
    "else",
    "end",
    "except",
    "exists",
    "explain",
    "false",
    "from",
    "full join",
    "group by",
    "having",
    "in",
    "inner join",
    "intersect",
    "is not null",
    "is null",
    "join",
    "left join",
    "like",
    "limit",
    "max",
    "min",
    "not",
    "null",
    "nulls first",
    "nulls last",
    "offset",
    "on",
    "or",
    "order by",
    "over",
    "partition by",
    "right join",
    "run",
    "select",
    "show tables",
    "stddev",
    "sum",
    "then",
    "true",
    "union",
    "union all",
    "using",
    "when",
    "where",
    "with",
];

/// Returns which characters are the word at the cursor, and what it may become.
#[must_use]
pub fn complete(sql: &str, cursor: usize, tables: &[Table]) -> (Range<usize>, Vec<Candidate>) {
    let letters: Vec<char> = sql.chars().collect();
    let cursor = cursor.min(letters.len());
    let is_part = |letter: &&char| letter.is_alphanumeric() || **letter == '_';
    let start = cursor - letters[..cursor].iter().rev().take_while(is_part).count();
    let typed: String = letters[start..cursor].iter().collect::<String>().to_lowercase();
    let before: String = letters[..start].iter().collect();
    let mut found = match before.strip_suffix('.') {
        Some(owner) => of_table(owner, sql, tables),
        None => anything(tables),
    };
    found.retain(|candidate| candidate.text.to_lowercase().starts_with(&typed));
    found.sort();
    found.dedup_by(|next, kept| next.text == kept.text);
    found.truncate(SHOWN);
    (start..cursor, found)
}

fn anything(tables: &[Table]) -> Vec<Candidate> {
    let mut found: Vec<Candidate> =
        WORDS.iter().map(|word| Candidate { text: (*word).to_owned(), what: "SQL".to_owned() }).collect();
    for table in tables {
        found.push(Candidate { text: table.name.clone(), what: "table".to_owned() });
        found.extend(columns(table));
    }
    found
}

fn columns(table: &Table) -> impl Iterator<Item = Candidate> + '_ {
    let what = |kind: &str| format!("{} of {}", if kind.is_empty() { "column" } else { kind }, table.name);
    table.columns.iter().map(move |(name, kind)| Candidate { text: name.clone(), what: what(kind) })
}

/// Returns the columns of what stands before a point: a table, or another name given to one.
fn of_table(before: &str, sql: &str, tables: &[Table]) -> Vec<Candidate> {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    let owner = before.rsplit(|letter| !is_part(letter)).next().unwrap_or_default().to_lowercase();
    let words: Vec<String> =
        sql.split(|letter| !is_part(letter)).filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    let is_other_name = |table: &Table| {
        let follows = |pair: &[String]| pair[0] == table.name && pair[1] == owner;
        let follows_as = |three: &[String]| three[0] == table.name && three[1] == "as" && three[2] == owner;
        words.windows(2).any(follows) || words.windows(3).any(follows_as)
    };
    let found = tables.iter().filter(|table| table.name == owner || is_other_name(table));
    found.flat_map(columns).collect()
}

#[cfg(test)]
mod tests {
    use super::{Table, complete};

    fn tables() -> Vec<Table> {
        let table = |name: &str, columns: &[&str]| Table {
            name: name.to_owned(),
            columns: columns.iter().map(|&column| (column.to_owned(), "text".to_owned())).collect(),
        };
        vec![table("wells", &["well_id", "name"]), table("runs", &["run_id", "name", "well_id"])]
    }

    fn texts(sql: &str, cursor: usize) -> Vec<String> {
        complete(sql, cursor, &tables()).1.into_iter().map(|candidate| candidate.text).collect()
    }

    #[test]
    fn the_word_at_the_cursor_is_completed() {
        let (word, found) = complete("select we from runs", 9, &tables());
        assert_eq!(word, 7..9);
        assert_eq!(found.iter().map(|candidate| candidate.text.as_str()).collect::<Vec<_>>(), ["well_id", "wells"]);
        assert_eq!(texts("GRO", 3), ["group by"], "whatever case it is typed in");
        assert!(texts("zzz", 3).is_empty());
        assert_eq!(complete("sel", 99, &tables()).0, 0..3, "a cursor behind the end is at the end");
    }

    #[test]
    fn behind_a_point_come_the_columns_of_that_table_by_any_name() {
        assert_eq!(texts("select runs.", 12), ["name", "run_id", "well_id"]);
        assert_eq!(texts("select w. from wells w", 9), ["name", "well_id"]);
        assert_eq!(texts("select W.na from wells as W", 11), ["name"]);
        assert!(texts("select x. from wells w", 9).is_empty());
    }
}
