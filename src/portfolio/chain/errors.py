"""What can go wrong between us and a chain. None of these says that a transaction failed or a credential is bad."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portfolio.errors import PortfolioError, UnavailableError


@dataclass(frozen=True, slots=True)
class RpcRefusal:
    """The error object of one JSON-RPC answer, for people; never a reason to decide what happened on the chain."""

    code: int
    message: str
    data: Any = None

    def __str__(self) -> str:
        return f"{self.message} ({self.code})"


class UnreachableError(UnavailableError):
    """The node gave no usable answer: says nothing about the chain. `retry_after` is the node's wish in seconds."""

    code = "chain_unreachable"

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class BadAnswerError(UnreachableError):
    """The node answered something that is not what JSON-RPC or the contract's interface promises."""

    code = "chain_bad_answer"


class BatchRefusedError(BadAnswerError):
    """The node does not take several requests at once; ask them one by one."""


class NodeRefusedError(UnavailableError):
    """The node understood and refused (an unknown block, a range too large); nothing follows about the chain."""

    code = "chain_refused"

    def __init__(self, message: str, refusal: RpcRefusal) -> None:
        super().__init__(message)
        self.refusal = refusal


class ChainMismatchError(UnavailableError):
    """The node runs another chain, or holds other contracts, than the ones recorded; `what` names the difference.

    `what` is one of wrong_chain, wrong_genesis, wrong_code, wrong_registrars, wrong_checkpoint.
    """

    code = "chain_mismatch"

    def __init__(self, message: str, *, what: str) -> None:
        super().__init__(message, what=what)
        self.what = what


class RevertedError(PortfolioError):
    """A call or an estimate was run and the contract said no; `revert` is its encoded error, often empty."""

    status = 409
    code = "chain_reverted"

    def __init__(self, message: str, revert: bytes) -> None:
        super().__init__(message)
        self.revert = revert


class NodeAddressError(PortfolioError):
    """The configured address is no http or https URL."""

    code = "chain_bad_address"


class KeyProblemError(PortfolioError):
    """A private key of an account that is none, or that must not be used here."""

    code = "chain_key"


class LocalChainError(PortfolioError):
    """The local chain cannot start or go on; the sentence says what to do."""

    status = 503
    code = "local_chain"
