//! Titles of sections.

use std::collections::BTreeMap;

use crate::model::{DataSet, SectionKind, SetKind};
use crate::section::title::{self, LOG, Part, set_title, set_word};
use crate::write::plan::{Plan, RowsPart, Style};

/// Returns the title the standard gives a section, if it gives one.
pub(super) fn standard(kind: SectionKind, is_3: bool) -> Option<&'static str> {
    match kind {
        SectionKind::Curve if is_3 => Some("~Log_Definition"),
        SectionKind::Parameter if is_3 => Some("~Log_Parameter"),
        _ => kind.title(),
    }
}

/// Returns the name of a data set, made of its kind when it has none that can stand in a title.
pub(super) fn root(set: &DataSet) -> String {
    let name = set.name.trim();
    let is_kind = set.kind == SetKind::Other || set.kind == SetKind::of(name);
    let is_fine = is_kind
        && set_word(&format!("{name}_Data")).is_some_and(|title| title.root == name && title.number.is_none())
        && !name.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '|' | '~' | '[' | ']'));
    if is_fine { name.to_owned() } else { kind_word(set.kind).to_owned() }
}

fn kind_word(kind: SetKind) -> &'static str {
    match kind {
        SetKind::Log => LOG,
        SetKind::Tops => "Tops",
        SetKind::Inclinometry => "Inclinometry",
        SetKind::Core => "Core",
        SetKind::Drilling => "Drilling",
        SetKind::Test => "Test",
        SetKind::Perforation => "Perforations",
        SetKind::Other => "Table",
    }
}

/// The titles of a plan.
#[derive(Debug)]
pub(super) struct Names {
    headers: Vec<String>,
    /// Title and number of each section of rows.
    rows: Vec<(String, Option<u32>)>,
}

impl Names {
    /// Names the sections of a plan.
    pub(super) fn new(plan: &Plan<'_>, is_3: bool, style: Style) -> Self {
        let mut headers: Vec<String> = plan.headers.iter().map(|header| header.title.clone()).collect();
        for (title, header) in headers.iter_mut().zip(&plan.headers) {
            let is_text = title.is_empty() && header.kind == SectionKind::Other;
            if let Some(standard) = standard(header.kind, is_3)
                && !is_text
                && (style == Style::Standard || title.is_empty())
            {
                standard.clone_into(title);
            }
        }
        if is_3 { of_sets(plan, style, headers) } else { of_log(plan, style, headers) }
    }

    /// Gives the plan its titles.
    pub(super) fn apply(self, plan: &mut Plan<'_>) {
        for (header, title) in plan.headers.iter_mut().zip(self.headers) {
            header.title = title;
        }
        for (rows, (title, number)) in plan.rows.iter_mut().zip(self.rows) {
            (rows.title, rows.number) = (title, number);
        }
    }
}

/// Names the rows of LAS 1.2 and 2.0. A title that names the curves stays only if they do.
fn of_log(plan: &Plan<'_>, style: Style, headers: Vec<String>) -> Names {
    let title = |rows: &RowsPart<'_>| {
        let names = rows.title.split_whitespace().skip(1).count();
        let stays = style == Style::AsDelivered && !rows.title.is_empty() && (names < 2 || rows.stays);
        (if stays { rows.title.clone() } else { "~ASCII".to_owned() }, None)
    };
    let rows = plan.rows.iter().map(title).collect();
    Names { headers, rows }
}

/// Names the sections of the data sets of LAS 3.0.
fn of_sets(plan: &Plan<'_>, style: Style, mut headers: Vec<String>) -> Names {
    let numbers = numbers(plan);
    let mut rows = Vec::new();
    let mut named: Vec<usize> = Vec::new();
    for (part, number) in plan.rows.iter().zip(numbers) {
        let as_delivered = style == Style::AsDelivered && set_title(&part.title).is_some();
        let suffix = number.map(|number| format!("[{number}]")).unwrap_or_default();
        let Some(definition) = headers.get_mut(part.definition) else { continue };
        let keeps = as_delivered && set_word(title::split(definition).0).is_some_and(|it| it.part == Part::Definition);
        if !keeps && !named.contains(&part.definition) {
            // Shared definitions have no number.
            let is_shared = plan.rows.iter().filter(|other| other.definition == part.definition).count() > 1;
            let suffix = if is_shared { "" } else { &suffix };
            *definition = format!("~{}_Definition{suffix}", part.name);
            named.push(part.definition);
        }
        let word = title::split(definition).0.to_owned();
        for &at in part.parameters.iter().filter(|_| !as_delivered) {
            let is_shared = plan.rows.iter().filter(|other| other.parameters.contains(&at)).count() > 1;
            let suffix = if is_shared { "" } else { &suffix };
            if let Some(title) = headers.get_mut(at) {
                *title = format!("~{}_Parameter{suffix}", part.name);
            }
        }
        rows.push(if as_delivered {
            (part.title.clone(), part.number)
        } else {
            (format!("~{}_Data{suffix} | {word}", part.name), number)
        });
    }
    Names { headers, rows }
}

/// Returns the numbers of data sets: their own where those tell sets of one name apart, else 1, 2…;
/// none of a set that has its name alone.
fn numbers(plan: &Plan<'_>) -> Vec<Option<u32>> {
    let mut by_root: BTreeMap<String, Vec<Option<u32>>> = BTreeMap::new();
    for part in &plan.rows {
        by_root.entry(part.name.to_ascii_uppercase()).or_default().push(part.number);
    }
    let mut next: BTreeMap<String, u32> = BTreeMap::new();
    let number = |part: &RowsPart<'_>| {
        let root = part.name.to_ascii_uppercase();
        let all = by_root.get(&root).map(Vec::as_slice).unwrap_or_default();
        let mut sorted = all.to_vec();
        sorted.sort_unstable();
        let differ = sorted.windows(2).all(|pair| pair.first() != pair.last());
        let place = next.entry(root).or_default();
        *place += 1;
        if differ { part.number } else { Some(*place) }
    };
    plan.rows.iter().map(number).collect()
}
