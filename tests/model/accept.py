"""Cuts and acceptance (R6, R8, R9)."""

from graph import EDITOR


class View:
    """A set of data and ops, and what follows from them for acceptance."""

    def __init__(self, judge, D, M):
        self.D = frozenset(e for e in D if judge.valid_data(e))
        self.M = judge.valid_ops(M)
        self.E = judge.effective(self.M)
        self.state = judge.state(self.M)
        between = {x for e in self.D for x in judge.g.data[e].between}
        self.chain_set = self.D | self.M | between
        self.slots = {}  # (device, seq) -> the entries there, of those forked
        for x in self.chain_set:
            o = judge.g.get(x)
            self.slots.setdefault((o.device, o.seq), []).append(x)
        self.slots = {k: sorted(v) for k, v in self.slots.items() if len(v) > 1}
        self.fork_at = {}  # device -> its lowest forked seq
        for device, seq in self.slots:
            self.fork_at[device] = min(seq, self.fork_at.get(device, seq))


class AcceptRules:
    def accepted(self, D, M):
        key = (D, M)
        if key not in self._accepted:
            self._accepted[key] = self.accepted_anew(View(self, D, M))
        return self._accepted[key]

    def accepted_anew(self, v):
        standing = {e for e in v.D if self.stands(e, v)}
        a0 = self.with_pasts(standing)
        rest = self.drop_losers(a0, v) if v.slots else a0
        return self.last_closure(rest, standing)

    def with_pasts(self, es):
        return self.g.closure_data(es)

    def last_closure(self, rest, standing):
        """Step 5: what lost its voucher to a fork goes too."""
        return self.with_pasts(rest & standing)

    # Standing

    def stands(self, e, v):
        d = self.g.data[e]
        return (
            self.grant_survives(d, v)
            and self.is_in(d, v)
            and (not self.is_frozen(d, v) or self.is_named(d, v))
        )

    def grant_survives(self, d, v):
        S = self.fold(v.E & d.m, d.m)
        a = S.author(d.device)
        return S.rank(a) >= EDITOR and a == self.data_author(d.id)

    def is_frozen(self, d, v):
        return d.seq >= v.fork_at.get(d.device, d.seq + 1)

    # Cuts

    def against(self, d, v):
        """Effective restrictions of the author or the device, in force or not."""
        a = self.data_author(d.id)
        return {
            x
            for x in v.E
            if self.restricts(x, a) or self.revokes(x, d.device)
        }

    def revokes(self, x, device):
        return self.g.ops[x].kind == "revoke" and self.g.ops[x].d == device

    def applying(self, d, v):
        """The causally first restrictions in force it did not know."""
        a = self.data_author(d.id)
        unknown = {
            x
            for x in self.against(d, v) - d.m
            if (x, a) in v.state.force or self.revokes(x, d.device)
        }
        return {x for x in unknown if not unknown & self.g.ops[x].past}

    def cuts(self, x, v):
        """The cut of a restriction and those that extend it."""
        return [self.g.ops[x].cut] + [
            self.g.ops[y].cut
            for y in v.E
            if self.g.ops[y].kind == "extend" and self.g.ops[y].of == x
        ]

    def is_in(self, d, v):
        rs = self.applying(d, v)
        return not rs or any(self.in_cut(d, c, v) for x in rs for c in self.cuts(x, v))

    def is_named(self, d, v):
        return any(
            self.in_cut(d, c, v, exact=True)
            for x in self.against(d, v)
            for c in self.cuts(x, v)
        )

    def in_cut(self, d, cut, v, exact=False):
        """By the chain that ends with the head as far as it is here, else by seq."""
        if d.device not in cut:
            return False
        seq, head = cut[d.device]
        at = head
        while at in v.chain_set:
            x = self.g.get(at)
            if x.seq <= d.seq:
                return at == d.id
            at = x.prev
        return not exact and d.seq <= seq

    # Forks

    def drop_losers(self, a0, v):
        rest = a0
        for slot in sorted(v.slots):
            branches = {x: self.branch(x, rest) for x in v.slots[slot]}
            branches = {x: b for x, b in branches.items() if b}
            if len(branches) < 2:
                continue
            stays = min(branches, key=lambda x: self.preference(x, branches[x], a0, v))
            for x, b in branches.items():
                if x != stays:
                    rest = frozenset(
                        e for e in rest if e not in b and not b & self.g.data[e].past
                    )
        return rest

    def branch(self, x, rest):
        """What is still accepted on the chains through the entry x."""
        return frozenset(e for e in rest if self.on_chain(x, e))

    def on_chain(self, x, e):
        o, at = self.g.get(x), e
        while at is not None and self.g.get(at).seq > o.seq:
            at = self.g.get(at).prev
        return at == x

    def preference(self, x, branch, a0, v):
        """Lowest first: named, then more persons that built on it, then the id."""
        named = any(self.is_named(self.g.data[e], v) for e in branch)
        own = {self.data_author(e) for e in branch}
        others = {self.data_author(e) for e in a0 if branch & self.g.data[e].past}
        return (not named, -len(others - own), x)
