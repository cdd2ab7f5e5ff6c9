"""The worker: every slice's jobs, in the order in which a credential passes through them."""

from __future__ import annotations

import threading

from portfolio.anchoring.sending import CallSender, Gateway
from portfolio.anchoring.service import backlog, seal_batch
from portfolio.app import Portfolio
from portfolio.credentials.revocations import queue_revocations, settle_revocations
from portfolio.issuing.service import process_part, running_runs
from portfolio.jobs import Job, LeaseHolder, run_jobs
from portfolio.organisations.service import settle_registrations

SENDING_INTERVAL = 0.5


class Worker:
    """Runs the jobs of one process. Several may run: rows are locked, and only the holder of a lease sends."""

    def __init__(self, portfolio: Portfolio, gateway: Gateway) -> None:
        self._portfolio = portfolio
        self._lease = LeaseHolder(portfolio.database, "sending", portfolio.clock)
        self._sender = CallSender(
            database=portfolio.database,
            gateway=gateway,
            clock=portfolio.clock,
            depth=portfolio.pair.depth,
            hold=self._lease.hold,
        )

    def issue_part(self) -> bool:
        """Issue the next part of the oldest run; True when there was one."""
        with self._portfolio.database.read() as session:
            runs = running_runs(session)
        if not runs:
            return False
        with self._portfolio.database.write() as session:
            process_part(session, vault=self._portfolio.vault, run_id=runs[0], clock=self._portfolio.clock)
        return True

    def seal(self) -> bool:
        """Seal one batch; True when something was waiting."""
        portfolio = self._portfolio
        with portfolio.database.read() as session:
            if not backlog(session).waiting_leaves:
                return False  # no writer's lock is taken for nothing
        with portfolio.database.write() as session:
            batch = seal_batch(session, clock=portfolio.clock, limit=portfolio.settings.batch_max_leaves)
        return batch is not None

    def seal_all(self) -> None:
        """Seal everything that waits, in as many batches as the limit of leaves makes it."""
        while self.seal():
            pass

    def send(self) -> int:
        """Advance all calls to the chain, and take over what the chain says of issuers, keys and revocations."""
        changed = self._sender.advance()
        with self._portfolio.database.write() as session:
            changed += settle_registrations(session)
            changed += settle_revocations(session)
            changed += queue_revocations(session, clock=self._portfolio.clock)
        return changed

    def run_until_idle(self) -> None:
        """Do everything that can be done now: what `--once` and tests call instead of waiting for intervals."""
        for _ in range(10_000):
            if self.issue_part():
                continue
            self.seal_all()
            if not self.send():
                return

    def run(self, stop: threading.Event) -> None:
        """Run the jobs until told to stop."""
        jobs = (
            Job("issuing", self._issue, 0.05),
            Job("sealing", self.seal_all, self._portfolio.settings.batch_interval),
            Job("sending", self.send, SENDING_INTERVAL),
        )
        run_jobs(jobs, stop=stop, tick=0.05)
        self._lease.release()

    def release(self) -> None:
        """Let another worker send."""
        self._lease.release()

    def _issue(self) -> None:
        self.issue_part()
