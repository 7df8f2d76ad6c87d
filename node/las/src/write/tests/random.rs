//! Random files: whatever is written is read back as it was, or refused.

use proptest::prelude::*;

use super::*;

/// Numbers of every size and sign, many of them ordinary.
fn number() -> impl Strategy<Value = f64> {
    let finite = any::<f64>().prop_filter("infinite", |number| !number.is_infinite());
    prop_oneof![
        4 => (-100_000..100_000).prop_map(|number| f64::from(number) / 1000.0),
        2 => finite,
        1 => Just(NAN),
        1 => Just(-999.25),
    ]
}

/// Words with all that rows treat specially.
fn word() -> impl Strategy<Value = Option<String>> {
    let pieces = prop_oneof![
        Just("a"),
        Just("SAND"),
        Just(" "),
        Just(","),
        Just("\t"),
        Just("\""),
        Just("#"),
        Just("~"),
        Just("-999.25"),
        Just("1.5"),
        Just("-2"),
        Just("\n"),
        Just("NaN"),
        Just("****"),
        Just("µ"),
        Just("|"),
        Just(":"),
        Just("."),
    ];
    let word = prop::collection::vec(pieces, 0..5).prop_map(|pieces| Some(pieces.concat()));
    prop_oneof![2 => Just(None), 8 => Just(Some("SHALE".to_owned())), 1 => word]
}

fn column(rows: usize) -> impl Strategy<Value = Column> {
    let numbers = prop::collection::vec(number(), rows).prop_map(Values::Number);
    let words = prop::collection::vec(word(), rows).prop_map(Values::Text);
    let values = prop_oneof![3 => numbers, 1 => words];
    ("[A-Z]{1,5}(\\[[1-3]\\])?", "[A-Za-z/%]{0,4}", "[A-Za-z0-9 :.]{0,12}", values).prop_map(
        |(mnemonic, unit, description, values)| Column {
            definition: HeaderItem::new(&mnemonic, &unit, "", description.trim()),
            values,
        },
    )
}

fn set(kind: SetKind) -> impl Strategy<Value = DataSet> {
    (1..30_usize).prop_flat_map(move |rows| {
        prop::collection::vec(column(rows), 1..12).prop_map(move |columns| DataSet::new(kind, "", columns))
    })
}

fn file() -> impl Strategy<Value = LogFile> {
    let kinds = prop_oneof![Just(SetKind::Log), Just(SetKind::Core), Just(SetKind::Tops), Just(SetKind::Log)];
    prop::collection::vec(kinds.prop_flat_map(set), 1..4).prop_map(|sets| {
        let mut file = LogFile::new(Vec::new());
        sets.into_iter().for_each(|set| file.push(set, Vec::new()));
        file
    })
}

fn options() -> impl Strategy<Value = WriteOptions> {
    let version = prop_oneof![Just(LasVersion::V1_2), Just(LasVersion::V2_0), Just(LasVersion::V3_0)];
    let delimiter = prop_oneof![Just(None), Just(Some(Delimiter::Comma)), Just(Some(Delimiter::Tab))];
    let line_end = prop_oneof![Just(LineEnd::Lf), Just(LineEnd::CrLf)];
    (version, any::<bool>(), delimiter, line_end).prop_map(|(version, wrapped, delimiter, line_end)| WriteOptions {
        version,
        wrapped: wrapped && version != LasVersion::V3_0 && delimiter.is_none(),
        delimiter,
        line_end,
        ..WriteOptions::default()
    })
}

/// Returns whether a column came back. Words that all look like numbers may be numbers where no
/// format says otherwise.
fn same(one: &Values, other: &Values, is_3: bool) -> bool {
    match (one, other) {
        (Values::Number(one), Values::Number(other)) => {
            one.iter().zip(other).all(|(a, b)| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan())
        }
        (Values::Text(one), Values::Text(other)) => one == other,
        (Values::Text(one), Values::Number(other)) => {
            let same = |(a, b): (&Option<String>, &f64)| match a {
                Some(text) => text.parse::<f64>().is_ok_and(|number| number == *b),
                None => b.is_nan(),
            };
            !is_3 && one.iter().zip(other).all(same)
        }
        (Values::Number(_), Values::Text(_)) => false,
    }
}

/// Parts of header lines with all that they treat specially.
fn part() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        6 => Just("A"), 3 => Just("12"), 2 => Just(" "), 1 => Just("."), 1 => Just(":"), 1 => Just("  "), 1 => Just("#"),
        1 => Just("~"), 1 => Just("|"), 1 => Just("{F}"), 1 => Just("[1]"), 1 => Just("COMPANY"), 1 => Just("µ"),
        1 => Just("23:15"), 1 => Just("\n"), 1 => Just("\""), 1 => Just("\t"),
    ];
    prop::collection::vec(pieces, 0..4).prop_map(|pieces| pieces.concat())
}

fn header_item() -> impl Strategy<Value = HeaderItem> {
    let name = prop_oneof![3 => Just("COMP".to_owned()), 1 => Just("NULL".to_owned()), 2 => part()];
    let format = prop::option::of(prop_oneof![Just("F"), Just("S"), Just("DD/MM/YYYY")]);
    (name, part(), part(), part(), format, any::<bool>()).prop_map(|(name, unit, value, description, format, raw)| {
        let mut item = HeaderItem::new(&name, &unit, &value, &description);
        item.format = format.map(crate::Format::new);
        if raw {
            // A line as delivered that may not be that of the item any more.
            item.raw = format!("{name}.{unit} {value} : {description}");
        }
        item
    })
}

