//! Which samples come next.

use super::super::decode::Form;

/// What is missing of a run.
#[derive(Debug, Clone, PartialEq)]
pub(in super::super) struct Need {
    /// The run.
    pub(in super::super) run: String,
    /// How far it is from what is in sight; 0 within.
    pub(in super::super) distance: f64,
    /// Curves without an overview that may be asked for.
    pub(in super::super) overviews: Vec<u32>,
    /// Curves without samples that may be asked for.
    pub(in super::super) samples: Vec<u32>,
}

/// Something to ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Ask {
    pub(in super::super) run: String,
    pub(in super::super) form: Form,
    pub(in super::super) ordinals: Vec<u32>,
}

/// Returns what to ask for, at most so many of each: overviews of all runs, the nearest first; samples only of
/// what is in sight.
pub(super) fn next(mut needs: Vec<Need>, reads: usize, overviews: usize) -> Vec<Ask> {
    needs.sort_by(|one, other| one.distance.total_cmp(&other.distance).then_with(|| one.run.cmp(&other.run)));
    let ask =
        |need: &Need, form: Form, ordinals: &[u32]| Ask { run: need.run.clone(), form, ordinals: ordinals.to_vec() };
    let coarse = needs.iter().filter(|need| !need.overviews.is_empty()).take(overviews);
    let mut asks: Vec<_> = coarse.map(|need| ask(need, Form::Overview, &need.overviews)).collect();
    let fine =
        needs.iter().filter(|need| need.distance <= 0.0 && !need.samples.is_empty() && need.overviews.is_empty());
    asks.extend(fine.take(reads).map(|need| ask(need, Form::Samples, &need.samples)));
    asks
}

#[cfg(test)]
mod tests {
    use super::{Form, Need, next};

    fn need(run: &str, distance: f64, overviews: &[u32], samples: &[u32]) -> Need {
        Need { run: run.to_owned(), distance, overviews: overviews.to_vec(), samples: samples.to_vec() }
    }

    #[test]
    fn overviews_come_first_and_the_nearest_before_others() {
        let needs =
            vec![need("far", 900.0, &[1], &[1]), need("here", 0.0, &[1, 2], &[1, 2]), need("near", 10.0, &[3], &[3])];
        let asked: Vec<_> = next(needs, 2, 2).into_iter().map(|ask| (ask.run, ask.form, ask.ordinals)).collect();
        let wanted = [("here".to_owned(), Form::Overview, vec![1, 2]), ("near".to_owned(), Form::Overview, vec![3])];
        assert_eq!(asked, wanted, "samples wait for the overview of their run");
    }

    #[test]
    fn samples_come_of_what_is_in_sight_and_only_so_many_at_a_time() {
        let needs = vec![
            need("a", 0.0, &[], &[1]),
            need("b", 0.0, &[], &[1]),
            need("c", 0.0, &[], &[1]),
            need("d", 5.0, &[], &[1]),
        ];
        let runs = |reads| next(needs.clone(), reads, 4).into_iter().map(|ask| ask.run).collect::<Vec<_>>();
        assert_eq!(runs(2), ["a", "b"]);
        assert_eq!(runs(9), ["a", "b", "c"], "what is out of sight is not fetched");
        assert!(runs(0).is_empty());
    }
}
