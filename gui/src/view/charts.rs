//! The charts and templates of a workspace: found, starred, made from templates, put away, opened.

use dataforge_node::api::{
    ChartEdit, ChartInfo, ChartRequest, ChartTemplate, CreateChart, Event, ListCharts, Reply, Request,
};
use egui::{ComboBox, RichText, TextEdit, Ui};

use super::{Cx, Happened, News, Place, Ticket, View, place_of};
use crate::action::{Action, Browse};
use crate::commands::CommandInfo;
use crate::state::{Key, Slot, State};
use crate::widget::hint;
use crate::widget::problem::problem_ui;
use crate::widget::table::{Column, Row, Table};
use crate::{format, theme};

/// Commands of the list of charts.
pub const COMMANDS: &[CommandInfo] = &[
    CommandInfo::new("charts.open", "Open the chart"),
    CommandInfo::new("charts.star", "Star the chart, or no more"),
    CommandInfo::new("charts.archive", "Put the chart away, or take it out again"),
    CommandInfo::new("charts.archived", "Show charts that are put away"),
];

const COLUMNS: [Column; 6] = [
    Column::text("Chart", 160.0, 2.0),
    Column::text("Well", 110.0, 1.0),
    Column::text("Kind", 90.0, 0.0),
    Column::text("Tags", 90.0, 0.5),
    Column::text("Author", 90.0, 0.5),
    Column::text("Changed", 110.0, 0.0),
];

/// Lists the charts of a workspace.
#[derive(Debug)]
pub struct ChartsView {
    workspace: String,
    charts: Slot<Vec<ChartInfo>>,
    templates: Slot<Vec<ChartTemplate>>,
    search: String,
    kind: Option<String>,
    only_starred: bool,
    with_archived: bool,
    chosen: Option<String>,
    /// Whether to scroll to the chosen chart.
    reveal: bool,
    template: Option<String>,
    /// Charts that are being made, to be opened.
    making: Option<Ticket>,
    /// What the chart that is being made shows.
    making_kind: String,
    changing: Vec<Ticket>,
    problem: Option<dataforge_node::api::ApiError>,
}

impl ChartsView {
    /// Lists those of a workspace.
    #[must_use]
    pub fn new(workspace: String) -> Self {
        Self {
            workspace,
            charts: Slot::default(),
            templates: Slot::default(),
            search: String::new(),
            kind: None,
            only_starred: false,
            with_archived: false,
            chosen: None,
            reveal: false,
            template: None,
            making: None,
            making_kind: String::new(),
            changing: Vec::new(),
            problem: None,
        }
    }

    fn request(&self, ask: ChartRequest) -> Request {
        Request::Charts { workspace: Some(self.workspace.clone()), ask }
    }

    fn load(&mut self, cx: &mut Cx<'_>) {
        let list = ListCharts { archived: self.with_archived, ..ListCharts::default() };
        let request = self.request(ChartRequest::List(list));
        self.charts.load(cx, request);
    }

    fn load_templates(&mut self, cx: &mut Cx<'_>) {
        let request = self.request(ChartRequest::Templates);
        self.templates.load(cx, request);
    }

    fn chosen(&self) -> Option<&ChartInfo> {
        let id = self.chosen.as_deref()?;
        self.charts.value()?.iter().find(|chart| chart.id == id)
    }

    /// Returns the charts that match what is searched for, starred ones first.
    fn shown(&self, is_starred: impl Fn(&str) -> bool) -> Vec<&ChartInfo> {
        let words: Vec<String> = self.search.split_whitespace().map(str::to_lowercase).collect();
        let charts = self.charts.value().into_iter().flatten();
        let kind = self.kind.as_deref();
        let mut shown: Vec<_> = charts
            .filter(|chart| kind.is_none_or(|kind| chart.kind == kind))
            .filter(|chart| !self.only_starred || is_starred(&chart.id))
            .filter(|chart| matches(chart, &words))
            .collect();
        shown.sort_by_key(|chart| !is_starred(&chart.id));
        shown
    }

    fn open(&mut self, cx: &mut Cx<'_>) {
        let Some(chart) = self.chosen() else { return };
        match place_of(&self.workspace, chart) {
            Some(place) => cx.open(place),
            None => cx.notice(format!("A {} is not drawn here.", chart.kind.replace('_', " "))),
        }
    }

