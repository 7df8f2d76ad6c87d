//! `dataforge selections`.

use clap::{Args, Subcommand};
use dataforge_node::api::{
    Choices, NewInterval, Request, SelectedInfo, SelectionInfo, SelectionReply, SelectionsRequest,
};

use crate::context::Context;
use crate::error::Failure;
use crate::output::{Align, Human, Table, clean, decimal, title};

const EXAMPLES: &str = "\
Examples:
  dataforge selections create \"Reservoir\" --wells \"North 1\" --wells \"North 2\" --properties gamma_ray
  dataforge selections add Reservoir --interval \"North 1\" 2105 2240 --unit m --datum KB
  dataforge selections show Reservoir
  dataforge export --all ./reservoir --selection Reservoir";

/// Lists named choices of wells, curves and intervals, or changes them for everybody.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Selections {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List selections
    List,
    /// List what a selection chooses
    Show {
        /// The selection: name, id or start of the id
        target: String,
    },
    /// Make a selection
    Create {
        /// What it is called
        title: String,
        /// What it is about
        #[arg(long, default_value = "")]
        description: String,
        #[command(flatten)]
        what: What,
    },
    /// Choose more
    Add {
        /// The selection
        target: String,
        #[command(flatten)]
        what: What,
    },
    /// Choose less
    Remove {
        /// The selection
        target: String,
        #[command(flatten)]
        what: What,
    },
    /// Change what a selection is called
    Rename {
        /// The selection
        target: String,
        /// What it is called from now on
        title: String,
    },
    /// Change what is said about a selection
    Describe {
        /// The selection
        target: String,
        /// What is said from now on
        description: String,
    },
    /// Delete a selection; restore brings it back
    Delete {
        /// The selection
        target: String,
    },
}

/// What is chosen.
#[derive(Debug, Args)]
struct What {
    /// A well; may be given several times
    #[arg(long, value_name = "WELL")]
    wells: Vec<String>,
    /// Curves as RUN:ORDINAL
    #[arg(long, value_delimiter = ',', value_name = "CURVE,…")]
    curves: Vec<String>,
    /// Properties, e.g. `gamma_ray`
    #[arg(long, value_delimiter = ',', value_name = "PROPERTY,…")]
    properties: Vec<String>,
    /// Depths of a well; may be given several times
    #[arg(long, num_args = 3, value_names = ["WELL", "FROM", "TO"], allow_negative_numbers = true, requires = "unit")]
    interval: Vec<String>,
    /// Unit of the depths of intervals
    #[arg(long, requires = "interval")]
    unit: Option<String>,
    /// What depths of intervals are counted from: KB, GL …; the wells' depths as delivered by default
    #[arg(long, default_value = "")]
    datum: String,
}

impl What {
    fn choices(self) -> Result<Choices, Failure> {
        let unit = self.unit.unwrap_or_default();
        let mut intervals = Vec::new();
        for words in self.interval.chunks(3) {
            let [well, from, to] = words else { continue };
            let depth = |text: &String| {
                let failed = || Failure::usage(format!("{text:?} is no depth"), "an interval is WELL FROM TO");
                text.parse::<f64>().map_err(|_no_number| failed())
            };
            intervals.push(NewInterval {
                well: well.clone(),
                from: depth(from)?,
                to: depth(to)?,
                unit: unit.clone(),
                datum: self.datum.clone(),
            });
        }
        Ok(Choices { wells: self.wells, curves: self.curves, properties: self.properties, intervals })
    }
}

impl Selections {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let ask = match self.action {
            Action::List => SelectionsRequest::List,
            Action::Show { target } => SelectionsRequest::Show { target },
            Action::Create { title, description, what } => {
                SelectionsRequest::Create { title, description, choices: what.choices()? }
            }
            Action::Add { target, what } => SelectionsRequest::Add { target, choices: what.choices()? },
            Action::Remove { target, what } => SelectionsRequest::Remove { target, choices: what.choices()? },
            Action::Rename { target, title } => SelectionsRequest::Rename { target, title },
            Action::Describe { target, description } => SelectionsRequest::Describe { target, description },
            Action::Delete { target } => SelectionsRequest::Delete { target },
        };
        context.ask(Request::Selections { workspace: context.workspace.clone(), ask }).await
    }
}

impl Human for Vec<SelectionInfo> {
    fn human(&self) -> String {
        let columns = [
            ("selection", Align::Left),
            ("name", Align::Left),
            ("wells", Align::Right),
            ("curves", Align::Right),
            ("properties", Align::Right),
            ("intervals", Align::Right),
            ("description", Align::Left),
        ];
        let mut table = Table::new(&columns);
        for selection in self {
            let SelectionInfo { wells, curves, properties, intervals, .. } = selection;
            let [wells, curves, properties, intervals] =
                [wells, curves, properties, intervals].map(|count| crate::output::count(*count));
            let (short, name, description) = (&selection.short, &selection.name, &selection.description);
            table.row([short, name, &wells, &curves, &properties, &intervals, description]);
        }
        table.or("no selections yet: dataforge selections create TITLE --wells WELL")
    }
}

impl Human for SelectionReply {
    fn human(&self) -> String {
        let columns = [("what", Align::Left), ("name", Align::Left), ("depths", Align::Left), ("", Align::Left)];
        let mut table = Table::new(&columns);
        for item in &self.items {
            let gone = if item.gone { "gone" } else { "" };
            table.row([&item.part, &item.name, &depths(item), gone]);
        }
        let selection = &self.selection;
        let mut text = format!("{} ({})\n\n", title(&selection.name), selection.short);
        text.push_str(&table.or("it chooses nothing: dataforge selections add"));
        if let Some(problem) = &self.problem {
            text.push_str(&format!("\n\nit cannot be used: {}", clean(problem)));
        }
        text
    }
}

fn depths(item: &SelectedInfo) -> String {
    let (Some(from), Some(to)) = (item.from, item.to) else { return String::new() };
    let (unit, datum) = (item.unit.as_deref().unwrap_or_default(), item.datum.as_deref().unwrap_or_default());
    format!("{} to {} {unit} {datum}", decimal(from), decimal(to)).trim_end().to_owned()
}
