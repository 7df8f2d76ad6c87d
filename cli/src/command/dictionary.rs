//! `dataforge dictionary`, `dataforge lookup` and `dataforge prefer`.

use clap::{Args, Subcommand};
use dataforge_node::api::{CandidateInfo, CurveName, MeaningInfo, Request};

use crate::context::Context;
use crate::error::Failure;
use crate::output::{Align, Human, Table};

/// Lists what this workspace says about mnemonics, or changes it for everybody.
#[derive(Debug, Args)]
pub(crate) struct Dictionary {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Say what a mnemonic means in this workspace
    Set {
        #[command(flatten)]
        curve: Curve,
        /// The property it measures, e.g. `gamma_ray`; - for none
        #[arg(long, allow_hyphen_values = true, required_unless_present = "to_unit")]
        property: Option<String>,
        /// The unit it is in, whatever the files say
        #[arg(long, value_name = "UNIT")]
        to_unit: Option<String>,
    },
    /// Take back what was said about a mnemonic
    Unset {
        #[command(flatten)]
        curve: Curve,
    },
}

/// A curve as files name it.
#[derive(Debug, Args)]
struct Curve {
    /// The mnemonic, e.g. GR
    mnemonic: String,
    /// Only of this service company
    #[arg(long, value_name = "COMPANY")]
    vendor: Option<String>,
    /// Only with this unit
    #[arg(long)]
    unit: Option<String>,
}

impl From<Curve> for CurveName {
    fn from(curve: Curve) -> Self {
        Self {
            vendor: curve.vendor.unwrap_or_default(),
            mnemonic: curve.mnemonic,
            unit: curve.unit.unwrap_or_default(),
            description: String::new(),
        }
    }
}

impl Dictionary {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let workspace = context.workspace.clone();
        context
            .ask(match self.action {
                None => Request::Dictionary { workspace },
                Some(Action::Set { curve, property, to_unit }) => {
                    Request::SetMeaning { workspace, curve: curve.into(), property, to_unit }
                }
                Some(Action::Unset { curve }) => {
                    Request::SetMeaning { workspace, curve: curve.into(), property: None, to_unit: None }
                }
            })
            .await
    }
}

impl Human for Vec<MeaningInfo> {
    fn human(&self) -> String {
        let columns = [("mnemonic", Align::Left), ("company", Align::Left), ("unit", Align::Left)];
        let mut table = Table::new(&[&columns[..], &[("property", Align::Left), ("taken as", Align::Left)]].concat());
        for meaning in self {
            let any = |text: &str| if text.is_empty() { "any".to_owned() } else { text.to_owned() };
            let (property, unit) =
                (meaning.property.as_deref().unwrap_or_default(), meaning.to_unit.as_deref().unwrap_or_default());
            table.row([&meaning.mnemonic, &any(&meaning.vendor), &any(&meaning.unit), property, unit]);
        }
        table.or("nothing is said here yet: dataforge dictionary set MNEMONIC --property PROPERTY")
    }
}

/// Says what a mnemonic may mean: the likeliest first, with the reason.
#[derive(Debug, Args)]
pub(crate) struct LookUp {
    #[command(flatten)]
    curve: Curve,
    /// The description
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    description: String,
}

impl LookUp {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let curve = CurveName { description: self.description, ..self.curve.into() };
        context.ask(Request::LookUp { workspace: context.workspace.clone(), curve }).await
    }
}

impl Human for Vec<CandidateInfo> {
    fn human(&self) -> String {
        let columns = [("property", Align::Left), ("name", Align::Left), ("unit", Align::Left)];
        let mut table = Table::new(&[&columns[..], &[("sure", Align::Right), ("why", Align::Left)]].concat());
        for found in self {
            let sure = format!("{} %", found.confidence);
            table.row([&found.property, &found.name, &found.unit, &sure, &found.reason]);
        }
        table.or("nothing is known of this mnemonic")
    }
}

/// Chooses the curve that stands for a property of a well, for everybody.
#[derive(Debug, Args)]
pub(crate) struct Prefer {
    /// A well: name, id or start of the id
    well: String,
    /// A property, e.g. `gamma_ray`
    property: String,
    /// The curve, as RUN:NUMBER; left out, the best one stands for the property again
    curve: Option<String>,
}

impl Prefer {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let Self { well, property, curve } = self;
        context.ask(Request::Prefer { workspace: context.workspace.clone(), well, property, curve }).await
    }
}
