//! Charts in words.

use dataforge_node::api::chart::{ChartState, Series, Source, Track};
use dataforge_node::api::{
    ChartFileReply, ChartInfo, ChartProblem, ChartReply, ChartSource, ChartTemplate, ChartWroteReply,
};

use crate::output::{Align, Human, Table, clean, decimal, plural, title};

impl Human for Vec<ChartInfo> {
    fn human(&self) -> String {
        let columns = ["title", "kind", "well", "project"].map(|name| (name, Align::Left));
        let more = [("series", Align::Right), ("tags", Align::Left), ("changed", Align::Left), ("id", Align::Left)];
        let mut table = Table::new(&[&columns[..], &more].concat());
        for chart in self {
            let title = if chart.archived { format!("{} (put away)", chart.title) } else { chart.title.clone() };
            let (well, project) =
                (chart.well.as_deref().unwrap_or_default(), chart.project.as_deref().unwrap_or_default());
            let (series, tags) = (chart.series.to_string(), chart.tags.join(", "));
            table.row([&title, &chart.kind, well, project, &series, &tags, &chart.changed, &chart.short]);
        }
        table.or("no charts yet: dataforge charts create --template triple-combo --well WELL")
    }
}

impl Human for Vec<ChartTemplate> {
    fn human(&self) -> String {
        let columns = ["template", "kind", "title", "what for"].map(|name| (name, Align::Left));
        let mut table = Table::new(&columns);
        for template in self {
            let name: String =
                if template.built_in { template.name.clone() } else { template.name.chars().take(10).collect() };
            table.row([&name, &template.kind, &template.title, &template.description]);
        }
        table.text()
    }
}

impl Human for ChartWroteReply {
    fn human(&self) -> String {
        let added = self.added.iter().map(|item| format!("\nadded    {}", clean(item)));
        std::iter::once(clean(&self.message)).chain(added).collect()
    }
}

impl Human for ChartFileReply {
    fn human(&self) -> String {
        self.text.clone()
    }
}

impl Human for ChartReply {
    fn human(&self) -> String {
        let (info, chart) = (&self.info, &self.chart);
        let mut lines = vec![format!("{}  {}  {}", title(&info.title), info.kind.replace('_', " "), info.short)];
        let mut say = |name: &str, text: Option<&str>| {
            lines.extend(text.filter(|text| !text.is_empty()).map(|text| format!("{name:<9}{}", clean(text))));
        };
        say("well", info.well.as_deref());
        say("project", info.project.as_deref());
        say("template", info.template.then_some("yes"));
        say("put away", info.archived.then_some("yes"));
        say("tags", Some(&info.tags.join(", ")));
        say("made", Some(&format!("{} by {}, changed {}", info.created, info.author, info.changed)));
        lines.extend(chart.description.lines().map(|line| format!("  {}", clean(line))));
        let parts = [axes(chart), tracks(chart), series(chart, &self.sources), fills(chart), annotations(chart)];
        lines.extend(parts.into_iter().flatten());
        lines.extend(problems(&self.problems));
        lines.join("\n")
    }
}

/// A table under a blank line, unless it is empty.
fn part(table: Table, empty: bool) -> Option<String> {
    (!empty).then(|| format!("\n{}", table.text()))
}

fn text<T: ToString>(value: Option<&T>) -> String {
    value.map(ToString::to_string).unwrap_or_default()
}

fn range(from: Option<f64>, to: Option<f64>) -> String {
    let side = |side: Option<f64>| side.map_or_else(|| "…".to_owned(), decimal);
    if from.or(to).is_none() { String::new() } else { format!("{} to {}", side(from), side(to)) }
}

fn axes(chart: &ChartState) -> Option<String> {
    let columns = ["axis", "shows", "unit", "range", "scale", "id"].map(|name| (name, Align::Left));
    let mut table = Table::new(&columns);
    for axis in &chart.axes {
        let domain = axis.domain.map(|domain| domain.as_str().to_owned());
        let shows = axis.label.clone().or_else(|| axis.source.as_ref().map(told)).or(domain).unwrap_or_default();
        let turned = if axis.reversed == Some(true) { ", reversed" } else { "" };
        let scale = format!("{}{turned}", axis.scale.map_or("linear", |scale| scale.as_str()));
        let range = range(axis.from, axis.to);
        table.row([axis.kind.as_str(), &shows, &text(axis.unit.as_ref()), &range, &scale, &axis.id]);
    }
    part(table, chart.axes.is_empty())
}

fn tracks(chart: &ChartState) -> Option<String> {
    let columns = ["track", "holds", "width", "scale", "range", "id"].map(|name| (name, Align::Left));
    let mut table = Table::new(&columns);
    for track in &chart.tracks {
        let width = track.width.map(|width| format!("{} cm", decimal(width))).unwrap_or_default();
        let scale = track.scale.map_or("", |scale| scale.as_str());
        let range = range(track.left, track.right);
        table.row([&text(track.title.as_ref()), track.kind.as_str(), &width, scale, &range, &track.id]);
    }
    part(table, chart.tracks.is_empty())
}

/// A source, shortened as far as people need it.
fn told(source: &Source) -> String {
    match source {
        Source::Property(property) => property.clone(),
        Source::Curve(curve) => format!("{}:{}", curve.run.fmt_short(), curve.ordinal),
    }
}

