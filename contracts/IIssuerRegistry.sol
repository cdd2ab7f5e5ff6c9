// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IRelayedCalls} from "./IRelayedCalls.sol";

/**
 * @title Who is an issuer of which kinds, under which name, with which keys, at which time
 * @notice An issuer is an organisation that signs credentials off chain with Ed25519 keys. Registrars admit it; a
 * controller account that it holds looks after its keys. Everything that a verdict depends on is kept as history in
 * block time.
 *
 * Times are Unix seconds of blocks; every interval is half-open, [from, until). `issuerId` is keccak256 of the exact
 * UTF-8 bytes of the issuer's DID. `kinds` is a mask with one bit per credential kind; the bits are given out by the
 * application and never reused.
 *
 * Relayed forms (`...For`) take an EIP-712 signature by the controller of the moment of execution, domain name
 * "PortfolioIssuerRegistry", version "1", over one of
 *
 * - `AddKey(bytes32 issuerId,bytes32 publicKey,uint8 purpose,uint8 custody,uint256 nonce,uint256 deadline)`
 * - `RetireKey(bytes32 issuerId,bytes32 publicKey,uint64 asOf,uint256 nonce,uint256 deadline)`
 * - `RequestRetirement(bytes32 issuerId,bytes32 publicKey,uint64 asOf,uint256 nonce,uint256 deadline)`
 * - `NameSuccessor(bytes32 issuerId,bytes32 successor,uint256 nonce,uint256 deadline)`
 */
interface IIssuerRegistry is IRelayedCalls {
    /// @notice What a key may sign: credentials, or the status lists that foreign verifiers read.
    enum Purpose {
        CREDENTIAL,
        STATUS
    }

    /// @notice Who holds the private key: the issuer itself, or a service on its behalf. Fixed for the life of a key.
    enum Custody {
        OWN,
        HOSTED
    }

    /// @notice What two registrars together may change after seven public days.
    enum Change {
        CONTROLLER,
        SUCCESSOR
    }

    /**
     * @notice Everything about an issuer and one of its keys at one moment, for `ICredentialRegistry.check`.
     * @param known the issuer was admitted at some time up to the block of the call
     * @param admitted at the moment asked about it was admitted and not suspended
     * @param kinds mask at the moment asked about, 0 before admission
     * @param nameAtTime name at the moment asked about, empty before admission
     * @param nameNow name at the block of the call
     * @param keyKnown the key was added by this issuer at some time up to the block of the call
     * @param keyValid at the moment asked about the key was valid and of purpose CREDENTIAL
     * @param custody who holds the private key
     * @param keyFrom block time from which the key is valid, 0 when unknown
     * @param keyUntil block time at which it stopped being valid, 0 when it is not retired
     */
    struct Standing {
        bool known;
        bool admitted;
        uint256 kinds;
        string nameAtTime;
        string nameNow;
        bool keyKnown;
        bool keyValid;
        Custody custody;
        uint64 keyFrom;
        uint64 keyUntil;
    }

    /// @notice A registrar admitted an issuer.
    event IssuerAdmitted(
        bytes32 indexed issuerId,
        address indexed controller,
        address indexed registrar,
        string did,
        string name,
        uint256 kinds
    );

    /// @notice A registrar gave an issuer another name, from this block on.
    event IssuerRenamed(bytes32 indexed issuerId, address indexed registrar, string name);

    /// @notice A registrar set the kinds an issuer may issue, from this block on.
    event KindsSet(bytes32 indexed issuerId, address indexed registrar, uint256 kinds);

    /// @notice A registrar suspended an issuer as of a time at most 30 days back.
    event IssuerSuspended(bytes32 indexed issuerId, address indexed registrar, uint64 asOf);

    /// @notice A registrar ended a suspension that had begun at `suspendedFrom`.
    event IssuerReinstated(bytes32 indexed issuerId, address indexed registrar, uint64 suspendedFrom);

    /// @notice A key became valid for an issuer, from this block on.
    event KeyAdded(bytes32 indexed issuerId, bytes32 indexed publicKey, Purpose purpose, Custody custody);

