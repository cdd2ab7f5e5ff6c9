// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CredentialRegistry} from "../contracts/CredentialRegistry.sol";
import {ICredentialRegistry} from "../contracts/ICredentialRegistry.sol";
import {IIssuerRegistry} from "../contracts/IIssuerRegistry.sol";
import {IssuerRegistry} from "../contracts/IssuerRegistry.sol";
import {Vm} from "./Vm.sol";

/**
 * @notice Registrars, controllers and a stranger who try everything in any order, while a witness compares what was true before
 * and after each act. The first thing that should not have happened is written into `broken`.
 */
contract Actors {
    struct Agreement {
        bytes32 subject;
        address first;
        address second;
        uint256 agreedAt;
    }

    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    string public broken;
    mapping(bytes4 act => uint256) public taken;

    IssuerRegistry private immutable issuers;
    CredentialRegistry private immutable credentials;
    bytes32[2] private ids;
    bytes32[3] private words = [keccak256("one"), keccak256("two"), keccak256("three")]; // keys, roots, digests alike
    address[6] private accounts;
    mapping(bytes32 id => mapping(IIssuerRegistry.Change => Agreement)) private agreements;
    mapping(bytes32 id => mapping(bytes32 publicKey => uint64)) private untils;
    mapping(bytes32 what => bytes32) private remembered;

    constructor(
        IssuerRegistry issuers_,
        CredentialRegistry credentials_,
        bytes32[2] memory ids_,
        address[6] memory all
    ) {
        (issuers, credentials, ids, accounts) = (issuers_, credentials_, ids_, all);
    }

    /// @dev What must not change: about names and kinds any past, about the rest whatever is more than 30 days back.
    modifier witnessed() {
        bytes32 past = pastOf(uint64(block.timestamp) - 1);
        bytes32 distant = distantPastOf(uint64(block.timestamp) - 30 days - 1);
        bytes32 fixed_ = fixedFacts();
        bytes32 valid = validityOf(uint64(block.timestamp) - 30 days - 1);
        _;
        if (past != pastOf(uint64(block.timestamp) - 1)) broken = "names or kinds of the past changed";
        if (distant != distantPastOf(uint64(block.timestamp) - 30 days - 1)) broken = "a distant suspension changed";
        if (fixed_ != fixedFacts()) broken = "something that is set once changed";
        if (msg.sig != this.confirmRetirement.selector && valid != validityOf(uint64(block.timestamp) - 30 days - 1)) {
            broken = "one account changed a key's distant past";
        }
    }

    function wait(uint32 duration) external {
        vm.warp(block.timestamp + 1 + duration % 12 days);
        vm.roll(block.number + 1);
    }

    function rename(uint8 who, uint8 i, uint16 name) external witnessed {
        if (tryAs(who = registrarOr(who), abi.encodeCall(issuers.rename, (ids[i % 2], vm.toString(name))))) {
            needRegistrar(who);
        }
    }

    function setKinds(uint8 who, uint8 i, uint256 kinds) external witnessed {
        if (tryAs(who = registrarOr(who), abi.encodeCall(issuers.setKinds, (ids[i % 2], kinds)))) needRegistrar(who);
    }

    function suspend(uint8 who, uint8 i, uint32 back) external witnessed {
        if (tryAs(who = registrarOr(who), abi.encodeCall(issuers.suspend, (ids[i % 2], ago(back))))) {
            needRegistrar(who);
        }
    }

    function reinstate(uint8 who, uint8 i) external witnessed {
        if (tryAs(who = registrarOr(who), abi.encodeCall(issuers.reinstate, (ids[i % 2])))) needRegistrar(who);
    }

    function addKey(uint8 who, uint8 i, uint8 k, bool status) external witnessed {
        IIssuerRegistry.Purpose purpose = status ? IIssuerRegistry.Purpose.STATUS : IIssuerRegistry.Purpose.CREDENTIAL;
        bytes memory call =
            abi.encodeCall(issuers.addKey, (ids[i % 2], words[k % 3], purpose, IIssuerRegistry.Custody.OWN));
        if (tryAs(who = controllerOr(who, i), call)) needController(who, i);
    }

    function retireKey(uint8 who, uint8 i, uint8 k, uint32 back) external witnessed {
        if (tryAs(who = controllerOr(who, i), abi.encodeCall(issuers.retireKey, (ids[i % 2], words[k % 3], ago(back)))))
        {
            needController(who, i);
        }
    }

    function requestRetirement(uint8 who, uint8 i, uint8 k, uint32 back) external witnessed {
        bytes memory call = abi.encodeCall(issuers.requestRetirement, (ids[i % 2], words[k % 3], ago(back)));
        if (tryAs(who = controllerOr(who, i), call)) needController(who, i);
    }

    function confirmRetirement(uint8 who, uint8 i, uint8 k) external witnessed {
        uint64 asOf = issuers.retirementRequest(ids[i % 2], words[k % 3]);
        bytes memory call = abi.encodeCall(issuers.confirmRetirement, (ids[i % 2], words[k % 3], asOf));
        if (tryAs(who = registrarOr(who), call)) needRegistrar(who);
    }

    function nameSuccessor(uint8 who, uint8 i) external witnessed {
        if (tryAs(who = controllerOr(who, i), abi.encodeCall(issuers.nameSuccessor, (ids[i % 2], ids[(i % 2) ^ 1])))) {
            needController(who, i);
        }
    }

    function propose(uint8 who, uint8 i, uint8 whom, bool controller) external witnessed {
        bytes32 id = ids[i % 2];
        (IIssuerRegistry.Change change, bytes32 subject) = controller
            ? (IIssuerRegistry.Change.CONTROLLER, bytes32(uint256(uint160(accounts[whom % 6]))))
            : (IIssuerRegistry.Change.SUCCESSOR, ids[(i % 2) ^ 1]);
        bytes memory call = controller
            ? abi.encodeCall(issuers.proposeController, (id, accounts[whom % 6]))
            : abi.encodeCall(issuers.proposeSuccessor, (id, subject));
        if (!tryAs(who = registrarOr(who), call)) return;
        needRegistrar(who);
        if (agreements[id][change].first != address(0)) broken = "proposed over a standing proposal";
        agreements[id][change] = Agreement(subject, accounts[who % 6], address(0), 0);
    }

    function confirm(uint8 who, uint8 i, bool controller) external witnessed {
        (bytes32 id, IIssuerRegistry.Change change) = (ids[i % 2], changeOf(controller));
        Agreement storage agreement = agreements[id][change];
        if (!tryAs(who = registrarOr(who), abi.encodeCall(issuers.confirmChange, (id, change, agreement.subject)))) {
            return;
        }
        needRegistrar(who);
        if (agreement.first == accounts[who % 6] || agreement.second != address(0)) broken = "one registrar was two";
        (agreement.second, agreement.agreedAt) = (accounts[who % 6], block.timestamp);
    }

    function cancel(uint8 who, uint8 i, bool controller) external witnessed {
        (bytes32 id, IIssuerRegistry.Change change) = (ids[i % 2], changeOf(controller));
        if (who > 64) return; // or nothing would ever be agreed
        if (!tryAs(who = registrarOr(who), abi.encodeCall(issuers.cancelChange, (id, change)))) return;
        needRegistrar(who);
        delete agreements[id][change];
    }

    function execute(uint8 who, uint8 i, bool controller) external {
        (bytes32 id, IIssuerRegistry.Change change) = (ids[i % 2], changeOf(controller));
        if (!tryAs(who = registrarOr(who), abi.encodeCall(issuers.executeChange, (id, change)))) return;
        needRegistrar(who);
        Agreement storage agreement = agreements[id][change];
        if (agreement.second == address(0) || block.timestamp < agreement.agreedAt + 7 days) broken = "too early";
        if (block.timestamp >= agreement.agreedAt + 37 days) broken = "too late";
        (,, address now_,,,,, bytes32 successor) = issuers.issuer(id);
        bytes32 actual = controller ? bytes32(uint256(uint160(now_))) : successor;
        if (actual != agreement.subject) broken = "not what was agreed";
        delete agreements[id][change];
    }

    function anchor(uint8 who, uint8 r) external witnessed {
        vm.prank(accounts[who % 6]);
        try credentials.anchor(words[r % 3]) {
            ++taken[msg.sig];
        } catch {}
    }

    function revoke(uint8 who, uint8 i, uint8 d, uint8 reason) external witnessed {
        bytes32[] memory digests = new bytes32[](2);
        (digests[0], digests[1]) = (words[d % 3], words[(d % 3 + 1) % 3]);
        bool may = issuers.canRevoke(ids[i % 2], accounts[who % 6]);
        vm.prank(accounts[who % 6]);
        try credentials.revoke(ids[i % 2], digests, ICredentialRegistry.Reason(reason % 7)) {
            ++taken[msg.sig];
            if (!may) broken = "somebody else revoked";
        } catch {}
    }

    function tryAs(uint8 who, bytes memory call) private returns (bool ok) {
        vm.prank(accounts[who % 6]);
        (ok,) = address(issuers).call(call);
        if (ok) ++taken[msg.sig];
    }

    function needRegistrar(uint8 who) private {
        if (!issuers.isRegistrar(accounts[who % 6])) broken = "not a registrar";
    }

    function needController(uint8 who, uint8 i) private {
        (,, address controller,,,,,) = issuers.issuer(ids[i % 2]);
        if (controller != accounts[who % 6]) broken = "not the controller";
    }

    /// @dev Mostly a registrar, one time in four anybody.
    function registrarOr(uint8 who) private pure returns (uint8) {
        return who % 4 == 0 ? who / 4 % 6 : who / 4 % 3;
    }

    /// @dev Mostly the controller of the issuer, one time in four anybody.
    function controllerOr(uint8 who, uint8 i) private view returns (uint8) {
        (,, address controller,,,,,) = issuers.issuer(ids[i % 2]);
        for (uint8 account = 0; who % 4 != 0 && account < 6; ++account) {
            if (accounts[account] == controller) return account;
        }
        return who / 4 % 6;
    }

    function changeOf(bool controller) private pure returns (IIssuerRegistry.Change) {
        return controller ? IIssuerRegistry.Change.CONTROLLER : IIssuerRegistry.Change.SUCCESSOR;
    }

    /// @dev A time up to 50 days back, now and then a little in the future.
    function ago(uint32 back) private view returns (uint64) {
        return uint64(block.timestamp) + 1 days - back % 50 days;
    }

    function pastOf(uint64 last) private view returns (bytes32 facts) {
        for (uint64 moment = last; moment > last - 60 days; moment -= 25 days) {
            for (uint256 i = 0; i < 2; ++i) {
                facts = keccak256(abi.encode(facts, issuers.nameAt(ids[i], moment), issuers.kindsAt(ids[i], moment)));
            }
        }
    }

    function distantPastOf(uint64 last) private view returns (bytes32 facts) {
        for (uint64 moment = last; moment > last - 60 days; moment -= 14 days) {
            for (uint256 i = 0; i < 2; ++i) {
                facts = keccak256(abi.encode(facts, issuers.admittedAtTime(ids[i], moment)));
            }
        }
    }

    function validityOf(uint64 last) private view returns (bytes32 facts) {
        for (uint64 moment = last; moment > last - 40 days; moment -= 20 days) {
            for (uint256 i = 0; i < 6; ++i) {
                facts = keccak256(abi.encode(facts, issuers.standing(ids[i % 2], words[i / 2], moment).keyValid));
            }
        }
    }

    /// @dev Controllers, key records that are there, anchors and revocations that are there. New ones may join.
    function fixedFacts() private returns (bytes32 facts) {
        for (uint256 i = 0; i < 2; ++i) {
            (,, address controller,,, uint64 admittedAt,,) = issuers.issuer(ids[i]);
            facts = keccak256(abi.encode(facts, controller, admittedAt));
        }
        for (uint256 i = 0; i < 3; ++i) {
            remember(abi.encode("root", i), anchorFacts(words[i]));
            for (uint256 j = 0; j < 2; ++j) {
                remember(abi.encode("revocation", i, j), revocationFacts(ids[j], words[i]));
                remember(abi.encode("key", i, j), keyFacts(ids[j], words[i]));
                (,,,, uint64 until) = issuers.key(ids[j], words[i]);
                uint64 before = untils[ids[j]][words[i]];
                if (before != 0 && (until == 0 || until > before)) broken = "a retired key returned";
                if (until > block.timestamp) broken = "a key retires in the future";
                untils[ids[j]][words[i]] = until;
            }
        }
    }

    /// @dev What is zero is not there yet; once there it stays what it is.
    function remember(bytes memory what, bytes32 facts) private {
        bytes32 before = remembered[keccak256(what)];
        if (before != 0 && before != facts) broken = string.concat("changed: ", string(what));
        remembered[keccak256(what)] = facts;
    }

    function anchorFacts(bytes32 root) private view returns (bytes32) {
        (uint64 blockNumber, uint64 blockTime) = credentials.anchorOf(root);
        return blockTime == 0 ? bytes32(0) : keccak256(abi.encode(blockNumber, blockTime));
    }

    function revocationFacts(bytes32 id, bytes32 digest) private view returns (bytes32) {
        (bool revoked, ICredentialRegistry.Reason reason, uint64 revokedAt) = credentials.revocationOf(id, digest);
        return revoked ? keccak256(abi.encode(reason, revokedAt)) : bytes32(0);
    }

    function keyFacts(bytes32 id, bytes32 publicKey) private view returns (bytes32) {
        (bool known, IIssuerRegistry.Purpose purpose, IIssuerRegistry.Custody custody, uint64 from,) =
            issuers.key(id, publicKey);
        return known ? keccak256(abi.encode(purpose, custody, from)) : bytes32(0);
    }
}
