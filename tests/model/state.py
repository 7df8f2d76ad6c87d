"""State of a set of ops (R3): roles, restrictions in force, devices."""

from graph import EDITOR, NOBODY, OWNER, TOP


class State:
    """What `fold` gives."""

    def __init__(self, roles, force, persons):
        self.roles = roles  # person -> rank; who is not here is no member
        self.force = force  # set of (op, person): restrictions in force
        self.persons = persons  # device -> person, of devices neither ended nor revoked

    def rank(self, person):
        return self.roles.get(person, NOBODY)

    def author(self, device):
        """The person a device is an author for, or None."""
        p = self.persons.get(device)
        return p if self.rank(p) else None

    def owners(self):
        return {p for p, r in self.roles.items() if r == OWNER}


class StateRules:
    """fold(E, K): E the ops that count, K the valid ops they were taken from."""

    def about(self, x):
        """Person -> value, for whom this op sets what they may do."""
        o = self.g.ops[x]
        if o.kind in ("genesis", "recover"):
            values = {p: NOBODY for p in o.removed}
            values.update({p: OWNER for p in o.owners})
            return values
        if o.kind in ("add", "admit", "role"):
            return {o.t: o.role}
        if o.kind == "remove":
            return {o.t: NOBODY}
        if o.kind == "leave":
            return {self.author(x): NOBODY}
        if o.kind == "transfer":
            return {o.t: OWNER, self.author(x): o.role}
        return {}

    def is_self_restriction(self, x, t):
        o = self.g.ops[x]
        if o.kind == "transfer":
            return t != o.t
        return o.kind == "leave" or (o.kind == "role" and t == self.author(x))

    def authority(self, x, t):
        return 6 if self.is_self_restriction(x, t) else self.rank(x)

    def restricts(self, x, t):
        return self.about(x).get(t, OWNER) < EDITOR

    def fold(self, E, K):
        key = (E, K)
        if key not in self._fold:
            self._fold[key] = self.fold_anew(E, K)
        return self._fold[key]

    def fold_anew(self, E, K):
        left_out = set()
        while True:
            on = self.ops_by_person(E, left_out)
            roles = {}
            for t, xs in on.items():
                value = self.value(t, xs)
                if value:
                    roles[t] = value
            undo = None if OWNER in roles.values() else self.guard(E, left_out)
            if undo is None:
                break
            left_out.add(undo)
        force = self.in_force(on)
        return State(roles, force, self.persons(E, K, force))

    def ops_by_person(self, E, left_out):
        """Person -> ops about them, without what does not count."""
        pairs = {(x, t) for x in E for t in self.about(x)} - left_out
        gone = left_out | {(x, t) for x, t in pairs if not self.half_counts(x, t, pairs)}
        on = {}
        for x, t in pairs - gone:
            if not self.rests_on(x, t, gone):
                on.setdefault(t, []).append(x)
        return on

    def rests_on(self, y, t, gone):
        """Others could lower t only because t had lowered itself, which is gone."""
        if self.rank(y) == TOP or self.is_self_restriction(y, t):
            return False
        return any(u == t and x in self.g.ops[y].past for x, u in gone)

    def half_counts(self, x, t, pairs):
        """A transfer lowers its author only when its grant prevails."""
        o = self.g.ops[x]
        if o.kind != "transfer" or t == o.t:
            return True
        for y, u in pairs:
            if u == o.t and self.g.concurrent(x, y):
                a = self.authority(y, u)
                if a > self.rank(x) or (a == self.rank(x) and self.about(y)[u] < OWNER):
                    return False
        return True

    def value(self, t, xs):
        """What the causally last ops about t give; step 1."""
        last = [x for x in xs if not any(x in self.g.ops[y].past for y in xs)]
        top = max(self.authority(x, t) for x in last)
        return min(self.about(x)[t] for x in last if self.authority(x, t) == top)

    def guard(self, E, left_out):
        """The self-restriction to leave out when there is no owner; step 2."""
        made = {t for x in E for t, v in self.about(x).items() if v == OWNER}
        pairs = {
            (x, t)
            for x in E
            for t in self.about(x)
            if self.is_self_restriction(x, t) and t in made
        }
        return max(pairs - left_out, default=None)

    def in_force(self, on):
        """Pairs (op, person) of restrictions nothing greater overrides; step 3."""
        out = set()
        for t, xs in on.items():
            for x in xs:
                if self.restricts(x, t) and not any(
                    self.g.concurrent(x, y) and self.authority(y, t) > self.authority(x, t)
                    for y in xs
                ):
                    out.add((x, t))
        return frozenset(out)

    def persons(self, E, K, force):
        """Device -> person; step 4."""
        revoked = {self.g.ops[x].d for x in E if self.g.ops[x].kind == "revoke"}
        ends = [
            (x, t)
            for x, t in force
            if self.g.ops[x].kind in ("remove", "leave", "recover")
        ]
        best = {}
        for c in K:
            for p, d in self.g.ops[c].certifies():
                if d in revoked or any(
                    t == p and x != c and x not in self.g.ops[c].past for x, t in ends
                ):
                    continue
                claim = (-self.rank(c), c)
                if d not in best or claim < best[d][0]:
                    best[d] = (claim, p)
        return {d: p for d, (_, p) in best.items()}