    /// @notice A key stopped being valid as of `asOf`. `registrar` is zero unless it was more than 30 days back.
    event KeyRetired(bytes32 indexed issuerId, bytes32 indexed publicKey, uint64 asOf, address indexed registrar);

    /// @notice A controller asks a registrar to confirm a retirement more than 30 days back.
    event RetirementRequested(
        bytes32 indexed issuerId, bytes32 indexed publicKey, uint64 asOf, address indexed controller
    );

    /// @notice An issuer has a legal successor, whose controller may revoke for it from now on.
    event SuccessorNamed(bytes32 indexed issuerId, bytes32 indexed successor);

    /// @notice Two registrars replaced an issuer's controller.
    event ControllerReplaced(bytes32 indexed issuerId, address indexed previous, address indexed controller);

    /// @notice A first registrar proposes a change. `subject` is the new controller (left-padded to 32 bytes) or the
    /// successor's issuerId.
    event ChangeProposed(bytes32 indexed issuerId, Change indexed change, bytes32 subject, address indexed registrar);

    /// @notice A second registrar agreed: the seven public days start, and end at `executableAt`.
    event ChangeConfirmed(
        bytes32 indexed issuerId, Change indexed change, bytes32 subject, address indexed registrar, uint64 executableAt
    );

    /// @notice A registrar called a proposed change off.
    event ChangeCancelled(bytes32 indexed issuerId, Change indexed change, bytes32 subject, address indexed registrar);

    /// @notice A registrar carried a proposed change out.
    event ChangeExecuted(bytes32 indexed issuerId, Change indexed change, bytes32 subject, address indexed registrar);

    /// @notice A pair needs at least two registrars; `count` were given.
    error TooFewRegistrars(uint256 count);

    /// @notice A registrar is the zero address or was given twice.
    error BadRegistrar(address registrar);

    /// @notice Only a registrar may do this.
    error NotRegistrar(address account);

    /// @notice Only the controller of the issuer may do this.
    error NotController(bytes32 issuerId, address account);

    /// @notice No issuer of this id was ever admitted.
    error UnknownIssuer(bytes32 issuerId);

    /// @notice This DID is admitted already; a DID is admitted once.
    error AlreadyAdmitted(bytes32 issuerId);

    /// @notice A DID or name is empty or longer than `limit` bytes of UTF-8.
    error BadText(uint256 length, uint256 limit);

    /// @notice A controller is the zero address or the one that the issuer has already.
    error BadController(bytes32 issuerId, address controller);

    /// @notice A successor is not a known issuer, is the issuer itself, or is named already.
    error BadSuccessor(bytes32 issuerId, bytes32 successor);

    /// @notice `asOf` lies outside [earliest, latest].
    error SuspensionOutOfRange(uint64 asOf, uint64 earliest, uint64 latest);

    /// @notice The issuer is suspended since `since`; only an earlier time could be set.
    error AlreadySuspended(bytes32 issuerId, uint64 since);

    /// @notice The issuer is not suspended.
    error NotSuspended(bytes32 issuerId);

    /// @notice The public key is zero.
    error BadPublicKey(bytes32 issuerId, bytes32 publicKey);

    /// @notice The issuer has, or had, this key; a retired key never returns.
    error KeyAlreadyKnown(bytes32 issuerId, bytes32 publicKey);

    /// @notice The issuer never had this key.
    error UnknownKey(bytes32 issuerId, bytes32 publicKey);

    /// @notice `asOf` is before the key's `from`, after now, or not earlier than its present `until` (0: not
    /// retired).
    error RetirementOutOfRange(uint64 asOf, uint64 from, uint64 until);

    /// @notice `asOf` is more than 30 days back: a controller alone may go back to `earliestAlone`.
    error RetirementNeedsRegistrar(uint64 asOf, uint64 earliestAlone);

    /// @notice The present controller has not asked for just this retirement.
    error RetirementNotRequested(bytes32 issuerId, bytes32 publicKey, uint64 asOf);

