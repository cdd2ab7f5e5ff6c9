// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../contracts/ICredentialRegistry.sol";
import {IRelayedCalls} from "../contracts/IRelayedCalls.sol";
import {RegistryTest} from "./RegistryTest.sol";

contract RevocationsTest is RegistryTest {
    ICredentialRegistry.Reason private constant FRAUD = ICredentialRegistry.Reason.FRAUD;
    ICredentialRegistry.Reason private constant SUPERSEDED = ICredentialRegistry.Reason.SUPERSEDED;
    uint256 private constant DEADLINE = START + 3600;

    bytes32 private constant FULL = keccak256("the full form");
    bytes32 private constant MINIMAL = keccak256("the minimal form");

    function both() private pure returns (bytes32[] memory digests) {
        digests = new bytes32[](2);
        (digests[0], digests[1]) = (FULL, MINIMAL);
    }

    function one(bytes32 digest) private pure returns (bytes32[] memory digests) {
        digests = new bytes32[](1);
        digests[0] = digest;
    }

    function revoke(bytes32[] memory digests, ICredentialRegistry.Reason reason) private {
        vm.prank(head);
        credentials.revoke(school, digests, reason);
    }

    function assertRevoked(bytes32 digest, ICredentialRegistry.Reason reason, uint64 at_) private view {
        (bool revoked, ICredentialRegistry.Reason actual, uint64 revokedAt) = credentials.revocationOf(school, digest);
        assertTrue(revoked && actual == reason, "revoked, for that reason");
        assertEq(revokedAt, at_, "revoked at");
    }

    function messageOf(bytes32[] memory digests, uint256 nonce) private view returns (bytes32) {
        bytes memory words;
        for (uint256 i = 0; i < digests.length; ++i) {
            words = bytes.concat(words, digests[i]);
        }
        return keccak256(
            abi.encode(
                keccak256("Revoke(bytes32 issuerId,bytes32[] digests,uint8 reason,uint256 nonce,uint256 deadline)"),
                school,
                keccak256(words),
                uint8(FRAUD),
                nonce,
                DEADLINE
            )
        );
    }

    function sign(uint256 key, bytes32 structHash) private view returns (bytes memory) {
        return signed(key, address(credentials), "PortfolioCredentialRegistry", structHash);
    }

    function badSignature(bytes32 issuerId, uint256 nonce) private {
        expectRefusal(abi.encodeWithSelector(IRelayedCalls.BadSignature.selector, issuerId, nonce));
    }

    function test_FullAndMinimalAreRevokedInOneCall() public {
        vm.expectEmit(address(credentials));
        emit ICredentialRegistry.Revoked(school, FULL, FRAUD, START);
        vm.expectEmit(address(credentials));
        emit ICredentialRegistry.Revoked(school, MINIMAL, FRAUD, START);
        revoke(both(), FRAUD);
        assertRevoked(FULL, FRAUD, START);
        assertRevoked(MINIMAL, FRAUD, START);
    }

    function test_NotRevokedIsEmpty() public view {
        (bool revoked, ICredentialRegistry.Reason reason, uint64 revokedAt) = credentials.revocationOf(school, FULL);
        assertTrue(!revoked && reason == ICredentialRegistry.Reason.UNSPECIFIED && revokedAt == 0, "empty");
    }

    function test_EveryReasonIsKept() public {
        for (uint8 i = 0; i <= uint8(type(ICredentialRegistry.Reason).max); ++i) {
            bytes32 digest = keccak256(abi.encode(i));
            revoke(one(digest), ICredentialRegistry.Reason(i));
            assertRevoked(digest, ICredentialRegistry.Reason(i), START);
        }
    }

    function test_TheFirstReasonAndTimeStand() public {
        revoke(one(FULL), SUPERSEDED);
        later(60);
        revoke(both(), FRAUD);
        assertRevoked(FULL, SUPERSEDED, START);
        assertRevoked(MINIMAL, FRAUD, START + 60);
    }

    function test_TheSameDigestTwiceInOneListIsHarmless() public {
        bytes32[] memory digests = both();
        digests[1] = FULL;
        revoke(digests, FRAUD);
        assertRevoked(FULL, FRAUD, START);
    }

    function test_AnEmptyListIsHarmless() public {
        revoke(new bytes32[](0), FRAUD);
    }

    function test_OneIssuersRevocationIsNoOtherOnes() public {
        revoke(one(FULL), FRAUD);
        (bool revoked,,) = credentials.revocationOf(ministry, FULL);
        assertTrue(!revoked, "not of the ministry");
    }

    function test_OnlyTheIssuerOrItsSuccessor() public {
        expectRefusal(abi.encodeWithSelector(ICredentialRegistry.NotRevoker.selector, school, minister));
        vm.prank(minister);
        credentials.revoke(school, both(), FRAUD);
        expectRefusal(abi.encodeWithSelector(ICredentialRegistry.NotRevoker.selector, school, OLGA));
        vm.prank(OLGA);
        credentials.revoke(school, both(), FRAUD);
        expectRefusal(abi.encodeWithSelector(ICredentialRegistry.NotRevoker.selector, KEY, head));
        vm.prank(head);
        credentials.revoke(KEY, both(), FRAUD);
    }

    function test_ASuspendedIssuerStillRevokes() public {
        vm.prank(OLGA);
        issuers.suspend(school, START);
        revoke(both(), FRAUD);
        assertRevoked(FULL, FRAUD, START);
    }

    function test_RelayedByAnybody() public {
        vm.prank(STRANGER);
        credentials.revokeFor(school, both(), FRAUD, DEADLINE, sign(HEAD_KEY, messageOf(both(), 0)));
        assertRevoked(FULL, FRAUD, START);
        assertRevoked(MINIMAL, FRAUD, START);
        assertEq(credentials.nonces(school), 1, "nonce here");
        assertEq(issuers.nonces(school), 0, "nonce of the other contract");
    }

    function test_RelayedForTheSuccessor() public {
        bytes memory signature = sign(MINISTER_KEY, messageOf(both(), 0));
        badSignature(school, 0);
        credentials.revokeFor(school, both(), FRAUD, DEADLINE, signature);
        vm.prank(head);
        issuers.nameSuccessor(school, ministry);
        credentials.revokeFor(school, both(), FRAUD, DEADLINE, signature);
        assertRevoked(FULL, FRAUD, START);
    }

    function test_RelayedMessagesAreCarriedOutOnce() public {
        bytes memory signature = sign(HEAD_KEY, messageOf(both(), 0));
        credentials.revokeFor(school, both(), FRAUD, DEADLINE, signature);
        badSignature(school, 1);
        credentials.revokeFor(school, both(), FRAUD, DEADLINE, signature);
    }

    function test_EveryArgumentOfARelayedMessageIsSigned() public {
        bytes memory signature = sign(HEAD_KEY, messageOf(both(), 0));
        badSignature(ministry, 0);
        credentials.revokeFor(ministry, both(), FRAUD, DEADLINE, signature);
        badSignature(school, 0);
        credentials.revokeFor(school, one(FULL), FRAUD, DEADLINE, signature);
        badSignature(school, 0);
        credentials.revokeFor(school, both(), SUPERSEDED, DEADLINE, signature);
        badSignature(school, 0);
        credentials.revokeFor(school, both(), FRAUD, DEADLINE + 1, signature);
        vm.warp(DEADLINE + 1);
        expectRefusal(abi.encodeWithSelector(IRelayedCalls.DeadlinePassed.selector, DEADLINE, DEADLINE + 1));
        credentials.revokeFor(school, both(), FRAUD, DEADLINE, signature);
    }

    function test_AMessageToTheOtherContractIsNone() public {
        bytes memory signature = signed(HEAD_KEY, address(issuers), "PortfolioIssuerRegistry", messageOf(both(), 0));
        badSignature(school, 0);
        credentials.revokeFor(school, both(), FRAUD, DEADLINE, signature);
    }

    function test_NobodySignsForAnUnknownIssuer() public {
        badSignature(KEY, 0);
        credentials.revokeFor(KEY, both(), FRAUD, DEADLINE, new bytes(65));
    }

    function testFuzz_OnlyRevokersRevoke(address account, bytes32[] calldata digests, uint8 reason) public {
        reason = reason % (uint8(type(ICredentialRegistry.Reason).max) + 1);
        vm.assume(account != head);
        vm.prank(account);
        try credentials.revoke(school, digests, ICredentialRegistry.Reason(reason)) {
            assertTrue(false, "taken");
        } catch {}
        revoke(digests, ICredentialRegistry.Reason(reason));
        for (uint256 i = 0; i < digests.length; ++i) {
            assertRevoked(digests[i], ICredentialRegistry.Reason(reason), START);
        }
    }
}
