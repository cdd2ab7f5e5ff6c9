// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";

import {ICredentialRegistry} from "./ICredentialRegistry.sol";
import {IIssuerRegistry} from "./IIssuerRegistry.sol";
import {RelayedCalls} from "./RelayedCalls.sol";

/**
 * @title When a credential was registered, and whether it is revoked
 * @dev Invariants:
 *
 * - A root's block is set once, by the first anchoring, to that block, and never changes.
 * - A revocation is set once, at the time of its block, by who may revoke for that issuer then, and is never undone.
 * - A node of a tree never passes for a leaf: a leaf is the hash of a hash of 32 bytes, a node the hash of 64 bytes.
 * - `check` never reverts, and its answers about issuer and key are those at the anchor's time whenever the proof
 *   holds.
 * - There is no owner, no upgrade and no way to remove anything.
 */
contract CredentialRegistry is ICredentialRegistry, RelayedCalls {
    struct Anchor {
        uint64 blockNumber;
        uint64 blockTime; // 0: unknown
    }

    struct Revocation {
        uint64 revokedAt; // 0: not revoked
        Reason reason;
    }

    /// @notice Longest proof that can be valid; enough for 2^64 leaves.
    uint256 public constant LONGEST_PROOF = 64;

    bytes32 private constant REVOKE =
        keccak256("Revoke(bytes32 issuerId,bytes32[] digests,uint8 reason,uint256 nonce,uint256 deadline)");

    /// @inheritdoc ICredentialRegistry
    IIssuerRegistry public immutable issuerRegistry;

    mapping(bytes32 root => Anchor) private _anchors;
    mapping(bytes32 issuerId => mapping(bytes32 digest => Revocation)) private _revocations;

    /// @param registry the issuer registry of this pair, already deployed
    constructor(IIssuerRegistry registry) EIP712("PortfolioCredentialRegistry", "1") {
        require(address(registry).code.length != 0, BadIssuerRegistry(address(registry)));
        issuerRegistry = registry;
    }

    /// @inheritdoc ICredentialRegistry
    function anchor(bytes32 root) external {
        require(root != 0, BadRoot(root));
        Anchor memory known = _anchors[root];
        require(known.blockTime == 0, AlreadyAnchored(root, known.blockNumber, known.blockTime));
        (uint64 blockNumber, uint64 blockTime) = (uint64(block.number), uint64(block.timestamp));
        _anchors[root] = Anchor(blockNumber, blockTime);
        emit Anchored(root, msg.sender, blockNumber, blockTime);
    }

    /// @inheritdoc ICredentialRegistry
    function revoke(bytes32 issuerId, bytes32[] calldata digests, Reason reason) external {
        require(issuerRegistry.canRevoke(issuerId, msg.sender), NotRevoker(issuerId, msg.sender));
        _revoke(issuerId, digests, reason);
    }

    /// @inheritdoc ICredentialRegistry
    function revokeFor(
        bytes32 issuerId,
        bytes32[] calldata digests,
        Reason reason,
        uint256 deadline,
        bytes calldata signature
    ) external {
        uint256 nonce = _takeNonce(issuerId, deadline);
        bytes32 list = keccak256(abi.encodePacked(digests));
        bytes32 message = keccak256(abi.encode(REVOKE, issuerId, list, reason, nonce, deadline));
        require(_isSignedByRevoker(issuerId, message, signature), BadSignature(issuerId, nonce));
        _revoke(issuerId, digests, reason);
    }

    /// @inheritdoc ICredentialRegistry
    function check(bytes32 issuerId, bytes32 publicKey, bytes32 digest, bytes32 root, bytes32[] calldata proof)
        external
        view
        returns (CheckResult memory result)
    {
        result.blockNumber = uint64(block.number);
        result.blockTime = uint64(block.timestamp);
        _checkAnchor(result, digest, root, proof);
        _checkStanding(result, issuerId, publicKey);
        (result.revoked, result.reason, result.revokedAt) = revocationOf(issuerId, digest);
    }

    /// @inheritdoc ICredentialRegistry
    function anchorOf(bytes32 root) external view returns (uint64 blockNumber, uint64 blockTime) {
        Anchor memory known = _anchors[root];
        return (known.blockNumber, known.blockTime);
    }

    /// @inheritdoc ICredentialRegistry
    function revocationOf(bytes32 issuerId, bytes32 digest)
        public
        view
        returns (bool revoked, Reason reason, uint64 revokedAt)
    {
        Revocation memory known = _revocations[issuerId][digest];
        return (known.revokedAt != 0, known.reason, known.revokedAt);
    }

    function _revoke(bytes32 issuerId, bytes32[] calldata digests, Reason reason) private {
        uint64 revokedAt = uint64(block.timestamp);
        mapping(bytes32 digest => Revocation) storage revocations = _revocations[issuerId];
        for (uint256 i = 0; i < digests.length; ++i) {
            bytes32 digest = digests[i];
            if (revocations[digest].revokedAt != 0) continue; // the first reason and time stand
            revocations[digest] = Revocation(revokedAt, reason);
            emit Revoked(issuerId, digest, reason, revokedAt);
        }
    }

    function _isSignedByRevoker(bytes32 issuerId, bytes32 message, bytes calldata signature)
        private
        view
        returns (bool)
    {
        (address controller, address successorController) = issuerRegistry.revokers(issuerId);
        return _isSignedBy(controller, message, signature) || _isSignedBy(successorController, message, signature);
    }

    /// @dev Fills in what is known of the anchor, and the time that the other answers refer to.
    function _checkAnchor(CheckResult memory result, bytes32 digest, bytes32 root, bytes32[] calldata proof)
        private
        view
    {
        Anchor memory known = _anchors[root];
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(digest))));
        result.proofValid = proof.length <= LONGEST_PROOF && MerkleProof.verifyCalldata(proof, root, leaf);
        result.anchored = known.blockTime != 0;
        result.anchorBlock = known.blockNumber;
        result.anchorTime = known.blockTime;
        result.asOf = result.proofValid && result.anchored ? known.blockTime : result.blockTime;
    }

    /// @dev Fills in what the issuer registry says of issuer and key at `result.asOf`.
    function _checkStanding(CheckResult memory result, bytes32 issuerId, bytes32 publicKey) private view {
        IIssuerRegistry.Standing memory standing = issuerRegistry.standing(issuerId, publicKey, result.asOf);
        result.issuerKnown = standing.known;
        result.issuerAdmitted = standing.admitted;
        result.kinds = standing.kinds;
        result.nameAtTime = standing.nameAtTime;
        result.nameNow = standing.nameNow;
        result.keyKnown = standing.keyKnown;
        result.keyValid = standing.keyValid;
        result.custody = standing.custody;
        result.keyFrom = standing.keyFrom;
        result.keyUntil = standing.keyUntil;
    }
}
