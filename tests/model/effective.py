"""Effective ops (R2): strata from the highest rank down."""

from graph import ADMIN, EDITOR, NOBODY, TOP


class EffectRules:
    STRATUM = {TOP: -1, 4: 0, 3: 1, 2: 3, 1: 4}  # of ops that are no admits, by rank

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
        by_stratum = {k: [] for k in range(5)}
        for x in rest:
            by_stratum[self.stratum(x)].append(x)
        return by_stratum.values()

    def stratum(self, x):
        """Ranks 4 and 3, then all admits, then ranks 2 and 1."""
        if self.g.ops[x].kind == "admit":
            return 2
        return self.STRATUM[self.rank(x)]

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
        S = self.fold((frozenset(E) & o.past) | self.own_words(o), o.past)
        if o.kind == "admit" and o.of not in E:
            return True
        if self.target_too_high(x, S):
            return True
        by_itself = o.kind == "device" and o.d == o.device
        return S.rank(a) < self.need(x) or not (by_itself or S.author(o.device) == a)

    def own_words(self, o):
        """What people had done to themselves, of later strata: it may make again
        whom it was given to, and unmake whom others had raised beside it."""
        return {
            y
            for y in self.effective(o.past)
            if self.lowers_itself(y) and self.stratum(y) > self.stratum(o.id)
        }

    def lowers_itself(self, y):
        q = self.g.ops[y]
        return q.kind == "leave" or (q.kind == "role" and q.t == self.author(y))

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
