"""Random runs with byzantine members: `python3 tests/model/simulate.py FIRST LAST`.

After every run the properties below are checked; the first that fails ends
the program with the seed. Ends with counts of what the runs contained.
"""

import collections
import random
import sys

from actors import OP_KINDS, People
from choices import Choices
from graph import EDITOR, OWNER, Graph
from judge import Judge
from scenes import Scenes
from writing import Stuck


def play(seed, judge=Judge, size=60):
    """A whole run; gives the people and what they signed."""
    p = People(seed, judge, size)
    r, choices = p.r, Choices(p)
    scenes = Scenes(p, choices)
    sync = r.choice([0.5, 0.4, 0.25])
    ops = r.choice([0.35, 0.6, 0.75])
    halves = {}
    for step in range(6 * size):
        if len(p.order) >= size:
            break
        if step % 30 == 0:  # a new partition
            halves = {d: r.random() < 0.5 for d in p.nodes} if r.random() < 0.5 else {}
        n = p.nodes[r.choice(sorted(p.nodes))]
        x = r.random()
        if x < sync:
            near = [d for d in sorted(p.nodes) if halves.get(d) == halves.get(n.device)]
            p.sync(n, p.nodes[r.choice(near)])
        elif x < sync + 0.01:
            p.steal(n)
        elif x < sync + 0.05:
            scenes.play()
        elif r.random() < ops:
            choices.act(n, r.choice(OP_KINDS))
        elif n.byzantine and r.random() < 0.7:
            p.write_badly(n)
        else:
            p.write(n)
    return p


class Broken(Exception):
    """A property that does not hold."""


def need(ok, what):
    if not ok:
        raise Broken(what)


def check_orders(p, verdict, judge):
    """Verdicts do not depend on the order of arrival, nor on what was asked before."""
    for k in range(3):
        r = random.Random(k)
        g = Graph()
        j = judge(g)
        waiting = list(p.order)
        r.shuffle(waiting)
        while waiting:
            later = []
            for x in waiting:
                if not arrives(p.g, g, x):
                    later.append(x)
                elif r.random() < 0.15:
                    j.verdict()
            waiting = later
        need(j.verdict().facts() == verdict.facts(), "another order, another verdict")


def arrives(whole, g, x):
    """Copies an object into another graph if all it refers to is there."""
    if x in whole.ops:
        o = whole.ops[x]
        if not all(y in g.ops for y in o.parents) or (o.prev is not None and not g.get(o.prev)):
            return False
        g.ops[x] = o
        return True
    d = whole.data[x]
    if not all(y in g.data for y in d.full) or not all(y in g.ops for y in d.m):
        return False
    if d.prev is not None and not g.get(d.prev):
        return False
    g.data[x] = d
    return True


def check_shape(p, v):
    """Accepted is closed under deps and without forked slots; an owner remains."""
    A, g = v.accepted, p.g
    need(all(g.data[e].past <= A for e in A), "accepted is not closed")
    slots = collections.Counter((g.data[e].device, g.data[e].seq) for e in A)
    need(not slots or max(slots.values()) == 1, "two accepted entries for one position")
    need(OWNER in v.roles.values(), "no owner remains")
    for n in p.nodes.values():
        M = p.j.valid_ops(frozenset(n.M))
        need(not M or p.j.state(M).owners(), "no owner remains in a node's view")


def given_back(j, M, t):
    """Whether somebody below their role gave t back what another beside that role took: the
    limit of docs/authority.md, where ops are not heard."""
    E, r = j.effective(M), j.state(M).rank(t)
    below = [y for y in E if t in j.about(y) and j.stratum(y) > j.STRATUM[r]]
    return any(j.about(x).get(t, r) < r and x in j.g.ops[y].past for x in E for y in below)


def check_late(p, v):
    """What somebody signed knowing of its removal counts only in a cut or built upon."""
    g, j = p.g, p.j
    # A void extended cut too: who built on it before hearing of that did no wrong.
    cuts = [g.ops[x].cut for x in v.effective | v.void]
    for e in v.accepted & set(p.aware):
        d = g.data[e]
        a = j.data_author(e)
        known = {
            R
            for R in p.aware[e] - d.m
            if (R, a) in v.state.force or (R in v.effective and g.ops[R].kind == "revoke")
        }
        if not known or any(c.get(d.device, (-1,))[0] >= d.seq for c in cuts):
            continue
        for R in known:
            by_device = g.ops[R].kind == "revoke"  # the person may go on with others
            need(
                any(
                    e in g.data[x].past
                    and not in_force(j, R, a, g.data[x].m)
                    and (j.data_author(x) != a or (by_device and g.data[x].device != d.device))
                    for x in v.accepted
                ),
                "signed after knowing of its removal, and counts",
            )


def in_force(j, R, a, M):
    """Whether the restriction R of person a (or of a device) binds who knows M."""
    by_device = j.g.ops[R].kind == "revoke"
    return R in j.effective(M) and (by_device or (R, a) in j.state(M).force)


def check_unrestricted(p, v):
    """What an honest node accepted and nobody restricts, forks or voids counts."""
    g, j = p.g, p.j
    forked = forked_devices(p)
    held = set().union(*(n.accepted for n in p.nodes.values() if not n.byzantine))
    for e in held - v.accepted:
        blameless = all(
            g.data[x].device not in forked
            and j.effective(g.data[x].m) <= v.effective
            and not any(
                j.restricts(y, j.data_author(x)) or j.revokes(y, g.data[x].device)
                for y in v.effective - g.data[x].m
            )
            for x in g.data[e].past | {e}
        )
        need(not blameless, "accepted once, restricted by nobody, and does not count")


def forked_devices(p):
    places = collections.defaultdict(set)
    for x in p.order:
        o = p.g.get(x)
        places[o.device, o.seq].add(x)
    return {device for (device, _), xs in places.items() if len(xs) > 1}


def check(p, judge=Judge):
    v = p.j.verdict()
    for x in v.invalid:
        need(x in p.aware, "an honest node signed something invalid")
    for x, M in p.wrote.items():
        is_heard = x in p.j.effective(M | {x}) or given_back(p.j, M, p.j.author(x))
        need(is_heard, "an op was void for the honest node that signed it")
    check_shape(p, v)
    check_late(p, v)
    check_unrestricted(p, v)
    check_orders(p, v, judge)
    return v


def tally(p, v, total):
    total["runs"] += 1
    total["ops"] += len(p.g.ops)
    total["data"] += len(p.g.data)
    total["void ops"] += len(v.void)
    total["accepted"] += len(v.accepted)
    total["invalid"] += len(v.invalid)
    total["forked devices"] += len(forked_devices(p))
    total["signed knowing of one's removal"] += sum(bool(a) for a in p.aware.values())
    total["of these, counting data"] += sum(bool(p.aware.get(e)) for e in v.accepted)
    total["honest data"] += sum(e not in p.aware for e in p.g.data)
    total["honest data excluded"] += sum(e not in p.aware for e in v.excluded)
    for x in p.g.ops.values():
        total["op " + x.kind] += 1
    for n, count in p.attempts.items():
        total[f"written at attempt {n}"] += count


def main(first, last, size=60):
    total = collections.Counter()
    for seed in range(first, last):
        try:
            p = play(seed, size=size)
            tally(p, check(p), total)
        except (Broken, Stuck) as e:
            print(f"seed {seed}: {e}")
            return 1
        if seed % 100 == 99:
            print(f"seed {seed}", flush=True)
    for name, n in sorted(total.items()):
        print(f"{n:8} {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
