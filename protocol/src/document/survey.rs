//! The fields of a deviation survey: stations of measured depth, inclination and azimuth.
//!
//! As of [tops](super::TopsState), a row of an import is one value and what people say goes before it. Angles
//! are kept in degrees. Whether the stations make a path is for whoever computes one to say: two
//! people may add stations at one depth without knowing of each other.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::part::{IMPORTED, Imported, decode, encode, is_item_id, key, split};
use super::{Document, Edit, EngineError, Field, MAX_ITEMS, Map, Position};
use crate::id::DocId;

/// What the keys of stations begin with.
const PART: &str = "station";

/// A station.
#[derive(Debug, Clone, PartialEq)]
pub struct Station {
    /// Measured depth: a length, counted from the survey's datum.
    pub md: Position,
    /// The angle between the hole and the vertical, in degrees.
    pub inclination_deg: f64,
    /// The direction of the hole in plan, clockwise from the survey's north, in degrees.
    pub azimuth_deg: f64,
}

/// A field of a station.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StationField {
    /// [`Station::md`].
    Md,
    /// [`Station::inclination_deg`].
    Inclination,
    /// [`Station::azimuth_deg`].
    Azimuth,
}

impl StationField {
    const ALL: [Self; 3] = [Self::Md, Self::Inclination, Self::Azimuth];

    /// Returns the word used in keys.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Md => "md",
            Self::Inclination => "inclination_deg",
            Self::Azimuth => "azimuth_deg",
        }
    }
}

/// Something that holds for a whole survey.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SurveyField {
    /// What depths are counted from, by its code.
    Datum,
    /// How far that is above mean sea level, in metres.
    ElevationM,
    /// What north is: `true`, `grid` or `magnetic`.
    AzimuthReference,
}

impl SurveyField {
    /// All fields.
    pub const ALL: [Self; 3] = [Self::Datum, Self::ElevationM, Self::AzimuthReference];

    /// Returns the attribute, which is also the word in commands.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Datum => "datum",
            Self::ElevationM => "elevation_m",
            Self::AzimuthReference => "azimuth_reference",
        }
    }
}

/// What an import found in a table of stations.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SurveyFacts {
    /// The unit of measured depths.
    pub unit: String,
    /// What they are counted from; may be empty.
    pub datum: String,
    /// How far that is above mean sea level, in metres.
    pub elevation_m: Option<f64>,
    /// What north is; may be empty.
    pub azimuth_reference: String,
    /// The stations.
    pub rows: Vec<StationFacts>,
}

/// A row of such a table.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct StationFacts {
    /// Its number in the table, from 0.
    pub row: u32,
    /// Measured depth, in the unit.
    pub md: f64,
    /// Inclination in degrees.
    pub inclination_deg: f64,
    /// Azimuth in degrees.
    pub azimuth_deg: f64,
}

/// What is said about a survey.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SurveyState {
    /// The well.
    pub well: Option<DocId>,
    /// The name of the source, where it came from one.
    pub name: Option<String>,
    /// Whether it is deleted.
    pub deleted: bool,
    /// [`SurveyField::Datum`]; empty for the well's depths as delivered.
    pub datum: String,
    /// [`SurveyField::ElevationM`].
    pub elevation_m: Option<f64>,
    /// [`SurveyField::AzimuthReference`]; empty when nobody says.
    pub azimuth_reference: String,
    /// The stations by their ids.
    pub stations: BTreeMap<String, Station>,
}

#[derive(Debug, Default)]
struct Draft {
    /// What was imported, with its unit.
    imported: Option<(String, StationFacts)>,
    md: Option<Position>,
    inclination_deg: Option<f64>,
    azimuth_deg: Option<f64>,
}

impl Draft {
    /// Takes a field. What is malformed is as if it were not said.
    fn take(&mut self, field: &str, value: &Field) {
        let text = match value {
            Field::Bytes(bytes) if field == IMPORTED => {
                self.imported = decode(bytes);
                return;
            }
            Field::Text(text) => text,
            _ => return,
        };
        match StationField::ALL.into_iter().find(|known| known.as_str() == field) {
            Some(StationField::Md) => self.md = Position::from_text(text).filter(|md| md.datum.is_empty()),
            Some(StationField::Inclination) => self.inclination_deg = number(text),
            Some(StationField::Azimuth) => self.azimuth_deg = number(text),
            None => {}
        }
    }

