"""Validity of an op (R1): from its past alone."""

from graph import ADMIN, EDITOR, NOBODY, OWNER, TOP, VIEWER

MAX_LIST = 64  # entries of a cut, ops of a ratify


class OpRules:
    def author_and_rank(self, x):
        """(person, rank of the person) of an op; (None, 0) if it has no author."""
        if x not in self._author:
            self._author[x] = self.find_author(self.g.ops[x])
        return self._author[x]

    def find_author(self, o):
        listed = {d: p for p, d in o.certifies()}
        if o.kind == "genesis":
            return (listed[o.device], TOP) if o.device in listed else (None, NOBODY)
        S = self.state(o.past)
        p = S.author(o.device)
        if o.kind == "recover":
            p = listed.get(o.device, p)
            return (p, TOP) if p else (None, NOBODY)
        if p is None and o.kind == "device" and o.d == o.device and S.rank(o.t):
            p = o.t
        return (p, S.rank(p)) if p else (None, NOBODY)

    def author(self, x):
        return self.author_and_rank(x)[0]

    def author_rank(self, x):
        return self.author_and_rank(x)[1]

    def rank(self, x):
        """The rank of an op: that of its author, of an admit that of its invite."""
        o = self.g.ops[x]
        if o.kind == "admit":
            return self.rank(o.of) if o.of in self.g.ops else NOBODY
        return self.author_rank(x)

    def valid_op(self, x):
        if x not in self._valid:
            o = self.g.ops[x]
            self._valid[x] = (
                all(self.valid_op(p) for p in o.parents)
                and (o.kind == "genesis") == (not o.parents)
                and len(o.cut) <= MAX_LIST
                and self.author(x) is not None
                and getattr(self, "check_" + o.kind)(o, self.author_rank(x))
            )
        return self._valid[x]

    def known(self, o, d):
        """Whether the op knows of a device, for better or worse."""
        return any(
            any(d == c for _, c in self.g.ops[y].certifies())
            or (self.g.ops[y].kind == "revoke" and self.g.ops[y].d == d)
            for y in o.past
        )

    def fresh(self, o):
        """The person is no member and comes with devices never seen."""
        return (
            self.state(o.past).rank(o.t) == NOBODY
            and len(o.devices) > 0
            and len(set(o.devices)) == len(o.devices)
            and not any(self.known(o, d) for d in o.devices)
        )

    def may_give(self, role, r):
        return VIEWER <= role <= OWNER and (role < r or r >= OWNER)

    def check_genesis(self, o, r):
        return o.id == self.genesis()

    def check_add(self, o, r):
        ok = r >= ADMIN and self.may_give(o.role, r) and self.fresh(o)
        if not ok or o.of is None:
            return ok
        i = self.usable_invite(o)
        if i is None or i.role != o.role or i.form == "open":
            return False
        if i.form == "handed":
            used = sum(self.redeems(y, i.id) for y in o.past)
            return i.device == o.device and used < i.uses
        return True

    def usable_invite(self, o):
        """The invite an op redeems, if it knows it and no revocation of it."""
        if o.of not in o.past or self.g.ops[o.of].kind != "invite":
            return None
        for y in self.effective(o.past):
            if self.g.ops[y].kind == "uninvite" and self.g.ops[y].of == o.of:
                return None
        return self.g.ops[o.of]

    def redeems(self, y, invite):
        return self.g.ops[y].kind in ("add", "admit") and self.g.ops[y].of == invite

    def check_role(self, o, r):
        S = self.state(o.past)
        if o.t == self.author(o.id):
            return VIEWER <= o.role < r and S.owners() != {o.t}
        return r >= ADMIN and r > S.rank(o.t) > NOBODY and self.may_give(o.role, r)

    def check_remove(self, o, r):
        t = self.state(o.past).rank(o.t)
        return o.t != self.author(o.id) and r >= ADMIN and r > t > NOBODY

    def check_leave(self, o, r):
        return self.state(o.past).owners() != {self.author(o.id)}

    def check_ratify(self, o, r):
        if r < ADMIN or not 1 <= len(o.ops) <= MAX_LIST or list(o.ops) != sorted(set(o.ops)):
            return False
        return all(
            y in o.past and (r >= self.rank(y) if self.g.ops[y].kind == "admit" else r > self.rank(y))
            for y in o.ops
        )

    def check_extend(self, o, r):
        if r < ADMIN or o.of not in o.past:
            return False
        R = self.g.ops[o.of]
        if R.kind == "recover":
            return r >= OWNER
        return R.kind in ("role", "remove", "leave", "revoke") and self.rank(R.id) <= r

    def check_device(self, o, r):
        return o.t == self.author(o.id) and not self.known(o, o.d)

    def check_revoke(self, o, r):
        S = self.state(o.past)
        p = S.persons.get(o.d)
        if p is None:
            return False
        mine = self.author(o.id) == p
        if o.signed is not None:
            return mine and o.signed == p
        return mine or (r >= ADMIN and r > S.rank(p))

    def check_describe(self, o, r):
        return True

    def check_recover(self, o, r):
        g = self.g.ops[self.genesis()]
        quorum = len(o.proofs & set(g.owners))
        if "key" not in o.proofs and not (g.quorum >= 1 and quorum >= g.quorum):
            return False
        if any(self.g.ops[y].kind == "recover" and self.g.ops[y].epoch >= o.epoch for y in o.past):
            return False
        if not o.owners or set(o.owners) & set(o.removed):
            return False
        S = self.state(o.past)
        listed = [d for _, d in o.certifies()]
        return len(set(listed)) == len(listed) and all(
            S.persons.get(d) == p or not self.known(o, d) for p, d in o.certifies()
        )

    def check_transfer(self, o, r):
        t = self.state(o.past).rank(o.t)
        return r == OWNER and NOBODY < t < OWNER and EDITOR <= o.role < OWNER

    def check_invite(self, o, r):
        if r < ADMIN or o.uses < 1 or o.role >= OWNER or not self.may_give(o.role, r):
            return False
        return o.form != "open" or o.role <= EDITOR

    def check_admit(self, o, r):
        i = self.usable_invite(o)
        if i is None or i.form != "open" or i.role != o.role:
            return False
        E = self.effective(o.past)
        S = self.state(o.past)
        used = sum(self.redeems(y, i.id) for y in E)
        host = self.author(i.id)
        return (
            r >= EDITOR
            and i.id in E
            and S.rank(host) >= ADMIN
            and S.author(i.device) == host
            and used < i.uses
            and self.fresh(o)
        )

    def check_uninvite(self, o, r):
        if r < ADMIN or o.of not in o.past or self.g.ops[o.of].kind != "invite":
            return False
        return self.author(o.id) == self.author(o.of) or r >= self.rank(o.of)
