//! Traps: one oddity a file, beside what is right.

use std::collections::BTreeMap;
use std::fs;

use dataforge_las::{Column, ReadOptions, Reading, SectionKind, Values, read};
use serde_json::Value;

use crate::collection::{self, json, walk};

#[test]
fn traps_read_as_they_should() {
    let Some(root) = collection::root() else { return };
    let mut traps = 0;
    for path in walk(&root.join("files/traps"), ".expect.json") {
        let expected = json(&path);
        let las = path.to_string_lossy().replace(".expect.json", ".las");
        let bytes = fs::read(&las).unwrap();
        let Reading { file, .. } = read(&bytes, &ReadOptions::default()).unwrap();
        let set = &file.data[0];
        assert_eq!(expected["rows"], set.rows, "{las}");
        let columns: BTreeMap<String, Value> = set.columns.iter().map(cells).collect();
        for (name, values) in expected["columns"].as_object().unwrap() {
            assert_eq!(columns.get(name), Some(values), "{las}: {name}");
        }
        let sections = file.sections.iter().filter(|section| section.kind == SectionKind::Well);
        let well = sections.flat_map(|section| &section.items);
        for (name, value) in expected["well"].as_object().into_iter().flatten() {
            let item = well.clone().find(|item| item.mnemonic == *name);
            assert_eq!(item.map(|item| item.value.as_str()), value.as_str(), "{las}: {name}");
        }
        traps += 1;
    }
    eprintln!("{traps} traps");
    assert!(traps >= 6, "only {traps} traps were read");
}

/// Returns the name of a column and its values as JSON, null for no value.
fn cells(column: &Column) -> (String, Value) {
    let values = match &column.values {
        Values::Number(numbers) => numbers.iter().map(|&number| Value::from(number)).collect(),
        Values::Text(texts) => texts.iter().map(|text| Value::from(text.as_deref())).collect(),
    };
    (column.definition.mnemonic.clone(), values)
}
