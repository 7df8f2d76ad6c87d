//! Which sections make a data set: every section of rows with those that define its columns and
//! hold its parameters.
//!
//! LAS 3.0 says it by name: `~Core_Data[2] | Core_Definition` beside `~Core_Parameter[2]`. Without
//! names, as in 1.2 and 2.0, and where exports repeat `~Parameter`, `~Curve` and `~ASCII` for every
//! run, the order says it.

use std::collections::BTreeMap;

use crate::model::{SectionKind, SetKind};
use crate::section::title::{self, Key, LOG, Part, SetTitle};
use crate::section::{RawSection, Role};

#[cfg(test)]
mod tests;

/// A section of rows and what belongs to it; all are indices of sections as found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SetPlan {
    /// The rows.
    pub(crate) data: usize,
    /// What the set holds.
    pub(crate) kind: SetKind,
    /// Its name and number.
    pub(crate) name: String,
    /// Its number.
    pub(crate) number: Option<u32>,
    /// The sections that define its columns.
    pub(crate) definition: Vec<usize>,
    /// The sections of its parameters.
    pub(crate) parameters: Vec<usize>,
    /// The association that names no section of the file, if there is one.
    pub(crate) lost: Option<String>,
}

/// Finds the data sets of a file.
pub(crate) fn find(sections: &[RawSection<'_>]) -> Vec<SetPlan> {
    let names = Names::new(sections);
    let by_place = ByPlace::new(sections);
    let mut plans = Vec::new();
    for (data, section) in sections.iter().enumerate() {
        if !matches!(section.role, Role::Data | Role::OtherData) {
            continue;
        }
        let title = title::set_title(&section.title).filter(|title| title.part == Part::Data);
        let title = title.unwrap_or(SetTitle { root: LOG.to_owned(), number: None, part: Part::Data });
        let association = title::split(&section.title).1;
        let named = association.and_then(|name| names.association(name, data));
        let definition = named
            .map(|found| vec![found])
            .or_else(|| names.definition(&title, data))
            .unwrap_or_else(|| if title.is_log() { by_place.curves(data) } else { Vec::new() });
        let parameters = names
            .parameters(&title)
            .unwrap_or_else(|| if title.is_log() { by_place.parameters(data) } else { Vec::new() });
        let lost = association.filter(|_| named.is_none()).map(str::to_owned);
        let kind = SetKind::of(&title.root);
        plans.push(SetPlan { data, kind, name: title.root, number: title.number, definition, parameters, lost });
    }
    plans
}

/// Sections of LAS 3.0 by the names in their titles, in file order.
struct Names(BTreeMap<Key, Vec<usize>>);

impl Names {
    fn new(sections: &[RawSection<'_>]) -> Self {
        let mut names: BTreeMap<Key, Vec<usize>> = BTreeMap::new();
        for (at, section) in sections.iter().enumerate().filter(|(_, section)| section.role.header().is_some()) {
            let (word, _) = title::split(&section.title);
            if let Some(title) = title::set_word(word) {
                names.entry(title.key()).or_default().push(at);
            }
        }
        Self(names)
    }

    /// Returns the last section of that name before `data`, or else the first behind it.
    fn nearest(&self, key: &Key, data: usize) -> Option<usize> {
        let found = self.0.get(key)?;
        let before = found.iter().rev().find(|&&at| at < data);
        before.or(found.first()).copied()
    }

    /// Returns the definition called `name`, whose number may be missing from it.
    fn association(&self, name: &str, data: usize) -> Option<usize> {
        let (word, _) = title::split(name);
        let (root, part, number) = title::set_word(word)?.key();
        let (any, exact) = ((root.clone(), part, None), (root, part, number));
        self.nearest(&exact, data).or_else(|| self.nearest(&any, data))
    }

    /// Returns the definition of the data set `title` by its root and number. Where nothing is
    /// numbered, the definitions of logs go by place.
    fn definition(&self, title: &SetTitle, data: usize) -> Option<Vec<usize>> {
        let (root, _, number) = title.key();
        let named = |number| self.nearest(&(root.clone(), Part::Definition, number), data);
        let exact = if number.is_some() || !title.is_log() { named(number) } else { None };
        let found = if title.is_log() { exact } else { exact.or_else(|| named(None)) };
        found.map(|found| vec![found])
    }

    /// Returns the parameters of the data set `title`; those without number belong to all sets of
    /// their root that have none of their own.
    fn parameters(&self, title: &SetTitle) -> Option<Vec<usize>> {
        let (root, _, number) = title.key();
        let own = number.and_then(|_| self.0.get(&(root.clone(), Part::Parameter, number)));
        if title.is_log() {
            return own.cloned();
        }
        own.or_else(|| self.0.get(&(root, Part::Parameter, None))).cloned()
    }
}

/// Sections of logs that only their place in the file relates.
struct ByPlace {
    /// Sections of rows with the curves before them.
    curves: BTreeMap<usize, Vec<usize>>,
    parameters: BTreeMap<usize, Vec<usize>>,
}

impl ByPlace {
    fn new(sections: &[RawSection<'_>]) -> Self {
        let of = |kind| {
            let found = move |(at, section): (usize, &RawSection<'_>)| {
                let (word, _) = title::split(&section.title);
                let unnumbered = title::set_word(word).is_none_or(|title| title.number.is_none());
                (section.role == Role::Header(kind) && unnumbered).then_some(at)
            };
            sections.iter().enumerate().filter_map(found).collect::<Vec<_>>()
        };
        let rows = sections.iter().enumerate().filter(|(_, section)| section.role == Role::Data);
        let rows: Vec<usize> = rows.map(|(at, _)| at).collect();
        let mut curves = of(SectionKind::Curve);
        if let [only] = rows.as_slice()
            && curves.iter().any(|at| at < only)
        {
            curves.retain(|at| at < only);
        }
        Self { curves: relate(&rows, &curves), parameters: relate(&rows, &of(SectionKind::Parameter)) }
    }

    fn curves(&self, data: usize) -> Vec<usize> {
        self.curves.get(&data).cloned().unwrap_or_default()
    }

    fn parameters(&self, data: usize) -> Vec<usize> {
        self.parameters.get(&data).cloned().unwrap_or_default()
    }
}

/// Relates every section of rows with the headers that stand between it and the rows before, else
/// with those of the rows before; with those behind it where a file puts headers behind rows.
fn relate(rows: &[usize], headers: &[usize]) -> BTreeMap<usize, Vec<usize>> {
    if let [only] = rows {
        return BTreeMap::from([(*only, headers.to_vec())]);
    }
    let behind = matches!((rows.first(), headers.first()), (Some(row), Some(header)) if header > row);
    let mut related: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, &row) in rows.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| rows.get(at)).copied();
        let (from, to) =
            if behind { (Some(row), rows.get(at + 1).copied().unwrap_or(usize::MAX)) } else { (before, row) };
        let mut own: Vec<usize> =
            headers.iter().copied().filter(|&header| from.is_none_or(|from| header > from) && header < to).collect();
        if own.is_empty() {
            own = before.and_then(|before| related.get(&before)).cloned().unwrap_or_default();
        }
        related.insert(row, own);
    }
    related
}
