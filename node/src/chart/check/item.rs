//! What is wrong with tracks, series and fills.

use dataforge_protocol::document::chart::{
    AxisKind, ChartKind, Fill, FillKind, Part, Scale, Series, SeriesKind, Track, TrackKind,
};

use super::{Check, Place};

impl Check<'_> {
    pub(super) fn track(&mut self, track: &Track) {
        self.limits((Part::Track, &track.id), ["left", "right"], [track.left, track.right], track.scale);
    }

    pub(super) fn series(&mut self, series: &Series) {
        let place = (Part::Series, series.id.as_str());
        self.stands(place, series);
        let measured = match (series.kind, &series.source) {
            (SeriesKind::Values, Some(source)) => self.source(place, "source", source),
            (SeriesKind::Values, None) => {
                self.wrong(place, "source", "missing: a property or a curve");
                None
            }
            (SeriesKind::Points, Some(_)) => {
                self.wrong(place, "source", "points have the sources of the axes");
                None
            }
            (SeriesKind::Points, None) => None,
        };
        if let Some(source) = &series.colour_by {
            // Colours have no unit.
            self.source(place, "colour_by", source);
        }
        if let Some(well) = series.well.as_ref().filter(|id| !self.known.has_well(id)) {
            self.gone(format!("series/{}/well", series.id), format!("well {} is not here", super::short(well)));
        }
        self.unit(place, "unit", series.unit.as_ref(), measured);
        let depths = self.depth_measurement();
        self.unit(place, "shift_unit", series.shift_unit.as_ref(), Some(depths));
        let (scale, left, right) = self.scale_of(series);
        self.limits(place, ["left", "right"], [left, right], scale);
    }

    /// Checks that a series stands where its kind of chart has place for it.
    fn stands(&mut self, place: Place<'_>, series: &Series) {
        self.refers(place, "axis", series.axis.as_ref());
        let is_points = series.kind == SeriesKind::Points;
        if is_points != (self.state.kind == ChartKind::Crossplot) {
            self.wrong(place, "kind", format!("a {} has none of these", self.state.kind.as_str().replace('_', " ")));
        }
        if is_points {
            for kind in [AxisKind::X, AxisKind::Y] {
                let axis = self.state.axes.iter().find(|axis| axis.kind == kind);
                if axis.is_none_or(|axis| axis.source.is_none()) {
                    self.wrong(place, "kind", format!("points need an {} axis with a source", kind.as_str()));
                }
            }
        }
        if self.state.kind != ChartKind::LogTracks {
            return self.refers(place, "track", series.track.as_ref());
        }
        match series.track.as_ref().map(|id| self.state.tracks.iter().find(|track| track.id == *id)) {
            None => self.wrong(place, "track", "missing: in a log each series stands in a track"),
            Some(None) => self.refers(place, "track", series.track.as_ref()),
            Some(Some(track)) if track.kind == TrackKind::Depth => {
                self.wrong(place, "track", "that is the track of depths: it has no curves");
            }
            Some(Some(_)) => {}
        }
    }

    /// The scale that a series is drawn in: its own, else that of its track.
    fn scale_of(&self, series: &Series) -> (Option<Scale>, Option<f64>, Option<f64>) {
        let track = series.track.as_ref().and_then(|id| self.state.tracks.iter().find(|track| track.id == *id));
        let scale = series.scale.or_else(|| track.and_then(|track| track.scale));
        let left = series.left.or_else(|| track.and_then(|track| track.left));
        (scale, left, series.right.or_else(|| track.and_then(|track| track.right)))
    }

    pub(super) fn fill(&mut self, fill: &Fill) {
        let place = (Part::Fill, fill.id.as_str());
        match &fill.series {
            None => self.wrong(place, "series", "missing: the series it begins at"),
            series => self.refers(place, "series", series.as_ref()),
        }
        self.refers(place, "when", fill.when.as_ref());
        self.ends(place, fill);
        let looks = [&fill.colour_left, &fill.colour_right, &fill.pattern_left, &fill.pattern_right];
        if looks.into_iter().all(Option::is_none) {
            self.wrong(place, "colour_left", "it shows nothing: give a colour or a pattern for a side");
        }
        if fill.above.zip(fill.below).is_some_and(|(above, below)| above > below) {
            self.wrong(place, "below", "nothing is above the one and below the other cut-off");
        }
    }

    /// Checks where a fill ends.
    fn ends(&mut self, place: Place<'_>, fill: &Fill) {
        let series = fill.series.as_ref().and_then(|id| self.series_of(id));
        let scale = series.and_then(|series| self.scale_of(series).0);
        let track = series.and_then(|series| series.track.clone());
        match (fill.kind, fill.limit, &fill.other) {
            (FillKind::Limit, None, _) => self.wrong(place, "limit", "missing: the value it ends at"),
            (FillKind::Limit, Some(limit), _) if limit <= 0.0 && scale == Some(Scale::Log) => {
                self.wrong(place, "limit", format!("a logarithmic scale has no {limit}: use a limit above 0"));
            }
            (FillKind::Between, _, None) => self.wrong(place, "other", "missing: the series it ends at"),
            (FillKind::Between, _, Some(other)) => match self.series_of(other).map(|other| other.track.clone()) {
                None => self.refers(place, "other", Some(other)),
                Some(beside) if series_are_apart(&track, &beside, fill) => {
                    self.wrong(place, "other", "both series stand in one track");
                }
                Some(_) => {}
            },
            _ => {}
        }
    }
}

/// Whether the series of a fill stand in different tracks.
fn series_are_apart(track: &Option<String>, other: &Option<String>, fill: &Fill) -> bool {
    track != other && fill.series.is_some() && track.is_some()
}
