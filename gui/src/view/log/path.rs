//! Where depths along the hole are straight down: points of the path, close together.

use dataforge_node::api::chart::Domain;
use dataforge_node::api::{PathReply, StationInfo};

/// Points that the path is taken at, from its first station to its last.
const POINTS: u32 = 2_000;
/// Factor to metres of units that surveys are measured in.
const UNITS: [(&str, f64); 3] = [("m", 1.0), ("ft", 0.3048), ("ftUS", 1200.0 / 3937.0)];

/// A path: measured depths and how deep they are, both in metres.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct DepthPath {
    points: Vec<(f64, f64)>,
}

impl DepthPath {
    /// Makes one of a reply; none when a vertical depth below sea is wanted and the datum's elevation is not
    /// known.
    #[must_use]
    pub(super) fn of(reply: &PathReply, domain: Domain) -> Option<Self> {
        let point = |point: &dataforge_node::api::PathPointInfo| {
            let down = if domain == Domain::Tvdss { point.tvdss_m? } else { point.tvd_m };
            Some((point.md_m, down))
        };
        let points: Vec<_> = reply.points.iter().map(point).collect::<Option<_>>()?;
        (points.len() > 1).then_some(Self { points })
    }

    /// Returns how deep a measured depth is, in metres; none beyond the path.
    #[must_use]
    pub(super) fn at(&self, md_m: f64) -> Option<f64> {
        let after = self.points.partition_point(|(md, _)| *md < md_m);
        let (md, down) = *self.points.get(after)?;
        if md <= md_m {
            return Some(down);
        }
        let (before, up) = *self.points.get(after.checked_sub(1)?)?;
        Some((md_m - before) / (md - before) * (down - up) + up)
    }
}

/// Returns the measured depths in metres at which a path is taken; none for fewer than two stations.
pub(super) fn depths(stations: &[StationInfo]) -> Vec<f64> {
    let md_m = |station: &StationInfo| {
        let factor = UNITS.iter().find(|(unit, _)| *unit == station.unit).map(|(_, factor)| factor)?;
        Some(station.md * factor)
    };
    let mut all: Vec<f64> = stations.iter().filter_map(md_m).collect();
    all.sort_by(f64::total_cmp);
    let Some((_, last)) = all.first().zip(all.last()).filter(|(first, last)| *last > *first) else {
        return Vec::new();
    };
    // From the top of the hole: above the first station it is taken to be vertical.
    (0..=POINTS).map(|number| last * f64::from(number) / f64::from(POINTS)).collect()
}

#[cfg(test)]
mod tests {
    use dataforge_node::api::chart::Domain;
    use dataforge_node::api::{PathPointInfo, PathReply};

    use super::DepthPath;

    fn point(md_m: f64, tvd_m: f64, tvdss_m: Option<f64>) -> PathPointInfo {
        PathPointInfo {
            md_m,
            tvd_m,
            tvdss_m,
            north_m: 0.0,
            east_m: 0.0,
            inclination_deg: 0.0,
            azimuth_deg: 0.0,
            dogleg_deg_per_30m: 0.0,
        }
    }

    #[test]
    fn depths_between_points_are_taken_between_them_and_beyond_there_are_none() {
        let points =
            vec![point(0.0, 0.0, Some(-25.0)), point(1000.0, 1000.0, Some(975.0)), point(2000.0, 1600.0, Some(1575.0))];
        let reply = PathReply { survey: String::new(), points };
        let path = DepthPath::of(&reply, Domain::Tvd).unwrap();
        assert_eq!((path.at(0.0), path.at(500.0), path.at(1500.0)), (Some(0.0), Some(500.0), Some(1300.0)));
        assert_eq!((path.at(2000.0), path.at(2000.1), path.at(-1.0)), (Some(1600.0), None, None));
        let below_sea = DepthPath::of(&reply, Domain::Tvdss).unwrap();
        assert_eq!(below_sea.at(1500.0), Some(1275.0));
        let unknown = PathReply { survey: String::new(), points: vec![point(0.0, 0.0, None), point(1.0, 1.0, None)] };
        assert_eq!(DepthPath::of(&unknown, Domain::Tvdss), None, "the elevation is not known");
    }
}
