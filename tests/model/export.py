"""Writes graphs with verdicts for the product's differential test.

    python3 tests/model/export.py [SEEDS]

writes `protocol/tests/graphs/attacks.txt` (every story) and `seeds.txt` (500
random runs). Lines of words, a blank line after each graph:

    graph NAME
    ID RANK DEVICE SEQ PREV KIND on=OPS ...      an op, with the fields of its kind
    ID RANK DEVICE SEQ PREV data on=OPS deps=DATA
    verdict members=PERSON:RANK:DEVICES;... invalid=.. void=.. excluded=..

An empty field is left out. Objects stand in causal order; a verdict is about
all objects above it in its graph, and the last line of a graph is one. RANK is
the place of the id among all ids of the graph. `README.md` beside the files
describes every field.
"""

import pathlib
import sys

from attacks import told
from simulate import play

ROOT = pathlib.Path(__file__).resolve().parents[2]
GRAPHS = ROOT / "protocol" / "tests" / "graphs"


class Names:
    """Short names: p0.., d0.. in the order of the keys, o0.., e0.. as delivered."""

    def __init__(self, g, order):
        self.g = g
        self.ids = {}
        for x in order:
            kind = "o" if x in g.ops else "e"
            n = sum(name[0] == kind for name in self.ids.values())
            self.ids[x] = f"{kind}{n}"
        self.rank = {x: n for n, x in enumerate(sorted(order))}
        persons, devices = set(), set()
        for x in order:
            o = g.get(x)
            devices.add(o.device)
            if x in g.ops:
                devices |= {d for _, d in o.certifies()} | set(o.cut) | ({o.d} - {None})
                persons |= set(o.owners) | set(o.removed) | ({o.t, o.signed} - {None})
                persons |= o.proofs - {"key"}
        self.persons = {p: f"p{n}" for n, p in enumerate(sorted(persons))}
        self.devices = {d: f"d{n}" for n, d in enumerate(sorted(devices))}

    def object(self, x):
        """An object; a head nobody has is `x` and its number."""
        return self.ids.get(x, f"x{x}")

    def list(self, xs):
        return ",".join(self.ids[x] for x in sorted(xs, key=lambda x: (self.ids[x][0], int(self.ids[x][1:]))))

    def devices_of(self, ds):
        return ",".join(sorted((self.devices[d] for d in ds), key=lambda d: int(d[1:])))

    def with_devices(self, persons):
        pairs = sorted((self.persons[p], ds) for p, ds in persons.items())
        return ";".join(f"{p}:{self.devices_of(ds)}" for p, ds in pairs)

    def cut(self, cut):
        heads = sorted(cut.items())
        return ",".join(f"{self.devices[d]}:{seq}:{self.object(h)}" for d, (seq, h) in heads)


def place(names, x):
    """Name, rank of the id, device, seq, prev."""
    o = names.g.get(x)
    prev = "-" if o.prev is None else names.ids[o.prev]
    return f"{names.ids[x]} {names.rank[x]} {names.devices[o.device]} {o.seq} {prev}"


def line_of_op(names, x):
    o = names.g.ops[x]
    args = {"kind": o.kind, "on": names.list(o.parents)}
    if o.t is not None:
        args["t"] = names.persons[o.t]
    if o.role is not None:
        args["role"] = o.role
    args["with"] = names.devices_of(o.devices)
    args["owners"] = names.with_devices(o.owners)
    args["gone"] = ",".join(sorted(names.persons[p] for p in o.removed))
    args["cut"] = names.cut(o.cut)
    args["ops"] = names.list(o.ops)
    if o.of is not None:
        args["of"] = names.ids[o.of]
    if o.d is not None:
        args["d"] = names.devices[o.d]
    if o.signed is not None:
        args["signed"] = names.persons[o.signed]
    if o.kind == "genesis":
        args["quorum"] = o.quorum
    if o.kind == "invite":
        args.update(form=o.form, uses=o.uses)
    if o.kind == "recover":
        args["epoch"] = o.epoch
        args["proofs"] = ",".join(sorted(names.persons.get(p, p) for p in o.proofs))
    kind = args.pop("kind")
    return f"{place(names, x)} {kind}" + "".join(f" {k}={v}" for k, v in args.items() if v != "")


def line_of_data(names, x):
    d = names.g.data[x]
    deps = f" deps={names.list(d.deps)}" if d.deps else ""
    return f"{place(names, x)} data on={names.list(d.mheads)}{deps}"


def line_of_verdict(names, v):
    members = []
    for p in sorted(v.roles, key=lambda p: int(names.persons[p][1:])):
        members.append(f"{names.persons[p]}:{v.roles[p]}:{names.devices_of(v.devices[p])}")
    parts = [
        ("members", ";".join(members)),
        ("invalid", names.list(v.invalid)),
        ("void", names.list(v.void)),
        ("excluded", names.list(v.excluded)),
    ]
    return "verdict" + "".join(f" {k}={xs}" for k, xs in parts if xs)


def graph(name, g, j, order, marks):
    """The lines of one graph; a verdict after each mark, and at the end."""
    names = Names(g, order)
    lines = [f"graph {name}"]
    for n, x in enumerate(order, 1):
        lines.append(line_of_op(names, x) if x in g.ops else line_of_data(names, x))
        if n in marks or n == len(order):
            here = order[:n]
            v = j.verdict([y for y in here if y in g.data], [y for y in here if y in g.ops])
            lines.append(line_of_verdict(names, v))
    return "\n".join(lines) + "\n"


def stories():
    for name, w, error in told():
        assert error is None, (name, error)
        yield graph(name, w.g, w.j, w.order, set(w.marks))


def seeds(count):
    for seed in range(count):
        p = play(seed, size=30 + seed % 4 * 8)
        yield graph(f"seed_{seed}", p.g, p.j, p.order, {2 * len(p.order) // 3})


def main(count=500):
    GRAPHS.mkdir(parents=True, exist_ok=True)
    for name, graphs in (("attacks.txt", stories()), ("seeds.txt", seeds(count))):
        text = "\n".join(graphs)
        (GRAPHS / name).write_text(text)
        print(f"{name}: {text.count('graph ')} graphs, {len(text)} bytes")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
