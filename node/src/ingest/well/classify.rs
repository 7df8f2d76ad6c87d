//! How a run was acquired and what kind of log it is, with the reason.
//!
//! Headers seldom say it, but curves do: a cable has a tension, a spinner is for production, and
//! resistivity is measured in an open hole. What nothing tells is left open.

use dataforge_las::HeaderItem;
use serde::{Deserialize, Serialize};

use super::lookup::Lookup;
use crate::ingest::dictionary::{Clues, Property, detect_curve, vendor_id};

/// Confidence from which on a curve's property counts.
const SURE: u8 = 60;

/// Lines whose text may name the kind of log.
const TITLES: &[&str] =
    &["LTYP", "LSRV", "LOG_TYPE", "LOGTYPE", "METHOD", "ACQUISITION", "TITLE1", "TITLE2", "LNAM", "SET", "TYPE"];

/// Companies that only log mud.
const MUD_LOGGERS: &[&str] = &["geoservices"];

/// How data were acquired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Acquisition {
    /// By a tool on a cable.
    Wireline,
    /// By a tool in the drill string, while drilling.
    Lwd,
    /// At the surface while drilling: mud, gas and the rig's sensors.
    MudLog,
    /// On cores.
    Core,
    /// From other curves.
    Computed,
}

/// What kind of log it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogType {
    /// In a hole without casing.
    OpenHole,
    /// Behind casing.
    CasedHole,
    /// Of a producing or injecting well.
    Production,
}

impl Acquisition {
    /// Returns the word used in SQL and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Wireline => "wireline",
            Self::Lwd => "lwd",
            Self::MudLog => "mud_log",
            Self::Core => "core",
            Self::Computed => "computed",
        }
    }
}

impl LogType {
    /// Returns the word used in SQL and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OpenHole => "open_hole",
            Self::CasedHole => "cased_hole",
            Self::Production => "production",
        }
    }
}

/// Something judged, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged<T> {
    /// What it is judged to be.
    pub value: T,
    /// Why, in words.
    pub reason: String,
}

impl<T> Judged<T> {
    fn new(value: T, reason: String) -> Option<Self> {
        Some(Self { value, reason })
    }
}

/// What a header and its curves have to say.
pub(super) struct Evidence<'a> {
    titles: Vec<&'a HeaderItem>,
    curves: Vec<(&'a HeaderItem, Option<&'static Property>)>,
    vendor: Option<String>,
}

