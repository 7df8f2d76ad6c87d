"""Short plots within a random run, for what chance alone brings about too seldom."""

from graph import ADMIN, EDITOR, VIEWER
from writing import Writer


class Scenes:
    def __init__(self, people, choices):
        self.p, self.c, self.r = people, choices, people.r
        self.g, self.j = people.g, people.j

    def play(self):
        plots = [
            self.equivocate, self.equivocate, self.demote_who_adds, self.two_recoveries,
            self.over_use, self.stolen_laptop, self.two_owners_go, self.late_work,
        ]
        self.r.choice(plots)()

    def pick(self, test):
        """A random node that passes."""
        found = [n for _, n in sorted(self.p.nodes.items()) if n.M and test(n)]
        return self.r.choice(found) if found else None

    def rank(self, n):
        S = self.j.state(frozenset(n.M))
        return S.rank(S.author(n.device))

    def meet(self, *nodes):
        """All hold what any of them held."""
        for n in nodes[1:]:
            nodes[0].D |= n.D
            nodes[0].M |= n.M
        for n in nodes[1:]:
            n.D, n.M = set(nodes[0].D), set(nodes[0].M)

    def equivocate(self):
        """Twins for two halves of the world, each of which builds on its own."""
        n = self.pick(lambda n: n.byzantine and self.rank(n) >= EDITOR)
        others = [m for _, m in sorted(self.p.nodes.items()) if m.M and m is not n]
        if n is None or len(others) < 2:
            return
        self.r.shuffle(others)
        w = Writer(self.j, n.device, n.D, n.M)
        place = w.place()
        if self.r.random() < 0.3:
            place = self.p.old_place(n, frozenset(n.D))
        if place[1] is not None and self.p.lost(place[1]):
            return
        deps = self.g.heads_data(self.j.accepted(w.D, w.M))
        twins = []
        for _ in range(2):
            id = self.p.ids.pop()
            self.g.add_data(id, n.device, *place, deps, w.mheads(place[1], deps, w.E))
            self.p.doc[id] = self.r.randrange(3)
            twins.append(id)
            self.p.published(n, id, set())
        half = len(others) // 2
        sides = others[:half], others[half:]
        for x, side in zip(twins, sides):
            for m in side[: self.r.randrange(1, 4)]:
                self.p.give(m, x)
                if not m.byzantine and self.r.random() < 0.7:
                    self.p.write(m, everything=True)
        self.p.give(n, self.r.choice(twins))

    def demote_who_adds(self):
        """An admin adds somebody who works, while an owner lowers the admin."""
        a = self.pick(lambda n: self.rank(n) == ADMIN)
        o = self.pick(lambda n: self.rank(n) > ADMIN)
        if a is None or o is None:
            return
        self.meet(a, o)
        added = self.c.act(a, self.r.choice(["add", "add", "invite", "remove"]))
        if added and self.g.ops[added].kind == "add":
            for d in self.g.ops[added].devices:
                self.p.write(self.p.nodes[d])
                if self.r.random() < 0.4:
                    self.c.act(self.p.nodes[d], self.r.choice(["describe", "device", "admit", "leave"]))
        role = self.r.choice([EDITOR, VIEWER, None])
        kind = "role" if role else "remove"
        down = self.p.sign(o, kind, t=a.person, cut=self.c.cut(o, [a.person]), **({"role": role} if role else {}))
        if added and down and self.r.random() < 0.4:
            self.meet(a, o)
            self.p.sign(o, "ratify", ops=[added], also=[added])

    def two_recoveries(self):
        for _ in range(2):
            n = self.pick(lambda n: n.person in ("p0", "p1") and n.phrase)
            if n:
                self.c.act(n, "recover")

    def over_use(self):
        """Two editors redeem one ticket, apart from each other."""
        a = self.pick(lambda n: self.rank(n) >= ADMIN)
        e = self.pick(lambda n: self.rank(n) >= EDITOR)
        f = self.pick(lambda n: self.rank(n) >= EDITOR)
        if None in (a, e, f):
            return
        self.meet(a, e, f)
        i = self.p.sign(a, "invite", form="open", role=EDITOR, uses=self.r.choice([1, 1, 2]))
        if i is None:
            return
        for n in (e, f) if self.r.random() < 0.8 else (e, e, f):
            n.M |= self.g.closure([i])
            args = self.c.joins(n, n.M)
            if args:
                new = args.pop("newcomers")
                x = self.c.sign_with(n, "admit", new, of=i, role=EDITOR, **args)
                if x and self.r.random() < 0.5:
                    self.p.write(new[0])
        if self.r.random() < 0.3:
            self.p.sign(a, "uninvite", of=i)

    def stolen_laptop(self):
        """The phrase revokes a device that acts at the same time."""
        n = self.pick(lambda n: n.phrase and self.rank(n) >= EDITOR)
        twin = n and self.pick(lambda m: m.person == n.person and m is not n and self.rank(m) >= EDITOR)
        if not twin:
            return
        self.meet(n, twin)
        self.p.steal(twin)
        for _ in range(self.r.randrange(1, 4)):
            self.c.act(twin, self.r.choice(["add", "remove", "role", "revoke", "leave", "invite"]))
            self.p.write(twin)
        signed = n.person if self.r.random() < 0.7 else None
        self.p.sign(n, "revoke", d=twin.device, signed=signed, cut=self.c.cut(n, [n.person]))

    def two_owners_go(self):
        """Owners leave, lower themselves or transfer, apart from each other."""
        for n in [n for _, n in sorted(self.p.nodes.items()) if n.M and self.rank(n) > ADMIN][:3]:
            kind = self.r.choice(["leave", "role", "transfer"])
            if kind == "role":
                self.p.sign(n, kind, t=n.person, role=EDITOR)
            elif kind == "leave":
                self.p.sign(n, kind, cut=self.c.cut(n, [n.person]))
            else:
                self.c.act(n, kind)

    def late_work(self):
        """Somebody removed works on unaware, and it is brought in."""
        a = self.pick(lambda n: self.rank(n) >= ADMIN)
        b = self.pick(lambda n: self.rank(n) == EDITOR)
        if a is None or b is None:
            return
        self.meet(a, b)
        R = self.p.sign(a, "remove", t=b.person, cut=self.c.cut(a, [b.person]))
        for _ in range(2):
            self.p.write(b)
        if R and self.r.random() < 0.6:
            a.D |= b.D
            self.p.sign(a, "extend", of=R, cut=self.p.cut_of(a, [b.person], everything=True))
