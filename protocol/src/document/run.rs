//! The fields of a run: where it is filed, what readers made of it, and what people override.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::rendition::{id_of, is_count, join, reader_version, split};
use super::{DELETED, Document, Edit, EngineError, Field, Map};
use crate::facts::{GriddedFacts, HeaderFacts, PyramidFacts, RenditionFacts};
use crate::id::{BlobHash, DocId};

/// What is said about a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunState {
    /// The well it is filed under.
    pub well: Option<DocId>,
    /// Its name.
    pub name: Option<String>,
    /// The name of its source file.
    pub source_name: Option<String>,
    /// Whether it is deleted.
    pub deleted: bool,
    /// What reader versions made of it, the default first: the one that people chose, else that of
    /// the highest reader version, among equals that with the lowest id.
    pub renditions: Vec<RenditionFacts>,
    /// Gridded copies, in the order of their ids.
    pub gridded: Vec<GriddedFacts>,
    /// Pyramids of native tables, in the order of their ids.
    pub pyramids: Vec<PyramidFacts>,
    /// What people say about the acquisition instead of what was delivered, by field.
    pub header: BTreeMap<HeaderField, String>,
    /// What is added to depths, in metres, to count them from the datum of the well's depth grid, as
    /// stated by a person.
    pub depth_shift_m: Option<f64>,
    /// What people say about curves, by ordinal.
    pub overrides: BTreeMap<u32, CurveOverride>,
}

/// What people say about one curve instead of what was delivered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CurveOverride {
    /// Its name.
    pub name: Option<String>,
    /// Its unit.
    pub unit: Option<String>,
    /// The property it measures.
    pub property: Option<String>,
    /// What it is worth: a word such as `good`.
    pub quality: Option<String>,
}

/// A field of [`CurveOverride`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CurveField {
    /// Its name.
    Name,
    /// Its unit.
    Unit,
    /// The property it measures.
    Property,
    /// What it is worth.
    Quality,
}

impl CurveField {
    /// All fields.
    pub const ALL: [Self; 4] = [Self::Name, Self::Unit, Self::Property, Self::Quality];

    /// Returns the word in the key.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Unit => "unit",
            Self::Property => "property",
            Self::Quality => "quality",
        }
    }
}

impl CurveOverride {
    fn field(&self, field: CurveField) -> Option<&String> {
        match field {
            CurveField::Name => self.name.as_ref(),
            CurveField::Unit => self.unit.as_ref(),
            CurveField::Property => self.property.as_ref(),
            CurveField::Quality => self.quality.as_ref(),
        }
    }
}

/// A field of [`HeaderFacts`](crate::facts::HeaderFacts) that people may set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HeaderField {
    /// The company that logged.
    ServiceCompany,
    /// The date of the log.
    Date,
    /// The number of the run.
    RunNumber,
    /// The pass.
    Pass,
    /// How it was acquired.
    Acquisition,
    /// What hole it was logged in.
    LogType,
    /// The wellbore.
    Wellbore,
    /// What depths are measured from.
    Datum,
    /// How far that is above mean sea level, in metres.
    ElevationM,
}

impl HeaderField {
    /// All fields.
    pub const ALL: [Self; 9] = [
        Self::ServiceCompany,
        Self::Date,
        Self::RunNumber,
        Self::Pass,
        Self::Acquisition,
        Self::LogType,
        Self::Wellbore,
        Self::Datum,
        Self::ElevationM,
    ];

    /// Returns the key, which is also its word in commands and SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ServiceCompany => "service_company",
            Self::Date => "date",
            Self::RunNumber => "run_number",
            Self::Pass => "pass",
            Self::Acquisition => "acquisition",
            Self::LogType => "log_type",
            Self::Wellbore => "wellbore",
            Self::Datum => "datum",
            Self::ElevationM => "elevation_m",
        }
    }
}

impl HeaderField {
    /// Returns the field as delivered.
    #[must_use]
    pub fn of(self, header: &HeaderFacts) -> Option<String> {
        match self {
            Self::ServiceCompany => header.service_company.clone(),
            Self::Date => header.date.clone(),
            Self::RunNumber => header.run_number.clone(),
            Self::Pass => header.pass.clone(),
            Self::Acquisition => header.acquisition.clone(),
            Self::LogType => header.log_type.clone(),
            Self::Wellbore => header.wellbore.clone(),
            Self::Datum => header.datum.clone(),
            Self::ElevationM => header.elevation_m.map(|elevation| elevation.to_string()),
        }
    }
}

impl RunState {
    /// Reads a run.
    #[must_use]
    pub fn read(doc: &Document) -> Self {
        Self {
            well: doc.get_str(Map::Root, "well").and_then(|id| id.parse().ok()),
            name: doc.get_str(Map::Root, "name"),
            source_name: doc.get_str(Map::Root, "source_name"),
            deleted: doc.is_deleted(),
            renditions: read_renditions(doc),
            gridded: read_gridded(doc),
            pyramids: read_pyramids(doc),
            header: HeaderField::ALL
                .into_iter()
                .filter_map(|field| Some((field, doc.get_str(Map::Root, field.as_str())?)))
                .collect(),
            depth_shift_m: doc
                .get_str(Map::Root, DEPTH_SHIFT_M)
                .and_then(|text| text.parse().ok())
                .filter(|m: &f64| m.is_finite()),
            overrides: read_overrides(doc),
        }
    }

