// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IIssuerRegistry} from "./IIssuerRegistry.sol";
import {IRelayedCalls} from "./IRelayedCalls.sol";

/**
 * @title When a credential was registered, and whether it is revoked
 * @notice Holds roots of Merkle trees over credential digests, and revocations. Nothing on chain tells anything about
 * a person.
 *
 * A tree is OpenZeppelin's standard tree over `bytes32` digests: a leaf is keccak256(keccak256(digest)), pairs are
 * sorted; at most 64 steps. Relayed revocation takes an EIP-712 signature, domain name "PortfolioCredentialRegistry",
 * version "1", over
 *
 * - `Revoke(bytes32 issuerId,bytes32[] digests,uint8 reason,uint256 nonce,uint256 deadline)`
 */
interface ICredentialRegistry is IRelayedCalls {
    /// @notice Why a credential was revoked.
    enum Reason {
        UNSPECIFIED,
        ISSUED_IN_ERROR,
        SUPERSEDED,
        HOLDER_REQUEST,
        FRAUD,
        KEY_COMPROMISE,
        WITHDRAWN
    }

    /**
     * @notice All that a verifier needs about one credential and one receipt, as of the block of the call.
     * @param proofValid the proof leads from the digest to the root in at most 64 steps
     * @param anchored the root is known here, whether or not the proof is valid
     * @param anchorBlock number of the block in which the root was first anchored, 0 when unknown
     * @param anchorTime time of that block, 0 when unknown
     * @param asOf the time that the answers about issuer and key refer to: `anchorTime` when the proof is valid and
     * the root known, else the time of the block of the call
     * @param issuerKnown the issuer was admitted at some time
     * @param issuerAdmitted at `asOf` it was admitted and not suspended
     * @param kinds mask of the kinds that it could issue at `asOf`
     * @param nameAtTime its name at `asOf`
     * @param nameNow its name now
     * @param keyKnown the issuer added this key at some time
     * @param keyValid at `asOf` the key was valid and of purpose CREDENTIAL
     * @param custody who holds the private key
     * @param keyFrom block time from which the key is valid, 0 when unknown
     * @param keyUntil block time at which it stopped being valid, 0 when it is not retired
     * @param revoked the issuer, or its successor, revoked the digest
     * @param reason why
     * @param revokedAt block time of the revocation, 0 when not revoked
     * @param blockNumber number of the block of the call
     * @param blockTime its time
     */
    struct CheckResult {
        bool proofValid;
        bool anchored;
        uint64 anchorBlock;
        uint64 anchorTime;
        uint64 asOf;
        bool issuerKnown;
        bool issuerAdmitted;
        uint256 kinds;
        string nameAtTime;
        string nameNow;
        bool keyKnown;
        bool keyValid;
        IIssuerRegistry.Custody custody;
        uint64 keyFrom;
        uint64 keyUntil;
        bool revoked;
        Reason reason;
        uint64 revokedAt;
        uint64 blockNumber;
        uint64 blockTime;
    }

    /// @notice Somebody anchored a root for the first time.
    event Anchored(bytes32 indexed root, address indexed sender, uint64 blockNumber, uint64 blockTime);

    /// @notice A digest is revoked for an issuer from now on.
    event Revoked(bytes32 indexed issuerId, bytes32 indexed digest, Reason reason, uint64 revokedAt);

    /// @notice The root is anchored already, since that block. For a worker that sends again this is success.
    error AlreadyAnchored(bytes32 root, uint64 blockNumber, uint64 blockTime);

    /// @notice The root is zero.
    error BadRoot(bytes32 root);

    /// @notice The account may not revoke for the issuer, or the issuer is unknown.
    error NotRevoker(bytes32 issuerId, address account);

    /// @notice The address given for the issuer registry holds no code.
    error BadIssuerRegistry(address registry);

    /**
     * @notice Anchor the root of a tree. Anybody may; the first time stands.
     * @param root not zero, new here
     */
    function anchor(bytes32 root) external;

    /**
     * @notice Revoke credentials of an issuer. Its controller or its successor's, also while it is suspended, also
     * before the digests are anchored. A digest that is revoked already keeps its first reason and time and is
     * skipped.
     * @param digests credential digests (not roots, not leaf hashes)
     */
    function revoke(bytes32 issuerId, bytes32[] calldata digests, Reason reason) external;

    /// @notice Relayed form of `revoke`.
    function revokeFor(
        bytes32 issuerId,
        bytes32[] calldata digests,
        Reason reason,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /// @notice The registry that says who is an issuer, fixed for the life of the pair.
    function issuerRegistry() external view returns (IIssuerRegistry);

    /// @notice Block in which a root was first anchored; zeros when it is unknown.
    function anchorOf(bytes32 root) external view returns (uint64 blockNumber, uint64 blockTime);

    /// @notice Whether an issuer revoked a digest, why and when (block time, 0 when not revoked).
    function revocationOf(bytes32 issuerId, bytes32 digest)
        external
        view
        returns (bool revoked, Reason reason, uint64 revokedAt);

    /**
     * @notice Everything about one credential in one call. Never reverts: whatever is bad, absent or over-long is
     * `false` or zero in its field, so that a revert or an empty answer always means that the node is at fault.
     * @param issuerId keccak256 of the issuer's DID
     * @param publicKey the Ed25519 key that signed
     * @param digest the credential's digest
     * @param root the root that a receipt names, zero for no receipt
     * @param proof sibling hashes from leaf to root
     */
    function check(bytes32 issuerId, bytes32 publicKey, bytes32 digest, bytes32 root, bytes32[] calldata proof)
        external
        view
        returns (CheckResult memory);
}
