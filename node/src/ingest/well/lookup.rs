//! Header lines by mnemonic.

use dataforge_las::{HeaderItem, LogFile, SectionKind};

/// Header lines that have a value, by mnemonic; sections searched in the order given.
pub(super) struct Lookup<'a> {
    items: Vec<(String, &'a HeaderItem)>,
    null: Option<f64>,
}

impl<'a> Lookup<'a> {
    pub(super) fn new(file: &'a LogFile, kinds: &[SectionKind]) -> Self {
        let sections = kinds.iter().flat_map(|kind| file.sections.iter().filter(move |section| section.kind == *kind));
        let items = sections
            .flat_map(|section| &section.items)
            .filter(|item| !item.value.trim().is_empty())
            .map(|item| (item.mnemonic.trim().to_uppercase(), item))
            .collect();
        Self { items, null: file.version.null.as_deref().and_then(|null| null.trim().parse().ok()) }
    }

    /// Returns the line with the first of the mnemonics that is there.
    pub(super) fn item(&self, mnemonics: &[&str]) -> Option<&'a HeaderItem> {
        self.all(mnemonics).next()
    }

    /// Returns all lines with the mnemonics, in the order of these.
    pub(super) fn all(&self, mnemonics: &[&str]) -> impl Iterator<Item = &'a HeaderItem> + use<'a> {
        let mut found = Vec::new();
        for wanted in mnemonics {
            found.extend(self.items.iter().filter(|(mnemonic, _)| mnemonic == wanted).map(|(_, item)| *item));
        }
        found.into_iter()
    }

    pub(super) fn text(&self, mnemonics: &[&str]) -> Option<String> {
        self.item(mnemonics).map(|item| item.value.clone())
    }

    /// Returns every line with its mnemonic in upper case.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &'a HeaderItem)> {
        self.items.iter().map(|(mnemonic, item)| (&**mnemonic, *item))
    }

    /// Returns whether a text is the file's null value.
    pub(super) fn is_null(&self, text: &str) -> bool {
        self.null.is_some() && text.trim().parse().ok() == self.null
    }
}
