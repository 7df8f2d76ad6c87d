//! Coordinate reference systems as headers name them, by their EPSG codes.
//!
//! Codes only where a name is certain to mean one: a guess would put a well kilometres away.

/// Geographic systems by the spellings of their datum, letters and digits only, and the EPSG codes
/// of the UTM systems on them: base of the northern and of the southern zones, and the zones that
/// exist.
struct GeodeticDatum {
    code: u32,
    spellings: &'static [&'static str],
    north: Option<u32>,
    south: Option<u32>,
    zones: (u32, u32),
}

const DATUMS: &[GeodeticDatum] = &[
    datum(4326, &["WGS84", "WGS1984", "WORLDGEODETICSYSTEM1984"], Some(32600), Some(32700), (1, 60)),
    datum(4322, &["WGS72", "WGS1972"], Some(32200), Some(32300), (1, 60)),
    datum(
        4267,
        &["NAD27", "NAD1927", "NORTHAMERICANDATUM1927", "NORTHAMERICANDATUMOF1927"],
        Some(26700),
        None,
        (1, 22),
    ),
    datum(
        4269,
        &["NAD83", "NAD1983", "NORTHAMERICANDATUM1983", "NORTHAMERICANDATUMOF1983"],
        Some(26900),
        None,
        (1, 23),
    ),
    datum(4230, &["ED50", "EUROPEANDATUM1950"], Some(23000), None, (28, 38)),
    datum(4258, &["ETRS89", "ETRS1989"], Some(25800), None, (28, 38)),
    datum(4202, &["AGD66", "AGD1966"], None, Some(20200), (48, 58)),
    datum(4203, &["AGD84", "AGD1984"], None, Some(20300), (48, 58)),
    datum(4283, &["GDA94", "GDA1994"], None, Some(28300), (48, 58)),
    datum(7844, &["GDA2020"], None, Some(7800), (46, 59)),
    datum(4277, &["OSGB36", "OSGB1936"], None, None, (0, 0)),
    datum(4289, &["AMERSFOORT"], None, None, (0, 0)),
    datum(4284, &["PULKOVO1942"], None, None, (0, 0)),
    datum(4618, &["SAD69", "SAD1969"], None, None, (0, 0)),
    datum(4674, &["SIRGAS2000"], None, None, (0, 0)),
    datum(4248, &["PSAD56", "PSAD1956"], None, None, (0, 0)),
];

const fn datum(
    code: u32,
    spellings: &'static [&'static str],
    north: Option<u32>,
    south: Option<u32>,
    zones: (u32, u32),
) -> GeodeticDatum {
    GeodeticDatum { code, spellings, north, south, zones }
}

/// Which half of the earth a UTM zone is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Half {
    North,
    South,
}

/// A UTM zone as a header writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Zone {
    pub(super) number: u32,
    /// The letter behind it: a hemisphere, or a band of latitude.
    pub(super) letter: Option<char>,
}

/// Returns the code of the geographic system that a datum's name means.
pub(super) fn geographic(datum: &str) -> Option<u32> {
    find(datum).map(|datum| datum.code)
}

fn find(text: &str) -> Option<&'static GeodeticDatum> {
    let name: String = text.chars().filter(|ch| ch.is_alphanumeric()).flat_map(char::to_uppercase).collect();
    let code = epsg(text);
    DATUMS.iter().find(|datum| Some(datum.code) == code || datum.spellings.contains(&&*name))
}

/// Returns the code in a text such as `EPSG:23031`.
pub(super) fn epsg(text: &str) -> Option<u32> {
    let upper = text.trim().to_ascii_uppercase();
    let code = upper.strip_prefix("EPSG")?.trim_start_matches([':', ' ', '=']);
    (code.len() >= 4 && code.bytes().all(|byte| byte.is_ascii_digit())).then(|| code.parse().ok()).flatten()
}

/// Returns the zone in a text such as `UTM 16`, `UTM Zone 31 N` or, when `bare` is allowed, `53J`.
pub(super) fn zone(text: &str, bare: bool) -> Option<Zone> {
    let upper = text.trim().to_ascii_uppercase();
    let named = upper.strip_prefix("UTM").map(|rest| rest.trim_start_matches([' ', '-', '_', ',']));
    let rest = match named {
        Some(rest) => rest.strip_prefix("ZONE").unwrap_or(rest).trim_start_matches([' ', ':', '.']),
        None if bare => &*upper,
        None => return None,
    };
    let digits = rest.find(|ch: char| !ch.is_ascii_digit()).unwrap_or(rest.len());
    let number = rest[..digits].parse().ok().filter(|number| (1..=60).contains(number))?;
    let letter = match rest[digits..].trim() {
        "" => None,
        "NORTH" => Some('N'),
        "SOUTH" => Some('S'),
        other => {
            let mut letters = other.chars();
            Some(letters.next().filter(|letter| letter.is_ascii_uppercase() && letters.next().is_none())?)
        }
    };
    Some(Zone { number, letter })
}

/// Returns the code of a UTM system: of this datum and zone, on the half that the zone's letter,
/// the datum, or a latitude known otherwise tells. `None` when the letter may mean either.
pub(super) fn utm(datum: &str, zone: Zone, half: Option<Half>) -> Option<u32> {
    let datum = find(datum)?;
    let by_letter = match zone.letter {
        None => None,
        Some('S') => Some(Err(())),
        Some('C'..='M') => Some(Ok(Half::South)),
        Some('N'..='X') => Some(Ok(Half::North)),
        Some(_) => return None,
    };
    let only = match (datum.north, datum.south) {
        (Some(_), None) => Some(Half::North),
        (None, Some(_)) => Some(Half::South),
        _ => None,
    };
    let half = match by_letter {
        Some(Ok(told)) => told,
        // South, or the band from 32 to 40 degrees north.
        Some(Err(())) | None => only.or(half)?,
    };
    let base = if half == Half::North { datum.north } else { datum.south }?;
    (datum.zones.0..=datum.zones.1).contains(&zone.number).then_some(base + zone.number)
}
