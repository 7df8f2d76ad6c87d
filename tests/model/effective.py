"""Effective ops (R2): strata from the highest rank down."""

from graph import ADMIN, EDITOR, NOBODY


class EffectRules:
    def valid_ops(self, M):
        return frozenset(x for x in M if self.valid_op(x))

    def state(self, M):
        """The state of a set of known ops; step 4."""
        M = self.valid_ops(M)
        return self.fold(self.effective(M), M)

    def effective(self, M):
        M = self.valid_ops(M)
        if M not in self._effective:
            self._effective[M] = self.effective_anew(M)
        return self._effective[M]

    def effective_anew(self, M):
        E = set()
        ops = self.g.ops
        rest = []
        recovers = []
        for x in M:
            if ops[x].kind == "genesis" or (ops[x].kind == "revoke" and ops[x].signed):
                E.add(x)
            elif ops[x].kind == "recover":
                recovers.append(x)
            else:
                rest.append(x)
        for x in sorted(recovers, key=lambda x: (-ops[x].epoch, x)):
            if not any(ops[y].kind == "recover" and self.g.concurrent(x, y) for y in E):
                E.add(x)
        for stratum in self.strata(rest):
            for x in sorted(stratum, key=lambda x: (len(ops[x].past), x)):
                if not self.is_void(x, E):
                    E.add(x)
        return frozenset(E)

    def strata(self, rest):
        """Ranks 4 and 3, then all admits, then ranks 2 and 1."""
        admits = [x for x in rest if self.g.ops[x].kind == "admit"]
        by_rank = {k: [] for k in (4, 3, 2, 1)}
        for x in rest:
            if self.g.ops[x].kind != "admit":
                by_rank[self.rank(x)].append(x)
        return [by_rank[4], by_rank[3], admits, by_rank[2], by_rank[1]]

    def is_void(self, x, E):
        ratified = any(
            self.g.ops[y].kind == "ratify" and x in self.g.ops[y].ops for y in E
        )
        if not ratified and (self.outranked(x, E) or self.invite_gone(x, E)):
            return True
        return self.unfounded(x, E)

    def need(self, x):
        """The rank an author must have for the op."""
        return EDITOR if self.g.ops[x].kind == "admit" else self.author_rank(x)

    def outranked(self, x, E):
        """3a: somebody above took the author's rank or device, concurrently."""
        a, k = self.author_and_rank(x)
        for y in E:
            if not self.g.concurrent(x, y):
                continue
            if self.rank(y) > k and self.about(y).get(a, self.need(x)) < self.need(x):
                return True
            o = self.g.ops[y]
            if o.kind == "revoke" and o.d == self.g.ops[x].device:
                if o.signed or self.rank(y) > k:
                    return True
        return False

    def unfounded(self, x, E):
        """3b: the author's rank does not follow from what counts of its past."""
        o = self.g.ops[x]
        a = self.author(x)
        S = self.fold(frozenset(E) & o.past, o.past)
        if o.kind == "admit" and o.of not in E:
            return True
        if self.target_too_high(x, S):
            return True
        by_itself = o.kind == "device" and o.d == o.device
        return S.rank(a) < self.need(x) or not (by_itself or S.author(o.device) == a)

    def target_too_high(self, x, S):
        """Whom it lowers or raises must be below its author there too."""
        o = self.g.ops[x]
        if o.kind == "admit":
            return S.rank(o.t) > NOBODY
        if o.kind == "revoke":
            t = self.state(o.past).persons.get(o.d)
        else:
            t = o.t if o.kind in ("add", "role", "remove", "transfer") else None
        return t not in (None, self.author(x)) and S.rank(t) >= self.author_rank(x)

    def invite_gone(self, x, E):
        """3c: the invite of an admit was withdrawn elsewhere, or is used up."""
        o = self.g.ops[x]
        if o.kind != "admit":
            return False
        i = self.g.ops[o.of]
        host = self.author(i.id)
        for y in E:
            q = self.g.ops[y]
            if not self.g.concurrent(x, y):
                continue
            if q.kind == "uninvite" and q.of == i.id:
                return True
            if self.about(y).get(host, ADMIN) < ADMIN:
                return True
            if q.kind == "revoke" and q.d == i.device:
                return True
        return sum(self.redeems(y, i.id) for y in E) >= i.uses
