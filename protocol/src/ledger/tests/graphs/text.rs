//! The text of graphs; `protocol/tests/graphs/README.md` says what it means.

use std::collections::BTreeMap;

/// A graph: objects and verdicts in the order of the file.
#[derive(Debug)]
pub(super) struct Graph {
    pub(super) name: String,
    pub(super) steps: Vec<Step>,
}

#[derive(Debug)]
pub(super) enum Step {
    Item(Item),
    Verdict(BTreeMap<String, String>),
}

/// An op or data.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) name: String,
    pub(super) rank: u64,
    pub(super) device: String,
    pub(super) seq: u64,
    pub(super) prev: Option<String>,
    pub(super) kind: String,
    pub(super) fields: BTreeMap<String, String>,
}

impl Item {
    /// Returns a field, empty when it is left out.
    pub(super) fn field(&self, key: &str) -> &str {
        self.fields.get(key).map_or("", String::as_str)
    }

    /// Returns a field that lists names.
    pub(super) fn list(&self, key: &str) -> Vec<&str> {
        self.field(key).split(',').filter(|name| !name.is_empty()).collect()
    }
}

impl Graph {
    pub(super) fn items(&self) -> impl Iterator<Item = &Item> {
        self.steps.iter().filter_map(|step| match step {
            Step::Item(item) => Some(item),
            Step::Verdict(_) => None,
        })
    }
}

fn fields<'a>(words: impl Iterator<Item = &'a str>) -> BTreeMap<String, String> {
    words.map(|word| word.split_once('=').expect("key=value")).map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
}

fn step(line: &str) -> Step {
    let mut words = line.split(' ');
    let mut word = || words.next().expect("a word").to_owned();
    let name = word();
    if name == "verdict" {
        return Step::Verdict(fields(words));
    }
    let (rank, device, seq, prev, kind) = (word(), word(), word(), word(), word());
    Step::Item(Item {
        name,
        rank: rank.parse().expect("a rank"),
        device,
        seq: seq.parse().expect("a position"),
        prev: (prev != "-").then_some(prev),
        kind,
        fields: fields(words),
    })
}

pub(super) fn read(text: &str) -> Vec<Graph> {
    let mut graphs: Vec<Graph> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        match line.strip_prefix("graph ") {
            Some(name) => graphs.push(Graph { name: name.to_owned(), steps: Vec::new() }),
            None => graphs.last_mut().expect("a graph begins with its name").steps.push(step(line)),
        }
    }
    graphs
}
