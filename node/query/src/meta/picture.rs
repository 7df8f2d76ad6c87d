//! Columns of what people make of it: projects, tops, surveys, selections and charts.

use super::column::{Column, flag, int, real, text, time};

pub(super) const PROJECTS: &[Column] = &[
    text("project_id", "Id of the project."),
    text("name", "What it is called."),
    text("description", "What people say of it."),
    text("owner_id", "Id of the person who looks after it."),
    text("owner", "Name of that person."),
    flag("archived", "Whether it is left out of lists."),
    text("tags", "Its tags, in order and apart by `, `."),
    int("quota_bytes", "Bytes it should have at most, where it says so."),
    int("wells", "Wells filed under it."),
    int("attachments", "Files that belong to it."),
];

pub(super) const TOPS: &[Column] = &[
    text("tops_id", "Id of the set."),
    text("tops", "Name of the set."),
    text("well_id", "Id of the well."),
    text("well", "Name of the well."),
    text("top_id", "Id of the top in its set."),
    text("name", "Name of the top or zone."),
    text("kind", "`top` or `zone`."),
    real("depth", "Depth, as delivered."),
    real("base", "Base of a zone, as delivered."),
    text("unit", "Unit of these."),
    text("datum", "What they are counted from; null for the well's depths as delivered."),
    real("depth_m", "Measured depth in metres from the well's datum."),
    real("base_m", "Measured depth of the base in metres from the well's datum."),
    real("tvd_m", "True vertical depth in metres from the well's datum."),
    real("tvdss_m", "True vertical depth in metres below mean sea level."),
    text("interpreter", "Who picked it."),
    text("remark", "What they say of it."),
    real("uncertainty", "Uncertainty of the depth, in its unit."),
];

pub(super) const SURVEYS: &[Column] = &[
    text("survey_id", "Id of the survey."),
    text("survey", "Name of the survey."),
    text("well_id", "Id of the well."),
    text("well", "Name of the well."),
    flag("counts", "Whether it is the survey that makes the path of its well."),
    text("datum", "What its depths are counted from."),
    text("azimuth_reference", "The north that azimuths are counted from."),
    text("station_id", "Id of the station in its survey."),
    real("md", "Measured depth, as delivered."),
    text("unit", "Unit of the measured depth."),
    real("inclination_deg", "Inclination in degrees from the vertical."),
    real("azimuth_deg", "Azimuth in degrees."),
    real("md_m", "Measured depth in metres from the well's datum."),
    real("tvd_m", "True vertical depth in metres, by minimum curvature."),
    real("tvdss_m", "True vertical depth in metres below mean sea level."),
    real("north_m", "Metres north of the wellhead."),
    real("east_m", "Metres east of the wellhead."),
    real("dogleg_deg_per_30m", "Dogleg severity since the station before, in degrees per 30 m."),
];

pub(super) const SELECTIONS: &[Column] = &[
    text("selection_id", "Id of the selection."),
    text("selection", "Name of the selection."),
    text("part", "What is chosen: `well`, `curve`, `property` or `interval`."),
    text("name", "What that is called."),
    text("well_id", "Id of the well, of wells and intervals."),
    text("run_id", "Id of the run, of curves."),
    int("ordinal", "Place in the run, of curves."),
    text("property", "The property, of properties."),
    real("from_depth", "Where an interval begins."),
    real("to_depth", "Where it ends."),
    text("unit", "Unit of these."),
    text("datum", "What they are counted from."),
    real("from_m", "Where an interval begins, in metres."),
    real("to_m", "Where it ends, in metres."),
];

pub(super) const CHARTS: &[Column] = &[
    text("chart_id", "Id of the chart."),
    text("chart", "Its title."),
    text("description", "What people say of it."),
    text("kind", "`log_tracks`, `crossplot` …"),
    text("well_id", "Id of its well; null for a template."),
    text("well", "Name of its well."),
    text("project_id", "Id of its project."),
    text("project", "Name of its project."),
    flag("template", "Whether others are made from it."),
    flag("archived", "Whether it is put away."),
    text("tags", "Its tags, in order and apart by `, `."),
    int("series", "How many series it has."),
    text("author", "Who made it."),
    time("created_at", "When, by the author's clock."),
    time("changed_at", "When it was last changed, by the clock of whoever did."),
];