    fn change(&mut self, edit: impl FnOnce(&ChartInfo) -> ChartEdit, cx: &mut Cx<'_>) {
        let Some(chart) = self.chosen() else { return };
        let ask = ChartRequest::Edit { chart: chart.id.clone(), edits: vec![edit(chart)] };
        let request = self.request(ask);
        self.changing.push(cx.call(request));
    }

    fn create(&mut self, cx: &mut Cx<'_>) {
        let (Some(template), Some(well)) = (self.template.clone(), cx.state.selection.well.clone()) else { return };
        self.problem = None;
        self.making_kind = self.kind_of_template().unwrap_or_default();
        let create = CreateChart { template: Some(template), well: Some(well), ..CreateChart::default() };
        let request = self.request(ChartRequest::Create(create));
        self.making = Some(cx.call(request));
    }

    /// Returns what charts of the chosen template show.
    fn kind_of_template(&self) -> Option<String> {
        let templates = self.templates.value()?;
        templates.iter().find(|one| Some(&one.name) == self.template.as_ref()).map(|one| one.kind.clone())
    }

    fn filters_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        ui.horizontal_wrapped(|ui| {
            let field = TextEdit::singleline(&mut self.search)
                .id_salt("search")
                .hint_text("Title, well, tag, author")
                .desired_width(200.0);
            ui.add(field).accessible_name("Search charts");
            let shown = self.kind.as_deref().map_or_else(|| "every kind".to_owned(), |kind| kind.replace('_', " "));
            let response = ComboBox::from_id_salt("chart kind").selected_text(&shown).show_ui(ui, |ui| {
                ui.selectable_value(&mut self.kind, None, "every kind");
                for kind in ["log_tracks", "crossplot", "histogram", "coverage", "line"] {
                    ui.selectable_value(&mut self.kind, Some(kind.to_owned()), kind.replace('_', " "));
                }
            });
            response.response.accessible_name(format!("Kind: {shown}"));
            ui.checkbox(&mut self.only_starred, "Only starred");
            if ui.checkbox(&mut self.with_archived, "Also those put away").changed() {
                self.load(cx);
            }
        });
    }

    fn new_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        // A well of another workspace has no charts in this one.
        let is_here = cx.state.selection.workspace.as_ref() == Some(&self.workspace);
        let well = cx.state.selected_well().filter(|_| is_here).map(|well| (well.id.clone(), well.name.clone()));
        ui.horizontal_wrapped(|ui| {
            let templates = self.templates.value().map_or(&[][..], Vec::as_slice);
            let current = templates.iter().find(|one| Some(&one.name) == self.template.as_ref());
            let shown = current.map_or("choose a template", |template| template.title.as_str()).to_owned();
            let mut wanted = None;
            let response = ComboBox::from_id_salt("new chart").selected_text(&shown).width(200.0).show_ui(ui, |ui| {
                for template in templates {
                    let title = if template.built_in {
                        template.title.clone()
                    } else {
                        format!("{} (workspace)", template.title)
                    };
                    let row = ui.selectable_label(Some(&template.name) == self.template.as_ref(), title);
                    if row.on_hover_text(&template.description).clicked() {
                        wanted = Some(template.name.clone());
                    }
                }
            });
            response.response.accessible_name(format!("Template for a new chart: {shown}"));
            self.template = wanted.or_else(|| self.template.take());
            let ready = self.template.is_some() && well.is_some() && self.making.is_none();
            let name = well.as_ref().map_or_else(|| "New chart".to_owned(), |(_, name)| format!("New chart of {name}"));
            if ui.add_enabled(ready, egui::Button::new(&name).truncate()).accessible_name(&name).clicked() {
                self.create(cx);
            }
            let is_log = self.kind_of_template().is_some_and(|kind| matches!(kind.as_str(), "log_tracks" | "coverage"));
            if let (Some((well, _)), Some(template)) = (&well, self.template.as_ref().filter(|_| is_log))
                && ui.button("Look at it").accessible_name("Look at the template without making a chart").clicked()
            {
                let place =
                    Place::LogOf { workspace: self.workspace.clone(), well: well.clone(), template: template.clone() };
                cx.open(place);
            }
            if well.is_none() {
                ui.weak("Select a well on the left to make a chart of it.");
            }
        });
    }

    fn chosen_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let Some((title, starred, archived)) =
            self.chosen().map(|chart| (chart.title.clone(), cx.state.tree.is_starred(&chart.id), chart.archived))
        else {
            return;
        };
        ui.horizontal_wrapped(|ui| {
            ui.add(egui::Label::new(RichText::new(&title).strong()).truncate());
            for (word, command) in [
                ("Open", "charts.open"),
                (if starred { "Take the star off" } else { "Star" }, "charts.star"),
                (if archived { "Take out again" } else { "Put away" }, "charts.archive"),
            ] {
                if ui.button(word).accessible_name(format!("{word}: {title}")).clicked() {
                    self.run(command, cx);
                }
            }
        });
    }

    fn table_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let tree = &cx.state.tree;
        let shown = self.shown(|id| tree.is_starred(id));
        let chosen = shown.iter().position(|chart| Some(&chart.id) == self.chosen.as_ref());
        let table = Table {
            id: "charts",
            columns: &COLUMNS,
            rows: shown.len(),
            choosable: true,
            chosen,
            reveal: self.reveal,
            take_focus: true,
        };
        let outcome = table.show(ui, |row| chart_row(shown[row], tree.is_starred(&shown[row].id)));
        let step = outcome.step.and_then(|step| step.from_row(chosen, shown.len()));
        let is_revealed = outcome.revealed;
        let next = outcome.clicked.or(step).and_then(|row| shown.get(row)).map(|chart| chart.id.clone());
        let is_again = outcome.clicked.is_some() && next.is_some() && next == self.chosen;
        if next.is_some() {
            self.chosen = next;
        }
        // The focus goes with the arrow keys, so that Enter opens what they chose.
        self.reveal = step.is_some() || self.reveal && !is_revealed;
        // A second click on a row opens it, and so does Enter.
        if is_again {
            self.open(cx);
        }
    }
}

