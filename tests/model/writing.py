"""How honest authors write (the section "Writing")."""


class Stuck(Exception):
    """No entry would be valid, though the author may write here."""


class Writer:
    """Writes for one device that holds the data D and the ops M."""

    def __init__(self, judge, device, D, M):
        self.j, self.g, self.device = judge, judge.g, device
        self.D = frozenset(e for e in D if judge.valid_data(e))
        self.M = judge.valid_ops(frozenset(M))
        self.E = judge.effective(self.M)
        self.state = judge.state(self.M)

    def chain(self):
        """The held entries of the device itself."""
        objects = [self.g.get(x) for x in self.D | self.M]
        return [x for x in objects if x.device == self.device]

    def may_continue(self):
        """A forked chain is never continued, nor that of a revoked device."""
        seqs = [x.seq for x in self.chain()]
        revoked = any(self.j.revokes(x, self.device) for x in self.E)
        return len(seqs) == len(set(seqs)) and not revoked

    def place(self):
        """(seq, prev) of the next entry."""
        last = max(self.chain(), key=lambda x: x.seq, default=None)
        return (0, None) if last is None else (last.seq + 1, last.id)

    def parents(self):
        """What an op names: the heads of the effective ops."""
        return self.g.heads(self.E)

    def write(self, id, deps):
        """Adds data that builds on `deps`; gives the number of the attempt, or None.

        None: the author may not write here now.
        """
        if not self.may_continue() or self.state.rank(self.state.author(self.device)) < 2:
            return None
        everything = self.g.heads_data(self.j.accepted(self.D, self.M))
        attempts = [
            (deps, self.E),
            (everything, self.E),
            (deps, self.M),
            (everything, self.M),
        ]
        for n, (on, ops) in enumerate(attempts):
            if self.add(id, on, ops):
                return n
        if self.add(id, self.what_counts(id, everything), self.M):
            return len(attempts)
        raise Stuck(f"{self.device} has no way to write a valid entry")

    def add(self, id, on, ops):
        """Adds an entry, unless it would be invalid."""
        seq, prev = self.place()
        self.g.add_data(id, self.device, seq, prev, on, self.mheads(prev, on, ops))
        if self.j.valid_data(id):
            return True
        self.take_back(id)
        return False

    def take_back(self, id):
        self.g.forget(id)
        self.j.forget(id)

    def before(self, prev):
        while prev in self.g.ops:
            prev = self.g.ops[prev].prev
        return prev

    def mheads(self, prev, on, ops):
        """Heads of these ops and of all that what it rests on knew."""
        known = set(self.g.closure(ops))
        before = self.before(prev)
        for d in set(on) | ({before} if before is not None else set()):
            known |= self.g.data[d].m
        return self.g.heads(known)

    def what_counts(self, id, on):
        """The heads of what, of these, counts in the view the entry would have."""
        past = self.g.closure_data(on)
        while True:
            seq, prev = self.place()
            heads = self.g.heads_data(past)
            self.g.add_data(id, self.device, seq, prev, heads, self.mheads(prev, heads, self.M))
            e = self.g.data[id]
            less = past & self.j.accepted(e.full, e.m)
            self.take_back(id)
            if less == past:
                return heads
            past = less
