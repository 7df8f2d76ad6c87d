"""Small graphs of authority ops: `python3 tests/model/small_scope.py N [SEED]`.

Four members (owner, second owner or admin, admin or editor, editor) and up to
five more ops, of all kinds with few choices each, in all shapes of history.
Every graph with one op is judged, and N random graphs with two to five. For
each: several orders of arrival agree, an owner remains, what a member does
knowing all of it counts, and the marks of a sound verdict hold.
"""

import itertools
import random
import sys

from graph import ADMIN, EDITOR, OWNER, VIEWER, Graph
from judge import Judge
from simulate import given_back

CASTS = [(OWNER, OWNER, ADMIN, EDITOR), (OWNER, ADMIN, ADMIN, EDITOR), (OWNER, ADMIN, EDITOR, EDITOR)]
PERSONS = "abcd"


def choices(ops):
    """All (kind, arguments) an author could try, given the ops so far."""
    for t in PERSONS:
        yield "remove", {"t": t}
        yield "add", {"t": t, "role": EDITOR, "devices": ["fresh"]}
        yield "revoke", {"d": t + "1"}
        yield "revoke", {"d": t + "1", "signed": t}
        yield "device", {"t": t, "d": "fresh"}
        yield "transfer", {"t": t, "role": EDITOR}
        yield "recover", {"owners": {t: ["fresh"]}, "removed": [], "epoch": 1, "proofs": ["key"]}
        yield "recover", {"owners": {t: ["fresh"]}, "removed": [p for p in "ab" if p != t], "epoch": 2, "proofs": ["key"]}
        for role in (OWNER, ADMIN, EDITOR, VIEWER):
            yield "role", {"t": t, "role": role}
    yield "add", {"t": "e", "role": ADMIN, "devices": ["fresh"]}
    yield "add", {"t": "e", "role": EDITOR, "devices": ["fresh"]}
    yield "leave", {}
    yield "invite", {"form": "open", "role": EDITOR, "uses": 1}
    for x, kind in ops:
        if kind == "invite":
            yield "admit", {"of": x, "t": "e", "role": EDITOR, "devices": ["fresh"]}
            yield "uninvite", {"of": x}
        yield "ratify", {"ops": [x]}


class Small:
    """A graph under construction; `judge` tells what is valid."""

    def __init__(self, cast, r):
        self.g, self.r = Graph(), r
        self.j = Judge(self.g)
        self.ids = list(range(1, 3000))
        r.shuffle(self.ids)
        self.order, self.kinds = [], []
        owners = {p: [p + "1"] for p, role in zip(PERSONS, cast) if role == OWNER}
        self.add("a1", "genesis", (), owners=owners)
        for p, role in zip(PERSONS, cast):
            if role != OWNER:
                self.add("a1", "add", self.order[-1:], t=p, role=role, devices=[p + "1"])
        self.base = self.order[-1]

    def add(self, device, kind, parents, **args):
        id = self.ids.pop()
        args = fresh(args, f"{args.get('t') or 'x'}-{id}")
        self.g.add_op(id, device, 0, None, kind, parents, **args)
        if not self.j.valid_op(id):
            self.g.forget(id)
            self.j.forget(id)
            return None
        self.order.append(id)
        return id

    def step(self):
        """One more valid op, with parents anywhere in the history."""
        devices = sorted({d for x in self.order for _, d in self.g.ops[x].certifies()})
        later = self.order[self.order.index(self.base):]
        for _ in range(200):
            some = self.r.sample(later, self.r.randrange(1, min(len(later), 3) + 1))
            parents = self.g.heads(self.g.closure(some))
            kind, args = self.r.choice(list(choices(self.kinds)))
            x = self.add(self.r.choice(devices), kind, parents, **args)
            if x is not None:
                self.kinds.append((x, kind))
                return


def fresh(args, name):
    """Puts a new device where the choice says so."""
    args = dict(args)
    if args.get("devices"):
        args["devices"] = [name]
    if args.get("owners") and ["fresh"] in args["owners"].values():
        args["owners"] = {p: [name] for p in args["owners"]}
    if args.get("d") == "fresh":
        args["d"] = name
    return args


def problem(s):
    """What is wrong with a graph, or None."""
    M = frozenset(s.order)
    v = s.j.verdict((), M)
    if not v.state.owners():
        return "no owner"
    for x in v.effective:
        if s.j.is_void(x, v.effective - {x}) and s.g.ops[x].kind not in ("genesis", "recover", "admit"):
            if not s.g.ops[x].signed:
                return f"effective {x} is void among the effective"
    for p, ds in v.devices.items():
        if not all(is_heard(s, M, v, d) for d in ds) and not given_back(s.j, M, p):
            return f"{p} can do nothing that counts"
        if any(q != p and ds & es for q, es in v.devices.items()):
            return "one device of two persons"
    # What only some hold is judged as if there were nothing else.
    for _ in range(3):
        part = s.g.closure(s.r.sample(s.order, min(2, len(s.order))))
        if s.j.verdict((), part).facts() != alone(s, part):
            return "a part is judged by what is outside it"
        if not s.j.state(part).owners():
            return "no owner in a part"
    for _ in range(3):
        if alone(s, M) != v.facts():
            return "another order, another verdict"
    return None


def is_heard(s, M, v, device):
    """Whether an op counts that a live device writes now."""
    for known in (v.effective, s.j.valid_ops(M)):
        x = s.add(device, "describe", s.g.heads(s.g.closure(known)))
        if x is not None:
            counts = x in s.j.effective(M | {x})
            s.order.remove(x)
            s.g.forget(x)
            s.j.forget(x)
            return counts
    return False


def alone(s, M):
    """The verdict of a fresh judge who hears these ops in some causal order."""
    g = Graph()
    j = Judge(g)
    for x in sorted(M, key=lambda x: (len(s.g.ops[x].past), s.r.random())):
        g.ops[x] = s.g.ops[x]
        j.verdict()
    return j.verdict().facts()


def show(s):
    for x in s.order:
        o = s.g.ops[x]
        args = {k: getattr(o, k) for k in "t role of d signed ops epoch owners removed".split() if getattr(o, k)}
        print(f"  {x} {o.device} {o.kind} {args} after {sorted(o.parents)}")


def singles():
    """All graphs with one op after the beginning."""
    for cast in CASTS:
        for p, (kind, args) in itertools.product(PERSONS, choices([])):
            s = Small(cast, random.Random(0))
            if s.add(p + "1", kind, [s.base], **args):
                yield s


def samples(n, seed):
    for i in range(n):
        r = random.Random(f"{seed}/{i}")
        s = Small(r.choice(CASTS), r)
        for _ in range(r.randrange(2, 6)):
            s.step()
        yield s


def main(n=2000, seed=0):
    count = 0
    for s in itertools.chain(singles(), samples(n, seed)):
        count += 1
        what = problem(s)
        if what:
            print(f"graph {count}: {what}")
            show(s)
            return 1
    print(f"{count} graphs, all sound")
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
