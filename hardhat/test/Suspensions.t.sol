// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IIssuerRegistry} from "../contracts/IIssuerRegistry.sol";
import {RegistryTest} from "./RegistryTest.sol";

contract SuspensionsTest is RegistryTest {
    function suspend(uint64 asOf) private {
        vm.prank(PAVEL);
        issuers.suspend(school, asOf);
    }

    function reinstate() private {
        vm.prank(OLGA);
        issuers.reinstate(school);
    }

    function refused(uint64 asOf, uint64 earliest, uint64 latest) private {
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.SuspensionOutOfRange.selector, asOf, earliest, latest));
        suspend(asOf);
    }

    function suspended() private view returns (bool now_) {
        (,,,,,, now_,) = issuers.issuer(school);
    }

    function test_SuspensionActsFromItsTimeOn() public {
        later(2 * MONTH);
        uint64 asOf = time() - 10 days;
        vm.expectEmit(address(issuers));
        emit IIssuerRegistry.IssuerSuspended(school, PAVEL, asOf);
        suspend(asOf);
        assertTrue(suspended(), "suspended");
        assertTrue(issuers.admittedAtTime(school, asOf - 1), "before");
        assertTrue(!issuers.admittedAtTime(school, asOf), "from then on");
        assertTrue(!issuers.admittedAtTime(school, time()), "now");
        assertTrue(issuers.admittedAtTime(ministry, time()), "another issuer");
    }

    function test_ReinstatementActsFromItsBlockOn() public {
        suspend(START);
        later(50);
        vm.expectEmit(address(issuers));
        emit IIssuerRegistry.IssuerReinstated(school, OLGA, START);
        reinstate();
        assertTrue(!suspended(), "reinstated");
        assertTrue(!issuers.admittedAtTime(school, START), "suspended at its start");
        assertTrue(!issuers.admittedAtTime(school, START + 49), "suspended until a second before");
        assertTrue(issuers.admittedAtTime(school, START + 50), "admitted from then on");
    }

    function test_NotAdmittedBeforeAdmission() public view {
        assertTrue(!issuers.admittedAtTime(school, START - 1), "before");
        assertTrue(issuers.admittedAtTime(school, START), "at admission");
    }

    function test_AtMostThirtyDaysBack() public {
        later(2 * MONTH);
        uint64 earliest = time() - MONTH;
        refused(earliest - 1, earliest, time());
        suspend(earliest);
        assertTrue(!issuers.admittedAtTime(school, earliest), "suspended as of the earliest");
    }

    function test_NotInTheFuture() public {
        later(2 * MONTH);
        refused(time() + 1, time() - MONTH, time());
        refused(type(uint64).max, time() - MONTH, time());
        suspend(time());
    }

    function test_NotBeforeAdmission() public {
        later(5);
        refused(START - 1, START, START + 5);
        suspend(START);
    }

    function test_NotBeforeTheLastReinstatement() public {
        suspend(START);
        later(100);
        reinstate();
        later(100);
        refused(START + 99, START + 100, START + 200);
        suspend(START + 100);
        assertTrue(!issuers.admittedAtTime(school, START + 100), "suspended again at once");
    }

    function test_AnOpenSuspensionMovesOnlyBackwards() public {
        later(100);
        suspend(START + 50);
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.AlreadySuspended.selector, school, START + 50));
        suspend(START + 50);
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.AlreadySuspended.selector, school, START + 50));
        suspend(START + 51);
        suspend(START + 20);
        assertTrue(!issuers.admittedAtTime(school, START + 20), "from the earlier time on");
        assertTrue(issuers.admittedAtTime(school, START + 19), "not before");
        later(1);
        reinstate();
        assertTrue(issuers.admittedAtTime(school, time()), "one reinstatement ends it");
    }

    function test_OnlySuspendedIssuersAreReinstated() public {
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.NotSuspended.selector, school));
        reinstate();
        suspend(START);
        reinstate();
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.NotSuspended.selector, school));
        reinstate();
    }

    function test_OnlyARegistrarSuspendsAndReinstates() public {
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.NotRegistrar.selector, head));
        vm.prank(head);
        issuers.suspend(school, START);
        suspend(START);
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.NotRegistrar.selector, head));
        vm.prank(head);
        issuers.reinstate(school);
    }

    function test_OnlyKnownIssuers() public {
        vm.startPrank(OLGA);
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.UnknownIssuer.selector, KEY));
        issuers.suspend(KEY, START);
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.UnknownIssuer.selector, KEY));
        issuers.reinstate(KEY);
    }

    function test_AYoungChainHasNoTimeBeforeZero() public {
        vm.warp(1000);
        vm.startPrank(OLGA);
        bytes32 id = issuers.admit("did:web:young.example", head, "young", 0);
        issuers.suspend(id, 1000);
        assertTrue(!issuers.admittedAtTime(id, 1000), "suspended");
    }

    /// @dev Random suspensions and reinstatements against a list of intervals kept beside them.
    function testFuzz_SuspensionsAreTheIntervalsTheySay(
        uint32[8] calldata gaps,
        uint32[8] calldata backs,
        uint64 moment
    ) public {
        uint64[8] memory from;
        uint64[8] memory until;
        uint256 count;
        for (uint256 i = 0; i < gaps.length; ++i) {
            later(gaps[i] % (MONTH / 2));
            if (suspended()) {
                reinstate();
                until[count - 1] = time();
                continue;
            }
            uint64 earliest = time() - MONTH < START ? START : time() - MONTH;
            if (count != 0 && until[count - 1] > earliest) earliest = until[count - 1];
            from[count] = time() - backs[i] % (time() - earliest + 1);
            suspend(from[count]);
            until[count++] = type(uint64).max;
        }
        moment = START + moment % (time() - START + 100);
        bool expected = true;
        for (uint256 i = 0; i < count; ++i) {
            if (from[i] <= moment && moment < until[i]) expected = false;
        }
        assertEq(issuers.admittedAtTime(school, moment), expected, "admitted");
    }
}