    fn finish(self) -> Option<Station> {
        let imported = self.imported.as_ref();
        let md = || imported.and_then(|(unit, facts)| Position::new(facts.md, unit, ""));
        let angle = |get: fn(&StationFacts) -> f64| imported.map(|(_, facts)| get(facts)).filter(|deg| deg.is_finite());
        Some(Station {
            inclination_deg: self.inclination_deg.or_else(|| angle(|facts| facts.inclination_deg))?,
            azimuth_deg: self.azimuth_deg.or_else(|| angle(|facts| facts.azimuth_deg))?,
            md: self.md.clone().or_else(md)?,
        })
    }
}

/// Reads a number in its shortest form.
fn number(text: &str) -> Option<f64> {
    let number: f64 = text.parse().ok()?;
    (number.is_finite() && number.to_string() == text).then_some(number)
}

impl SurveyFacts {
    /// Whether a document can hold them.
    #[must_use]
    pub fn fits(&self) -> bool {
        self.rows.len() <= MAX_ITEMS
    }
}

/// What an import found about a whole survey: datum, elevation, azimuth reference.
type Common = (String, Option<f64>, String);

impl SurveyState {
    /// Reads a survey.
    #[must_use]
    pub fn read(doc: &Document) -> Self {
        let mut drafts: BTreeMap<String, Draft> = BTreeMap::new();
        for (name, value) in doc.entries(Map::Items) {
            let Some((id, field)) = split(&name, PART).filter(|(id, _)| is_item_id(id)) else { continue };
            if drafts.len() < 2 * MAX_ITEMS || drafts.contains_key(id) {
                drafts.entry(id.to_owned()).or_default().take(field, &value);
            }
        }
        let common = doc.get_bytes(Map::Items, IMPORTED).and_then(|bytes| decode::<Common>(&bytes));
        let (datum, elevation_m, azimuth_reference) = common.unwrap_or_default();
        let said = |field: SurveyField| doc.get_str(Map::Attributes, field.as_str());
        // What was imported is the elevation of the datum that was imported, where it names one.
        let said_datum = said(SurveyField::Datum);
        let is_other = !datum.is_empty() && said_datum.as_ref().is_some_and(|said| *said != datum);
        let elevation_m = elevation_m.filter(|_| !is_other);
        Self {
            well: doc.get_str(Map::Root, "well").and_then(|id| id.parse().ok()),
            name: doc.get_str(Map::Root, "name"),
            deleted: doc.is_deleted(),
            datum: said_datum.unwrap_or(datum),
            elevation_m: said(SurveyField::ElevationM)
                .map_or(elevation_m, |text| number(&text))
                .filter(|metres| metres.is_finite()),
            azimuth_reference: said(SurveyField::AzimuthReference).unwrap_or(azimuth_reference),
            stations: drafts.into_iter().filter_map(|(id, draft)| Some((id, draft.finish()?))).collect(),
        }
    }
}

impl Document {
    /// Puts in the stations that an import found, as [`Document::fill_tops`] does with tops.
    ///
    /// # Errors
    /// The document holds no stations, or Automerge fails; the document is as before.
    pub fn fill_survey(
        &mut self,
        actor: [u8; 16],
        filed: Option<(&DocId, Option<&str>)>,
        facts: &SurveyFacts,
    ) -> Result<Vec<Vec<u8>>, EngineError> {
        let common = (&facts.datum, facts.elevation_m, &facts.azimuth_reference);
        let rows = facts.rows.iter().map(|row| (row.row, encode(&(&facts.unit, row))));
        self.fill(actor, filed, Imported { part: PART, common: Some(encode(&common)), rows: rows.collect() })
    }
}

impl Edit<'_, '_> {
    /// Says a field of a station.
    ///
    /// # Errors
    /// The document has no items, or Automerge fails.
    pub fn set_station(&mut self, id: &str, field: StationField, text: &str) -> Result<(), EngineError> {
        self.set_text(Map::Items, &key(PART, id, field.as_str()), Some(text))
    }

    /// Takes a station away; what was said about it stays in the history.
    ///
    /// # Errors
    /// As [`Edit::set_station`].
    pub fn remove_station(&mut self, id: &str) -> Result<(), EngineError> {
        self.remove_item(PART, id)
    }

