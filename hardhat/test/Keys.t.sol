// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IIssuerRegistry} from "../contracts/IIssuerRegistry.sol";
import {RegistryTest} from "./RegistryTest.sol";

contract KeysTest is RegistryTest {
    function setUp() public override {
        super.setUp();
        addKey(KEY);
    }

    function retire(uint64 asOf) private {
        vm.prank(head);
        issuers.retireKey(school, KEY, asOf);
    }

    function request(uint64 asOf) private {
        vm.prank(head);
        issuers.requestRetirement(school, KEY, asOf);
    }

    function confirm(uint64 asOf) private {
        vm.prank(ROSA);
        issuers.confirmRetirement(school, KEY, asOf);
    }

    function outOfRange(uint64 asOf, uint64 until) private {
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.RetirementOutOfRange.selector, asOf, START, until));
    }

    function notRequested(uint64 asOf) private {
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.RetirementNotRequested.selector, school, KEY, asOf));
    }

    function untilOf(bytes32 publicKey) private view returns (uint64 until) {
        (,,,, until) = issuers.key(school, publicKey);
    }

    function validAt(uint64 moment) private view returns (bool) {
        return issuers.standing(school, KEY, moment).keyValid;
    }

    function test_AddedKeyIsValidFromItsBlockOn() public {
        later(10);
        vm.expectEmit(address(issuers));
        emit IIssuerRegistry.KeyAdded(school, OTHER_KEY, IIssuerRegistry.Purpose.STATUS, IIssuerRegistry.Custody.HOSTED);
        vm.prank(head);
        issuers.addKey(school, OTHER_KEY, IIssuerRegistry.Purpose.STATUS, IIssuerRegistry.Custody.HOSTED);
        (bool known, IIssuerRegistry.Purpose purpose, IIssuerRegistry.Custody custody, uint64 from, uint64 until) =
            issuers.key(school, OTHER_KEY);
        assertTrue(known && until == 0, "known, not retired");
        assertTrue(purpose == IIssuerRegistry.Purpose.STATUS, "purpose");
        assertTrue(custody == IIssuerRegistry.Custody.HOSTED, "custody");
        assertEq(from, START + 10, "from");
        bytes32[] memory all = issuers.keys(school);
        assertTrue(all.length == 2 && all[0] == KEY && all[1] == OTHER_KEY, "all keys in order");
    }

    function test_UnknownKeyIsEmpty() public view {
        (bool known,,, uint64 from, uint64 until) = issuers.key(school, OTHER_KEY);
        assertTrue(!known && from == 0 && until == 0, "empty");
        assertEq(issuers.keys(ministry).length, 0, "keys of another issuer");
        assertTrue(!issuers.standing(school, OTHER_KEY, START).keyKnown, "unknown");
        assertTrue(!issuers.standing(school, OTHER_KEY, START).keyValid, "never valid");
        assertTrue(!issuers.standing(ministry, KEY, START).keyKnown, "no key of another issuer");
    }

    function test_OnlyTheControllerAddsAndRetires() public {
        bytes memory refusal = abi.encodeWithSelector(IIssuerRegistry.NotController.selector, school, OLGA);
        vm.startPrank(OLGA);
        expectRefusal(refusal);
        issuers.addKey(school, OTHER_KEY, IIssuerRegistry.Purpose.CREDENTIAL, IIssuerRegistry.Custody.OWN);
        expectRefusal(refusal);
        issuers.retireKey(school, KEY, START);
        expectRefusal(refusal);
        issuers.requestRetirement(school, KEY, START);
        vm.stopPrank();
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.NotController.selector, school, minister));
        vm.prank(minister);
        issuers.retireKey(school, KEY, START);
    }

    function test_NobodyControlsAnUnknownIssuer() public {
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.NotController.selector, KEY, head));
        vm.prank(head);
        issuers.addKey(KEY, OTHER_KEY, IIssuerRegistry.Purpose.CREDENTIAL, IIssuerRegistry.Custody.OWN);
    }

    function test_RefusesTheZeroKey() public {
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.BadPublicKey.selector, school, bytes32(0)));
        addKey(0);
    }

    function test_AKeyIsAddedOnceEvenAfterRetirement() public {
        bytes memory refusal = abi.encodeWithSelector(IIssuerRegistry.KeyAlreadyKnown.selector, school, KEY);
        expectRefusal(refusal);
        addKey(KEY);
        retire(START);
        later(MONTH);
        expectRefusal(refusal);
        addKey(KEY);
    }

    function test_RetiredKeyIsValidUntilThatTime() public {
        later(100);
        vm.expectEmit(address(issuers));
        emit IIssuerRegistry.KeyRetired(school, KEY, START + 40, address(0));
        retire(START + 40);
        assertEq(untilOf(KEY), START + 40, "until");
        assertTrue(!validAt(START - 1), "before it was added");
        assertTrue(validAt(START) && validAt(START + 39), "within");
        assertTrue(!validAt(START + 40) && !validAt(time()), "after");
    }

    function test_RetirementLiesBetweenFromAndNow() public {
        later(100);
        outOfRange(START - 1, 0);
        retire(START - 1);
        outOfRange(START + 101, 0);
        retire(START + 101);
        retire(START + 100);
        retire(START);
        assertTrue(!validAt(START), "never valid");
    }

    function test_RetirementMovesOnlyBackwards() public {
        later(100);
        retire(START + 40);
        outOfRange(START + 40, START + 40);
        retire(START + 40);
        outOfRange(START + 41, START + 40);
        retire(START + 41);
        retire(START + 39);
        assertEq(untilOf(KEY), START + 39, "until");
    }

    function test_UnknownKeyCannotBeRetired() public {
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.UnknownKey.selector, school, OTHER_KEY));
        vm.prank(head);
        issuers.retireKey(school, OTHER_KEY, START);
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.UnknownKey.selector, school, OTHER_KEY));
        vm.prank(head);
        issuers.requestRetirement(school, OTHER_KEY, START);
    }

    function test_AControllerAloneGoesBackThirtyDays() public {
        later(2 * MONTH);
        uint64 earliest = time() - MONTH;
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.RetirementNeedsRegistrar.selector, earliest - 1, earliest));
        retire(earliest - 1);
        retire(earliest);
        assertEq(untilOf(KEY), earliest, "until");
    }

    function test_FurtherBackTakesControllerAndRegistrar() public {
        later(2 * MONTH);
        vm.expectEmit(address(issuers));
        emit IIssuerRegistry.RetirementRequested(school, KEY, START + 1, head);
        request(START + 1);
        assertEq(issuers.retirementRequest(school, KEY), START + 1, "request");
        assertEq(untilOf(KEY), 0, "nothing happens yet");
        vm.expectEmit(address(issuers));
        emit IIssuerRegistry.KeyRetired(school, KEY, START + 1, ROSA);
        confirm(START + 1);
        assertEq(untilOf(KEY), START + 1, "until");
        assertEq(issuers.retirementRequest(school, KEY), 0, "the request is used up");
        notRequested(START + 1);
        confirm(START + 1);
    }

    function test_ARegistrarConfirmsOnlyTheTimeAskedFor() public {
        later(2 * MONTH);
        notRequested(0);
        confirm(0);
        notRequested(START);
        confirm(START);
        request(START + 1);
        notRequested(START);
        confirm(START);
        request(START + 2);
        notRequested(START + 1);
        confirm(START + 1);
        confirm(START + 2);
    }

    function test_OnlyARegistrarConfirms() public {
        later(2 * MONTH);
        request(START);
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.NotRegistrar.selector, head));
        vm.prank(head);
        issuers.confirmRetirement(school, KEY, START);
    }

    function test_ARegistrarWhoIsTheControllerCannotConfirm() public {
        vm.prank(PAVEL);
        bytes32 id = issuers.admit("did:web:own.example", PAVEL, "own", 0);
        vm.startPrank(PAVEL);
        issuers.addKey(id, KEY, IIssuerRegistry.Purpose.CREDENTIAL, IIssuerRegistry.Custody.OWN);
        later(2 * MONTH);
        issuers.requestRetirement(id, KEY, START);
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.RegistrarIsController.selector, PAVEL));
        issuers.confirmRetirement(id, KEY, START);
        vm.stopPrank();
        vm.prank(ROSA);
        issuers.confirmRetirement(id, KEY, START);
    }

    function test_RequestsAreHeldToTheSameRange() public {
        later(2 * MONTH);
        outOfRange(START - 1, 0);
        request(START - 1);
        outOfRange(time() + 1, 0);
        request(time() + 1);
        request(START + 50);
        retire(time() - 1);
        confirm(START + 50);
        outOfRange(START + 50, START + 50);
        request(START + 50);
    }

    function test_ARequestOvertakenByAnEarlierRetirementFails() public {
        later(MONTH);
        request(START + 50);
        retire(START + 10);
        outOfRange(START + 50, START + 10);
        confirm(START + 50);
    }

    function test_ARequestDiesWithItsController() public {
        later(2 * MONTH);
        request(START);
        bytes32 subject = bytes32(uint256(uint160(STRANGER)));
        vm.prank(OLGA);
        issuers.proposeController(school, STRANGER);
        vm.prank(PAVEL);
        issuers.confirmChange(school, IIssuerRegistry.Change.CONTROLLER, subject);
        later(7 days);
        vm.prank(OLGA);
        issuers.executeChange(school, IIssuerRegistry.Change.CONTROLLER);
        assertEq(issuers.retirementRequest(school, KEY), 0, "void");
        notRequested(START);
        confirm(START);
    }

    function test_AStatusKeyNeverSignsCredentials() public {
        vm.prank(head);
        issuers.addKey(school, OTHER_KEY, IIssuerRegistry.Purpose.STATUS, IIssuerRegistry.Custody.OWN);
        IIssuerRegistry.Standing memory answer = issuers.standing(school, OTHER_KEY, START);
        assertTrue(answer.keyKnown && !answer.keyValid, "known, not for credentials");
    }

    function test_ASuspendedIssuerStillLooksAfterItsKeys() public {
        vm.prank(OLGA);
        issuers.suspend(school, START);
        retire(START);
        addKey(OTHER_KEY);
        assertEq(issuers.keys(school).length, 2, "keys");
    }

    function testFuzz_AKeyIsValidFromItsBlockUntilItsRetirement(uint32 back, uint32 delay, uint64 moment) public {
        later(delay);
        uint64 asOf = time() - back % (time() - START + 1);
        bool deep = asOf + MONTH < time();
        if (deep) {
            request(asOf);
            confirm(asOf);
        } else {
            retire(asOf);
        }
        moment = START - 10 + moment % (time() - START + 20);
        assertEq(validAt(moment), START <= moment && moment < asOf, "valid");
    }

    function testFuzz_NoTimeOutsideTheRangeIsTaken(uint64 asOf, uint32 delay, uint32 back) public {
        later(delay);
        uint64 until = time() - back % (time() - START + 1);
        if (until + MONTH < time()) until = time();
        retire(until);
        vm.assume(asOf < START || asOf >= until);
        vm.prank(head);
        try issuers.retireKey(school, KEY, asOf) {
            assertTrue(false, "taken");
        } catch {}
        assertEq(untilOf(KEY), until, "unchanged");
    }
}