    /// @notice Controller and confirming registrar are one account.
    error RegistrarIsController(address account);

    /// @notice A change of this sort is proposed already; cancel it first.
    error ChangePending(bytes32 issuerId, Change change);

    /// @notice No such change is proposed, or it is confirmed already, or its subject is another.
    error NothingToConfirm(bytes32 issuerId, Change change, bytes32 subject);

    /// @notice No change of this sort is proposed.
    error NothingProposed(bytes32 issuerId, Change change);

    /// @notice The registrar who proposed cannot be the second one.
    error SameRegistrar(address registrar);

    /// @notice No second registrar has agreed yet (`executableAt` 0), or the seven days are not over, or the 30 days
    /// after them are.
    error NotExecutable(bytes32 issuerId, Change change, uint64 executableAt);

    // ------------------------------------------------------------------------------------------------ registrars

    /**
     * @notice Admit an issuer from this block on. Only a registrar; once per DID.
     * @param did the DID exactly as it will stand in credentials, 1 to 512 bytes
     * @param controller the account that looks after the issuer's keys, not zero
     * @param name what verifiers are shown, 1 to 1024 bytes of UTF-8
     * @param kinds mask of the kinds that it may issue, may be 0
     * @return issuerId keccak256 of the DID's bytes
     */
    function admit(string calldata did, address controller, string calldata name, uint256 kinds)
        external
        returns (bytes32 issuerId);

    /// @notice Give the issuer another name from this block on. Only a registrar.
    function rename(bytes32 issuerId, string calldata name) external;

    /// @notice Set the kinds that the issuer may issue from this block on. Only a registrar.
    function setKinds(bytes32 issuerId, uint256 kinds) external;

    /**
     * @notice Suspend the issuer as of a time at most 30 days back, not before its admission or last reinstatement.
     * Only a registrar. An issuer that is suspended already can only be suspended as of an earlier time, within the
     * same bounds.
     */
    function suspend(bytes32 issuerId, uint64 asOf) external;

    /// @notice End the suspension from this block on. Only a registrar.
    function reinstate(bytes32 issuerId) external;

    /// @notice Second half of a retirement more than 30 days back. Only a registrar that is not the controller.
    function confirmRetirement(bytes32 issuerId, bytes32 publicKey, uint64 asOf) external;

    /// @notice Propose another controller for one lost or stolen. Only a registrar.
    function proposeController(bytes32 issuerId, address controller) external;

    /// @notice Propose a legal successor where the controller cannot name one. Only a registrar.
    function proposeSuccessor(bytes32 issuerId, bytes32 successor) external;

    /**
     * @notice Agree to a proposed change; the seven public days start. Only a registrar other than the proposer.
     * @param subject the new controller (left-padded to 32 bytes) or the successor's issuerId, so that nobody
     * confirms something else
     */
    function confirmChange(bytes32 issuerId, Change change, bytes32 subject) external;

    /// @notice Call a proposed change off. Any registrar; the issuer's controller cannot (it may be a thief's).
    function cancelChange(bytes32 issuerId, Change change) external;

    /// @notice Carry a change out, from seven days after its confirmation on and for 30 days. Any registrar.
    function executeChange(bytes32 issuerId, Change change) external;

    // ----------------------------------------------------------------------------------------------- controllers

    /**
     * @notice Make a key valid from this block on. Only the controller.
     * @param publicKey the 32 bytes of an Ed25519 public key, new to this issuer, not zero
     */
    function addKey(bytes32 issuerId, bytes32 publicKey, Purpose purpose, Custody custody) external;

