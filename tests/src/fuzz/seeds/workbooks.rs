//! Workbooks: real ones by the writer of workbooks, small ones by hand, and odd zips.

use std::io::{Cursor, Write as _};

use rust_xlsxwriter::{Format, Formula, Workbook, XlsxError};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// Returns a zip of parts, deflated or stored.
fn zip_of(parts: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        writer.start_file(*name, SimpleFileOptions::default().compression_method(method)).expect("a name");
        writer.write_all(bytes).expect("memory takes bytes");
    }
    writer.finish().expect("memory takes bytes").into_inner()
}

fn written() -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet().set_name("Survey")?;
    for (column, name) in (0..).zip(["MD (m)", "Inc", "Azi", "Share", "When", "Note"]) {
        sheet.write(1, column, name)?;
    }
    sheet.merge_range(0, 0, 0, 3, "Well: A-1", &Format::new())?;
    let (percent, date) = (Format::new().set_num_format("0.0%"), Format::new().set_num_format("yyyy-mm-dd hh:mm"));
    for row in 0..12_u32 {
        sheet.write(row + 2, 0, f64::from(row) * 30.0)?;
        sheet.write(row + 2, 1, f64::from(row) / 10.0)?;
        sheet.write(row + 2, 2, Formula::new("=90+1").set_result("91"))?;
        sheet.write_with_format(row + 2, 3, 0.25, &percent)?;
        sheet.write_with_format(row + 2, 4, 45_000.5 + f64::from(row), &date)?;
        sheet.write(row + 2, 5, row % 2 == 0)?;
    }
    let hidden = workbook.add_worksheet().set_name("Tops")?.set_hidden(true);
    for (row, (top, depth)) in (0..).zip([("Viking", 1234.5), ("Colony", 1300.0), ("Mannville", 1400.25)]) {
        hidden.write(row, 0, "A-1")?;
        hidden.write(row, 1, top)?;
        hidden.write(row, 2, depth)?;
    }
    workbook.save_to_buffer()
}

const ODS: &str = "<office:document-content xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" \
    xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" \
    xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\"><office:body><office:spreadsheet>\
    <table:table table:name=\"S\"><table:table-row><table:table-cell office:value-type=\"string\"><text:p>MD</text:p>\
    </table:table-cell><table:table-cell office:value-type=\"string\"><text:p>GR</text:p></table:table-cell>\
    </table:table-row><table:table-row table:number-rows-repeated=\"3\"><table:table-cell \
    table:number-columns-repeated=\"2\" office:value-type=\"float\" office:value=\"1\"/></table:table-row>\
    </table:table></office:spreadsheet></office:body></office:document-content>";

/// Returns them.
#[must_use]
pub fn workbooks() -> Vec<Vec<u8>> {
    let ods: [(&str, &[u8]); 3] = [
        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
        ("META-INF/manifest.xml", b"<manifest/>"),
        ("content.xml", ODS.as_bytes()),
    ];
    let deep = format!("{}{}", "<a>".repeat(120), "</a>".repeat(120));
    let zeros = vec![0; 60_000];
    let typed: [(&str, &[u8]); 2] = [("xl/workbook.xml", b"<?xml?><!DOCTYPE x><a b='>'/>"), ("a.rels", b"<!-- -->")];
    let nested: [(&str, &[u8]); 2] = [("xl/workbook.xml", deep.as_bytes()), ("b.vml", b"<![CDATA[<a>]]><b/>")];
    let binary: [(&str, &[u8]); 2] = [("xl/workbook.bin", b"\x83\x01\0"), ("xl/worksheets/sheet1.bin", &zeros)];
    let mut seeds = Vec::new();
    // The writer of workbooks fails on no sheet that is written here.
    seeds.extend(written());
    seeds.push(zip_of(&ods, CompressionMethod::Deflated));
    seeds.push(zip_of(&typed, CompressionMethod::Stored));
    seeds.push(zip_of(&nested, CompressionMethod::Deflated));
    seeds.push(zip_of(&binary, CompressionMethod::Deflated));
    seeds.push(zip_of(&[], CompressionMethod::Stored));
    seeds.push(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".repeat(100));
    seeds.push(b"MD,GR\n1,2\n".to_vec());
    seeds
}