fn section() -> impl Strategy<Value = Section> {
    let kinds =
        [SectionKind::Version, SectionKind::Well, SectionKind::Parameter, SectionKind::Other, SectionKind::Custom];
    let text = prop_oneof![3 => Just("# a comment".to_owned()), 1 => part()];
    let (items, text) = (prop::collection::vec(header_item(), 0..4), prop::collection::vec((0..4_u32, text), 0..2));
    (prop::sample::select(kinds.to_vec()), items, text).prop_map(|(kind, items, mut text)| {
        text.sort_by_key(|(line, _)| *line);
        Section { text, ..Section::new(kind, items) }
    })
}

/// Returns what a header says, without what is brought up to date.
fn said(file: &LogFile, kind: SectionKind) -> Vec<String> {
    let sections = file.sections.iter().filter(|section| section.kind == kind);
    let lines = sections.flat_map(|section| section.lines().map(|line| (section, line)).collect::<Vec<_>>());
    let is_kept = |item: &HeaderItem| {
        let updated = ["VERS", "WRAP", "DLM", "STRT", "STOP", "STEP", "NULL"];
        !updated.iter().any(|name| crate::version::is_called(item, name))
    };
    lines
        .filter_map(|(_, line)| match line {
            crate::SectionLine::Text(text) => Some(text.to_owned()),
            crate::SectionLine::Item(item) => is_kept(item).then(|| {
                let mut item = item.clone();
                if item.format.is_none() && item.associations.is_empty() {
                    crate::header::las3::split_description(&mut item);
                }
                let HeaderItem { mnemonic, unit, value, description, format, associations, .. } = item;
                format!("{mnemonic}|{unit}|{value}|{description}|{format:?}|{associations:?}")
            }),
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn headers_are_read_back_or_refused(sections in prop::collection::vec(section(), 0..4), options in options()) {
        let mut file = small();
        file.sections = sections;
        let mut bytes = Vec::new();
        if write(&file, &options, &mut bytes).is_err() {
            prop_assert!(bytes.is_empty());
            return Ok(());
        }
        let text = String::from_utf8(bytes).unwrap();
        let found = again(&text);
        prop_assert_eq!(values(&file.data[0]), values(&found.data[0]), "{}", text);
        for kind in [SectionKind::Version, SectionKind::Well, SectionKind::Parameter, SectionKind::Other, SectionKind::Custom] {
            prop_assert_eq!(said(&file, kind), said(&found, kind), "{}", text);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_back_or_refused(file in file(), options in options()) {
        let mut bytes = Vec::new();
        let Ok(_) = write(&file, &options, &mut bytes) else {
            prop_assert!(bytes.is_empty());
            return Ok(());
        };
        let text = String::from_utf8(bytes).unwrap();
        let found = again(&text);
        let is_3 = options.version == LasVersion::V3_0;
        let log = file.data.iter().position(|set| set.kind == SetKind::Log).unwrap_or_default();
        let written: Vec<&DataSet> = if is_3 { file.data.iter().collect() } else { vec![&file.data[log]] };
        prop_assert_eq!(written.len(), found.data.len());
        for set in written {
            // Logs come last, and sets of one name are numbered: find it by its columns.
            let is = |other: &&DataSet| {
                (!is_3 || other.kind == set.kind)
                    && other.rows == set.rows
                    && other.columns.len() == set.columns.len()
                    && set.columns.iter().zip(&other.columns).all(|(a, b)| {
                        a.definition.mnemonic == b.definition.mnemonic
                            && a.definition.unit == b.definition.unit
                            && a.definition.description == b.definition.description
                            && same(&a.values, &b.values, is_3)
                    })
            };
            prop_assert!(found.data.iter().any(|other| is(&other)), "{}\n{:?}", text, set);
        }
    }
}

#[test]
fn what_is_read_of_damaged_files_is_written_or_refused() {
    let (mut written, mut refused) = (0, 0);
    crate::mutants::each(7_000, |bytes| {
        let Ok(reading) = read(bytes, &ReadOptions::default()) else { return };
        let file = reading.file;
        for version in [LasVersion::V1_2, LasVersion::V2_0, LasVersion::V3_0] {
            let mut text = Vec::new();
            let Ok(_) = write(&file, &plain(version), &mut text) else {
                refused += 1;
                continue;
            };
            written += 1;
            let text = String::from_utf8(text).unwrap();
            let found = again(&text);
            let is_3 = version == LasVersion::V3_0;
            let log = file.data.iter().position(|set| set.kind == SetKind::Log).unwrap_or_default();
            let sets = if is_3 { &file.data[..] } else { &file.data[log..=log] };
            assert_eq!(sets.len(), found.data.len(), "{text}");
            for set in sets {
                let values = set.columns.iter().map(|column| &column.values);
                let same = |other: &DataSet| {
                    other.columns.len() == set.columns.len()
                        && values.clone().zip(&other.columns).all(|(one, other)| same(one, &other.values, is_3))
                };
                assert!(found.data.iter().any(same), "{}\n became\n{text}", String::from_utf8_lossy(bytes));
            }
        }
    });
    assert!(written > 4 * refused, "{written} written, {refused} refused");
}

/// Random files must not be refused all the time, or the tests above show nothing.
#[test]
fn most_random_files_are_written() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut files, mut headers) = (0, 0);
    for _ in 0..300 {
        let options = options().new_tree(&mut runner).unwrap().current();
        let is_written = |file: &LogFile| usize::from(write(file, &options, &mut Vec::new()).is_ok());
        files += is_written(&file().new_tree(&mut runner).unwrap().current());
        let sections = prop::collection::vec(section(), 0..4).new_tree(&mut runner).unwrap().current();
        headers += is_written(&LogFile { sections, ..small() });
    }
    assert!(files > 150 && headers > 75, "{files} files and {headers} headers of 300");
}