/// Whether each word occurs in something that people search by.
fn matches(chart: &ChartInfo, words: &[String]) -> bool {
    let fields = [Some(&chart.title), chart.well.as_ref(), chart.project.as_ref(), Some(&chart.author)];
    let fields: Vec<String> =
        fields.into_iter().flatten().chain(&chart.tags).map(|field| field.to_lowercase()).collect();
    words.iter().all(|word| fields.iter().any(|field| field.contains(word)))
}

fn chart_row(chart: &ChartInfo, is_starred: bool) -> Row {
    let star = if is_starred { "* " } else { "" };
    let well = chart.well.clone().or_else(|| chart.project.clone()).unwrap_or_else(|| format::NOTHING.to_owned());
    let kind = chart.kind.replace('_', " ");
    let state = if chart.archived { ", put away" } else { "" };
    let starred = if is_starred { ", starred" } else { "" };
    let changed: String = chart.changed.chars().take(16).collect();
    Row {
        cells: vec![
            format!("{star}{}", chart.title),
            well.clone(),
            kind.clone(),
            chart.tags.join(", "),
            chart.author.clone(),
            changed.replace('T', " "),
        ],
        name: format!("Chart {}, {well}, {kind}{starred}{state}", chart.title),
        more: format!("{}\n{}\n{} series\nid {}", chart.title, chart.description, chart.series, chart.short),
        weak: chart.archived,
    }
}

impl View for ChartsView {
    fn title(&self, _state: &State) -> String {
        "Charts".to_owned()
    }

    fn place(&self) -> Place {
        Place::Charts { workspace: self.workspace.clone() }
    }

    fn refresh(&mut self, cx: &mut Cx<'_>) {
        self.load(cx);
        self.load_templates(cx);
    }

    fn on_news(&mut self, ticket: Ticket, news: News, cx: &mut Cx<'_>) {
        let News::Ended(result) = news else { return };
        if self.charts.awaits(ticket) {
            let again = self.charts.take(*result, |reply| match reply {
                Reply::Charts { charts } => Some(charts),
                _ => None,
            });
            if again {
                self.load(cx);
            }
        } else if self.templates.awaits(ticket) {
            self.templates.take(*result, |reply| match reply {
                Reply::ChartTemplates { templates } => Some(templates),
                _ => None,
            });
        } else if self.making == Some(ticket) {
            self.making = None;
            match *result {
                Ok(Reply::ChartWrote(wrote)) => {
                    cx.notice(wrote.message);
                    let (workspace, chart) = (self.workspace.clone(), wrote.chart);
                    match self.making_kind.as_str() {
                        "crossplot" | "histogram" => cx.open(Place::Plot { workspace, chart }),
                        "line" => {}
                        _ => cx.open(Place::Log { workspace, chart }),
                    }
                    // Of what the window does itself it hears no news.
                    cx.actions.push(Action::Refresh);
                }
                Ok(_) => {}
                Err(error) => self.problem = Some(error),
            }
        } else if self.changing.contains(&ticket) {
            self.changing.retain(|one| *one != ticket);
            self.problem = result.err();
            cx.actions.push(Action::Refresh);
        }
    }

