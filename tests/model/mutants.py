"""Wrong rules, each of which a story or a random run must catch.

`python3 tests/model/mutants.py [SEEDS]` prints what caught each, and fails when
one was caught by nothing.
"""

import sys

from accept import View
from attacks import told
from graph import ADMIN, EDITOR
from judge import Judge
from simulate import Broken, check, play
from writing import Stuck


class NothingVoidsAbove(Judge):
    """3a dropped: a demoted admin's concurrent ops stand."""

    def outranked(self, x, E):
        return False


class GroundNotAsked(Judge):
    """3b dropped: ops rest on void ones."""

    def unfounded(self, x, E):
        return False


class TargetNotAsked(Judge):
    """3b without the person it touches."""

    def target_too_high(self, x, S):
        return False


class InvitesNeverGone(Judge):
    """3c dropped: over-use and revoked tickets."""

    def invite_gone(self, x, E):
        return False


class KnowledgeMayShrink(Judge):
    """R4 dropped."""

    def keeps_what_was_known(self, d):
        return True


class BuildsOnAnything(Judge):
    """R5 dropped."""

    def builds_on_what_counts(self, d):
        return True


class NoFreeze(Judge):
    """A forked tail stands on its own."""

    def is_frozen(self, d, v):
        return False


class CutBySeqOnly(Judge):
    """The head of a cut is not looked at."""

    def in_cut(self, d, cut, v, exact=False):
        return not exact and d.device in cut and d.seq <= cut[d.device][0]


class CutByHashOnly(Judge):
    """A cut whose head is not here holds nothing."""

    def in_cut(self, d, cut, v, exact=False):
        return super().in_cut(d, cut, v, exact=True)


class VoidOpsCount(Judge):
    """Every valid op is effective."""

    def is_void(self, x, E):
        return False


class LastClosureSkipped(Judge):
    """Step 5 of acceptance skipped."""

    def last_closure(self, rest, standing):
        return rest


class LosersStay(Judge):
    """Step 4 of acceptance skipped: both branches count."""

    def drop_losers(self, a0, v):
        return a0


class DependentsStay(Judge):
    """What was built on a losing branch stays."""

    def drop_losers(self, a0, v):
        gone = a0 - super().drop_losers(a0, v)
        return frozenset(
            e for e in a0 if not any(e in self.branch(x, gone) for xs in v.slots.values() for x in xs)
        )


class NoGuard(Judge):
    """All owners may leave at once."""

    def guard(self, E, left_out):
        return None


class GuardOfGenesisOnly(Judge):
    """The guard looks at the first owners only."""

    def guard(self, E, left_out):
        first = set(self.g.ops[self.genesis()].owners) if E else set()
        pairs = {(x, t) for x in E for t in self.about(x) if t in first and self.is_self_restriction(x, t)}
        return max(pairs - left_out, default=None)


class NothingRests(Judge):
    """What others did on the ground of an undone lowering counts."""

    def rests_on(self, y, t, gone):
        return False


class HalvesAlwaysCount(Judge):
    """A transfer lowers its author though the grant fails."""

    def half_counts(self, x, t, pairs):
        return True


class OwnWordsComeLate(Judge):
    """What people did to themselves in a later stratum is not known to an op."""

    def own_words(self, o):
        return frozenset()


class LatestRemovalApplies(Judge):
    """A later wide cut brings back what an earlier one left out."""

    def applying(self, d, v):
        a = self.data_author(d.id)
        return {x for x in self.against(d, v) - d.m if (x, a) in v.state.force or self.revokes(x, d.device)}


class CertificatesByRank(Judge):
    """Only effective ops certify devices."""

    def fold_anew(self, E, K):
        return super().fold_anew(E, E)


class RemovedDevicesLive(Judge):
    """A person added again finds the old devices working."""

    def persons(self, E, K, force):
        return super().persons(E, K, frozenset())


class AnyCutNames(Judge):
    """A cut against anybody decides forks."""

    def is_named(self, d, v):
        return any(
            self.in_cut(d, c, v, exact=True) for x in v.E for c in self.cuts(x, v)
        )


class GrantNotAsked(Judge):
    """Data stands though the grant it rests on was voided."""

    def grant_survives(self, d, v):
        return True


class RankNotAsked(Judge):
    """An equal may remove an equal."""

    def check_remove(self, o, r):
        return o.t != self.author(o.id) and r >= ADMIN


class DevicesAreNotPersons(Judge):
    """Two devices of one person are two vouchers."""

    def preference(self, x, branch, a0, v):
        named = any(self.is_named(self.g.data[e], v) for e in branch)
        others = {self.g.data[e].device for e in a0 if branch & self.g.data[e].past}
        return (not named, -len(others), x)


MUTANTS = [c for c in list(globals().values()) if isinstance(c, type) and issubclass(c, Judge) and c is not Judge]


def caught_by_stories(judge):
    return [name for name, _, error in told(judge) if error]


def caught_by_runs(judge, seeds):
    """Runs of the mutant among themselves, judged by the properties."""
    for seed in range(seeds):
        try:
            check(play(seed, judge), judge)
        except (Broken, Stuck) as e:
            return f"seed {seed}: {e}"
    return None


def main(seeds=20):
    missed = 0
    for judge in MUTANTS:
        stories = caught_by_stories(judge)
        run = caught_by_runs(judge, seeds)
        missed += not stories and run is None
        print(f"{judge.__name__}: {len(stories)} stories{' such as ' + stories[0] if stories else ''}; runs: {run}")
    print(f"{len(MUTANTS)} mutants, {missed} not caught")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
