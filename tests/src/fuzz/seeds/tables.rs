//! Tables of text in every layout, and mappings.

use dataforge_node::ingest::tabular::{Mapping, SourceMapping, preview, read_text};

use super::{utf16, windows_1251};

/// A log with titles, units and nulls.
pub const LOG_TABLE: &str = "\
Well: A-1,,,
Field report,,,
DEPT,GR (gAPI),RHOB,Remark
m,,g/cm3,
1000,45.5,2.45,\"sand, fine\"
1000.5,-999.25,2.5,
1001,46,N/A,\"shale
and silt\"
1001.5,47.25,2.55,=1+1
";

/// Tops of several wells, in semicolons, with decimal commas and dates.
pub const WELLS_TABLE: &str = "\
Well;UWI;Formation;MD;Date
A-1;100/12-34-045-06W7/00;Viking;1234,5;05/06/2020
A-1;100/12-34-045-06W7/00;Colony;1300,25;06/06/2020
B 2;;Viking;1.244,5;17/06/2020
B 2;;Colony;;18/06/2020
";

const SURVEY: &str = "\
MD\tInc\tAzi\tTVD\n0\t0\t0\t0\n30\t1,5\t90\t29,99\n60\t3\t91.5\t59.9\n90\t4.5\t92\t89.7\n";

const SPACES: &str = "\
  DEPTH      GR    NPHI  ROCK
      m    gAPI     v/v
 1000.0    45.5    0.25  SAND
 1000.5    46.5    0.26  SHALE
 1001.0  -999.25   0.27  SAND
 1001.5    47.0    0.28
";

const FIXED: &str = "\
WELL    DEPTH   GR    DESCRIPTION
A-1     1000.0  45.5  grey, fine
A-1     1000.5        brown
A-1     1001.0  46.0  hard  and dense
A-1     1001.5  47.0
";

const TIMES: &str = "\
Date|Time|WOB|Depth
2020-01-31|12:00:00|1,234|100
2020-01-31|12:00:01|1,235|100.1
2020-01-31|12:00:02|1.236,5|100.1
2020-01-31|24:00:00|12|99
";

const MAPPING: &str = r#"version = 1

[source]
format = "semicolon"
encoding = "windows-1251"
widths = [8, 10, 10]
quotes = true
decimal = ","
thousands = " "
nulls = [-999.25, "missing", 7]
date_order = "dmy"
utc_offset_minutes = 180
keep_apostrophes = false

[[table]]
sheet = "Logs"
kind = "log"
well = "A-1"
header_rows = [3, 4]
unit_row = 5
first_row = 6
last_row = 2000
only_listed = false

[[table.column]]
column = "Depth"
role = "index"
name = "DEPT"
unit = "m"
type = "number"

[[table.column]]
column = 4
role = "well"
fill_down = true

[[table]]
sheet = "Notes"
skip = true
"#;

/// Returns tables.
#[must_use]
pub fn tables() -> Vec<Vec<u8>> {
    let texts = [LOG_TABLE, WELLS_TABLE, SURVEY, SPACES, FIXED, TIMES];
    let mut seeds: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    seeds.push(LOG_TABLE.replace('\n', "\r\n").into_bytes());
    seeds.push(SURVEY.replace('\n', "\r").into_bytes());
    seeds.push(utf16(WELLS_TABLE, false, true));
    seeds.push(utf16(SURVEY, true, false));
    seeds.push(windows_1251(&WELLS_TABLE.replace("Formation", "Пласт").replace("Viking", "Викуловская свита")));
    seeds.push([b"\xEF\xBB\xBF", LOG_TABLE.as_bytes()].concat());
    let core = "Core no,Depth (m),Porosity [%],Permeability (mD),Grain density\n1,1000,12.5,100,2.65\n1,1000.3,12,,2.66\n2,1001,1e400,0.1,\n";
    seeds.push(core.as_bytes().to_vec());
    seeds.push(b"a,b\n".to_vec());
    seeds
}

/// Returns mappings: one that says all that can be said, and those that previews give.
#[must_use]
pub fn mappings() -> Vec<Vec<u8>> {
    let previewed = tables().into_iter().filter_map(|bytes| {
        let book = read_text(&bytes, &SourceMapping::default()).ok()?;
        let preview = preview(&book, &Mapping::default()).ok()?;
        preview.mapping.to_toml().ok().map(String::into_bytes)
    });
    let fixed = "version = 1\n[source]\nformat = \"fixed\"\nwidths = [4, 4]\n";
    let mut seeds: Vec<Vec<u8>> = vec![MAPPING.into(), b"version = 1\n".to_vec(), fixed.into()];
    seeds.extend(previewed);
    seeds
}
