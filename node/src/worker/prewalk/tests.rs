use std::io::Write as _;
use std::time::{Duration, Instant};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;

/// Returns a zip of parts.
fn zip_of(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Returns a zip that passes for a workbook, with another part.
fn workbook_with(name: &str, bytes: &[u8]) -> Vec<u8> {
    zip_of(&[("xl/workbook.xml", b"<workbook/>"), (name, bytes)])
}

/// Returns where each line of the list of parts begins.
fn listed(bytes: &[u8]) -> Vec<usize> {
    (0..bytes.len() - 4).filter(|&at| bytes[at..].starts_with(LISTED)).collect()
}

/// Writes four bytes over others.
fn patch(bytes: &mut [u8], at: usize, number: u32) {
    bytes[at..at + 4].copy_from_slice(&number.to_le_bytes());
}

/// Where sizes stand in a line of the list, and in front of a part.
const LISTED_SIZE: usize = 24;
const LOCAL_SIZE: usize = 22;

#[test]
fn kinds_are_told_by_their_parts() {
    assert_eq!(check(&zip_of(&[("xl/workbook.xml", b"<a/>")])), Ok(Kind::Xlsx));
    assert_eq!(check(&zip_of(&[("xl/workbook.bin", b"\0\x01")])), Ok(Kind::Xlsb));
    assert_eq!(check(&zip_of(&[("content.xml", b"<a/>")])), Ok(Kind::Ods));
    assert_eq!(check(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), Ok(Kind::Xls));
    assert_eq!(check(&zip_of(&[("word/document.xml", b"<a/>")])), Err(Refusal::NotAWorkbook));
    for no_workbook in [&b""[..], b"PK", b"MD,GR\n1,2\n", b"PK\x05\x06"] {
        assert_eq!(check(no_workbook), Err(Refusal::NotAWorkbook));
    }
}

#[test]
fn bombs_are_refused_within_a_second() {
    let started = Instant::now();
    let zeros = workbook_with("xl/worksheets/sheet1.xml", &vec![0; 64 << 20]);
    let made = started.elapsed();
    assert!(zeros.len() < 128 << 10);
    assert_eq!(check(&zeros), Err(Refusal::Ratio("xl/worksheets/sheet1.xml".into())));
    // As large as a size in a zip can say, without the bytes.
    let mut huge = workbook_with("xl/media/image1.png", b"x");
    let line = listed(&huge)[1];
    patch(&mut huge, line + LISTED_SIZE, u32::MAX - 1);
    assert_eq!(check(&huge), Err(Refusal::TooLarge));
    assert!(started.elapsed() - made < Duration::from_secs(1));
}

#[test]
fn a_part_that_is_larger_than_it_says_is_refused() {
    let mut lying = workbook_with("xl/worksheets/sheet1.xml", &b"<a/>".repeat(1_000));
    let line = listed(&lying)[1];
    patch(&mut lying, line + LISTED_SIZE, 1_000);
    let local = (0..lying.len()).filter(|&at| lying[at..].starts_with(ZIP)).nth(1).unwrap();
    patch(&mut lying, local + LOCAL_SIZE, 1_000);
    let Err(Refusal::Zip(why)) = check(&lying) else { panic!("it lies") };
    assert!(why.contains("larger than its declared"), "{why}");
}

#[test]
fn many_parts_are_refused() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for number in 0..=MAX_PARTS {
        writer.start_file(format!("xl/{number}.xml"), SimpleFileOptions::default()).unwrap();
    }
    assert_eq!(check(&writer.finish().unwrap().into_inner()), Err(Refusal::TooManyParts));
}

#[test]
fn names_that_lead_outside_are_refused() {
    for name in ["../evil", "xl/../../evil", "/etc/evil", "C:/evil", "xl\\..\\evil", "nul\0evil"] {
        // The writer of zips is polite about names; the list is patched to hold the rude one.
        let polite: String = name.chars().map(|_| 'x').collect();
        let mut bytes = workbook_with(&polite, b"x");
        for at in 0..bytes.len() - polite.len() {
            if bytes[at..].starts_with(polite.as_bytes()) {
                bytes[at..at + name.len()].copy_from_slice(name.as_bytes());
            }
        }
        let refusal = check(&bytes).unwrap_err();
        assert!(matches!(refusal, Refusal::Name(_)), "{name:?}: {refusal}");
    }
    let long = "x".repeat(MAX_NAME + 1);
    assert!(matches!(check(&workbook_with(&long, b"x")), Err(Refusal::Name(_))));
}

#[test]
fn parts_that_share_a_name_or_bytes_are_refused() {
    assert_eq!(check(&workbook_with("XL/Workbook.xml", b"<a/>")), Err(Refusal::Overlap));
    let mut shared = workbook_with("xl/two.xml", b"<workbook/>");
    let lines = listed(&shared);
    let first = shared[lines[0] + 42..lines[0] + 46].to_vec();
    shared[lines[1] + 42..lines[1] + 46].copy_from_slice(&first);
    assert_eq!(check(&shared), Err(Refusal::Overlap));
}

#[test]
fn encrypted_parts_and_unknown_compression_are_refused() {
    let mut encrypted = workbook_with("xl/a.xml", b"<a/>");
    let line = listed(&encrypted)[1];
    encrypted[line + 8] |= 1;
    assert_eq!(check(&encrypted), Err(Refusal::Encrypted));
    let mut unknown = workbook_with("xl/a.xml", b"<a/>");
    let line = listed(&unknown)[1];
    unknown[line + 10] = 12;
    assert!(matches!(check(&unknown), Err(Refusal::Zip(_))));
}

#[test]
fn xml_that_nests_or_declares_is_refused_and_other_parts_are_not_read_as_xml() {
    let deep = b"<a>".repeat(MAX_DEPTH + 1);
    assert_eq!(check(&workbook_with("xl/a.xml", &deep)), Err(Refusal::Depth("xl/a.xml".into())));
    let entity = b"<!DOCTYPE x [<!ENTITY a \"aaaa\">]><x>&a;</x>";
    assert_eq!(check(&workbook_with("xl/_rels/a.RELS", entity)), Err(Refusal::DocumentType("xl/_rels/a.RELS".into())));
    assert_eq!(check(&workbook_with("xl/vbaProject.bin", &deep)), Ok(Kind::Xlsx));
}

#[test]
fn a_zip_within_is_only_counted() {
    let inner = zip_of(&[("bomb", &vec![0; 8 << 20])]);
    assert_eq!(check(&workbook_with("xl/embeddings/a.xlsx", &inner)), Ok(Kind::Xlsx));
}

#[test]
fn a_damaged_zip_is_refused() {
    let whole = workbook_with("xl/a.xml", &b"<a/>".repeat(50));
    for cut in [5, whole.len() / 2, whole.len() - 1] {
        assert!(check(&whole[..cut]).is_err(), "{cut}");
    }
    let mut flipped = whole.clone();
    let at = (0..flipped.len()).filter(|&at| flipped[at..].starts_with(ZIP)).nth(1).unwrap() + 30 + 9;
    flipped[at] ^= 0xFF;
    assert!(check(&flipped).is_err(), "the checksum does not hold");
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_it_panic(damage in proptest::collection::vec((proptest::num::u16::ANY, proptest::num::u8::ANY), 1..6)) {
        let mut bytes = workbook_with("xl/worksheets/sheet1.xml", &b"<row><c/></row>".repeat(40));
        for (place, byte) in damage {
            let place = usize::from(place) % bytes.len();
            bytes[place] = byte;
        }
        drop(check(&bytes));
    }
}
