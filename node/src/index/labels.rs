//! Labels of curves: the name given by hand or the mnemonic, made unique within the run.

use std::collections::BTreeSet;

/// Returns a label for each name, in order: the name, then `_2`, `_3` for repeats. A name that
/// another curve was delivered with is never taken for a repeat.
pub(super) fn unique(names: &[String]) -> Vec<String> {
    let delivered: BTreeSet<_> = names.iter().map(|name| name.to_uppercase()).collect();
    let mut used = BTreeSet::new();
    names
        .iter()
        .map(|name| {
            let name = if name.is_empty() { "UNKNOWN" } else { name };
            let mut label = name.to_owned();
            let mut count = 1;
            while used.contains(&label.to_uppercase()) || (count > 1 && delivered.contains(&label.to_uppercase())) {
                count += 1;
                label = format!("{name}_{count}");
            }
            used.insert(label.to_uppercase());
            label
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::unique;

    #[test]
    fn repeats_are_numbered_and_never_take_a_delivered_name() {
        let names = ["GR", "GR", "gr_2", "", ""].map(str::to_owned);
        assert_eq!(unique(&names), ["GR", "GR_3", "gr_2", "UNKNOWN", "UNKNOWN_2"]);
    }
}
