//! The wells of a workspace on a map: their attributes → points of a GeoPackage.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use dataforge_protocol::id::WorkspaceId;

use super::Written;
use super::geopackage::{Position, WellLocation, write_wells};
use crate::api::{ApiError, ErrorKind, WellInfo};
use crate::clock::now_ms;
use crate::index::Index;
use crate::node::Node;
use crate::requests::well_attributes;
use crate::sink::Sink;

/// Longitude and latitude of WGS 84.
const WGS_84: u32 = 4326;

/// Writes the locations of all wells, or of `only` those with these ids.
///
/// # Errors
/// `Storage`.
pub(super) async fn write(
    node: &Node,
    workspace: WorkspaceId,
    only: Option<&BTreeSet<String>>,
    sink: &mut Sink,
) -> Result<Written, ApiError> {
    let (mut wells, mut attributes) = node
        .with_core(move |core| {
            let wells = Index::new(core.store.connection(), workspace).wells()?;
            Ok((wells, well_attributes(core, workspace)?))
        })
        .await?;
    wells.retain(|well| only.is_none_or(|only| only.contains(&well.id)));
    let mut assumed = 0_u64;
    let located = |well: WellInfo| location(&attributes.remove(&well.id).unwrap_or_default(), well, &mut assumed);
    let wells: Vec<_> = wells.into_iter().map(located).collect();
    let failed = |error: std::io::Error| ApiError::new(ErrorKind::Storage, format!("cannot write: {error}"));
    let (written, mut file) = tokio::task::block_in_place(|| {
        // SQLite writes to a file of its own, which is then sent.
        let directory = tempfile::tempdir_in(node.directory()).map_err(failed)?;
        let path = directory.path().join("wells.gpkg");
        let written =
            write_wells(&path, &wells, now_ms()).map_err(|error| ApiError::from_error(ErrorKind::Storage, &error))?;
        Ok::<_, ApiError>((written, read(&path).map_err(failed)?))
    })?;
    std::io::Write::write_all(sink, &std::mem::take(&mut file)).map_err(failed)?;
    let told = [
        (written.without_position, "without a position, left out"),
        (written.implausible, "with a position that is none, left out"),
        (assumed, "with latitude and longitude of no stated datum, taken as WGS 84"),
    ];
    let told = told.into_iter().filter(|(count, _)| *count > 0);
    Ok(Written {
        what: "well locations".to_owned(),
        rows: written.points,
        curves: 0,
        remarks: told.map(|(count, what)| format!("wells {what}: {count}")).collect(),
    })
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn location(attributes: &BTreeMap<String, String>, well: WellInfo, assumed: &mut u64) -> WellLocation {
    let number =
        |key: &str| attributes.get(key).and_then(|text| text.parse::<f64>().ok()).filter(|value| value.is_finite());
    let epsg = |key: &str| attributes.get(key).and_then(|text| text.strip_prefix("EPSG:")?.parse().ok());
    let degrees = number("longitude_deg").zip(number("latitude_deg"));
    let metres = number("x_m").zip(number("y_m"));
    let at = |((x, y), epsg)| Position { x, y, epsg };
    // A system that the header names goes before one that is assumed.
    let stated = degrees.zip(epsg("geographic_crs")).or_else(|| metres.zip(epsg("projected_crs"))).map(at);
    let position = stated.or_else(|| degrees.map(|degrees| at((degrees, WGS_84))));
    if stated.is_none() && position.is_some() {
        *assumed += 1;
    }
    let WellInfo { id, name, uwi, field, company, country, .. } = well;
    WellLocation { id, name, uwi, field, company, country, position }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stated_system_goes_before_an_assumed_one() {
        let well = || WellInfo { id: "1".to_owned(), name: "A".to_owned(), ..WellInfo::default() };
        let mut assumed = 0;
        let mut place = |pairs: &[(&str, &str)]| {
            let attributes = pairs.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect();
            location(&attributes, well(), &mut assumed).position.map(|at| (at.x, at.y, at.epsg))
        };
        let degrees = [("latitude_deg", "60.5"), ("longitude_deg", "2.5")];
        let metres = [("x_m", "400000"), ("y_m", "6700000"), ("projected_crs", "EPSG:23031")];
        assert_eq!(place(&[]), None);
        assert_eq!(place(&metres[..2]), None);
        assert_eq!(place(&[&degrees[..], &metres[..]].concat()), Some((400_000.0, 6_700_000.0, 23031)));
        assert_eq!(place(&[&degrees[..], &[("geographic_crs", "EPSG:4230")]].concat()), Some((2.5, 60.5, 4230)));
        assert_eq!(place(&degrees), Some((2.5, 60.5, WGS_84)));
        assert_eq!(assumed, 1);
    }
}
