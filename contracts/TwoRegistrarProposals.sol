// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IIssuerRegistry} from "./IIssuerRegistry.sol";

/**
 * @title The registrars, and what two of them do together
 * @dev Invariants: the set of registrars never changes and has at least two members. For each issuer and sort of
 * change at most one proposal stands. Nothing is carried out that two different registrars have not agreed to, word
 * for word, at least seven days before, with an event when those days began; any registrar could cancel it until
 * then, nobody else ever. What was not carried out within 30 days after is void, so that no forgotten agreement waits
 * for a thief.
 */
abstract contract TwoRegistrarProposals is IIssuerRegistry {
    struct Proposal {
        bytes32 subject;
        address proposer;
        address confirmer;
        uint64 executableAt;
    }

    /// @notice Public days between the second registrar's agreement and execution.
    uint64 public constant NOTICE = 7 days;

    /// @notice Time in which a change that has become executable must be carried out.
    uint64 public constant EXECUTION_WINDOW = 30 days;

    address[] private _registrars;

    /// @inheritdoc IIssuerRegistry
    mapping(address account => bool) public isRegistrar;

    mapping(bytes32 issuerId => mapping(Change change => Proposal)) private _proposals;

    modifier onlyRegistrar() {
        require(isRegistrar[msg.sender], NotRegistrar(msg.sender));
        _;
    }

    /// @param accounts at least two different accounts, none zero; wallets of several owners are welcome
    constructor(address[] memory accounts) {
        require(accounts.length >= 2, TooFewRegistrars(accounts.length));
        for (uint256 i = 0; i < accounts.length; ++i) {
            address account = accounts[i];
            require(account != address(0) && !isRegistrar[account], BadRegistrar(account));
            isRegistrar[account] = true;
            _registrars.push(account);
        }
    }

    /// @inheritdoc IIssuerRegistry
    function confirmChange(bytes32 issuerId, Change change, bytes32 subject) external onlyRegistrar {
        Proposal storage proposed = _proposals[issuerId][change];
        bool open = proposed.proposer != address(0) && proposed.confirmer == address(0);
        require(open && proposed.subject == subject, NothingToConfirm(issuerId, change, subject));
        require(proposed.proposer != msg.sender, SameRegistrar(msg.sender));
        uint64 executableAt = uint64(block.timestamp) + NOTICE;
        proposed.confirmer = msg.sender;
        proposed.executableAt = executableAt;
        emit ChangeConfirmed(issuerId, change, subject, msg.sender, executableAt);
    }

    /// @inheritdoc IIssuerRegistry
    function cancelChange(bytes32 issuerId, Change change) external onlyRegistrar {
        Proposal storage proposed = _proposals[issuerId][change];
        require(proposed.proposer != address(0), NothingProposed(issuerId, change));
        emit ChangeCancelled(issuerId, change, proposed.subject, msg.sender);
        delete _proposals[issuerId][change];
    }

    /// @inheritdoc IIssuerRegistry
    function executeChange(bytes32 issuerId, Change change) external onlyRegistrar {
        Proposal storage proposed = _proposals[issuerId][change];
        require(proposed.proposer != address(0), NothingProposed(issuerId, change));
        (bytes32 subject, uint64 executableAt) = (proposed.subject, proposed.executableAt);
        bool begun = executableAt != 0 && block.timestamp >= executableAt;
        bool due = begun && block.timestamp < executableAt + EXECUTION_WINDOW;
        require(due, NotExecutable(issuerId, change, executableAt));
        delete _proposals[issuerId][change];
        emit ChangeExecuted(issuerId, change, subject, msg.sender);
        if (change == Change.CONTROLLER) _replaceController(issuerId, address(uint160(uint256(subject))));
        else _setSuccessor(issuerId, subject);
    }

    /// @inheritdoc IIssuerRegistry
    function registrars() external view returns (address[] memory) {
        return _registrars;
    }

    /// @inheritdoc IIssuerRegistry
    function proposal(bytes32 issuerId, Change change)
        external
        view
        returns (bytes32 subject, address proposer, address confirmer, uint64 executableAt)
    {
        Proposal storage proposed = _proposals[issuerId][change];
        return (proposed.subject, proposed.proposer, proposed.confirmer, proposed.executableAt);
    }

    /// @dev Records the first registrar's proposal; the heir has checked registrar, issuer and subject.
    function _propose(bytes32 issuerId, Change change, bytes32 subject) internal {
        Proposal storage proposed = _proposals[issuerId][change];
        require(proposed.proposer == address(0), ChangePending(issuerId, change));
        proposed.subject = subject;
        proposed.proposer = msg.sender;
        emit ChangeProposed(issuerId, change, subject, msg.sender);
    }

    /// @dev Carries a change of controller out.
    function _replaceController(bytes32 issuerId, address controller) internal virtual;

    /// @dev Carries the naming of a successor out.
    function _setSuccessor(bytes32 issuerId, bytes32 successor) internal virtual;
}
