"""A scripted history with asserted verdicts.

A story is a function of a `World`; `@story` puts it on the list. Persons are
texts, the device `O1` is the first of person `O`. Ids grow in order of
creation, so of two entries the one made first has the lower id, unless `id=`
says otherwise.
"""

import contextlib

from graph import ADMIN, EDITOR, OWNER, VIEWER, Graph
from judge import Judge
from writing import Writer

STORIES = []
TIP = object()  # continue the chain where it ends


def story(f):
    STORIES.append(f)
    return f


class Wrong(Exception):
    """A verdict that is not the one the story tells."""


class World:
    def __init__(self, judge=Judge):
        self.g = Graph()
        self.j = judge(self.g)
        self.tip = {}  # device -> its last object
        self.order = []  # all objects as created
        self.marks = []  # counts of objects after which a verdict was asked for
        self.hidden = set()

    # Writing

    def place(self, device, prev, id):
        prev = self.tip.get(device) if prev is TIP else prev
        seq = 0 if prev is None else self.g.get(prev).seq + 1
        id = 1000 * (1 + len(self.order)) if id is None else id
        self.tip[device] = id
        self.order.append(id)
        return id, device, seq, prev

    def op(self, device, kind, after=None, prev=TIP, id=None, **args):
        """An op; by default it knows all effective ops."""
        if after is None:
            after = self.g.heads(self.j.effective(frozenset(self.g.ops)))
        return self.g.add_op(*self.place(device, prev, id), kind, after, **args)

    def data(self, device, on=(), knows=None, prev=TIP, id=None):
        """Data; by default it knows all effective ops and what its past knew."""
        id, device, seq, prev = self.place(device, prev, id)
        if knows is None:
            knows = self.j.effective(frozenset(self.g.ops))
            for d in on:
                knows |= self.g.data[d].m
            if prev in self.g.data:
                knows |= self.g.data[prev].m
            knows = self.g.heads(knows)
        return self.g.add_data(id, device, seq, prev, on, knows)

    def run(self, device, n, on=(), knows=None):
        """n entries in a row, each built on the one before it."""
        out = []
        for _ in range(n):
            out.append(self.data(device, out[-1:] or on, knows))
        return out

    def honest(self, device, on, attempt):
        """Data as an honest author writes it, who should need this attempt."""
        id = 1000 * (1 + len(self.order))
        w = Writer(self.j, device, self.g.data, self.g.ops)
        found = w.write(id, set(on))
        if found != attempt:
            raise Wrong(f"{device} should write at attempt {attempt}, does at {found}")
        if found is not None:
            self.tip[device] = id
            self.order.append(id)
        return id

    def cut(self, *heads):
        """The cut that ends chains at these entries."""
        return {self.g.get(h).device: (self.g.get(h).seq, h) for h in heads}

    def base(self, quorum=0):
        """O owner, A admin, B and M editors, V viewer, a device each. Gives the head."""
        self.op("O1", "genesis", [], owners={"O": ["O1"]}, quorum=quorum)
        for t, role in (("A", ADMIN), ("B", EDITOR), ("M", EDITOR), ("V", VIEWER)):
            last = self.op("O1", "add", t=t, role=role, devices=[t + "1"])
        return last

    # Verdicts

    def verdict(self):
        if not self.hidden:
            if not self.marks or self.marks[-1] != len(self.order):
                self.marks.append(len(self.order))
        return self.j.verdict(
            set(self.g.data) - self.hidden, set(self.g.ops) - self.hidden
        )

    @contextlib.contextmanager
    def without(self, *ids):
        """For a node that lacks these, and what rests on them."""
        hidden = set(ids)
        for x in self.order:
            o = self.g.get(x)
            needs = o.past if x in self.g.ops else o.full | o.m | set(o.between)
            if needs & hidden:
                hidden.add(x)
        self.hidden = hidden
        yield
        self.hidden = set()

    def expect(self, what, ids, found):
        for x in ids:
            if x not in found:
                o = self.g.get(x)
                name = o.kind if x in self.g.ops else "data"
                v = self.verdict()
                is_now = [k for k in ("invalid", "effective", "void", "accepted", "excluded") if x in getattr(v, k)]
                raise Wrong(f"{name} of {o.device} at {o.seq} should be {what}, is {is_now}")

    def counts(self, *ids):
        self.expect("accepted", ids, self.verdict().accepted)

    def excluded(self, *ids):
        self.expect("excluded", ids, self.verdict().excluded)

    def invalid(self, *ids):
        self.expect("invalid", ids, self.verdict().invalid)

    def effective(self, *ids):
        self.expect("effective", ids, self.verdict().effective)

    def void(self, *ids):
        self.expect("void", ids, self.verdict().void)

    def roles(self, **roles):
        found = self.verdict().roles
        for p, r in roles.items():
            if found.get(p, 0) != r:
                raise Wrong(f"{p} should have rank {r}, has {found.get(p, 0)}")

    def live(self, **devices):
        """The live devices of persons, as texts of names with blanks between."""
        found = self.verdict().devices
        for p, ds in devices.items():
            if found.get(p, set()) != set(ds.split()):
                raise Wrong(f"{p} should have devices {ds!r}, has {sorted(found.get(p, set()))}")