    /// @notice Relayed form of `addKey`.
    function addKeyFor(
        bytes32 issuerId,
        bytes32 publicKey,
        Purpose purpose,
        Custody custody,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /**
     * @notice End a key's validity as of a time at most 30 days back. Only the controller. May be repeated with an
     * earlier time.
     * @param asOf not before the key's `from`, not after now, earlier than its present `until`
     */
    function retireKey(bytes32 issuerId, bytes32 publicKey, uint64 asOf) external;

    /// @notice Relayed form of `retireKey`.
    function retireKeyFor(bytes32 issuerId, bytes32 publicKey, uint64 asOf, uint256 deadline, bytes calldata signature)
        external;

    /**
     * @notice First half of a retirement more than 30 days back. Only the controller. Changes nothing until a
     * registrar calls `confirmRetirement` with the same arguments; replaces an earlier request for this key; void
     * once the controller is replaced.
     */
    function requestRetirement(bytes32 issuerId, bytes32 publicKey, uint64 asOf) external;

    /// @notice Relayed form of `requestRetirement`.
    function requestRetirementFor(
        bytes32 issuerId,
        bytes32 publicKey,
        uint64 asOf,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /// @notice Name the issuer whose controller may revoke for this one from now on, instead of any named before.
    /// Only the controller.
    function nameSuccessor(bytes32 issuerId, bytes32 successor) external;

    /// @notice Relayed form of `nameSuccessor`.
    function nameSuccessorFor(bytes32 issuerId, bytes32 successor, uint256 deadline, bytes calldata signature) external;

    // ----------------------------------------------------------------------------------------------------- views

    /// @notice The registrars, fixed for the life of the pair.
    function registrars() external view returns (address[] memory);

    /// @notice Whether an account is a registrar.
    function isRegistrar(address account) external view returns (bool);

    /**
     * @notice An issuer as of now; everything empty when unknown.
     * @return known it was admitted
     * @return did its DID
     * @return controller the account that looks after its keys
     * @return name its present name
     * @return kinds its present mask
     * @return admittedAt block time of its admission
     * @return suspended whether it is suspended now
     * @return successor issuerId of its legal successor, 0 for none
     */
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
        );

    /// @notice The issuer's name at a time; empty before its admission or when unknown.
    function nameAt(bytes32 issuerId, uint64 time) external view returns (string memory);

    /// @notice The issuer's kinds at a time; 0 before its admission or when unknown.
    function kindsAt(bytes32 issuerId, uint64 time) external view returns (uint256);

    /// @notice Whether the issuer was admitted and not suspended at a time.
    function admittedAtTime(bytes32 issuerId, uint64 time) external view returns (bool);

    /**
     * @notice One key of an issuer; everything zero when unknown.
     * @return known the issuer added it
     * @return purpose what it may sign
     * @return custody who holds the private key
     * @return from block time from which it is valid
     * @return until block time at which it stopped being valid, 0 when it is not retired
     */
    function key(bytes32 issuerId, bytes32 publicKey)
        external
        view
        returns (bool known, Purpose purpose, Custody custody, uint64 from, uint64 until);

    /// @notice All keys that the issuer ever added, in that order.
    function keys(bytes32 issuerId) external view returns (bytes32[] memory);

    /// @notice The time that the present controller asked to retire a key as of, waiting for a registrar; 0 for none.
    function retirementRequest(bytes32 issuerId, bytes32 publicKey) external view returns (uint64 asOf);

    /**
     * @notice The change of one sort proposed for an issuer; everything zero when there is none.
     * @return subject the new controller (left-padded to 32 bytes) or the successor's issuerId
     * @return proposer the first registrar
     * @return confirmer the second registrar, zero before it agreed
     * @return executableAt end of the seven public days, 0 before the second registrar agreed
     */
    function proposal(bytes32 issuerId, Change change)
        external
        view
        returns (bytes32 subject, address proposer, address confirmer, uint64 executableAt);

    /// @notice The accounts that may revoke for the issuer now: its controller and its successor's; zero for none.
    function revokers(bytes32 issuerId) external view returns (address controller, address successorController);

    /// @notice Whether an account may revoke for the issuer now.
    function canRevoke(bytes32 issuerId, address account) external view returns (bool);

    /// @notice Everything about an issuer and one key at a time, in one answer. Never reverts.
    function standing(bytes32 issuerId, bytes32 publicKey, uint64 time) external view returns (Standing memory);
}
