"""The people of a random run: nodes that sync, write and sign ops.

One node is one device. A byzantine node backdates, forks its chain, keeps
signing after its removal and publishes invalid objects too; the others write
as docs/authority.md says.
"""

import random

from graph import ADMIN, EDITOR, OWNER, VIEWER, Graph
from judge import Judge
from writing import Stuck, Writer

DOCS = 3
OP_KINDS = (
    "remove role add leave ratify extend device revoke describe "
    "recover transfer invite admit uninvite remove role extend"
).split()


class Node:
    def __init__(self, device, person, byzantine, phrase=True):
        self.device, self.person = device, person
        self.byzantine = byzantine
        self.phrase = phrase  # the person's key is at hand; not so for a thief
        self.D, self.M = set(), set()
        self.accepted = set()  # everything that ever counted here


class People:
    """A workspace in which everybody acts at random."""

    def __init__(self, seed, judge=Judge, size=60):
        self.r = random.Random(seed)
        self.g = Graph()
        self.j = judge(self.g)
        self.size = size
        self.ids = list(range(1, 10_000))
        self.r.shuffle(self.ids)
        self.nodes = {}  # device -> node
        self.doc = {}  # data -> the document it is of
        self.order = []
        self.aware = {}  # object of a byzantine -> restrictions of it known then
        self.attempts = {}  # how honest entries were written
        self.wrote = {}  # op of an honest node -> the valid ops it held
        self.count = {}  # person -> devices ever
        self.byzantine = set()
        self.spare = [f"q{n}" for n in range(4)]
        self.setup()

    # The beginning

    def setup(self):
        r = self.r
        people = [f"p{n}" for n in range(5)]
        two = r.random() < 0.4
        owners = people[:2] if two else people[:1]
        self.byzantine = set(r.sample(people[len(owners):], r.randrange(0, 3)))
        self.byzantine |= {q for q in self.spare if r.random() < 0.2}
        if two and r.random() < 0.2:
            self.byzantine.add("p1")
        first = self.node(people[0])
        if two:
            self.node(people[1])
        self.genesis = self.sign(
            first, "genesis", set(),
            owners={p: [d for d, n in self.nodes.items() if n.person == p] for p in owners},
            quorum=r.choice([0, 0, 1, 2]),
        )
        for p in people[len(owners):]:
            role = r.choice([ADMIN, EDITOR, EDITOR, VIEWER] if p not in self.byzantine else [ADMIN, EDITOR])
            self.sign(first, "add", None, t=p, role=role, devices=[self.node(p).device])
        for n in self.nodes.values():
            n.M = set(self.g.ops)

    def node(self, person, thief=False):
        n = self.count[person] = self.count.get(person, 0) + 1
        # Device keys have no order that follows their age.
        device = f"{self.r.randrange(1000):03}-{person}.{n}"
        node = Node(device, person, person in self.byzantine or thief, not thief)
        self.nodes[device] = node
        return node

    # Signing

    def sign(self, n, kind, M=None, keep=0.0, prev="end", also=(), **args):
        """An op that names the heads of what counts in M; None if it is not valid."""
        M = self.j.valid_ops(frozenset(n.M if M is None else M))
        known = self.g.closure(self.j.effective(M) | set(also)) if M else ()
        parents = self.g.heads(known)
        w = Writer(self.j, n.device, n.D, n.M)
        if not n.byzantine and not w.may_continue():
            return None
        seq, at = w.place() if prev == "end" else prev
        id = self.ids.pop()
        self.g.add_op(id, n.device, seq, at, kind, parents, **args)
        if not self.j.valid_op(id) and self.r.random() >= keep:
            self.g.forget(id)
            self.j.forget(id)
            return None
        if not n.byzantine and M >= self.j.valid_ops(frozenset(n.M)):
            self.wrote[id] = M
        self.published(n, id, n.M)
        return id

    def steal(self, n):
        """A thief has the device from now on; its person goes on with the others."""
        n.byzantine, n.phrase = True, False

    def published(self, n, id, into):
        if n.byzantine:
            self.aware[id] = self.restrictions(n)
        into.add(id)
        self.order.append(id)

    def restrictions(self, n):
        """The effective restrictions of a node that it knows of."""
        M = self.j.valid_ops(frozenset(n.M))
        return {
            x
            for x in self.j.effective(M)
            if self.j.restricts(x, n.person) or self.j.revokes(x, n.device)
        }

    def write(self, n, everything=False):
        """Honest data: an edit of one document, now and then of what it refers to."""
        w = Writer(self.j, n.device, n.D, n.M)
        doc = self.r.randrange(DOCS)
        counted = self.j.accepted(w.D, w.M)
        n.accepted |= counted
        mine = {e for e in counted if self.doc[e] == doc}
        deps = self.g.heads_data(mine)
        if everything or self.r.random() < 0.2:
            deps = self.g.heads_data(counted)
        id = self.ids.pop()
        try:
            attempt = w.write(id, deps)
        except Stuck:
            if not n.byzantine:
                raise
            return
        if attempt is not None:
            self.attempts[attempt] = self.attempts.get(attempt, 0) + 1
            self.doc[id] = doc
            self.published(n, id, n.D)

    def write_badly(self, n):
        """Data with an old view, perhaps beside the end of the chain."""
        r, g = self.r, self.g
        M, D = frozenset(n.M), frozenset(n.D)
        if r.random() < 0.7:
            M = g.closure([r.choice(sorted(M))])
            D = frozenset(d for d in D if g.data[d].m <= M)
        prev = Writer(self.j, n.device, n.D, n.M).place()
        if r.random() < 0.5:
            prev = self.old_place(n, D)
        counted = self.j.accepted(D, M)
        deps = g.heads_data(counted)
        accomplices = sorted(d for d in D if d in self.aware and d not in counted)
        if accomplices and r.random() < 0.4:
            deps = {r.choice(accomplices)}
        elif r.random() < 0.3 and D:
            deps = {r.choice(sorted(D))}
        elif r.random() < 0.5 and counted:
            deps = {r.choice(sorted(counted))}
        w = Writer(self.j, n.device, D, M)
        id = self.ids.pop()
        if prev[1] is not None and self.lost(prev[1]):
            return
        g.add_data(id, n.device, *prev, deps, w.mheads(prev[1], deps, self.j.effective(M)))
        if not self.j.valid_data(id) and r.random() > 0.15:
            w.take_back(id)
            return
        self.doc[id] = r.randrange(DOCS)
        self.published(n, id, n.D)

    def lost(self, at):
        """Whether the chain ending here was never whole."""
        while at in self.g.ops:
            at = self.g.ops[at].prev
        return at is not None and at not in self.g.data

    def old_place(self, n, D):
        """(seq, prev) behind some earlier entry of the node's chain."""
        mine = [x for x in D | n.M if self.g.get(x).device == n.device]
        if not mine or self.r.random() < 0.1:
            return (0, None)
        x = self.r.choice(sorted(mine))
        return (self.g.get(x).seq + 1, x)

    # Meeting

    def sync(self, a, b):
        """Both hold what both held, or b gets a part of what a holds."""
        if self.r.random() < 0.3:
            some = sorted(a.D | a.M)
            for x in self.r.sample(some, min(len(some), 3)):
                self.give(b, x)
        else:
            a.D |= b.D
            a.M |= b.M
            b.D |= a.D
            b.M |= a.M

    def give(self, n, x):
        if x in self.g.ops:
            n.M |= self.g.closure([x])
        else:
            for d in self.g.data[x].full | {x}:
                n.D.add(d)
                n.M |= self.g.data[d].m
                for o in self.g.data[d].between:
                    n.M |= self.g.closure([o])

    def cut_of(self, n, persons, everything=False):
        """The ends of what counts here on the chains of persons."""
        D, M = frozenset(n.D), frozenset(n.M)
        devices = {d for x in M for p, d in self.g.ops[x].certifies() if p in persons}
        cut = {}
        for e in sorted(D if everything else self.j.accepted(D, M)):
            d = self.g.data[e]
            if d.device in devices and d.seq > cut.get(d.device, (-1, 0))[0]:
                cut[d.device] = (d.seq, e)
        return cut
