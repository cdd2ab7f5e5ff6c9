// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

import {ICredentialRegistry} from "../contracts/ICredentialRegistry.sol";
import {IIssuerRegistry} from "../contracts/IIssuerRegistry.sol";
import {RegistryTest} from "./RegistryTest.sol";

contract ChecksTest is RegistryTest {
    bytes32 private constant DIGEST = keccak256("a credential");
    bytes32 private constant SIBLING = keccak256("a sibling");

    bytes32 private root;
    bytes32[] private proof;

    function setUp() public override {
        super.setUp();
        addKey(KEY);
        (root, proof) = (Hashes.commutativeKeccak256(leafOf(DIGEST), SIBLING), new bytes32[](1));
        proof[0] = SIBLING;
    }

    function leafOf(bytes32 digest) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(keccak256(abi.encodePacked(digest))));
    }

    function check() private view returns (ICredentialRegistry.CheckResult memory) {
        return credentials.check(school, KEY, DIGEST, root, proof);
    }

    function anchorLater(uint256 delay) private returns (uint64 anchoredAt) {
        later(delay);
        vm.roll(block.number + 1);
        credentials.anchor(root);
        return time();
    }

    function test_AGoodCredentialPassesInEveryField() public {
        uint64 anchoredAt = anchorLater(100);
        uint64 anchorBlock = uint64(block.number);
        later(1000);
        vm.roll(block.number + 5);
        ICredentialRegistry.CheckResult memory result = check();
        assertTrue(result.proofValid && result.anchored, "anchored");
        assertEq(result.anchorBlock, anchorBlock, "anchor block");
        assertEq(result.anchorTime, anchoredAt, "anchor time");
        assertEq(result.asOf, anchoredAt, "as of");
        assertTrue(result.issuerKnown && result.issuerAdmitted, "issuer");
        assertEq(result.kinds, KINDS, "kinds");
        assertEq(result.nameAtTime, SCHOOL_NAME, "name then");
        assertEq(result.nameNow, SCHOOL_NAME, "name now");
        assertTrue(result.keyKnown && result.keyValid, "key");
        assertTrue(result.custody == IIssuerRegistry.Custody.OWN, "custody");
        assertTrue(result.keyFrom == START && result.keyUntil == 0, "key interval");
        assertTrue(!result.revoked && result.revokedAt == 0, "not revoked");
        assertEq(result.blockNumber, anchorBlock + 5, "block number");
        assertEq(result.blockTime, anchoredAt + 1000, "block time");
    }

    function test_AnswersAreThoseOfTheAnchorsTime() public {
        uint64 anchoredAt = anchorLater(100);
        later(100);
        vm.startPrank(OLGA);
        issuers.rename(school, "renamed");
        issuers.setKinds(school, 0);
        issuers.suspend(school, anchoredAt + 1);
        vm.stopPrank();
        vm.prank(head);
        issuers.retireKey(school, KEY, anchoredAt + 1);
        ICredentialRegistry.CheckResult memory result = check();
        assertTrue(result.issuerAdmitted && result.keyValid, "good then");
        assertEq(result.kinds, KINDS, "kinds then");
        assertEq(result.nameAtTime, SCHOOL_NAME, "name then");
        assertEq(result.nameNow, "renamed", "name now");
        assertEq(result.keyUntil, anchoredAt + 1, "until");
    }

    function test_SuspensionAndRetirementAsOfTheAnchorSpoilIt() public {
        uint64 anchoredAt = anchorLater(100);
        vm.prank(OLGA);
        issuers.suspend(school, anchoredAt);
        vm.prank(head);
        issuers.retireKey(school, KEY, anchoredAt);
        ICredentialRegistry.CheckResult memory result = check();
        assertTrue(!result.issuerAdmitted && !result.keyValid, "half-open");
    }

    function test_WithoutAnchorTheTimeIsNow() public {
        later(500);
        vm.prank(OLGA);
        issuers.rename(school, "renamed");
        ICredentialRegistry.CheckResult memory result = check();
        assertTrue(result.proofValid && !result.anchored, "proof without anchor");
        assertTrue(result.anchorBlock == 0 && result.anchorTime == 0, "no block");
        assertEq(result.asOf, START + 500, "as of now");
        assertEq(result.nameAtTime, "renamed", "name now");
        assertTrue(result.keyValid && result.issuerAdmitted, "good now");
    }

    function test_WithoutProofTheTimeIsNowThoughTheRootIsKnown() public {
        uint64 anchoredAt = anchorLater(100);
        later(500);
        proof[0] = KEY;
        ICredentialRegistry.CheckResult memory result = check();
        assertTrue(!result.proofValid && result.anchored, "anchor without proof");
        assertEq(result.anchorTime, anchoredAt, "anchor time");
        assertEq(result.asOf, time(), "as of now");
    }

    function test_WithoutReceipt() public view {
        ICredentialRegistry.CheckResult memory result = credentials.check(school, KEY, DIGEST, 0, new bytes32[](0));
        assertTrue(!result.proofValid && !result.anchored && result.keyValid, "pending");
    }

    function test_ATreeOfOneLeafHasAnEmptyProof() public {
        (root, proof) = (leafOf(DIGEST), new bytes32[](0));
        anchorLater(1);
        assertTrue(check().proofValid, "proof");
    }

    function test_AProofHasAtMost64Steps() public {
        proof = new bytes32[](64);
        root = leafOf(DIGEST);
        for (uint256 i = 0; i < 64; ++i) {
            proof[i] = keccak256(abi.encode(i));
            root = Hashes.commutativeKeccak256(root, proof[i]);
        }
        assertTrue(check().proofValid, "64 steps");
        proof.push(SIBLING);
        root = Hashes.commutativeKeccak256(root, SIBLING);
        assertTrue(!check().proofValid, "65 steps");
    }

    function test_ANodeNeverPassesForALeaf() public {
        bytes32 inner = Hashes.commutativeKeccak256(leafOf(DIGEST), SIBLING);
        root = Hashes.commutativeKeccak256(inner, KEY);
        proof[0] = KEY;
        assertTrue(!credentials.check(school, KEY, inner, root, proof).proofValid, "inner node as digest");
        assertTrue(!credentials.check(school, KEY, leafOf(DIGEST), inner, proof).proofValid, "leaf hash as digest");
    }

    function test_RevocationIsToldWithReasonAndTime() public {
        bytes32[] memory digests = new bytes32[](1);
        digests[0] = DIGEST;
        vm.prank(head);
        credentials.revoke(school, digests, ICredentialRegistry.Reason.HOLDER_REQUEST);
        anchorLater(100);
        ICredentialRegistry.CheckResult memory result = check();
        assertTrue(result.revoked && result.revokedAt == START, "revoked before it was anchored");
        assertTrue(result.reason == ICredentialRegistry.Reason.HOLDER_REQUEST, "reason");
    }

    function test_AnUnknownIssuerIsAnAnswer() public view {
        ICredentialRegistry.CheckResult memory result = credentials.check(KEY, KEY, DIGEST, root, proof);
        assertTrue(!result.issuerKnown && !result.issuerAdmitted && result.kinds == 0, "issuer");
        assertTrue(!result.keyKnown && !result.keyValid && result.keyFrom == 0, "key");
        assertEq(result.nameNow, "", "name");
        assertTrue(result.proofValid, "the proof is another matter");
    }

    function test_AnIssuerAdmittedAfterTheAnchorIsKnownButWasNotAdmitted() public {
        anchorLater(0);
        later(10);
        vm.startPrank(OLGA);
        bytes32 id = issuers.admit("did:web:late.example", STRANGER, "late", 1);
        vm.stopPrank();
        ICredentialRegistry.CheckResult memory result = credentials.check(id, KEY, DIGEST, root, proof);
        assertTrue(result.issuerKnown && !result.issuerAdmitted && result.kinds == 0, "known, not then");
        assertEq(result.nameAtTime, "", "no name then");
        assertEq(result.nameNow, "late", "a name now");
    }

    function test_TheLongestNamesCanBeAnswered() public {
        string memory longest = string(new bytes(1024));
        vm.prank(OLGA);
        issuers.rename(school, longest);
        assertEq(bytes(check().nameNow).length, 1024, "name");
    }

    /// @dev Arbitrary arguments, known and unknown mixed, proofs up to any length: always an answer, never a revert.
    function testFuzz_NeverReverts(
        bytes32 issuerId,
        bytes32 publicKey,
        bytes32 digest,
        bytes32 someRoot,
        bytes32[] calldata steps,
        uint8 mix
    ) public {
        anchorLater(mix);
        if (mix & 1 != 0) issuerId = school;
        if (mix & 2 != 0) publicKey = KEY;
        if (mix & 4 != 0) someRoot = root;
        if (mix & 8 != 0) digest = DIGEST;
        bytes memory call = abi.encodeCall(credentials.check, (issuerId, publicKey, digest, someRoot, steps));
        (bool answered, bytes memory answer) = address(credentials).staticcall(call);
        assertTrue(answered, "reverted");
        ICredentialRegistry.CheckResult memory result = abi.decode(answer, (ICredentialRegistry.CheckResult));
        assertEq(result.blockTime, time(), "block time");
        assertEq(result.issuerKnown, issuerId == school || issuerId == ministry, "issuer");
    }

    function testFuzz_NeverRevertsForAnyTime(bytes32 issuerId, bytes32 publicKey, uint64 moment) public view {
        issuers.standing(issuerId, publicKey, moment);
        issuers.standing(school, KEY, moment);
        issuers.standing(school, publicKey, moment);
    }

    /// @dev Flipping any one bit of digest, root or proof breaks the proof.
    function testFuzz_AFlippedBitBreaksTheProof(uint8 bit) public view {
        bytes32 flip = bytes32(uint256(1) << bit);
        bytes32[] memory altered = new bytes32[](1);
        altered[0] = SIBLING ^ flip;
        assertTrue(check().proofValid, "good");
        assertTrue(!credentials.check(school, KEY, DIGEST ^ flip, root, proof).proofValid, "digest");
        assertTrue(!credentials.check(school, KEY, DIGEST, root ^ flip, proof).proofValid, "root");
        assertTrue(!credentials.check(school, KEY, DIGEST, root, altered).proofValid, "proof");
    }
}
