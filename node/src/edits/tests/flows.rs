//! Ten flows as people edit, each written edit by edit and together: what the second saves, and that
//! both come to the same.

use super::{CURVES, call, curves, edits, field, pending, runs, set, wells, written};
use crate::api::{CurveInfo, CurveName, Edit, EditOutcome, Reply, Request, RunInfo, WellInfo};
use crate::node::Node;

/// What a flow edits.
struct Held {
    wells: Vec<WellInfo>,
    runs: Vec<RunInfo>,
}

impl Held {
    async fn of(node: &Node) -> Self {
        Self { wells: wells(node).await, runs: runs(node).await }
    }

    /// A curve of a run, by its number.
    fn curve(&self, run: usize, curve: usize) -> String {
        format!("{}:{}", self.runs[run].id, curve % CURVES + 1)
    }
}

type Flow = (&'static str, fn(&Held) -> Vec<Edit>);

const FLOWS: [Flow; 10] = [
    ("rename all wells", |held| {
        held.wells.iter().enumerate().map(|(at, well)| set(&well.id, "name", &format!("North {at:02}"))).collect()
    }),
    ("fill in a well", |held| {
        let fields = [("company", "ACME"), ("field", "North"), ("country", "Norway"), ("latitude_deg", "61.5")];
        fields.iter().map(|(field, value)| set(&held.wells[0].id, field, value)).collect()
    }),
    ("judge the curves of a run", |held| {
        (0..CURVES).map(|curve| set(&held.curve(0, curve), "quality", "good")).collect()
    }),
    ("toggle a hundred rows fast", |held| {
        let quality = |at: usize| if (at / CURVES).is_multiple_of(2) { "suspect" } else { "" };
        (0..100).map(|at| set(&held.curve(1, at), "quality", quality(at))).collect()
    }),
    ("move runs to one well", |held| {
        held.runs[1..7].iter().map(|run| set(&run.id, "well", &held.wells[0].id)).collect()
    }),
    ("teach the dictionary", |_| {
        let word = |number: usize| Edit::SetMeaning {
            curve: CurveName { mnemonic: format!("C{number:02}"), ..CurveName::default() },
            property: Some("gamma_ray".into()),
            to_unit: None,
        };
        (1..=CURVES).map(word).collect()
    }),
    ("note the acquisition of a run", |held| {
        let fields = [("datum", "KB"), ("elevation_m", "12.5"), ("service_company", "Crew"), ("pass", "main")];
        fields.iter().map(|(field, value)| set(&held.runs[0].id, field, value)).collect()
    }),
    ("name curves", |held| {
        (0..CURVES).map(|curve| set(&held.curve(2, curve), "name", &format!("Curve {curve}"))).collect()
    }),
    ("choose curves", |held| {
        let properties = ["gamma_ray", "bulk_density", "neutron_porosity"].into_iter().enumerate();
        let choose = |(at, property): (usize, &str)| {
            let (well, property) = (held.wells[0].id.clone(), property.to_owned());
            Edit::Prefer { well, property, curve: Some(held.curve(0, at)) }
        };
        properties.map(choose).collect()
    }),
    ("delete runs and take that back", |held| {
        let deleted = held.runs[8..12].iter().map(|run| Edit::Delete { target: run.id.clone() });
        let restored = held.runs[8..10].iter().map(|run| Edit::Restore { target: run.id.clone() });
        deleted.chain(restored).collect()
    }),
];

/// Does a flow and returns how many transactions and changes it wrote.
async fn run(node: &Node, flow: fn(&Held) -> Vec<Edit>, together: bool) -> (u64, u64) {
    let all = flow(&Held::of(node).await);
    let (before, count) = (written(node), all.len());
    if together {
        // A few at a time, as they come from somebody's hands, and read once in the end.
        for part in all.chunks(3) {
            pending(&edits(node, part.to_vec(), false).await);
        }
        node.flush_edits().await;
    } else {
        for edit in all {
            let outcomes = edits(node, vec![edit], true).await;
            assert!(matches!(outcomes.as_slice(), [EditOutcome::Saved { .. }]), "{outcomes:?}");
        }
    }
    let after = written(node);
    assert!(count >= 3, "a flow is of several edits");
    (after.transactions - before.transactions, after.changes - before.changes)
}

/// All that can be seen of a workspace, without what differs from one to the next.
async fn state(node: &Node) -> (Vec<WellInfo>, Vec<RunInfo>, Vec<CurveInfo>, Reply, String) {
    let dictionary = call(node, Request::Dictionary { workspace: None }).await.unwrap();
    let attributes = node
        .block(|core| {
            let mut statement = core.store.connection().prepare("SELECT id, attributes FROM wells ORDER BY id")?;
            let rows = statement.query_map([], |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, String>(1)?)))?;
            Ok(format!("{:?}", rows.collect::<Result<Vec<_>, _>>()?))
        })
        .unwrap();
    (wells(node).await, runs(node).await, curves(node).await, dictionary, attributes)
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_flows_write_less_than_half_the_transactions_together_and_come_to_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let one_by_one = field(&dir.path().join("apart")).await;
    let together = field(&dir.path().join("together")).await;
    assert_eq!(state(&one_by_one).await, state(&together).await, "both begin alike");
    let mut sums = [0; 4];
    for (name, flow) in FLOWS {
        let (apart, joined) = (run(&one_by_one, flow, false).await, run(&together, flow, true).await);
        eprintln!(
            "{name}: {} transactions and {} changes one by one, {} and {} together",
            apart.0, apart.1, joined.0, joined.1
        );
        assert!(joined.0 * 2 <= apart.0, "{name}: {} transactions of {}", joined.0, apart.0);
        assert!(joined.1 <= apart.1, "{name}: {} changes of {}", joined.1, apart.1);
        assert_eq!(state(&one_by_one).await, state(&together).await, "{name}");
        for (sum, count) in sums.iter_mut().zip([apart.0, apart.1, joined.0, joined.1]) {
            *sum += count;
        }
    }
    eprintln!("all: {} transactions and {} changes one by one, {} and {} together", sums[0], sums[1], sums[2], sums[3]);
    assert!(sums[2] * 2 <= sums[0] && sums[3] * 2 <= sums[1], "{sums:?}");
    for node in [one_by_one, together] {
        node.close().await;
    }
}
