//! Countries and states as headers spell them, as far as identifiers depend on them.

/// Countries by code: the United States, whose wells have API numbers, Canada, and those around the
/// North Sea and Ireland, which number quadrants and blocks alike.
const COUNTRIES: &[(&str, &[&str])] = &[
    ("US", &["US", "USA", "UNITEDSTATES", "UNITEDSTATESOFAMERICA"]),
    ("CA", &["CA", "CAN", "CANADA"]),
    ("NO", &["NO", "NOR", "NORWAY", "NORGE"]),
    ("GB", &["GB", "GBR", "UK", "UNITEDKINGDOM", "GREATBRITAIN", "SCOTLAND", "ENGLAND"]),
    ("DK", &["DK", "DNK", "DENMARK", "DANMARK"]),
    ("NL", &["NL", "NLD", "NETHERLANDS", "THENETHERLANDS", "HOLLAND"]),
    ("DE", &["DE", "DEU", "GERMANY", "DEUTSCHLAND"]),
    ("IE", &["IE", "IRL", "IRELAND"]),
];

/// States by the number that API numbers give them, by name and postal code.
const STATES: &[(&str, &str, &str)] = &[
    ("01", "ALABAMA", "AL"),
    ("02", "ARIZONA", "AZ"),
    ("03", "ARKANSAS", "AR"),
    ("04", "CALIFORNIA", "CA"),
    ("05", "COLORADO", "CO"),
    ("06", "CONNECTICUT", "CT"),
    ("07", "DELAWARE", "DE"),
    ("08", "DISTRICTOFCOLUMBIA", "DC"),
    ("09", "FLORIDA", "FL"),
    ("10", "GEORGIA", "GA"),
    ("11", "IDAHO", "ID"),
    ("12", "ILLINOIS", "IL"),
    ("13", "INDIANA", "IN"),
    ("14", "IOWA", "IA"),
    ("15", "KANSAS", "KS"),
    ("16", "KENTUCKY", "KY"),
    ("17", "LOUISIANA", "LA"),
    ("18", "MAINE", "ME"),
    ("19", "MARYLAND", "MD"),
    ("20", "MASSACHUSETTS", "MA"),
    ("21", "MICHIGAN", "MI"),
    ("22", "MINNESOTA", "MN"),
    ("23", "MISSISSIPPI", "MS"),
    ("24", "MISSOURI", "MO"),
    ("25", "MONTANA", "MT"),
    ("26", "NEBRASKA", "NE"),
    ("27", "NEVADA", "NV"),
    ("28", "NEWHAMPSHIRE", "NH"),
    ("29", "NEWJERSEY", "NJ"),
    ("30", "NEWMEXICO", "NM"),
    ("31", "NEWYORK", "NY"),
    ("32", "NORTHCAROLINA", "NC"),
    ("33", "NORTHDAKOTA", "ND"),
    ("34", "OHIO", "OH"),
    ("35", "OKLAHOMA", "OK"),
    ("36", "OREGON", "OR"),
    ("37", "PENNSYLVANIA", "PA"),
    ("38", "RHODEISLAND", "RI"),
    ("39", "SOUTHCAROLINA", "SC"),
    ("40", "SOUTHDAKOTA", "SD"),
    ("41", "TENNESSEE", "TN"),
    ("42", "TEXAS", "TX"),
    ("43", "UTAH", "UT"),
    ("44", "VERMONT", "VT"),
    ("45", "VIRGINIA", "VA"),
    ("46", "WASHINGTON", "WA"),
    ("47", "WESTVIRGINIA", "WV"),
    ("48", "WISCONSIN", "WI"),
    ("49", "WYOMING", "WY"),
    ("50", "ALASKA", "AK"),
    ("51", "HAWAII", "HI"),
];

/// Numbers of offshore areas, used like those of states: Alaska, the Pacific, the Gulf, the Atlantic.
const OFFSHORE: &[&str] = &["55", "56", "60", "61"];

/// A country of the same name as a state, so that the name alone tells nothing.
const NAMESAKE: &str = "10";

/// Returns the code of a country in any of its spellings, alone or beside a state.
pub(super) fn code(text: &str) -> Option<&'static str> {
    let known = |name: String| COUNTRIES.iter().find(|(_, names)| names.contains(&&*name)).map(|(code, _)| *code);
    parts(text).find_map(known)
}

/// Returns the code of a country whose wells are numbered by quadrant and block. A state in full
/// stands in for the country; its abbreviation may be that of something else.
pub(super) fn with_blocks(country: Option<&str>, state: Option<&str>) -> Option<&'static str> {
    let state = state.filter(|state| letters(state).chars().count() > 3);
    let found = [country, state].into_iter().flatten().find_map(code);
    found.filter(|code| !matches!(*code, "US" | "CA"))
}

/// Returns the number of the state that a text names, among other words or by its postal code.
pub(super) fn state_number(text: &str) -> Option<&'static str> {
    let known = |part: String| STATES.iter().find(|(_, name, post)| part == *name || part == *post);
    parts(text).find_map(known).map(|(number, ..)| *number)
}

/// Returns whether a text names a state in full, which no other country has.
pub(super) fn is_state_in_full(text: &str) -> bool {
    parts(text).any(|part| STATES.iter().any(|(number, name, _)| *number != NAMESAKE && part == *name))
}

/// Returns whether an API number may begin with these two digits.
pub(super) fn is_state_number(digits: &str) -> bool {
    OFFSHORE.contains(&digits) || STATES.iter().any(|(number, ..)| *number == digits)
}

/// Returns a text as letters only, whole and piece by piece, as in `USA / KANSAS`.
fn parts(text: &str) -> impl Iterator<Item = String> {
    std::iter::once(letters(text)).chain(text.split(['/', ',', ';']).map(letters))
}

fn letters(text: &str) -> String {
    text.chars().filter(|ch| ch.is_alphabetic()).flat_map(char::to_uppercase).collect()
}