    /// Says what holds for a whole survey; nothing takes it back to what was imported.
    ///
    /// # Errors
    /// Automerge fails.
    pub fn set_survey_field(&mut self, field: SurveyField, text: Option<&str>) -> Result<(), EngineError> {
        self.set_text(Map::Attributes, field.as_str(), text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{item_id, row_id};
    use crate::facts::DocKind;

    fn survey() -> Document {
        let row = |row, md, inclination_deg| StationFacts { row, md, inclination_deg, azimuth_deg: 45.0 };
        let facts = SurveyFacts {
            unit: "ft".into(),
            datum: "KB".into(),
            elevation_m: Some(25.5),
            azimuth_reference: "grid".into(),
            rows: vec![row(0, 0.0, 0.0), row(1, 100.0, 1.5)],
        };
        let mut doc = Document::build(DocKind::Survey, []).unwrap();
        doc.fill_survey([1; 16], Some((&DocId([7; 32]), None)), &facts).unwrap();
        doc
    }

    #[test]
    fn stations_read_as_imported_and_as_people_say() {
        let mut doc = survey();
        let state = SurveyState::read(&doc);
        assert_eq!((&*state.datum, state.elevation_m, &*state.azimuth_reference), ("KB", Some(25.5), "grid"));
        assert_eq!(state.stations[&row_id(1)].md.to_string(), "100 ft");
        let added = item_id([5; 8]);
        doc.edit([2; 16], |edit| {
            edit.set_station(&row_id(1), StationField::Inclination, "2.25")?;
            edit.remove_station(&row_id(0))?;
            edit.set_station(&added, StationField::Md, "61 m")?;
            edit.set_station(&added, StationField::Inclination, "3")?;
            edit.set_station(&added, StationField::Azimuth, "90")?;
            edit.set_survey_field(SurveyField::Datum, Some("GL"))
        })
        .unwrap();
        let state = SurveyState::read(&doc);
        assert_eq!((state.stations.len(), &*state.datum), (2, "GL"));
        assert_eq!((state.stations[&row_id(1)].inclination_deg, state.stations[&added].azimuth_deg), (2.25, 90.0));
    }

    #[test]
    fn an_imported_elevation_is_that_of_the_imported_datum_only() {
        let mut doc = survey();
        let mut set = |field, text: Option<&str>| {
            doc.edit([2; 16], |edit| edit.set_survey_field(field, text)).unwrap();
            let state = SurveyState::read(&doc);
            (state.datum, state.elevation_m)
        };
        assert_eq!(set(SurveyField::Datum, Some("GL")), ("GL".to_owned(), None));
        assert_eq!(set(SurveyField::Datum, Some("KB")), ("KB".to_owned(), Some(25.5)));
        assert_eq!(set(SurveyField::Datum, Some("")), (String::new(), None));
        assert_eq!(set(SurveyField::ElevationM, Some("3")), (String::new(), Some(3.0)));
        assert_eq!(set(SurveyField::Datum, Some("GL")), ("GL".to_owned(), Some(3.0)), "what people say is theirs");
        let facts = SurveyFacts { elevation_m: Some(25.5), ..SurveyFacts::default() };
        let mut unnamed = Document::build(DocKind::Survey, []).unwrap();
        unnamed.fill_survey([1; 16], None, &facts).unwrap();
        unnamed.edit([2; 16], |edit| edit.set_survey_field(SurveyField::Datum, Some("KB"))).unwrap();
        assert_eq!(SurveyState::read(&unnamed).elevation_m, Some(25.5), "it gets its name");
    }

    #[test]
    fn the_bytes_of_an_import_stay_as_they_are() {
        let row = StationFacts { row: 1, inclination_deg: 1.5, ..StationFacts::default() };
        let bytes = data_encoding::HEXLOWER.encode(&encode(&("m", row)));
        let numbers = ["0000000000000000", "000000000000f83f", "0000000000000000"];
        assert_eq!(bytes, format!("016d01{}", numbers.concat()));
        let common: Common = ("KB".into(), Some(1.5), "grid".into());
        assert_eq!(data_encoding::HEXLOWER.encode(&encode(&common)), "024b4201000000000000f83f0467726964");
    }

    #[test]
    fn what_is_malformed_is_as_if_it_were_not_said() {
        let mut doc = survey();
        let before = SurveyState::read(&doc);
        doc.edit([1; 16], |edit| {
            edit.set_station(&row_id(0), StationField::Md, "deep")?;
            edit.set_station(&row_id(0), StationField::Inclination, "NaN")?;
            edit.set_station(&row_id(1), StationField::Azimuth, "1e2")?;
            edit.set_station(&item_id([5; 8]), StationField::Md, "50 m")
        })
        .unwrap();
        assert_eq!(SurveyState::read(&doc), before);
    }
}
