// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IIssuerRegistry} from "./IIssuerRegistry.sol";
import {IssuerHistory} from "./IssuerHistory.sol";
import {RelayedCalls} from "./RelayedCalls.sol";

/**
 * @title Keys of issuers and the time in which each is valid
 * @dev Invariants: a key's `from`, purpose and custody never change. Its `until` is never before `from`, never after
 * the block that set it, and moves only backwards; hence a retired key never returns. One account alone moves it to
 * at most 30 days before its block; further back takes the controller and a registrar that is another account,
 * agreeing on the very same time (a thief of the controller could else void all history in one call). Only
 * controllers add and retire keys.
 */
abstract contract IssuerKeys is IssuerHistory, RelayedCalls {
    struct Key {
        uint64 from; // 0: unknown
        uint64 until; // 0: not retired
        Purpose purpose;
        Custody custody;
    }

    struct RetirementRequest {
        address controller; // who asked: void once another has taken over
        uint64 asOf;
    }

    bytes32 private constant ADD_KEY = keccak256(
        "AddKey(bytes32 issuerId,bytes32 publicKey,uint8 purpose,uint8 custody,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant RETIRE_KEY =
        keccak256("RetireKey(bytes32 issuerId,bytes32 publicKey,uint64 asOf,uint256 nonce,uint256 deadline)");
    bytes32 private constant REQUEST_RETIREMENT =
        keccak256("RequestRetirement(bytes32 issuerId,bytes32 publicKey,uint64 asOf,uint256 nonce,uint256 deadline)");

    mapping(bytes32 issuerId => bytes32[]) private _publicKeys;
    mapping(bytes32 issuerId => mapping(bytes32 publicKey => Key)) internal _keys;
    mapping(bytes32 issuerId => mapping(bytes32 publicKey => RetirementRequest)) private _requests;

    modifier onlyController(bytes32 issuerId) {
        require(_issuers[issuerId].controller == msg.sender, NotController(issuerId, msg.sender));
        _;
    }

    /// @inheritdoc IIssuerRegistry
    function addKey(bytes32 issuerId, bytes32 publicKey, Purpose purpose, Custody custody)
        external
        onlyController(issuerId)
    {
        _addKey(issuerId, publicKey, purpose, custody);
    }

    /// @inheritdoc IIssuerRegistry
    function addKeyFor(
        bytes32 issuerId,
        bytes32 publicKey,
        Purpose purpose,
        Custody custody,
        uint256 deadline,
        bytes calldata signature
    ) external {
        uint256 nonce = _takeNonce(issuerId, deadline);
        bytes32 message = keccak256(abi.encode(ADD_KEY, issuerId, publicKey, purpose, custody, nonce, deadline));
        _requireControllerSigned(issuerId, nonce, message, signature);
        _addKey(issuerId, publicKey, purpose, custody);
    }

    /// @inheritdoc IIssuerRegistry
    function retireKey(bytes32 issuerId, bytes32 publicKey, uint64 asOf) external onlyController(issuerId) {
        _retireAlone(issuerId, publicKey, asOf);
    }

    /// @inheritdoc IIssuerRegistry
    function retireKeyFor(bytes32 issuerId, bytes32 publicKey, uint64 asOf, uint256 deadline, bytes calldata signature)
        external
    {
        uint256 nonce = _takeNonce(issuerId, deadline);
        bytes32 message = keccak256(abi.encode(RETIRE_KEY, issuerId, publicKey, asOf, nonce, deadline));
        _requireControllerSigned(issuerId, nonce, message, signature);
        _retireAlone(issuerId, publicKey, asOf);
    }

    /// @inheritdoc IIssuerRegistry
    function requestRetirement(bytes32 issuerId, bytes32 publicKey, uint64 asOf) external onlyController(issuerId) {
        _requestRetirement(issuerId, publicKey, asOf);
    }

    /// @inheritdoc IIssuerRegistry
    function requestRetirementFor(
        bytes32 issuerId,
        bytes32 publicKey,
        uint64 asOf,
        uint256 deadline,
        bytes calldata signature
    ) external {
        uint256 nonce = _takeNonce(issuerId, deadline);
        bytes32 message = keccak256(abi.encode(REQUEST_RETIREMENT, issuerId, publicKey, asOf, nonce, deadline));
        _requireControllerSigned(issuerId, nonce, message, signature);
        _requestRetirement(issuerId, publicKey, asOf);
    }

    /// @inheritdoc IIssuerRegistry
    function confirmRetirement(bytes32 issuerId, bytes32 publicKey, uint64 asOf) external onlyRegistrar {
        require(
            asOf != 0 && retirementRequest(issuerId, publicKey) == asOf,
            RetirementNotRequested(issuerId, publicKey, asOf)
        );
        require(msg.sender != _issuers[issuerId].controller, RegistrarIsController(msg.sender));
        delete _requests[issuerId][publicKey];
        _retire(issuerId, publicKey, asOf, msg.sender);
    }

    /// @inheritdoc IIssuerRegistry
    function key(bytes32 issuerId, bytes32 publicKey)
        external
        view
        returns (bool known, Purpose purpose, Custody custody, uint64 from, uint64 until)
    {
        Key storage record = _keys[issuerId][publicKey];
        return (record.from != 0, record.purpose, record.custody, record.from, record.until);
    }

    /// @inheritdoc IIssuerRegistry
    function keys(bytes32 issuerId) external view returns (bytes32[] memory) {
        return _publicKeys[issuerId];
    }

    /// @inheritdoc IIssuerRegistry
    function retirementRequest(bytes32 issuerId, bytes32 publicKey) public view returns (uint64 asOf) {
        RetirementRequest storage request = _requests[issuerId][publicKey];
        return request.controller == _issuers[issuerId].controller ? request.asOf : 0;
    }

    /// @dev Refuses a relayed call that the present controller has not signed.
    function _requireControllerSigned(bytes32 issuerId, uint256 nonce, bytes32 message, bytes calldata signature)
        internal
        view
    {
        require(_isSignedBy(_issuers[issuerId].controller, message, signature), BadSignature(issuerId, nonce));
    }

    function _addKey(bytes32 issuerId, bytes32 publicKey, Purpose purpose, Custody custody) private {
        require(publicKey != 0, BadPublicKey(issuerId, publicKey));
        require(_keys[issuerId][publicKey].from == 0, KeyAlreadyKnown(issuerId, publicKey));
        _keys[issuerId][publicKey] = Key(uint64(block.timestamp), 0, purpose, custody);
        _publicKeys[issuerId].push(publicKey);
        emit KeyAdded(issuerId, publicKey, purpose, custody);
    }

    function _retireAlone(bytes32 issuerId, bytes32 publicKey, uint64 asOf) private {
        uint64 earliest = _furthestBack();
        require(asOf >= earliest, RetirementNeedsRegistrar(asOf, earliest));
        _retire(issuerId, publicKey, asOf, address(0));
    }

    function _requestRetirement(bytes32 issuerId, bytes32 publicKey, uint64 asOf) private {
        _requireRetirable(issuerId, publicKey, asOf);
        address controller = _issuers[issuerId].controller;
        _requests[issuerId][publicKey] = RetirementRequest(controller, asOf);
        emit RetirementRequested(issuerId, publicKey, asOf, controller);
    }

    function _retire(bytes32 issuerId, bytes32 publicKey, uint64 asOf, address registrar) private {
        _requireRetirable(issuerId, publicKey, asOf);
        _keys[issuerId][publicKey].until = asOf;
        emit KeyRetired(issuerId, publicKey, asOf, registrar);
    }

    function _requireRetirable(bytes32 issuerId, bytes32 publicKey, uint64 asOf) private view {
        Key storage record = _keys[issuerId][publicKey];
        (uint64 from, uint64 until) = (record.from, record.until);
        require(from != 0, UnknownKey(issuerId, publicKey));
        bool past = asOf >= from && asOf <= block.timestamp;
        require(past && (until == 0 || asOf < until), RetirementOutOfRange(asOf, from, until));
    }
}
