"""The worker: every slice's jobs, in the order in which a credential passes through them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping

from portfolio.achievements.claims.service import forget
from portfolio.achievements.duties.letters import warn
from portfolio.achievements.requests.service import remind
from portfolio.achievements.unkept import destroy_unkept
from portfolio.anchoring.pairs import pair_waits
from portfolio.anchoring.sending import CallSender, Gateway
from portfolio.anchoring.service import add_leaves, backlog, seal_batch
from portfolio.app import Portfolio
from portfolio.credentials.revocations import queue_revocations, revocations_wait, settle_revocations
from portfolio.credentials.status_publication import lists_wait, publish_lists
from portfolio.documents.mirror import push_all
from portfolio.documents.service import mirror_store, own_store
from portfolio.errors import PortfolioError, UnavailableError
from portfolio.issuing.service import process_part, running_runs, stop_run
from portfolio.issuing.uploads import forget_tables
from portfolio.jobs import Job, LeaseHolder, LeaseLostError, run_jobs
from portfolio.notifications.mailer import open_mailer
from portfolio.notifications.service import deliver
from portfolio.operations.erasing import run_erasures
from portfolio.organisations import administrators, invitations
from portfolio.organisations.moving import settle_move
from portfolio.organisations.service import registrations_wait, settle_registrations
from portfolio.organisations.standing import decisions_wait, settle_decisions
from portfolio.people import guardians
from portfolio.people.attempts import drop_old_attempts
from portfolio.people.entry.service import drop_ended_tokens
from portfolio.people.family import hand_over
from portfolio.people.journal import AUDIT_TAG, anchor_head
from portfolio.people.refusals import due_refusals
from portfolio.people.rescue.service import carry_out_due

SENDING_INTERVAL = 0.5
PUBLISHING_INTERVAL = 2.0
MIRROR_INTERVAL = 10.0
ERASING_INTERVAL = 2.0
DAILY_INTERVAL = 600.0  # looked at often; what was done today is not done again
MAIL_INTERVAL = 1.0
FORGETTING_INTERVAL = 60.0
PATIENCE = 40  # seconds that `run_until_idle` waits for another worker's lease to end

log = logging.getLogger(__name__)


class Worker:
    """Runs the jobs of one process. Several may run: rows are locked, and only the holder of a lease sends.

    `gateways` lead to the pairs of contracts, by number (`compose.open_gateways`).
    """

    def __init__(self, portfolio: Portfolio, gateways: Mapping[int, Gateway]) -> None:
        self._portfolio = portfolio
        self._lease = LeaseHolder(portfolio.database, "sending", portfolio.clock)
        self._senders = [
            CallSender(
                database=portfolio.database,
                gateway=gateway,
                clock=portfolio.clock,
                depth=portfolio.pairs[number].depth,
                hold=self._lease.hold,
                pair=number,
            )
            for number, gateway in gateways.items()
        ]

    def issue_part(self) -> bool:
        """Issue the next part of the oldest run; True when there was one."""
        with self._portfolio.database.read() as session:
            runs = running_runs(session)
        if not runs:
            return False
        for run_id in runs:
            try:
                with self._portfolio.database.write() as session:
                    process_part(session, vault=self._portfolio.vault, run_id=run_id, clock=self._portfolio.clock)
            except UnavailableError:
                raise
            except PortfolioError as error:
                # What is refused now is refused again: this table stops, the others go on (fault 148).
                log.warning("issuing run %s is stopped: %s", run_id, error.code)
                with self._portfolio.database.write() as session:
                    stop_run(session, run_id=run_id, why=error.message, clock=self._portfolio.clock)
            return True
        return False

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
        changed = 0
        trouble: PortfolioError | None = None
        for sender in self._senders:
            try:
                changed += sender.advance()
            except (UnavailableError, LeaseLostError) as error:
                trouble = trouble or error  # the other pairs may stand on a chain that answers
        with self._portfolio.database.read() as session:
            waiting = (
                registrations_wait(session)
                or revocations_wait(session)
                or decisions_wait(session)
                or pair_waits(session)
            )
        settled = self._settle() if waiting else 0
        if trouble is not None:
            raise trouble
        return changed + settled

    def _settle(self) -> int:
        with self._portfolio.database.write() as session:
            settled = settle_move(session, clock=self._portfolio.clock)
            settled += settle_registrations(session)
            settled += settle_decisions(session)
            settled += settle_revocations(session)
            settled += publish_lists(session, vault=self._portfolio.vault, clock=self._portfolio.clock)
            return settled + queue_revocations(session, clock=self._portfolio.clock)

    def publish(self) -> int:
        """Sign the status lists that are new or due for renewal; returns how many."""
        portfolio = self._portfolio
        with portfolio.database.read() as session:
            if not lists_wait(session, clock=portfolio.clock):
                return 0
        with portfolio.database.write() as session:
            return publish_lists(session, vault=portfolio.vault, clock=portfolio.clock)

    def deliver(self) -> int:
        """Send the letters that are due; returns how many were sent."""
        portfolio = self._portfolio
        return deliver(
            database=portfolio.database,
            vault=portfolio.vault,
            open_mailer=lambda: open_mailer(portfolio.settings),
            sender=portfolio.settings.resolved_mail_from,
            clock=portfolio.clock,
        )

    def forget_tables(self) -> int:
        """Delete uploaded tables about which nobody decided in time; returns how many."""
        with self._portfolio.database.write() as session:
            return forget_tables(session, now=self._portfolio.clock())

    def forget_secrets(self) -> int:
        """Delete links of letters, addresses, challenges and counts of attempts whose time is over; tells how many."""
        portfolio = self._portfolio
        with portfolio.database.write() as session:
            ended = drop_ended_tokens(session, clock=portfolio.clock)
            ended += invitations.forget_addresses(session, now=portfolio.clock())
            ended += administrators.forget_addresses(session, now=portfolio.clock())
            ended += guardians.forget_addresses(session, now=portfolio.clock())
        return ended + drop_old_attempts(portfolio.database, clock=portfolio.clock)

    def run_until_idle(self) -> None:
        """Do everything that can be done now: what `--once` and tests call instead of waiting for intervals."""
        deadline = time.monotonic() + PATIENCE
        while True:
            if self.issue_part():
                continue
            self.seal_all()
            if self.send() or self.publish() or self.deliver():
                continue
            # A worker that was killed still holds the lease for some seconds: its work is ours when they are over.
            if self._lease.hold() or time.monotonic() > deadline:
                return
            time.sleep(0.5)

    def run(self, stop: threading.Event) -> None:
        """Run the jobs until told to stop."""
        jobs = [
            Job("issuing", self._issue, 0.05),
            Job("sealing", self.seal_all, self._portfolio.settings.batch_interval),
            Job("sending", self.send, SENDING_INTERVAL),
            Job("status lists", self.publish, PUBLISHING_INTERVAL),
            Job("letters", self.deliver, MAIL_INTERVAL),
            Job("tables", self.forget_tables, FORGETTING_INTERVAL),
            Job("ended secrets", self.forget_secrets, FORGETTING_INTERVAL),
            Job("erasures", self.erase, ERASING_INTERVAL),
            Job("rescues", self.carry_out_rescues, FORGETTING_INTERVAL),
            Job("birthdays", self.hand_over, DAILY_INTERVAL),
            Job("audit log", self.anchor_journal, DAILY_INTERVAL),
            Job("reminders", self.remind, DAILY_INTERVAL),
            Job("terms", self.warn, DAILY_INTERVAL),
            Job("withdrawn consents", self.destroy_unkept, DAILY_INTERVAL),
        ]
        if self._portfolio.settings.ipfs_api_url:
            jobs.append(Job("mirroring", self.mirror, MIRROR_INTERVAL))
        run_jobs(jobs, stop=stop, tick=0.05)
        self._lease.release()

    def mirror(self) -> int:
        """Bring what our own store took to the Kubo node; returns how many documents."""
        portfolio = self._portfolio
        report = push_all(
            read=portfolio.database.read,
            write=portfolio.database.write,
            source=own_store(data_dir=portfolio.settings.data_dir),
            target=mirror_store(ipfs_api_url=portfolio.settings.ipfs_api_url),
            clock=portfolio.clock,
        )
        return report.pushed

    def erase(self) -> int:
        """Carry through the erasures that have started; returns how many ended."""
        return run_erasures(self._portfolio)

    def carry_out_rescues(self) -> int:
        """Take the second step off the accounts whose owners were vouched for and have waited; returns how many."""
        portfolio = self._portfolio
        return carry_out_due(
            portfolio.database,
            vault=portfolio.vault,
            public_url=portfolio.settings.public_url,
            clock=portfolio.clock,
        )

    def hand_over(self) -> None:
        """End guardianships of those who have turned 18, and tell those who have turned 14."""
        portfolio, after = self._portfolio, None
        while after != "":
            with portfolio.database.write() as session:
                after = hand_over(
                    session,
                    vault=portfolio.vault,
                    public_url=portfolio.settings.public_url,
                    clock=portfolio.clock,
                    after=after or "",
                )

    def anchor_journal(self) -> bool:
        """Let the head of the audit log be anchored, once a day."""
        clock = self._portfolio.clock
        with self._portfolio.database.write() as session:
            return anchor_head(
                session,
                add_leaf=lambda digest: add_leaves(session, digests=[digest], tag=AUDIT_TAG, now=clock()),
                clock=clock,
            )

    def remind(self) -> int:
        """Write to organisations that have let requests for confirmation wait for a week; returns how many letters."""
        portfolio = self._portfolio
        with portfolio.database.write() as session:
            return remind(
                session, vault=portfolio.vault, public_url=portfolio.settings.public_url, clock=portfolio.clock
            )

    def warn(self) -> int:
        """Write, once each, of terms that are half gone or over; returns how many letters."""
        portfolio = self._portfolio
        with portfolio.database.write() as session:
            return warn(session, vault=portfolio.vault, public_url=portfolio.settings.public_url, clock=portfolio.clock)

    def destroy_unkept(self) -> int:
        """Destroy what holders added whose consent to keeping was taken back for good; returns for how many.

        Each by itself, as erasures are: one that fails holds nobody else up, and the first error is raised after all
        were tried. Only its kind is logged, for its text may hold what a person wrote.
        """
        portfolio, count = self._portfolio, 0
        trouble: Exception | None = None
        with portfolio.database.read() as session:
            persons = due_refusals(session, now=portfolio.clock())
        for person_id in persons:
            try:
                with portfolio.database.write() as session:
                    gone = destroy_unkept(session, vault=portfolio.vault, person_id=person_id, clock=portfolio.clock)
            except Exception as error:  # noqa: BLE001  whatever it is, it is raised below
                log.warning("what %s added was not destroyed: %s", person_id, type(error).__name__)
                trouble = trouble or error
                continue
            for cid in gone:
                forget(portfolio.store, cid=cid)
            count += 1
        if trouble is not None:
            raise trouble
        return count

    def release(self) -> None:
        """Let another worker send."""
        self._lease.release()

    def _issue(self) -> None:
        self.issue_part()
