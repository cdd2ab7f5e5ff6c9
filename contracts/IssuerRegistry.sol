// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {IIssuerRegistry} from "./IIssuerRegistry.sol";
import {IssuerKeys} from "./IssuerKeys.sol";
import {TwoRegistrarProposals} from "./TwoRegistrarProposals.sol";

/**
 * @title Who is an issuer of which kinds, under which name, with which keys, at which time
 * @dev Invariants, beside those of the contracts it is made of:
 *
 * - What was true of a time more than 30 days back is never changed by one account alone, whoever it is.
 * - A controller changes only through two registrars and seven public days; the present one cannot stop it.
 * - A successor is another issuer. Its controller may revoke and nothing else, and its own successor gains nothing.
 * - Registrars cannot add or retire keys by themselves; controllers cannot touch admission, names, kinds,
 *   suspensions.
 * - There is no owner, no upgrade and no way to remove anything.
 */
contract IssuerRegistry is IssuerKeys {
    bytes32 private constant NAME_SUCCESSOR =
        keccak256("NameSuccessor(bytes32 issuerId,bytes32 successor,uint256 nonce,uint256 deadline)");

    /// @param accounts the registrars, for the life of the registry: at least two different ones, none zero
    constructor(address[] memory accounts) TwoRegistrarProposals(accounts) EIP712("PortfolioIssuerRegistry", "1") {}

    /// @inheritdoc IIssuerRegistry
    function proposeController(bytes32 issuerId, address controller) external onlyRegistrar onlyKnown(issuerId) {
        bool another = controller != address(0) && controller != _issuers[issuerId].controller;
        require(another, BadController(issuerId, controller));
        _propose(issuerId, Change.CONTROLLER, bytes32(uint256(uint160(controller))));
    }

    /// @inheritdoc IIssuerRegistry
    function proposeSuccessor(bytes32 issuerId, bytes32 successor) external onlyRegistrar onlyKnown(issuerId) {
        _requireSuccessor(issuerId, successor);
        _propose(issuerId, Change.SUCCESSOR, successor);
    }

    /// @inheritdoc IIssuerRegistry
    function nameSuccessor(bytes32 issuerId, bytes32 successor) external onlyController(issuerId) {
        _requireSuccessor(issuerId, successor);
        _setSuccessor(issuerId, successor);
    }

    /// @inheritdoc IIssuerRegistry
    function nameSuccessorFor(bytes32 issuerId, bytes32 successor, uint256 deadline, bytes calldata signature)
        external
    {
        uint256 nonce = _takeNonce(issuerId, deadline);
        bytes32 message = keccak256(abi.encode(NAME_SUCCESSOR, issuerId, successor, nonce, deadline));
        _requireControllerSigned(issuerId, nonce, message, signature);
        _requireSuccessor(issuerId, successor);
        _setSuccessor(issuerId, successor);
    }

    /// @inheritdoc IIssuerRegistry
    function canRevoke(bytes32 issuerId, address account) external view returns (bool) {
        (address controller, address successorController) = revokers(issuerId);
        return account != address(0) && (account == controller || account == successorController);
    }

    /// @inheritdoc IIssuerRegistry
    function standing(bytes32 issuerId, bytes32 publicKey, uint64 time) external view returns (Standing memory answer) {
        answer.known = _issuers[issuerId].admittedAt != 0;
        answer.admitted = admittedAtTime(issuerId, time);
        answer.kinds = kindsAt(issuerId, time);
        answer.nameAtTime = nameAt(issuerId, time);
        answer.nameNow = nameAt(issuerId, uint64(block.timestamp));
        Key memory record = _keys[issuerId][publicKey];
        answer.keyKnown = record.from != 0;
        bool within = answer.keyKnown && time >= record.from && (record.until == 0 || time < record.until);
        answer.keyValid = within && record.purpose == Purpose.CREDENTIAL;
        answer.custody = record.custody;
        answer.keyFrom = record.from;
        answer.keyUntil = record.until;
    }

    /// @inheritdoc IIssuerRegistry
    function revokers(bytes32 issuerId) public view returns (address controller, address successorController) {
        Issuer storage record = _issuers[issuerId];
        return (record.controller, _issuers[record.successor].controller);
    }

    function _replaceController(bytes32 issuerId, address controller) internal override {
        emit ControllerReplaced(issuerId, _issuers[issuerId].controller, controller);
        _issuers[issuerId].controller = controller;
    }

    function _setSuccessor(bytes32 issuerId, bytes32 successor) internal override {
        _issuers[issuerId].successor = successor;
        emit SuccessorNamed(issuerId, successor);
    }

    function _requireSuccessor(bytes32 issuerId, bytes32 successor) private view {
        bool another = successor != issuerId && successor != _issuers[issuerId].successor;
        require(another && _issuers[successor].admittedAt != 0, BadSuccessor(issuerId, successor));
    }
}
