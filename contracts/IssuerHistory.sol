// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Arrays} from "@openzeppelin/contracts/utils/Arrays.sol";

import {IIssuerRegistry} from "./IIssuerRegistry.sol";
import {TwoRegistrarProposals} from "./TwoRegistrarProposals.sol";

/**
 * @title Admission, names, kinds and suspensions of issuers as history in block time
 * @dev Invariants: a DID is admitted once and never removed. Histories of names and kinds only grow, at the end, with
 * the time of the block, so that an answer about the past never changes. Suspensions are disjoint and in order; only
 * the start of the open one can move, only backwards, and never to more than 30 days before the block that moves it.
 */
abstract contract IssuerHistory is TwoRegistrarProposals {
    /// @dev `names[i]` holds from `namedAt[i]` on, `kinds[i]` from `kindsSetAt[i]` on; times never decrease.
    struct Issuer {
        address controller;
        uint64 admittedAt; // 0: unknown
        bytes32 successor;
        string did;
        uint256[] namedAt;
        string[] names;
        uint256[] kindsSetAt;
        uint256[] kinds;
        uint256[] suspendedFrom;
        uint256[] reinstatedAt; // one shorter than suspendedFrom while suspended
    }

    /// @notice How far back one account alone can change what was valid.
    uint64 public constant FURTHEST_BACK = 30 days;

    /// @notice Longest DID in bytes.
    uint256 public constant LONGEST_DID = 512;

    /// @notice Longest name in bytes of UTF-8; bounded because `check` must always be able to answer it.
    uint256 public constant LONGEST_NAME = 1024;

    mapping(bytes32 issuerId => Issuer) internal _issuers;

    modifier onlyKnown(bytes32 issuerId) {
        require(_issuers[issuerId].admittedAt != 0, UnknownIssuer(issuerId));
        _;
    }

    /// @inheritdoc IIssuerRegistry
    function admit(string calldata did, address controller, string calldata name, uint256 kinds)
        external
        onlyRegistrar
        returns (bytes32 issuerId)
    {
        _requireLength(bytes(did).length, LONGEST_DID);
        issuerId = keccak256(bytes(did));
        Issuer storage record = _issuers[issuerId];
        require(record.admittedAt == 0, AlreadyAdmitted(issuerId));
        require(controller != address(0), BadController(issuerId, controller));
        record.admittedAt = uint64(block.timestamp);
        record.controller = controller;
        record.did = did;
        _setName(record, name);
        _setKinds(record, kinds);
        emit IssuerAdmitted(issuerId, controller, msg.sender, did, name, kinds);
    }

    /// @inheritdoc IIssuerRegistry
    function rename(bytes32 issuerId, string calldata name) external onlyRegistrar onlyKnown(issuerId) {
        _setName(_issuers[issuerId], name);
        emit IssuerRenamed(issuerId, msg.sender, name);
    }

    /// @inheritdoc IIssuerRegistry
    function setKinds(bytes32 issuerId, uint256 kinds) external onlyRegistrar onlyKnown(issuerId) {
        _setKinds(_issuers[issuerId], kinds);
        emit KindsSet(issuerId, msg.sender, kinds);
    }

    /// @inheritdoc IIssuerRegistry
    function suspend(bytes32 issuerId, uint64 asOf) external onlyRegistrar onlyKnown(issuerId) {
        Issuer storage record = _issuers[issuerId];
        uint256 ended = record.reinstatedAt.length;
        uint64 earliest = _furthestBack();
        if (earliest < record.admittedAt) earliest = record.admittedAt;
        if (ended != 0 && earliest < record.reinstatedAt[ended - 1]) earliest = uint64(record.reinstatedAt[ended - 1]);
        uint64 latest = uint64(block.timestamp);
        require(asOf >= earliest && asOf <= latest, SuspensionOutOfRange(asOf, earliest, latest));
        if (record.suspendedFrom.length > ended) {
            uint64 since = uint64(record.suspendedFrom[ended]);
            require(asOf < since, AlreadySuspended(issuerId, since));
            record.suspendedFrom[ended] = asOf;
        } else {
            record.suspendedFrom.push(asOf);
        }
        emit IssuerSuspended(issuerId, msg.sender, asOf);
    }

    /// @inheritdoc IIssuerRegistry
    function reinstate(bytes32 issuerId) external onlyRegistrar onlyKnown(issuerId) {
        Issuer storage record = _issuers[issuerId];
        uint256 ended = record.reinstatedAt.length;
        require(record.suspendedFrom.length > ended, NotSuspended(issuerId));
        record.reinstatedAt.push(block.timestamp);
        emit IssuerReinstated(issuerId, msg.sender, uint64(record.suspendedFrom[ended]));
    }

    /// @inheritdoc IIssuerRegistry
    function issuer(bytes32 issuerId)
        external
        view
        returns (
            bool known,
            string memory did,
            address controller,
            string memory name,
            uint256 kinds,
            uint64 admittedAt,
            bool suspended,
            bytes32 successor
        )
    {
        Issuer storage record = _issuers[issuerId];
        known = record.admittedAt != 0;
        did = record.did;
        controller = record.controller;
        name = nameAt(issuerId, uint64(block.timestamp));
        kinds = kindsAt(issuerId, uint64(block.timestamp));
        admittedAt = record.admittedAt;
        suspended = record.suspendedFrom.length > record.reinstatedAt.length;
        successor = record.successor;
    }

    /// @inheritdoc IIssuerRegistry
    function nameAt(bytes32 issuerId, uint64 time) public view returns (string memory) {
        Issuer storage record = _issuers[issuerId];
        uint256 begun = Arrays.upperBound(record.namedAt, time);
        return begun == 0 ? "" : record.names[begun - 1];
    }

    /// @inheritdoc IIssuerRegistry
    function kindsAt(bytes32 issuerId, uint64 time) public view returns (uint256) {
        Issuer storage record = _issuers[issuerId];
        uint256 begun = Arrays.upperBound(record.kindsSetAt, time);
        return begun == 0 ? 0 : record.kinds[begun - 1];
    }

    /// @inheritdoc IIssuerRegistry
    function admittedAtTime(bytes32 issuerId, uint64 time) public view returns (bool) {
        Issuer storage record = _issuers[issuerId];
        if (record.admittedAt == 0 || time < record.admittedAt) return false;
        uint256 begun = Arrays.upperBound(record.suspendedFrom, time);
        if (begun == 0) return true;
        if (begun > record.reinstatedAt.length) return false;
        return time >= record.reinstatedAt[begun - 1];
    }

    /// @dev The earliest time that one account alone may set, 0 on a chain younger than that.
    function _furthestBack() internal view returns (uint64) {
        return block.timestamp < FURTHEST_BACK ? 0 : uint64(block.timestamp) - FURTHEST_BACK;
    }

    function _setName(Issuer storage record, string calldata name) private {
        _requireLength(bytes(name).length, LONGEST_NAME);
        record.namedAt.push(block.timestamp);
        record.names.push(name);
    }

    function _setKinds(Issuer storage record, uint256 kinds) private {
        record.kindsSetAt.push(block.timestamp);
        record.kinds.push(kinds);
    }

    function _requireLength(uint256 length, uint256 limit) private pure {
        require(length != 0 && length <= limit, BadText(length, limit));
    }
}
