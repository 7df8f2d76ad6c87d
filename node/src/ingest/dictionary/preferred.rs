//! Which of a well's curves stands for a property.
//!
//! A choice somebody made counts before everything; then the rank of the mnemonic, then how much of
//! the hole a curve covers, then which is the newest. Among equals the id decides, so that every
//! node chooses the same. A curve without values never stands for anything.

use std::cmp::Ordering;

/// A curve that may stand for a property.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contender<'a> {
    /// What tells it from all others, the same on every node: run and ordinal.
    pub id: &'a str,
    /// How it is called in the reason.
    pub name: &'a str,
    /// Who chose it for the well and property, if anybody did.
    pub chosen_by: Option<&'a str>,
    /// Its rank, from [`super::Detection::rank`].
    pub rank: u8,
    /// Number of its values.
    pub samples: u64,
    /// How much of the hole it covers, in metres; without depths the number of values.
    pub covered: f64,
    /// When it was logged, or else imported: seconds, whose zero does not matter.
    pub recorded: i64,
}

/// The curve that stands for a property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preferred {
    /// Its position among the contenders.
    pub position: usize,
    /// Why, in words.
    pub reason: String,
}

/// Returns which contender stands for the property, and what it has over the next one; `None`
/// when none of them has values.
#[must_use]
pub fn preferred(contenders: &[Contender<'_>]) -> Option<Preferred> {
    let mut order: Vec<usize> = (0..contenders.len()).filter(|&position| contenders[position].samples > 0).collect();
    order.sort_by(|&one, &other| compare(&contenders[one], &contenders[other]).0);
    let position = *order.first()?;
    let best = &contenders[position];
    let reason = match (best.chosen_by, order.get(1)) {
        (Some(by), _) => format!("chosen in this workspace by {by}"),
        (None, None) => "the only one with values".to_owned(),
        (None, Some(&next)) => {
            let next = &contenders[next];
            format!("{} {} {}", best.name, compare(best, next).1.words(), next.name)
        }
    };
    Some(Preferred { position, reason })
}

/// What decides between two contenders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Criterion {
    Choice,
    Rank,
    Coverage,
    Age,
    Id,
}

impl Criterion {
    const fn words(self) -> &'static str {
        match self {
            Self::Choice => "was chosen over",
            Self::Rank => "is of higher rank than",
            Self::Coverage => "covers more of the hole than",
            Self::Age => "is newer than",
            Self::Id => "is as good as, and its id before that of,",
        }
    }
}

/// Returns the order of two contenders, the better one first, and what decides it.
fn compare(one: &Contender<'_>, other: &Contender<'_>) -> (Ordering, Criterion) {
    let orders = [
        (other.chosen_by.is_some().cmp(&one.chosen_by.is_some()), Criterion::Choice),
        (other.rank.cmp(&one.rank), Criterion::Rank),
        (other.covered.total_cmp(&one.covered), Criterion::Coverage),
        (other.recorded.cmp(&one.recorded), Criterion::Age),
        (one.id.cmp(other.id), Criterion::Id),
    ];
    orders.into_iter().find(|(order, _)| order.is_ne()).unwrap_or((Ordering::Equal, Criterion::Id))
}