    fn on_event(&mut self, event: &Happened<'_>, cx: &mut Cx<'_>) {
        match event {
            Happened::Event(Event::Documents { workspace, documents, more })
                if *workspace == self.workspace
                    && (*more || documents.iter().any(|document| document.kind == "chart")) =>
            {
                self.refresh(cx);
            }
            Happened::Event(Event::Changed { workspace, .. }) if *workspace == self.workspace => self.refresh(cx),
            _ => {}
        }
    }

    fn commands(&self) -> &'static [CommandInfo] {
        COMMANDS
    }

    fn run(&mut self, command: &str, cx: &mut Cx<'_>) {
        match command {
            "charts.open" => self.open(cx),
            "charts.star" => {
                if let Some(chart) = self.chosen() {
                    let on = !cx.state.tree.is_starred(&chart.id);
                    cx.actions.push(Action::Browse(Browse::Star { key: Key::Chart(chart.id.clone()), on }));
                }
            }
            "charts.archive" => self.change(|chart| ChartEdit::Archive { on: !chart.archived }, cx),
            "charts.archived" => {
                self.with_archived = !self.with_archived;
                self.load(cx);
            }
            _ => {}
        }
    }

    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        self.filters_ui(ui, cx);
        self.new_ui(ui, cx);
        for error in self.charts.error().into_iter().chain(self.problem.as_ref()) {
            problem_ui(ui, error);
        }
        self.chosen_ui(ui, cx);
        let Some(charts) = self.charts.value() else {
            if self.charts.is_loading() {
                hint::loading_ui(ui, "Loading charts …");
            }
            return;
        };
        if charts.is_empty() {
            hint::empty_ui(
                ui,
                "No charts yet",
                "Choose a template above and make one of the well that is selected.",
                &[("or, in a terminal", cx.state.command_line("charts create --template triple-combo --well WELL"))],
            );
            return;
        }
        let tree = &cx.state.tree;
        if self.shown(|id| tree.is_starred(id)).is_empty() {
            ui.label(RichText::new("No chart matches.").color(theme::palette(ui).weak));
            return;
        }
        self.table_ui(ui, cx);
    }
}

#[cfg(test)]
mod tests {
    use dataforge_node::api::ChartInfo;

    use super::{ChartsView, chart_row};
    use crate::state::Slot;

    fn chart(title: &str, well: &str, tags: &[&str]) -> ChartInfo {
        ChartInfo {
            id: format!("id-{title}"),
            short: title.to_owned(),
            title: title.to_owned(),
            description: String::new(),
            kind: "log_tracks".to_owned(),
            well_id: None,
            well: Some(well.to_owned()),
            project_id: None,
            project: None,
            template: false,
            archived: false,
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            series: 1,
            author: "Ada".to_owned(),
            created: String::new(),
            changed: "2026-01-02T03:04:05Z".to_owned(),
        }
    }

    #[test]
    fn charts_are_found_by_words_and_stars_come_first() {
        let mut view = ChartsView::new("ws".to_owned());
        let mut slot = Slot::default();
        slot.begin(1);
        slot.end(Ok(vec![chart("Triple", "North 1", &[]), chart("Quad", "South 2", &["first look"])]));
        view.charts = slot;
        let starred = |id: &str| id == "id-Quad";
        let titles =
            |view: &ChartsView| view.shown(starred).iter().map(|chart| chart.title.clone()).collect::<Vec<_>>();
        assert_eq!(titles(&view), ["Quad", "Triple"]);
        "north ada".clone_into(&mut view.search);
        assert_eq!(titles(&view), ["Triple"]);
        "first".clone_into(&mut view.search);
        assert_eq!(titles(&view), ["Quad"], "tags too");
        view.search.clear();
        view.kind = Some("histogram".to_owned());
        assert!(titles(&view).is_empty());
    }

    #[test]
    fn a_star_is_told_in_words_too() {
        let row = chart_row(&chart("Quad", "South 2", &[]), true);
        assert!(row.name.ends_with("starred") && row.cells[0].starts_with('*') && row.cells[3].is_empty());
    }
}
