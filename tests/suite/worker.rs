//! Files of others are opened in a process of their own, and whatever becomes of it, this one goes
//! on and says what happened.

use std::io::{Cursor, Write as _};
use std::time::{Duration, Instant};

use bytes::Bytes;
use dataforge_las::{ReadOptions, Values, read};
use dataforge_node::ingest::tabular::{self, Mapping, TableKind};
use dataforge_node::ingest::{Prepared, prepare};
use dataforge_node::worker::{Expected, Verdict, Worker, WorkerError, WorkerLimits};
use dataforge_tests::las::las_text;
use dataforge_tests::program::program;
use rust_xlsxwriter::{Format, Workbook};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

#[cfg(unix)]
mod hostile;

fn worker() -> Worker {
    Worker::of_program(program())
}

/// Returns a zip of parts.
pub(super) fn zip_of(parts: &[(&str, &[u8])]) -> Bytes {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner().into()
}

#[test]
fn a_workbook_comes_out_as_tables() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet().set_name("Survey").unwrap();
    sheet.write(0, 0, "Well: A-1").unwrap();
    for (column, name) in ["MD (m)", "Inc", "Azi"].iter().enumerate() {
        sheet.write(2, u16::try_from(column).unwrap(), *name).unwrap();
    }
    for row in 0..200_u32 {
        sheet.write(row + 3, 0, f64::from(row) * 30.0).unwrap();
        sheet.write_with_format(row + 3, 1, f64::from(row) / 10.0, &Format::new().set_num_format("0.00")).unwrap();
        sheet.write(row + 3, 2, 90.0).unwrap();
    }
    let book = worker().read_workbook(workbook.save_to_buffer().unwrap().into()).unwrap();
    let reading = tabular::read(&book, &Mapping::default()).unwrap();
    let [set] = &*reading.sets else { panic!("one table") };
    assert_eq!((set.kind, set.well.as_deref(), set.data.rows), (TableKind::Deviation, Some("A-1"), 200));
    assert!(matches!(&set.data.columns[0].values, Values::Number(depths) if depths[199] == 5_970.0));
}

#[test]
fn a_zip_bomb_is_refused_within_a_second() {
    let bomb = zip_of(&[("xl/workbook.xml", b"<a/>"), ("xl/worksheets/sheet1.xml", &vec![b' '; 200 << 20])]);
    let started = Instant::now();
    let error = worker().read_workbook(bomb).unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    assert!(error.is_about_the_file() && error.to_string().contains("inflate to more than 250 times"), "{error}");
}

#[test]
fn a_file_that_needs_too_much_memory_is_refused() {
    // A sheet of 96 million cells, in one line of OpenDocument.
    let content = "<office:document-content xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" \
        xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\"><office:body><office:spreadsheet>\
        <table:table table:name=\"S\"><table:table-row table:number-rows-repeated=\"6000\">\
        <table:table-cell table:number-columns-repeated=\"16000\" office:value-type=\"float\" office:value=\"1\"/>\
        </table:table-row></table:table></office:spreadsheet></office:body></office:document-content>";
    let manifest = "<manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\"/>";
    let parts: [(&str, &[u8]); 3] = [
        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
        ("META-INF/manifest.xml", manifest.as_bytes()),
        ("content.xml", content.as_bytes()),
    ];
    let error = worker().read_workbook(zip_of(&parts)).unwrap_err();
    assert!(matches!(error, WorkerError::TooMuchMemory { .. }), "{error}");
}