impl<'a> Evidence<'a> {
    pub(super) fn new(all: &Lookup<'a>, curves: &[&'a HeaderItem], service_company: Option<&str>) -> Self {
        let judge = |item: &'a HeaderItem| {
            let (mnemonic, unit, description) = (&*item.mnemonic, &*item.unit, &*item.description);
            let found = detect_curve(&Clues { service_company, mnemonic, unit, description, range: None });
            (item, found.filter(|found| found.confidence >= SURE).map(|found| found.property))
        };
        let vendor = service_company.and_then(vendor_id);
        Self { titles: all.all(TITLES).collect(), curves: curves.iter().map(|item| judge(item)).collect(), vendor }
    }

    /// Returns how the run was acquired: what a title says, then what curves can only be.
    pub(super) fn acquisition(&self) -> Option<Judged<Acquisition>> {
        const WORDS: &[(&str, Acquisition)] = &[
            ("LWD", Acquisition::Lwd),
            ("MWD", Acquisition::Lwd),
            ("WIRELINE", Acquisition::Wireline),
            ("WL", Acquisition::Wireline),
            ("MUDLOG", Acquisition::MudLog),
            ("MUD LOG", Acquisition::MudLog),
            ("CORE ANALYSIS", Acquisition::Core),
        ];
        if let Some((word, value, item)) = self.title(WORDS) {
            return Judged::new(value, format!("{} says {word}", item.mnemonic.trim()));
        }
        if self.all_of(|property| property.class == "Core") {
            return Judged::new(Acquisition::Core, "all curves are measured on cores".to_owned());
        }
        if self.all_of(|property| property.class == "Interpreted") {
            return Judged::new(Acquisition::Computed, "all curves are interpreted".to_owned());
        }
        let cable =
            |property: &Property| matches!(property.id, "cable_tension" | "head_tension" | "cable_speed" | "ccl");
        if let Some(curve) = self.curve(cable) {
            return Judged::new(Acquisition::Wireline, format!("{curve} is of a tool on a cable"));
        }
        if let Some(curve) = self.while_drilling() {
            return Judged::new(Acquisition::Lwd, format!("{curve} says so"));
        }
        // Composites carry the weight of the mud beside logs of the formation.
        let mud = |property: &Property| matches!(property.class, "Mud gas" | "Drilling fluid");
        if let Some(curve) = self.curve(mud).filter(|_| self.curve(is_formation).is_none()) {
            return Judged::new(Acquisition::MudLog, format!("{curve} is measured on the mud"));
        }
        let vendor = self.vendor.as_deref().filter(|vendor| MUD_LOGGERS.contains(vendor));
        if let Some(vendor) = vendor {
            return Judged::new(Acquisition::MudLog, format!("{vendor} logs mud"));
        }
        if self.all_of(|property| property.class == "Drilling") {
            return Judged::new(Acquisition::MudLog, "all curves are of the rig's sensors".to_owned());
        }
        None
    }

    /// Returns the kind of log. Data of the surface, of cores or computed have none.
    pub(super) fn log_type(&self) -> Option<Judged<LogType>> {
        const WORDS: &[(&str, LogType)] = &[
            ("OPEN HOLE", LogType::OpenHole),
            ("OPENHOLE", LogType::OpenHole),
            ("CASED HOLE", LogType::CasedHole),
            ("CASEDHOLE", LogType::CasedHole),
            ("CBL", LogType::CasedHole),
            ("PLT", LogType::Production),
            ("PRODUCTION LOG", LogType::Production),
        ];
        if let Some((word, value, item)) = self.title(WORDS) {
            return Judged::new(value, format!("{} says {word}", item.mnemonic.trim()));
        }
        let other = |value| !matches!(value, Acquisition::Wireline | Acquisition::Lwd);
        if self.acquisition().is_some_and(|acquisition| other(acquisition.value)) {
            return None;
        }
        let uncased = |property: &Property| {
            (property.class == "Resistivity" && property.id != "mud_resistivity")
                || property.id == "spontaneous_potential"
        };
        let open = self.curve(uncased);
        let flowing = self.curve(|property| property.class == "Production logging").filter(|_| open.is_none());
        if let Some(curve) = flowing {
            return Judged::new(LogType::Production, format!("{curve} is measured in a flowing well"));
        }
        let behind =
            |property: &Property| matches!(property.class, "Cement evaluation" | "Cased hole" | "Pulsed neutron");
        match (open, self.curve(behind)) {
            (Some(curve), None) => Judged::new(LogType::OpenHole, format!("{curve} needs an open hole")),
            (None, Some(curve)) => Judged::new(LogType::CasedHole, format!("{curve} is measured in casing")),
            // Runs of both that were joined.
            _ => None,
        }
    }

    /// Returns the first title that holds one of the words, as whole words.
    fn title<T: Copy>(&self, words: &[(&'static str, T)]) -> Option<(&'static str, T, &'a HeaderItem)> {
        self.titles.iter().find_map(|item| {
            let text = spaced(&item.value);
            let (word, value) = words.iter().find(|(word, _)| text.contains(&format!(" {word} ")))?;
            Some((*word, *value, *item))
        })
    }

    /// Returns the mnemonic of the first curve with such a property.
    fn curve(&self, is: impl Fn(&Property) -> bool) -> Option<&'a str> {
        self.curves.iter().find(|(_, property)| property.is_some_and(&is)).map(|(item, _)| item.mnemonic.trim())
    }

    /// Returns whether there are curves, and all of them are known to have such a property.
    fn all_of(&self, is: impl Fn(&Property) -> bool) -> bool {
        !self.curves.is_empty() && self.curves.iter().all(|(_, property)| property.is_some_and(&is))
    }

    /// Returns the mnemonic of a curve that says that it was measured while drilling.
    fn while_drilling(&self) -> Option<&'a str> {
        let says = |text: &str| [" LWD ", " MWD "].iter().any(|word| spaced(text).contains(word));
        let found = self.curves.iter().find(|(item, _)| says(&item.mnemonic) || says(&item.description));
        found.map(|(item, _)| item.mnemonic.trim())
    }
}

/// Returns whether a property is of the rock rather than of mud, rig, hole or tool.
fn is_formation(property: &Property) -> bool {
    matches!(property.class, "Resistivity" | "Density" | "Photoelectric" | "Porosity" | "Acoustic" | "NMR")
}

/// Returns a text in upper case with blanks for everything but letters and digits, and around it.
fn spaced(text: &str) -> String {
    let plain = |ch: char| if ch.is_alphanumeric() { ch } else { ' ' };
    format!(" {} ", text.to_uppercase().chars().map(plain).collect::<String>())
}
