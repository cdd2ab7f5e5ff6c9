// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IIssuerRegistry} from "../contracts/IIssuerRegistry.sol";
import {IRelayedCalls} from "../contracts/IRelayedCalls.sol";
import {IssuerRegistry} from "../contracts/IssuerRegistry.sol";
import {RegistryTest} from "./RegistryTest.sol";
import {BrokenWallet, Wallet} from "./Wallet.sol";

/// @notice What an issuer without coin signs and anybody hands in. The tests call as this contract: a stranger to the issuer.
contract RelayedCallsTest is RegistryTest {
    IIssuerRegistry.Purpose private constant CREDENTIAL = IIssuerRegistry.Purpose.CREDENTIAL;
    IIssuerRegistry.Custody private constant HOSTED = IIssuerRegistry.Custody.HOSTED;
    uint256 private constant DEADLINE = START + 3600;
    uint256 private constant CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    function sign(uint256 key, bytes32 structHash) private view returns (bytes memory) {
        return signed(key, address(issuers), "PortfolioIssuerRegistry", structHash);
    }

    function addKeyHash(bytes32 issuerId, bytes32 publicKey, uint256 nonce) private pure returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256(
                    "AddKey(bytes32 issuerId,bytes32 publicKey,uint8 purpose,uint8 custody,uint256 nonce,uint256 deadline)"
                ),
                issuerId,
                publicKey,
                uint8(0),
                uint8(1),
                nonce,
                DEADLINE
            )
        );
    }

    function retireHash(string memory action, uint64 asOf, uint256 nonce) private view returns (bytes32) {
        string memory arguments = "(bytes32 issuerId,bytes32 publicKey,uint64 asOf,uint256 nonce,uint256 deadline)";
        bytes32 typeHash = keccak256(bytes(string.concat(action, arguments)));
        return keccak256(abi.encode(typeHash, school, KEY, asOf, nonce, DEADLINE));
    }

    function successorHash(bytes32 successor, uint256 nonce) private view returns (bytes32) {
        bytes32 typeHash = keccak256("NameSuccessor(bytes32 issuerId,bytes32 successor,uint256 nonce,uint256 deadline)");
        return keccak256(abi.encode(typeHash, school, successor, nonce, DEADLINE));
    }

    function badSignature(bytes32 issuerId, uint256 nonce) private {
        expectRefusal(abi.encodeWithSelector(IRelayedCalls.BadSignature.selector, issuerId, nonce));
    }

    function addKeyFor(bytes memory signature) private {
        issuers.addKeyFor(school, KEY, CREDENTIAL, HOSTED, DEADLINE, signature);
    }

    function keyIsKnown() private view returns (bool known) {
        (known,,,,) = issuers.key(school, KEY);
    }

    function test_AddKey() public {
        vm.expectEmit(address(issuers));
        emit IIssuerRegistry.KeyAdded(school, KEY, CREDENTIAL, HOSTED);
        addKeyFor(sign(HEAD_KEY, addKeyHash(school, KEY, 0)));
        assertTrue(keyIsKnown(), "key");
        assertEq(issuers.nonces(school), 1, "nonce of the school");
        assertEq(issuers.nonces(ministry), 0, "nonce of another");
    }

    function test_RetireKey() public {
        addKey(KEY);
        later(100);
        issuers.retireKeyFor(school, KEY, START + 1, DEADLINE, sign(HEAD_KEY, retireHash("RetireKey", START + 1, 0)));
        (,,,, uint64 until) = issuers.key(school, KEY);
        assertEq(until, START + 1, "until");
    }

    function test_RetireKeyIsHeldToThirtyDays() public {
        addKey(KEY);
        vm.warp(DEADLINE);
        uint64 asOf = START - MONTH;
        bytes memory signature = sign(HEAD_KEY, retireHash("RetireKey", asOf, 0));
        expectRefusal(
            abi.encodeWithSelector(IIssuerRegistry.RetirementNeedsRegistrar.selector, asOf, uint64(DEADLINE) - MONTH)
        );
        issuers.retireKeyFor(school, KEY, asOf, DEADLINE, signature);
    }

    function test_RequestRetirement() public {
        addKey(KEY);
        bytes memory signature = sign(HEAD_KEY, retireHash("RequestRetirement", START, 0));
        vm.expectEmit(address(issuers));
        emit IIssuerRegistry.RetirementRequested(school, KEY, START, head);
        issuers.requestRetirementFor(school, KEY, START, DEADLINE, signature);
        assertEq(issuers.retirementRequest(school, KEY), START, "request, in the controller's name");
    }

    function test_NameSuccessor() public {
        issuers.nameSuccessorFor(school, ministry, DEADLINE, sign(HEAD_KEY, successorHash(ministry, 0)));
        assertTrue(issuers.canRevoke(school, minister), "successor");
        bytes memory signature = sign(HEAD_KEY, successorHash(school, 1));
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.BadSuccessor.selector, school, school));
        issuers.nameSuccessorFor(school, school, DEADLINE, signature);
    }

    function test_AMessageOfOneSortIsNoneOfAnother() public {
        addKey(KEY);
        bytes memory signature = sign(HEAD_KEY, retireHash("RequestRetirement", START, 0));
        badSignature(school, 0);
        issuers.retireKeyFor(school, KEY, START, DEADLINE, signature);
        signature = sign(HEAD_KEY, retireHash("RetireKey", START, 0));
        badSignature(school, 0);
        issuers.requestRetirementFor(school, KEY, START, DEADLINE, signature);
        badSignature(school, 0);
        issuers.nameSuccessorFor(school, ministry, DEADLINE, signature);
    }

    function test_NothingIsCarriedOutTwice() public {
        addKey(KEY);
        later(10);
        bytes memory signature = sign(HEAD_KEY, retireHash("RetireKey", START + 5, 0));
        issuers.retireKeyFor(school, KEY, START + 5, DEADLINE, signature);
        badSignature(school, 1);
        issuers.retireKeyFor(school, KEY, START + 5, DEADLINE, signature);
    }

    function test_NoncesAreTakenInOrder() public {
        bytes memory second = sign(HEAD_KEY, successorHash(ministry, 1));
        badSignature(school, 0);
        issuers.nameSuccessorFor(school, ministry, DEADLINE, second);
        addKeyFor(sign(HEAD_KEY, addKeyHash(school, KEY, 0)));
        issuers.nameSuccessorFor(school, ministry, DEADLINE, second);
    }

    function test_TheDeadlineIsTheLastSecond() public {
        bytes memory signature = sign(HEAD_KEY, addKeyHash(school, KEY, 0));
        vm.warp(DEADLINE + 1);
        expectRefusal(abi.encodeWithSelector(IRelayedCalls.DeadlinePassed.selector, DEADLINE, DEADLINE + 1));
        addKeyFor(signature);
        vm.warp(DEADLINE);
        addKeyFor(signature);
    }

    function test_EveryArgumentIsSigned() public {
        bytes memory signature = sign(HEAD_KEY, addKeyHash(school, KEY, 0));
        badSignature(ministry, 0);
        issuers.addKeyFor(ministry, KEY, CREDENTIAL, HOSTED, DEADLINE, signature);
        badSignature(school, 0);
        issuers.addKeyFor(school, OTHER_KEY, CREDENTIAL, HOSTED, DEADLINE, signature);
        badSignature(school, 0);
        issuers.addKeyFor(school, KEY, IIssuerRegistry.Purpose.STATUS, HOSTED, DEADLINE, signature);
        badSignature(school, 0);
        issuers.addKeyFor(school, KEY, CREDENTIAL, IIssuerRegistry.Custody.OWN, DEADLINE, signature);
        badSignature(school, 0);
        issuers.addKeyFor(school, KEY, CREDENTIAL, HOSTED, DEADLINE + 1, signature);
    }

    function test_OnlyTheControllersSignatureCounts() public {
        bytes memory signature = sign(MINISTER_KEY, addKeyHash(school, KEY, 0));
        badSignature(school, 0);
        addKeyFor(signature);
        badSignature(school, 0);
        addKeyFor("");
        badSignature(school, 0);
        addKeyFor(new bytes(65));
    }

    function test_ASuccessorSignsNothingHere() public {
        vm.prank(head);
        issuers.nameSuccessor(school, ministry);
        bytes memory signature = sign(MINISTER_KEY, addKeyHash(school, KEY, 0));
        badSignature(school, 0);
        addKeyFor(signature);
    }

    function test_NobodySignsForAnUnknownIssuer() public {
        bytes memory signature = sign(HEAD_KEY, addKeyHash(KEY, KEY, 0));
        badSignature(KEY, 0);
        issuers.addKeyFor(KEY, KEY, CREDENTIAL, HOSTED, DEADLINE, signature);
        badSignature(KEY, 0);
        issuers.addKeyFor(KEY, KEY, CREDENTIAL, HOSTED, DEADLINE, new bytes(65));
    }

    function test_TheOtherFormOfASignatureIsRefused() public {
        bytes memory signature = sign(HEAD_KEY, addKeyHash(school, KEY, 0));
        (bytes32 r, bytes32 s, uint8 v) = (bytes32(0), bytes32(0), uint8(signature[64]));
        for (uint256 i = 0; i < 32; ++i) {
            r |= bytes32(signature[i]) >> (8 * i);
            s |= bytes32(signature[32 + i]) >> (8 * i);
        }
        bytes memory twin = abi.encodePacked(r, CURVE_ORDER - uint256(s), v == 27 ? uint8(28) : uint8(27));
        badSignature(school, 0);
        addKeyFor(twin);
        addKeyFor(signature);
    }

    function test_AMessageIsForOneChainAndOneContract() public {
        bytes memory signature = sign(HEAD_KEY, addKeyHash(school, KEY, 0));
        IssuerRegistry other = new IssuerRegistry(threeRegistrars());
        vm.prank(OLGA);
        other.admit(SCHOOL_DID, head, SCHOOL_NAME, KINDS);
        badSignature(school, 0);
        other.addKeyFor(school, KEY, CREDENTIAL, HOSTED, DEADLINE, signature);
        uint256 home = block.chainid;
        vm.chainId(home + 1);
        badSignature(school, 0);
        addKeyFor(signature);
        vm.chainId(home);
        addKeyFor(signature);
    }

    function test_AReplacedControllersMessagesAreVoid() public {
        bytes memory signature = sign(HEAD_KEY, addKeyHash(school, KEY, 0));
        vm.warp(START - 8 days);
        vm.prank(OLGA);
        issuers.proposeController(school, STRANGER);
        vm.prank(PAVEL);
        issuers.confirmChange(school, IIssuerRegistry.Change.CONTROLLER, bytes32(uint256(uint160(STRANGER))));
        later(7 days);
        vm.prank(PAVEL);
        issuers.executeChange(school, IIssuerRegistry.Change.CONTROLLER);
        badSignature(school, 0);
        addKeyFor(signature);
    }

    function test_AWalletContractMayBeTheController() public {
        Wallet wallet = new Wallet("open sesame");
        vm.prank(OLGA);
        bytes32 id = issuers.admit("did:web:wallet.example", address(wallet), "wallet", 0);
        badSignature(id, 0);
        issuers.addKeyFor(id, KEY, CREDENTIAL, HOSTED, DEADLINE, "open wheat");
        issuers.addKeyFor(id, KEY, CREDENTIAL, HOSTED, DEADLINE, "open sesame");
        (bool known,,,,) = issuers.key(id, KEY);
        assertTrue(known, "key");
    }

    function test_AWalletThatFailsIsABadSignature() public {
        BrokenWallet wallet = new BrokenWallet();
        vm.prank(OLGA);
        bytes32 id = issuers.admit("did:web:wallet.example", address(wallet), "wallet", 0);
        badSignature(id, 0);
        issuers.addKeyFor(id, KEY, CREDENTIAL, HOSTED, DEADLINE, "open sesame");
    }

    function test_ARefusedMessageKeepsItsNonce() public {
        badSignature(school, 0);
        addKeyFor("");
        assertEq(issuers.nonces(school), 0, "nonce");
    }

    function testFuzz_OnlyTheRightNonceAndSignerPass(uint256 signer, uint256 nonce) public {
        signer = 1 + signer % (CURVE_ORDER - 1);
        vm.assume(signer != HEAD_KEY || nonce != 0);
        bytes memory signature = sign(signer, addKeyHash(school, KEY, nonce));
        badSignature(school, 0);
        addKeyFor(signature);
    }
}
