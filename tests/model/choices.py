"""What op somebody signs at random, with its arguments."""

from graph import ADMIN, EDITOR, OWNER, VIEWER


class Choices:
    def __init__(self, people):
        self.p, self.r = people, people.r
        self.g, self.j = people.g, people.j

    def act(self, n, kind):
        """Signs an op of this kind, if the node can make a valid one."""
        M, keep, prev = None, 0.0, "end"
        if n.byzantine:
            keep = 0.1
            if self.r.random() < 0.5:
                M = self.g.closure([self.r.choice(sorted(n.M))])
            if self.r.random() < 0.2:
                prev = self.p.old_place(n, frozenset(n.D))
        args = getattr(self, "args_" + kind)(n, n.M if M is None else M)
        if args is None:
            return None
        newcomers = args.pop("newcomers", [])
        by = args.pop("by", n)
        id = self.sign_with(by, kind, newcomers, M, keep, "end" if by is not n else prev, **args)
        for x in newcomers if id is not None else ():
            x.M |= n.M
            x.D |= n.D
        if id is not None:
            n.M |= self.g.closure([id])
        return id

    def sign_with(self, by, kind, newcomers, M=None, keep=0.0, prev="end", **args):
        """Signs an op that brings in new devices; they hold what its author holds."""
        id = self.p.sign(by, kind, M, keep, prev, **args)
        for x in newcomers:
            if id is None:
                del self.p.nodes[x.device]
            else:
                x.M |= by.M | self.g.closure([id])
                x.D |= by.D
        return id

    def self_or(self, n, new):
        """A new device may sign for itself; it starts from what the other holds."""
        if self.r.random() < 0.5:
            return n
        new.M, new.D = set(n.M), set(n.D)
        return new

    def someone(self, M):
        members = self.j.state(frozenset(M)).roles
        return self.r.choice(sorted(members)) if members else None

    def pick(self, xs):
        xs = sorted(xs)
        return self.r.choice(xs) if xs else None

    def of_kind(self, M, *kinds):
        return [x for x in self.j.valid_ops(frozenset(M)) if self.g.ops[x].kind in kinds]

    def cut(self, n, persons):
        if self.r.random() < 0.2:
            return {}
        cut = self.p.cut_of(n, persons)
        for d, (seq, head) in list(cut.items()):
            if n.byzantine and self.r.random() < 0.3:
                ops = [x for x in n.M if self.g.ops[x].device == d]
                cut[d] = (seq, self.r.choice(sorted(ops) + [20_000 + head]))
        return cut

    def outsider(self, M):
        """Somebody who is no member: gone, or never been one."""
        roles = self.j.state(frozenset(M)).roles
        return self.pick(p for p in list(self.p.count) + self.p.spare if p not in roles)

    def joins(self, n, M):
        t = self.outsider(M)
        if t is None:
            return None
        new = [self.p.node(t) for _ in range(self.r.choice([1, 1, 2]))]
        return {"t": t, "devices": [x.device for x in new], "newcomers": new}

    def args_remove(self, n, M):
        t = self.someone(M)
        return {"t": t, "cut": self.cut(n, [t])}

    def args_role(self, n, M):
        t = self.someone(M)
        role = self.r.choice([OWNER, ADMIN, EDITOR, VIEWER])
        return {"t": t, "role": role, "cut": self.cut(n, [t])}

    def args_add(self, n, M):
        args = self.joins(n, M)
        if args is None:
            return None
        args["role"] = self.r.choice([ADMIN, EDITOR, EDITOR, VIEWER])
        invite = self.pick(x for x in self.of_kind(M, "invite") if self.g.ops[x].form != "open")
        if invite and self.r.random() < 0.5:
            args.update(of=invite, role=self.g.ops[invite].role)
        return args

    def args_leave(self, n, M):
        return {"cut": self.cut(n, [n.person])} if self.r.random() < 0.4 else None

    def args_ratify(self, n, M):
        M = self.j.valid_ops(frozenset(M))
        void = M - self.j.effective(M)
        x = self.pick(void or M)
        # The heads of effective ops do not know a void op: name it too.
        return {"ops": [x], "also": [x]}

    def args_extend(self, n, M):
        R = self.pick(self.of_kind(M, "remove", "role", "leave", "revoke", "recover"))
        if R is None:
            return None
        o = self.g.ops[R]
        also = [R] if R in M else []
        persons = set(self.j.about(R)) | {self.j.state(o.past).persons.get(o.d)}
        return {"of": R, "cut": self.p.cut_of(n, persons, everything=True), "also": also}

    def args_device(self, n, M):
        if not n.phrase or self.p.count[n.person] >= 3:
            return None
        new = self.p.node(n.person, thief=n.person not in self.p.byzantine and self.r.random() < 0.2)
        by = self.self_or(n, new)
        return {"t": n.person, "d": new.device, "newcomers": [new], "by": by}

    def args_revoke(self, n, M):
        persons = self.j.state(frozenset(M)).persons
        mine = [d for d, p in persons.items() if p == n.person]
        signed = n.phrase and self.r.random() < 0.4
        d = self.pick(mine if signed or self.r.random() < 0.5 else persons)
        if d is None or (len(mine) == 1 and d in mine and not n.byzantine):
            return None
        cut = {k: v for k, v in self.cut(n, [persons[d]]).items() if k == d}
        return {"d": d, "cut": cut, "signed": n.person if signed else None}

    def args_describe(self, n, M):
        return {}

    def args_recover(self, n, M):
        if n.person not in ("p0", "p1") or not n.phrase or self.r.random() < 0.5:
            return None
        owners = self.g.ops[self.p.genesis].owners
        proofs = {"key"} if n.person == "p0" and self.r.random() < 0.7 else set(owners)
        past = [self.g.ops[x].epoch for x in self.of_kind(M, "recover")]
        new = self.p.node(n.person)
        gone = [p for p in self.j.state(frozenset(M)).roles if p != n.person and self.r.random() < 0.3]
        return {
            "owners": {n.person: [new.device]},
            "removed": gone,
            "cut": self.cut(n, gone),
            "epoch": max(past, default=0) + self.r.choice([1, 1, 2]),
            "proofs": proofs,
            "newcomers": [new],
            "by": self.self_or(n, new),
        }

    def args_transfer(self, n, M):
        return {"t": self.someone(M), "role": self.r.choice([ADMIN, EDITOR])}

    def args_invite(self, n, M):
        form = self.r.choice(["handed", "approval", "open", "open"])
        return {"form": form, "role": self.r.choice([EDITOR, VIEWER]), "uses": self.r.choice([1, 1, 2])}

    def args_admit(self, n, M):
        invite = self.pick(x for x in self.of_kind(M, "invite") if self.g.ops[x].form == "open")
        args = self.joins(n, M) if invite else None
        if args is None:
            return None
        return {**args, "of": invite, "role": self.g.ops[invite].role}

    def args_uninvite(self, n, M):
        invite = self.pick(self.of_kind(M, "invite"))
        return None if invite is None else {"of": invite}