/// What a series is called in a chart's own words.
fn called(series: &Series) -> String {
    series.label.clone().or_else(|| series.source.as_ref().map(told)).unwrap_or_else(|| "points".to_owned())
}

fn series(chart: &ChartState, sources: &[ChartSource]) -> Option<String> {
    let columns = ["series", "of", "curve", "track", "range", "unit", "id"].map(|name| (name, Align::Left));
    let mut table = Table::new(&columns);
    for series in &chart.series {
        let found = sources.iter().find(|one| one.item == series.id && one.field == "source");
        let curve = match found.map(|found| &found.curve) {
            Some(Some(curve)) => format!("{} {}", curve.label, curve.run.chars().take(10).collect::<String>()),
            Some(None) => "none".to_owned(),
            None => String::new(),
        };
        let track = series.track.as_ref().and_then(|id| chart.tracks.iter().find(|track| track.id == *id));
        let track = track.and_then(|track: &Track| track.title.clone()).unwrap_or_default();
        let of = series.source.as_ref().map(told).unwrap_or_default();
        let range = range(series.left, series.right);
        table.row([&called(series), &of, &curve, &track, &range, &text(series.unit.as_ref()), &series.id]);
    }
    part(table, chart.series.is_empty())
}

fn fills(chart: &ChartState) -> Option<String> {
    let columns = ["fill", "from", "to", "called", "id"].map(|name| (name, Align::Left));
    let mut table = Table::new(&columns);
    let name = |id: Option<&String>| {
        let found = id.and_then(|id| chart.series.iter().find(|series| series.id == *id));
        found.map_or_else(|| text(id), called)
    };
    for fill in &chart.fills {
        let to = fill.limit.map_or_else(|| name(fill.other.as_ref()), decimal);
        let from = name(fill.series.as_ref());
        table.row([fill.kind.as_str(), &from, &to, &text(fill.label.as_ref()), &fill.id]);
    }
    part(table, chart.fills.is_empty())
}

fn annotations(chart: &ChartState) -> Option<String> {
    let columns = ["annotation", "text", "depth", "x", "y", "id"].map(|name| (name, Align::Left));
    let mut table = Table::new(&columns);
    for one in &chart.annotations {
        let place = |from: Option<f64>, to: Option<f64>, unit: Option<&String>| {
            let place = if to.is_some() { range(from, to) } else { from.map(decimal).unwrap_or_default() };
            if place.is_empty() { place } else { format!("{place} {}", text(unit)).trim_end().to_owned() }
        };
        let mut depth = place(one.depth, one.depth_to, one.depth_unit.as_ref());
        if let Some(datum) = &one.datum {
            depth = format!("{depth} {datum}");
        }
        let x = place(one.x, one.x_to, one.x_unit.as_ref());
        let y = place(one.y, one.y_to, one.y_unit.as_ref());
        table.row([one.kind.as_str(), &text(one.text.as_ref()), &depth, &x, &y, &one.id]);
    }
    part(table, chart.annotations.is_empty())
}

fn problems(problems: &[ChartProblem]) -> Vec<String> {
    let head = format!("\n{} to see to:", plural(problems.len() as u64, "thing"));
    let lines = problems.iter().map(|one| format!("  {}: {}", clean(&one.at), clean(&one.message)));
    if problems.is_empty() { Vec::new() } else { std::iter::once(head).chain(lines).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_is_told_with_its_parts_and_what_is_missing() {
        let chart: ChartState = serde_json::from_str(
            r#"{"kind": "log_tracks", "title": "Gamma", "description": "one\ntwo",
                "tracks": [{"id": "t1", "kind": "curves", "title": "Left", "width": 6.35}],
                "series": [{"id": "s1", "kind": "values", "track": "t1", "source": "gamma_ray", "left": 0, "right": 150}],
                "annotations": [{"id": "a1", "kind": "region", "depth": 10, "depth_to": 20, "depth_unit": "m", "datum": "KB"}]}"#,
        )
        .unwrap();
        let info = ChartInfo {
            id: "ab".repeat(32),
            short: "ababababab".into(),
            title: "Gamma".into(),
            description: String::new(),
            kind: "log_tracks".into(),
            well_id: None,
            well: Some("North 1".into()),
            project_id: None,
            project: None,
            template: false,
            archived: false,
            tags: vec!["shale".into()],
            series: 1,
            author: "Ada".into(),
            created: "2026-01-01T00:00:00Z".into(),
            changed: "2026-01-02T00:00:00Z".into(),
        };
        let source = ChartSource {
            part: "series".into(),
            item: "s1".into(),
            field: "source".into(),
            source: "gamma_ray".into(),
            well_id: None,
            curve: None,
        };
        let problem = ChartProblem { at: "series/s1/left".into(), message: "odd".into(), gone: false };
        let list = vec![info.clone()].human();
        assert!(list.contains("North 1") && list.contains("shale") && list.contains("ababababab"), "{list}");
        let told = ChartReply { info, chart, sources: vec![source], problems: vec![problem] }.human();
        for part in ["well     North 1", "  two", "Left", "gamma_ray", "none", "10 to 20 m KB", "series/s1/left: odd"] {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert!(told.contains("1 thing to see to"), "{told}");
    }
}
