"""Puts one pair of contracts on a chain, once, however often it is told to, and remembers which."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import orjson
from tiny_keccak import keccak256

from portfolio.chain.abi import Interface, credential_registry, issuer_registry
from portfolio.chain.accounts import Account, create_address
from portfolio.chain.answers import NetworkPin, address_of, data_of, hash_of
from portfolio.chain.client import Chain, at_block
from portfolio.chain.errors import BadAnswerError, ChainMismatchError
from portfolio.chain.proving import granted, require_pair
from portfolio.chain.registry import Registry
from portfolio.chain.snapshots import write_durably
from portfolio.credentials.facts import Checkpoint, TrustedPair
from portfolio.errors import PortfolioError

_VERSION: Final = 1
_FIRST_NONCES: Final = 64
_LAST_NONCES: Final = 16
_GAS_MARGIN: Final = 1.2
_POLL: Final = 0.05
_TRIES: Final = 4


class DeploymentError(PortfolioError):
    """The contracts could not be put on the chain, or the record of them cannot be read."""

    status = 409
    code = "deployment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """The record of one pair, as kept in a JSON file; hashes and addresses are lower-case hex."""

    chain_id: int
    genesis_hash: str
    issuer_registry: str
    credential_registry: str
    issuer_registry_code_hash: str
    credential_registry_code_hash: str
    registrars: tuple[str, ...]
    operator: str
    block_number: int
    """Nothing of the pair happened before this block; 0 when not known."""

    @property
    def pin(self) -> NetworkPin:
        return NetworkPin(self.chain_id, self.genesis_hash)

    def trusted_pair(
        self,
        *,
        name: str,
        rpc_urls: Sequence[str],
        local: bool,
        depth: int = 0,
        max_head_age: int | None = None,
        checkpoints: Sequence[Checkpoint] = (),
    ) -> TrustedPair:
        """As a trust root for verifiers; `depth` in blocks, `max_head_age` in seconds (None: mines on demand)."""
        return TrustedPair(
            name=name,
            chain_id=self.chain_id,
            genesis_hash=self.genesis_hash,
            issuer_registry=self.issuer_registry,
            credential_registry=self.credential_registry,
            issuer_registry_code_hash=self.issuer_registry_code_hash,
            credential_registry_code_hash=self.credential_registry_code_hash,
            registrars=self.registrars,
            depth=depth,
            max_head_age=max_head_age,
            checkpoints=tuple(checkpoints),
            rpc_urls=tuple(rpc_urls),
            local=local,
        )

    def registry(self, chain: Chain) -> Registry:
        """A reader of the pair at a node."""
        return Registry(
            chain,
            issuer_registry=self.issuer_registry,
            credential_registry=self.credential_registry,
            first_block=self.block_number,
        )

    def to_json(self) -> dict[str, Any]:
        """As kept in a file or a row."""
        return {"version": _VERSION} | asdict(self) | {"registrars": list(self.registrars)}

    def save(self, path: Path) -> None:
        """Write the record; raises OSError."""
        path.parent.mkdir(parents=True, exist_ok=True)
        write_durably(path, orjson.dumps(self.to_json(), option=orjson.OPT_INDENT_2) + b"\n")


def read_deployment(path: Path) -> Deployment:
    """Read a record. Raises `DeploymentError` when it is missing or damaged."""
    try:
        return deployment_of(orjson.loads(path.read_bytes()), where=str(path))
    except FileNotFoundError:
        raise DeploymentError(f"{path} is missing: deploy the contracts first") from None
    except ValueError:
        raise _damaged(str(path)) from None


def deployment_of(record: Mapping[str, Any], *, where: str) -> Deployment:
    """Take a record from its JSON; `where` it stands is named in the `DeploymentError` for a damaged one."""
    try:
        fields = dict(record)
        if fields.pop("version") != _VERSION:
            raise DeploymentError(f"{where} has a version that this program does not read")
        for field in ("issuer_registry", "credential_registry", "operator"):
            address_of(fields[field])
        for field in ("genesis_hash", "issuer_registry_code_hash", "credential_registry_code_hash"):
            hash_of(fields[field])
        return Deployment(**fields | {"registrars": tuple(map(address_of, fields["registrars"]))})
    except (ValueError, TypeError, KeyError, AttributeError, BadAnswerError):
        raise _damaged(where) from None


def _damaged(where: str) -> DeploymentError:
    return DeploymentError(f"{where} is damaged: restore it, or move it away and deploy again")


def verify_deployment(chain: Chain, deployment: Deployment) -> None:
    """Raise `ChainMismatchError`, saying which, where chain id, block 0, code or registrars are not as recorded."""
    require_pair(chain, deployment.trusted_pair(name="recorded", rpc_urls=(), local=False))


def deploy(
    chain: Chain,
    *,
    operator: Account,
    registrars: Sequence[str],
    record_path: Path,
    timeout: float = 120.0,
    beside: Sequence[Deployment] = (),
) -> Deployment:
    """Return the pair of the record, putting on the chain whatever of it is not there yet.

    `beside` are pairs that this one must not be: without them a pair of the same operator and registrars is taken.

    Rerunning is harmless at any point: the operator's contracts stand at addresses that follow from its nonces, so that
    what an earlier run deployed is found even without a record. Raises `ChainMismatchError` where the record is of
    another chain, or its contracts are gone and cannot come back to the same addresses; `DeploymentError` where the
    chain refuses, the operator has no coin, or `timeout` (seconds) is over.
    """
    wanted = tuple(sorted(address_of(registrar) for registrar in registrars))
    recorded = _standing(chain, read_deployment(record_path), wanted) if record_path.exists() else None
    if recorded is not None and recorded.is_whole:
        return recorded.deployment
    pin = NetworkPin(chain.chain_id(), chain.genesis_hash())
    others = {address for pair in beside for address in (pair.issuer_registry, pair.credential_registry)}
    deployer = _Deployer(chain, operator, pin, time.monotonic() + timeout, frozenset(others))
    earlier = (recorded.deployment.issuer_registry, recorded.deployment.credential_registry) if recorded else None
    issuers = deployer.settle(issuer_registry(), "registrars", wanted, earlier[0] if earlier else None)
    credentials = deployer.settle(
        credential_registry(), "issuerRegistry", issuers.address, earlier[1] if earlier else None
    )
    deployment = Deployment(
        chain_id=pin.chain_id,
        genesis_hash=pin.genesis_hash,
        issuer_registry=issuers.address,
        credential_registry=credentials.address,
        issuer_registry_code_hash=issuers.code_hash,
        credential_registry_code_hash=credentials.code_hash,
        registrars=wanted,
        operator=operator.address,
        block_number=issuers.block_number,
    )
    deployment.save(record_path)
    return deployment


@dataclass(frozen=True, slots=True)
class _Recorded:
    deployment: Deployment
    is_whole: bool


def _standing(chain: Chain, recorded: Deployment, registrars: tuple[str, ...]) -> _Recorded:
    """See whether a recorded pair is still there; code that is absent may come back, anything else is refused."""
    if recorded.registrars != registrars:
        raise ChainMismatchError(
            f"the recorded pair has other registrars ({', '.join(recorded.registrars)}), and they are fixed for its "
            "life: deploy another pair under another record",
            what="wrong_registrars",
        )
    try:
        verify_deployment(chain, recorded)
    except ChainMismatchError as mismatch:
        head = chain.head().hash
        addresses = (recorded.issuer_registry, recorded.credential_registry)
        # A local chain that was killed can have lost its last blocks, and with them a contract just deployed.
        if mismatch.what != "wrong_code" or all(chain.code(address, block_hash=head) for address in addresses):
            raise
        return _Recorded(recorded, is_whole=False)
    return _Recorded(recorded, is_whole=True)


@dataclass(frozen=True, slots=True)
class _Placed:
    address: str
    code_hash: str
    block_number: int


class _Deployer:
    """Finds the operator's contracts by its nonces and sends what is missing."""

    def __init__(
        self, chain: Chain, operator: Account, pin: NetworkPin, deadline: float, others: frozenset[str]
    ) -> None:
        self._chain = chain
        self._operator = operator
        self._pin = pin
        self._deadline = deadline
        self._others = others

    def settle(self, interface: Interface, view: str, argument: Any, recorded: str | None) -> _Placed:
        """Return the contract whose `view` answers its constructor's `argument`, deploying it if there is none."""
        block_number = 0
        while True:
            nonce = self._chain.nonce(self._operator.address)
            candidates = (create_address(self._operator.address, used) for used in _candidates(nonce))
            addresses = [address for address in candidates if address not in self._others]
            placed = self._find(interface, [recorded] if recorded else addresses, view, argument)
            if placed is not None:
                return replace(placed, block_number=block_number)
            if recorded is not None and create_address(self._operator.address, nonce) != recorded:
                raise ChainMismatchError(
                    f"the recorded {interface.name} at {recorded} is not on the chain at {self._chain.address} and "
                    "cannot come back to that address: restore the chain, or move the record away to begin anew",
                    what="wrong_code",
                )
            block_number = self._send(interface, nonce, argument)

    def _find(self, interface: Interface, addresses: Sequence[str], view: str, argument: Any) -> _Placed | None:
        for left in reversed(range(_TRIES)):
            try:
                return self._find_at_head(interface, addresses, view, argument)
            except BadAnswerError:
                # Seen of anvil while it mined: code at an address, and nothing from it, both asked at one block.
                if not left:
                    raise
                time.sleep(_POLL)
        raise AssertionError("unreachable")

    def _find_at_head(self, interface: Interface, addresses: Sequence[str], view: str, argument: Any) -> _Placed | None:
        head = self._chain.head().hash
        answers = self._chain.batch([("eth_getCode", [address, at_block(head)]) for address in addresses])
        for address, answer in zip(addresses, answers, strict=True):
            code = data_of(granted(self._chain, answer))
            if not interface.is_code(code):
                continue
            data = self._chain.call(to=address, data=interface.call_data(view), block_hash=head)
            (found,) = interface.answer(view, data)
            found = address_of(found) if isinstance(found, str) else tuple(sorted(map(address_of, found)))
            if found == argument:
                return _Placed(address, "0x" + keccak256(code).hex(), 0)
        return None

    def _send(self, interface: Interface, nonce: int, argument: Any) -> int:
        """Deploy with this very nonce and return the block.

        Whichever such transaction is mined, this one or an earlier run's, its contract has one and the same address.
        """
        data = interface.constructor_data(argument)
        fees = self._chain.fees()
        gas = int(self._chain.estimate(sender=self._operator.address, to=None, data=data) * _GAS_MARGIN)
        price, funds = gas * fees.ceiling, self._chain.balance(self._operator.address)
        if funds < price:
            raise DeploymentError(
                f"the operator's account {self._operator.address} holds {funds} wei; deploying may cost {price}",
                balance=str(funds),
                needed=str(price),
            )
        signed = self._operator.sign(chain_id=self._pin.chain_id, nonce=nonce, gas=gas, fees=fees, to=None, data=data)
        self._chain.require_network(self._pin)
        outcome = self._chain.send_raw(signed.raw)
        while self._chain.nonce(self._operator.address) <= nonce:
            if time.monotonic() > self._deadline:
                said = f"; the node said: {outcome.text}" if outcome.text else ""
                raise DeploymentError(f"{interface.name} was sent ({signed.hash}) but is not mined yet{said}")
            time.sleep(_POLL)
        mined = self._chain.receipt(signed.hash)
        if mined is not None and not mined.ok:
            raise DeploymentError(f"the chain refused {interface.name} (transaction {mined.hash})")
        return mined.block_number if mined is not None else 0


def _candidates(nonce: int) -> list[int]:
    """Nonces at which the operator may have deployed: its first ones, and the last ones after a crash."""
    return sorted({*range(min(nonce, _FIRST_NONCES)), *range(max(0, nonce - _LAST_NONCES), nonce)})
