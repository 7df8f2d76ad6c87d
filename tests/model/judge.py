"""The judge: all rules over one graph, evaluated from scratch and remembered.

What is remembered never goes stale: validity depends on an object's past
alone, and all else is kept by the set it was computed for.
"""

from accept import AcceptRules
from data import DataRules
from effective import EffectRules
from graph import NOBODY
from ops import OpRules
from state import StateRules


class Verdict:
    """What a node that holds these objects makes of them."""

    def __init__(self, judge, D, M):
        g = judge.g
        self.invalid = {x for x in M if not judge.valid_op(x)}
        self.invalid |= {e for e in D if not judge.valid_data(e)}
        self.effective = judge.effective(M)
        self.void = judge.valid_ops(M) - self.effective
        self.state = judge.state(M)
        self.roles = dict(self.state.roles)
        self.devices = {p: set() for p in self.roles}
        for d in self.state.persons:
            p = self.state.author(d)
            if p is not None:
                self.devices[p].add(d)
        self.accepted = judge.accepted(D, M)
        self.excluded = set(D) - self.accepted - self.invalid

    def facts(self):
        """Everything in comparable form."""
        return (
            sorted(self.invalid),
            sorted(self.effective),
            sorted(self.roles.items()),
            sorted((p, sorted(ds)) for p, ds in self.devices.items()),
            sorted(self.accepted),
        )


class Judge(StateRules, OpRules, EffectRules, DataRules, AcceptRules):
    def __init__(self, graph):
        self.g = graph
        self._author, self._valid = {}, {}
        self._fold, self._effective, self._accepted = {}, {}, {}

    def forget(self, id):
        """For a draft that was taken back; other memory of it does no harm."""
        self._author.pop(id, None)
        self._valid.pop(id, None)

    def genesis(self):
        """The first op of the graph is the genesis the workspace is named after."""
        return next(iter(self.g.ops))

    def verdict(self, D=None, M=None):
        D = frozenset(self.g.data if D is None else D)
        M = frozenset(self.g.ops if M is None else M)
        return Verdict(self, D, M)