    /// Returns a field of the acquisition: as set, else as the default rendition has it.
    #[must_use]
    pub fn header_field(&self, field: HeaderField) -> Option<String> {
        self.header.get(&field).cloned().or_else(|| field.of(&self.renditions.first()?.header))
    }

    /// Writes what differs from the document, renditions excepted: see
    /// [`Document::write_run`].
    ///
    /// # Errors
    /// Automerge fails.
    pub fn write(&self, edit: &mut Edit<'_, '_>) -> Result<(), EngineError> {
        let well = self.well.map(|id| id.to_string());
        edit.set_text(Map::Root, "well", well.as_deref())?;
        edit.set_text(Map::Root, "name", self.name.as_deref())?;
        edit.set_text(Map::Root, "source_name", self.source_name.as_deref())?;
        edit.set_flag(DELETED, self.deleted)?;
        for field in HeaderField::ALL {
            edit.set_text(Map::Root, field.as_str(), self.header.get(&field).map(String::as_str))?;
        }
        let shift = self.depth_shift_m.map(|metres| metres.to_string());
        edit.set_text(Map::Root, DEPTH_SHIFT_M, shift.as_deref())?;
        let mut texts = BTreeMap::new();
        for (ordinal, curve) in &self.overrides {
            for field in CurveField::ALL {
                if let Some(text) = curve.field(field) {
                    texts.insert(curve_key(*ordinal, field), text.clone());
                }
            }
        }
        edit.set_texts(Map::Curves, &texts)
    }
}

/// The root key of [`RunState::depth_shift_m`].
pub const DEPTH_SHIFT_M: &str = "depth_shift_m";

/// The root key that names the rendition people chose as the default.
const CHOSEN: &str = "rendition";

impl Edit<'_, '_> {
    /// Chooses the default rendition of a run, by its id.
    ///
    /// # Errors
    /// Automerge fails.
    pub fn choose_rendition(&mut self, id: &str) -> Result<(), EngineError> {
        self.set_text(Map::Root, CHOSEN, Some(id))
    }

    /// Sets what people say about a curve, or takes it back.
    ///
    /// # Errors
    /// The document is not a run, or Automerge fails.
    pub fn set_curve(&mut self, ordinal: u32, field: CurveField, text: Option<&str>) -> Result<(), EngineError> {
        self.set_text(Map::Curves, &curve_key(ordinal, field), text)
    }
}

impl Document {
    /// Writes what differs from a run, renditions included, and returns the changes to put into
    /// entries, in order.
    ///
    /// Renditions are only ever added. One change does unless there are very many curves or
    /// several new renditions: then each further part has a change of its own.
    ///
    /// # Errors
    /// The document is not a run, a curve's facts are too large, or Automerge fails; the
    /// document is as before.
    pub fn write_run(&mut self, actor: [u8; 16], state: &RunState) -> Result<Vec<Vec<u8>>, EngineError> {
        let mut parts = Vec::new();
        for facts in &state.renditions {
            parts.extend(split(facts)?);
        }
        parts.retain(|(key, bytes)| self.get_bytes(Map::Renditions, key).as_deref() != Some(&bytes[..]));
        let mut parts = parts.into_iter();
        let first = parts.next();
        let mut doc = self.clone();
        let mut changes = Vec::new();
        changes.extend(doc.edit(actor, |edit| {
            state.write(edit)?;
            match &first {
                Some((key, bytes)) => edit.set_bytes(Map::Renditions, key, Some(bytes)),
                None => Ok(()),
            }
        })?);
        for (key, bytes) in parts {
            let write = |edit: &mut Edit<'_, '_>| edit.set_bytes(Map::Renditions, &key, Some(&bytes));
            changes.extend(doc.edit(actor, write)?);
        }
        *self = doc;
        Ok(changes)
    }

    /// Adds one rendition to a run, as [`Document::write_run`] does.
    ///
    /// # Errors
    /// As there.
    pub fn add_rendition(&mut self, actor: [u8; 16], facts: RenditionFacts) -> Result<Vec<Vec<u8>>, EngineError> {
        let mut state = RunState::read(self);
        state.renditions = vec![facts];
        self.write_run(actor, &state)
    }
}

impl Document {
    /// Adds a gridded copy to a run, and returns the change to put into an entry, unless it is
    /// there already.
    ///
    /// # Errors
    /// The document is not a run, the facts are too large, or Automerge fails; the document is as
    /// before.
    pub fn add_gridded(&mut self, actor: [u8; 16], facts: &GriddedFacts) -> Result<Option<Vec<u8>>, EngineError> {
        self.add_derived(actor, GRIDDED, facts)
    }

