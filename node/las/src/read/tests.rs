//! Tests of whole files: refusals, order of sections, and bytes of all kinds.

use super::*;
use crate::limits::MAX_DATA_SETS;
use crate::model::Values;

mod las3;

const SMALL: &str =
    "~V\nVERS. 2.0:\nWRAP. NO:\n~W\nNULL. -999.25:\nCOMP. ACME: c\n~C\nDEPT.M:\nGR.API:\n~A\n1 2\n3 4\n";

fn plainly(bytes: &[u8]) -> Result<Reading, ReadError> {
    read(bytes, &ReadOptions::default())
}

fn header(bytes: &[u8]) -> Result<Reading, ReadError> {
    read_header(bytes, &ReadOptions::default())
}

fn kinds(reading: &Reading) -> Vec<NoticeKind> {
    reading.report.notices.iter().map(|notice| notice.kind).collect()
}

#[test]
fn what_is_no_well_log_is_told_apart() {
    for read in [plainly, header] {
        assert_eq!(read(b""), Err(ReadError::Empty));
        assert_eq!(read(b" \r\n\0\0\x1a"), Err(ReadError::Empty));
        assert_eq!(read(b"LASF\0\0\0\0"), Err(ReadError::Lidar));
        assert_eq!(read(b"depth,gr\n1,2\n"), Err(ReadError::NotLas));
        assert_eq!(read(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), Err(ReadError::NotLas));
    }
}

#[test]
fn a_header_alone_has_no_data_but_is_a_header() {
    let (head, _) = SMALL.split_once("~A").unwrap();
    assert_eq!(plainly(head.as_bytes()), Err(ReadError::NoData { line: 0 }));
    let empty = format!("{head}~A\n# nothing\n\n");
    assert_eq!(plainly(empty.as_bytes()), Err(ReadError::NoData { line: 10 }));
    assert_eq!(header(head.as_bytes()).unwrap().file.sections.len(), 3);
}

#[test]
fn the_header_is_that_of_the_whole_file() {
    let mut whole = plainly(SMALL.as_bytes()).unwrap();
    whole.file.data.clear();
    assert_eq!(header(SMALL.as_bytes()).unwrap(), whole);
}

#[test]
fn a_header_longer_than_the_sample_is_read_whole() {
    let parameters = "P.M 1 : µ\n".repeat(3 * HEADER_SAMPLE / 10);
    let text = SMALL.replace("~A", &format!("~P\n{parameters}~A"));
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in [text.as_bytes(), &utf16] {
        let reading = header(bytes).unwrap();
        let last = reading.file.sections.last().unwrap();
        assert_eq!(last.items.len(), 3 * HEADER_SAMPLE / 10);
        assert!(last.items.iter().all(|item| item.description == "µ"));
        assert!(reading.report.notices.is_empty());
    }
}

#[test]
fn sections_in_any_order_are_read() {
    let text = "~C\nDEPT.M:\nGR.API:\n~A\n1 -1\n3 4\n~W\nNULL. -1:\n~V\nVERS. 2.0:\nWRAP. NO:\n";
    let reading = plainly(text.as_bytes()).unwrap();
    let set = &reading.file.data[0];
    assert_eq!(set.rows, 2);
    assert!(matches!(&set.columns[1].values, Values::Number(n) if n[0].is_nan() && n[1] == 4.0));
    assert_eq!(kinds(&reading), [NoticeKind::SectionOrder; 2]);
    let late = "~V\nVERS. 2.0:\nWRAP. NO:\n~A\n1 2\n~C\nDEPT.M:\nGR.API:\n";
    let set = &plainly(late.as_bytes()).unwrap().file.data[0];
    assert_eq!(set.columns[1].definition.mnemonic, "GR");
}

#[test]
fn custom_sections_and_comments_are_kept() {
    let text = SMALL.replace("~C", "~Tops\nA.M 5 : top\nfree text\n# note\n~O\nremark\n~C");
    let reading = plainly(format!("# first\n{text}").as_bytes()).unwrap();
    let titles: Vec<_> = reading.file.sections.iter().map(|s| s.title.as_str()).collect();
    assert_eq!(titles, ["", "~V", "~W", "~Tops", "~O", "~C"]);
    let tops = &reading.file.sections[3];
    assert_eq!(tops.items[0].mnemonic, "A");
    assert_eq!(tops.text, [(10, "free text".to_owned()), (11, "# note".to_owned())]);
    assert_eq!(reading.file.sections[4].text, [(13, "remark".to_owned())]);
    assert_eq!(reading.file.sections[0].text, [(1, "# first".to_owned())]);
    assert!(reading.report.notices.is_empty());
}

#[test]
fn several_triples_are_several_data_sets() {
    let more = "~C\nDEPT.M:\nRT.OHMM:\nSP.MV:\n~A\n5 6 7\n~A\n8 9 10\n";
    let reading = plainly(format!("{SMALL}{more}").as_bytes()).unwrap();
    let shapes: Vec<_> = reading.file.data.iter().map(|d| (d.line, d.rows, d.columns.len())).collect();
    assert_eq!(shapes, [(10, 2, 2), (17, 1, 3), (19, 1, 3)]);
}

#[test]
fn more_data_sets_than_the_limit_are_refused() {
    let text = format!("{SMALL}{}", "~A\n1 2\n".repeat(MAX_DATA_SETS));
    let error = plainly(text.as_bytes()).unwrap_err();
    assert!(matches!(error, ReadError::TooLarge { what: "data sets", .. }));
}

#[test]
fn replaced_bytes_are_reported() {
    let options = ReadOptions { encoding: Some("utf-8".to_owned()), ..ReadOptions::default() };
    let mut bytes = SMALL.replace("ACME", "ACM@").into_bytes();
    let at = bytes.iter().position(|&byte| byte == b'@').unwrap();
    bytes[at] = 0xC9;
    let reading = read(&bytes, &options).unwrap();
    assert_eq!(kinds(&reading), [NoticeKind::Encoding]);
    assert_eq!(plainly(&bytes).unwrap().file.sections[1].items[1].value, "ACMÉ");
}

#[test]
fn no_bytes_make_it_panic() {
    crate::mutants::each(20_000, |bytes| {
        for strict in [false, true] {
            let options = ReadOptions { strict, ..ReadOptions::default() };
            let _reading = (read(bytes, &options), read_header(bytes, &options));
        }
    });
}
