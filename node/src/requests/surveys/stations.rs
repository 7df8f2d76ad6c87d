//! Stations of a survey: checking them, finding them, and writing them.

use dataforge_protocol::document::{
    Document, Edit, EngineError, MAX_ITEMS, Position, Station, StationField, SurveyState,
};

use super::usage;
use crate::api::{ApiError, ErrorKind, NewStation};
use crate::requests::titled::{divide, length, new_item};
use crate::trajectory::{Measured, Trajectory};

/// Stations nearer to each other than this many metres are at one depth.
const SAME_M: f64 = 1e-6;

/// Checks what can be said of one station.
fn checked(number: usize, new: &NewStation) -> Result<Station, ApiError> {
    let what = format!("station {number}");
    let (unit, _) = length(&what, &new.unit)?;
    let md = Position::new(new.md, unit, "").filter(|md| md.value >= 0.0);
    let md = md.ok_or_else(|| usage(format!("{what}: {} is no measured depth", new.md)))?;
    Ok(Station { md, inclination_deg: new.inclination_deg, azimuth_deg: new.azimuth_deg })
}

fn metres(station: &Station) -> f64 {
    station.md.value * length("station", &station.md.unit).map_or(f64::NAN, |(_, to_m)| to_m)
}

/// Refuses stations that make no path.
pub(super) fn check_path<'a>(stations: impl Iterator<Item = &'a Station>) -> Result<(), ApiError> {
    let mut measured: Vec<_> = stations
        .map(|station| Measured {
            md_m: metres(station),
            inclination_deg: station.inclination_deg,
            azimuth_deg: station.azimuth_deg,
        })
        .collect();
    if measured.is_empty() {
        return Ok(());
    }
    measured.sort_by(|a, b| a.md_m.total_cmp(&b.md_m));
    Trajectory::new(&measured).map(drop).map_err(|error| {
        usage(error.to_string()).hint("stations are numbered by depth; dataforge surveys show lists those there are")
    })
}

/// Puts stations beside those that there are, or in the place of those at the same depths.
pub(super) fn put(state: &mut SurveyState, stations: &[NewStation]) -> Result<Vec<(String, Station)>, ApiError> {
    let too_many = || usage(format!("a survey holds {MAX_ITEMS} stations")).hint("make another survey");
    if stations.len() > MAX_ITEMS {
        return Err(too_many());
    }
    let mut known: Vec<(f64, &String)> = state.stations.iter().map(|(id, station)| (metres(station), id)).collect();
    known.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut given: Vec<(f64, usize)> = Vec::new();
    let mut written: Vec<(String, Station)> = Vec::new();
    for (number, new) in (1..).zip(stations) {
        let station = checked(number, new)?;
        let md_m = metres(&station);
        let at = given.partition_point(|(other, _)| *other < md_m);
        let beside = [at.checked_sub(1).and_then(|before| given.get(before)), given.get(at)];
        let twice =
            beside.into_iter().flatten().find(|(other, _)| (other - md_m).abs() < SAME_M).map(|(_, other)| *other);
        if let Some(other) = twice.and_then(|other| written.get(other)) {
            return Err(usage(format!("station {number}: {} is given twice", other.1.md)));
        }
        given.insert(at, (md_m, written.len()));
        let same = known.get(known.partition_point(|(other, _)| *other <= md_m - SAME_M));
        let same = same.filter(|(other, _)| (other - md_m).abs() < SAME_M);
        let id = same.map_or_else(new_item, |(_, id)| Ok((*id).clone()))?;
        written.push((id, station));
    }
    state.stations.extend(written.iter().cloned());
    if state.stations.len() > MAX_ITEMS {
        return Err(too_many());
    }
    check_path(state.stations.values())?;
    Ok(written)
}

/// Writes stations, and returns the changes to put into entries.
pub(super) fn write_all(
    document: &mut Document,
    actor: [u8; 16],
    stations: &[(String, Station)],
) -> Result<Vec<Vec<u8>>, EngineError> {
    /// Bytes that a station takes in a change at most: keys, values and what ops take besides.
    const BYTES: usize = 320;
    let mut changes = Vec::new();
    for part in divide(stations, |_| BYTES) {
        changes.extend(document.edit(actor, |edit| write(edit, part))?);
    }
    Ok(changes)
}

