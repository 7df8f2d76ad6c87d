"""Rebuilds the exported graphs from their text and judges them again.

`python3 tests/model/reread.py` shows that the files hold all that the verdicts
depend on, and that they are what the model says today.
"""

import sys

from export import GRAPHS
from graph import Graph
from judge import Judge


def words(text, split=","):
    return text.split(split) if text else []


class Reader:
    """One graph; ids are the ranks, devices are texts in the order of the keys."""

    def __init__(self):
        self.g = Graph()
        self.j = Judge(self.g)
        self.ids, self.names = {}, {}

    def id(self, name):
        return self.ids[name] if name in self.ids else "nowhere-" + name

    def device(self, name):
        return f"d{int(name[1:]):03}"

    def add(self, name, rank, device, seq, prev, kind, fields):
        id = int(rank)
        assert id not in self.names, f"two objects of rank {id}"
        self.ids[name], self.names[id] = id, name
        f = dict(x.split("=", 1) for x in fields)
        on = [self.ids[x] for x in words(f.pop("on", ""))]
        place = (id, self.device(device), int(seq), None if prev == "-" else self.ids[prev])
        if kind == "data":
            self.g.add_data(*place, [self.ids[x] for x in words(f.pop("deps", ""))], on)
            assert not f, f
        else:
            self.g.add_op(*place, kind, on, **self.fields(f))

    def fields(self, f):
        """The named arguments of an op."""
        args = {k: int(f[k]) for k in ("role", "quorum", "uses", "epoch") if k in f}
        args.update({k: f[k] for k in ("t", "signed", "form") if k in f})
        args["devices"] = [self.device(d) for d in words(f.get("with"))]
        args["removed"] = words(f.get("gone"))
        args["proofs"] = words(f.get("proofs"))
        args["ops"] = sorted(self.ids[x] for x in words(f.get("ops")))
        args["owners"] = {}
        for part in words(f.get("owners"), ";"):
            p, ds = part.split(":")
            args["owners"][p] = [self.device(d) for d in words(ds)]
        args["cut"] = {}
        for part in words(f.get("cut")):
            d, seq, head = part.split(":")
            args["cut"][self.device(d)] = (int(seq), self.id(head))
        if "of" in f:
            args["of"] = self.ids[f["of"]]
        if "d" in f:
            args["d"] = self.device(f["d"])
        known = "role quorum uses epoch t signed form with gone proofs ops owners cut of d".split()
        assert set(f) <= set(known), f
        return args

    def verdict(self):
        """The fields of a verdict line, in comparable form."""
        v = self.j.verdict()
        name = lambda xs: {self.names[x] for x in xs}
        members = {
            f"{p}:{r}:" + ",".join(f"d{int(d[1:])}" for d in sorted(v.devices[p]))
            for p, r in v.roles.items()
        }
        return {"members": members, "invalid": name(v.invalid), "void": name(v.void), "excluded": name(v.excluded)}


def check(text):
    """Judges all graphs of a file; gives how many verdicts agreed."""
    agreed = 0
    reader = None
    for n, line in enumerate(text.splitlines(), 1):
        first, *rest = line.split(" ")
        if first == "graph":
            reader = Reader()
        elif first == "verdict":
            said = {k: set(v.split(";" if k == "members" else ",")) for k, v in (x.split("=") for x in rest)}
            found = {k: v for k, v in reader.verdict().items() if v}
            if said != found:
                raise SystemExit(f"line {n}: the file says {said}, the model {found}")
            agreed += 1
        elif first:
            reader.add(first, *rest[:5], rest[5:])
    return agreed


if __name__ == "__main__":
    for name in ("attacks.txt", "seeds.txt"):
        print(f"{name}: {check((GRAPHS / name).read_text())} verdicts agree")
    sys.exit(0)