#[test]
fn a_file_that_needs_too_much_time_is_refused() {
    let mut rows = String::from("<worksheet><sheetData>");
    while rows.len() < 48 << 20 {
        let row = format!("<row r=\"{0}\"><c r=\"A{0}\"/></row>", rows.len() / 4_096);
        (0..40).for_each(|_| rows.push_str(&row));
    }
    let once = zip_of(&[("sheet", rows.as_bytes())]);
    let mut once = zip::ZipArchive::new(Cursor::new(once)).unwrap();
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("xl/workbook.xml", SimpleFileOptions::default()).unwrap();
    for number in 0..20 {
        let part = once.by_index_raw(0).unwrap();
        writer.raw_copy_file_rename(part, format!("xl/worksheets/sheet{number}.xml")).unwrap();
    }
    let file: Bytes = writer.finish().unwrap().into_inner().into();
    let limits = WorkerLimits { cpu: Duration::from_secs(1), ..WorkerLimits::default() };
    let error = worker().with_limits(limits).read_workbook(file).unwrap_err();
    assert!(matches!(error, WorkerError::TooSlow { limit } if limit == Duration::from_secs(1)), "{error}");
}

#[test]
fn files_that_are_no_workbooks_are_refused_with_a_reason() {
    let refused = |bytes: &[u8]| worker().read_workbook(Bytes::copy_from_slice(bytes)).unwrap_err().to_string();
    assert!(refused(b"").contains("not a workbook"));
    assert!(refused(b"MD,GR\n1,2\n").contains("not a workbook"));
    assert!(refused(b"PK\x03\x04 and then nothing").contains("not a sound zip"));
    assert!(refused(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 and then nothing").contains("cannot be read"));
}

fn prepared() -> Prepared {
    let source = las_text(1, 400, 4, 1);
    let reading = read(source.as_bytes(), &ReadOptions::default()).unwrap();
    prepare(source.as_bytes(), &reading).unwrap()
}

/// Returns the table of a run, and what its facts say it holds.
fn table(prepared: &Prepared) -> (&[u8], Expected) {
    let run = &prepared.runs[0];
    (&run.parquet, Expected::native(&run.facts))
}

fn verdict(bytes: &[u8], expected: &Expected) -> Result<Verdict, WorkerError> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    worker().check_parquet(file.path(), expected)
}

#[test]
fn a_table_of_a_colleague_is_admitted_when_it_is_what_its_facts_say() {
    let prepared = prepared();
    let (bytes, expected) = table(&prepared);
    assert!(matches!(verdict(bytes, &expected).unwrap(), Verdict::Sound(facts) if facts.rows == 400));
    let more = Expected { rows: 401, ..expected };
    assert_eq!(verdict(bytes, &more).unwrap(), Verdict::Refused("400 rows instead of 401".to_owned()));
    let Verdict::Refused(why) = verdict(b"MD,GR\n1000,20\n", &more).unwrap() else { panic!("no parquet file") };
    assert!(why.contains("not a parquet file"), "{why}");
}

#[test]
fn a_damaged_table_is_never_taken_for_another() {
    let prepared = prepared();
    let (bytes, expected) = table(&prepared);
    let Ok(Verdict::Sound(sound)) = verdict(bytes, &expected) else { panic!("it is sound") };
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let mut refused = 0;
    for _ in 0..60 {
        let mut damaged = bytes.to_vec();
        let place = random.usize(..damaged.len());
        damaged[place] ^= random.u8(1..);
        match verdict(&damaged, &expected) {
            // Damage to what no value depends on, such as the header kept beside the table.
            Ok(Verdict::Sound(facts)) => assert_eq!(facts, sound, "byte {place}"),
            Ok(Verdict::Refused(_)) => refused += 1,
            Err(error) => assert!(error.is_about_the_file(), "byte {place}: {error}"),
        }
    }
    assert!(refused > 10, "{refused} of 60");
}

#[test]
fn a_file_that_is_not_there_is_no_fault_of_the_file() {
    let expected = Expected { rows: 0, columns: vec![] };
    let gone = worker().check_parquet("/no/such/file".as_ref(), &expected).unwrap_err();
    assert!(matches!(gone, WorkerError::File(_)) && !gone.is_about_the_file());
    let no_program = Worker::of_program("/no/such/program").read_workbook(Bytes::new()).unwrap_err();
    assert!(matches!(no_program, WorkerError::Spawn { .. }) && !no_program.is_about_the_file());
}