fn write(edit: &mut Edit<'_, '_>, stations: &[(String, Station)]) -> Result<(), EngineError> {
    for (id, station) in stations {
        edit.set_station(id, StationField::Md, &station.md.to_string())?;
        edit.set_station(id, StationField::Inclination, &station.inclination_deg.to_string())?;
        edit.set_station(id, StationField::Azimuth, &station.azimuth_deg.to_string())?;
    }
    Ok(())
}

/// Finds a station by its id or its measured depth.
pub(super) fn station_of(state: &SurveyState, target: &str) -> Result<String, ApiError> {
    // The digits of an id may read as a number too, of which nobody writes so many for a depth.
    if state.stations.contains_key(target) {
        return Ok(target.to_owned());
    }
    let md = target.parse::<f64>().ok();
    let at: Vec<_> = state.stations.iter().filter(|(_, station)| Some(station.md.value) == md).collect();
    match at.as_slice() {
        [(id, _)] => Ok((*id).clone()),
        [] => Err(ApiError::new(ErrorKind::NotFound, format!("there is no station {target:?}"))
            .hint("name its id or its measured depth: dataforge surveys show lists both")),
        several => {
            let ids: Vec<_> = several.iter().map(|(id, station)| format!("{id} (at {})", station.md)).collect();
            Err(usage(format!("{} stations are at {target}", several.len()))
                .hint(format!("use an id: {}", ids.join(", "))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(md: f64, unit: &str, inclination_deg: f64) -> NewStation {
        NewStation { md, unit: unit.into(), inclination_deg, azimuth_deg: 10.0 }
    }

    #[test]
    fn a_station_at_the_same_depth_takes_the_place_of_the_other() {
        let mut state = SurveyState::default();
        let first = put(&mut state, &[new(0.0, "m", 0.0), new(304.8, "m", 1.0)]).unwrap();
        let second = put(&mut state, &[new(1000.0, "ft", 2.0)]).unwrap();
        assert_eq!(second[0].0, first[1].0, "a thousand feet are 304.8 m");
        assert_eq!(state.stations.len(), 2);
    }

    #[test]
    fn stations_that_make_no_path_are_refused_with_their_place() {
        for (stations, expected) in [
            (vec![new(0.0, "m", 0.0), new(10.0, "m", 181.0)], "station 2 at 10 m: inclination 181°"),
            (vec![new(5.0, "m", 0.0), new(5.0, "m", 1.0)], "station 2: 5 m is given twice"),
            (vec![new(5.0, "s", 0.0)], "station 1: \"s\" is no unit of length"),
            (vec![new(-5.0, "m", 0.0)], "station 1: -5 is no measured depth"),
            (vec![new(f64::NAN, "m", 0.0)], "no measured depth"),
        ] {
            let error = put(&mut SurveyState::default(), &stations).unwrap_err();
            assert!(error.message.contains(expected), "{error}");
        }
    }

    #[test]
    fn a_station_is_found_by_its_id_before_its_depth() {
        let mut state = SurveyState::default();
        put(&mut state, &[new(102.0, "m", 0.0), new(500.0, "m", 0.0), new(500.0, "ft", 0.0)]).unwrap();
        let at_102 = station_of(&state, "102").unwrap();
        // This id reads as the number 102.
        let id = "0000000000000102".to_owned();
        let other = state.stations.values().next().unwrap().clone();
        state.stations.insert(id.clone(), Station { md: Position::new(900.0, "m", "").unwrap(), ..other });
        assert_eq!(station_of(&state, &id).unwrap(), id);
        assert_eq!(station_of(&state, "102").unwrap(), at_102);
        assert!(station_of(&state, "500").unwrap_err().message.contains("2 stations"));
        assert!(station_of(&state, "7").is_err());
    }
}