    /// Adds a pyramid to a run, as [`Document::add_gridded`] does a gridded copy.
    ///
    /// # Errors
    /// As there.
    pub fn add_pyramid(&mut self, actor: [u8; 16], facts: &PyramidFacts) -> Result<Option<Vec<u8>>, EngineError> {
        self.add_derived(actor, PYRAMID, facts)
    }

    /// Adds what a derived run was made of and how, and returns the change to put into an entry, unless it
    /// is there already. The bytes are the source file of the run: their hash is in its facts.
    ///
    /// # Errors
    /// As [`Document::add_gridded`].
    pub fn add_lineage(&mut self, actor: [u8; 16], bytes: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        let key = format!("{LINEAGE}{}", id_of(bytes));
        self.edit(actor, |edit| edit.set_bytes(Map::Renditions, &key, Some(bytes)))
    }

    /// Returns what a derived run was made of and how, given the source in the facts of the run; none for
    /// a run that was imported. Nobody can put another one there: it would have another hash.
    #[must_use]
    pub fn lineage(&self, source: &BlobHash) -> Option<Vec<u8>> {
        let id = data_encoding::HEXLOWER.encode(source.as_bytes().split_at(16).0);
        let bytes = self.get_bytes(Map::Renditions, &format!("{LINEAGE}{id}"))?;
        (BlobHash::of(&bytes) == *source).then_some(bytes)
    }

    fn add_derived<T: serde::Serialize>(
        &mut self,
        actor: [u8; 16],
        prefix: &str,
        facts: &T,
    ) -> Result<Option<Vec<u8>>, EngineError> {
        let bytes = postcard::to_stdvec(facts).expect("facts have no unserialisable part");
        let key = format!("{prefix}{}", id_of(&bytes));
        self.edit(actor, |edit| edit.set_bytes(Map::Renditions, &key, Some(&bytes)))
    }
}

/// What begins the keys of gridded copies among the renditions; the rest is the id, made as that of
/// a rendition.
const GRIDDED: &str = "grid/";
/// What begins the keys of pyramids there.
const PYRAMID: &str = "pyramid/";
/// What begins the key of the lineage of a derived run there.
const LINEAGE: &str = "lineage/";

/// Reads what lies among the renditions under keys with a prefix, each by its own hash.
fn read_derived<T: serde::de::DeserializeOwned>(doc: &Document, prefix: &str) -> Vec<T> {
    let values = doc.entries(Map::Renditions).filter_map(|(key, field)| match field {
        Field::Bytes(bytes) if key.strip_prefix(prefix) == Some(&id_of(&bytes)) => postcard::from_bytes(&bytes).ok(),
        _ => None,
    });
    values.collect()
}

fn read_gridded(doc: &Document) -> Vec<GriddedFacts> {
    let mut copies: Vec<GriddedFacts> = read_derived(doc, GRIDDED);
    copies.retain(|copy| {
        is_count(copy.blob_size) && is_count(copy.rows) && copy.step.is_finite() && copy.origin.is_finite()
    });
    copies
}

fn read_pyramids(doc: &Document) -> Vec<PyramidFacts> {
    let mut pyramids: Vec<PyramidFacts> = read_derived(doc, PYRAMID);
    pyramids.retain(|one| is_count(one.blob_size) && is_count(one.bucket_rows) && is_count(one.buckets));
    pyramids
}

fn curve_key(ordinal: u32, field: CurveField) -> String {
    format!("{ordinal}.{}", field.as_str())
}

fn read_renditions(doc: &Document) -> Vec<RenditionFacts> {
    let values = doc.entries(Map::Renditions).filter_map(|(key, field)| match field {
        Field::Bytes(bytes) => Some((key.into_owned(), bytes)),
        Field::Text(_) | Field::Bool(_) => None,
    });
    let chosen = doc.get_str(Map::Root, CHOSEN);
    // By id, and the sort is stable: equals stay ordered by id.
    let mut renditions: Vec<_> = join(&values.collect()).into_iter().collect();
    renditions.sort_by_key(|(id, facts)| (Some(id) != chosen.as_ref(), Reverse(reader_version(&facts.reader))));
    renditions.into_iter().map(|(_, facts)| facts).collect()
}

fn read_overrides(doc: &Document) -> BTreeMap<u32, CurveOverride> {
    let mut overrides: BTreeMap<u32, CurveOverride> = BTreeMap::new();
    for (key, text) in doc.texts(Map::Curves) {
        let Some((ordinal, field)) = key.split_once('.') else {
            continue;
        };
        let Ok(number) = ordinal.parse::<u32>() else {
            continue;
        };
        // Only the key that we would write: `01.name` and `+1.name` are others.
        if number.to_string() != ordinal {
            continue;
        }
        let curve = overrides.entry(number).or_default();
        match field {
            "name" => curve.name = Some(text),
            "unit" => curve.unit = Some(text),
            "property" => curve.property = Some(text),
            "quality" => curve.quality = Some(text),
            _ => {}
        }
    }
    overrides.retain(|_, curve| *curve != CurveOverride::default());
    overrides
}
