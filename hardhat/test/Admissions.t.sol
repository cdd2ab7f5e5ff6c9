// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IIssuerRegistry} from "../contracts/IIssuerRegistry.sol";
import {IssuerRegistry} from "../contracts/IssuerRegistry.sol";
import {RegistryTest} from "./RegistryTest.sol";

contract AdmissionsTest is RegistryTest {
    string private constant DID = "did:web:id.example:lyceum";

    function test_RegistrarsAreTheOnesGiven() public view {
        address[] memory accounts = issuers.registrars();
        assertEq(accounts.length, 3, "registrars");
        assertEq(accounts[2], ROSA, "third");
        assertTrue(issuers.isRegistrar(OLGA) && issuers.isRegistrar(PAVEL) && issuers.isRegistrar(ROSA), "all three");
        assertTrue(!issuers.isRegistrar(STRANGER), "nobody else");
    }

    function test_TwoRegistrarsSuffice() public {
        address[] memory two = new address[](2);
        (two[0], two[1]) = (OLGA, PAVEL);
        assertEq(new IssuerRegistry(two).registrars().length, 2, "registrars");
    }

    function test_RefusesFewerThanTwoRegistrars() public {
        address[] memory one = new address[](1);
        one[0] = OLGA;
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.TooFewRegistrars.selector, 1));
        new IssuerRegistry(one);
    }

    function test_RefusesTheSameRegistrarTwice() public {
        address[] memory accounts = threeRegistrars();
        accounts[2] = OLGA;
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.BadRegistrar.selector, OLGA));
        new IssuerRegistry(accounts);
    }

    function test_RefusesTheZeroRegistrar() public {
        address[] memory accounts = threeRegistrars();
        accounts[1] = address(0);
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.BadRegistrar.selector, address(0)));
        new IssuerRegistry(accounts);
    }

    function test_AdmittedIssuerIsThere() public {
        bytes32 id = keccak256(bytes(DID));
        vm.expectEmit(address(issuers));
        emit IIssuerRegistry.IssuerAdmitted(id, STRANGER, PAVEL, DID, unicode"Лицей", 7);
        vm.prank(PAVEL);
        assertEq(issuers.admit(DID, STRANGER, unicode"Лицей", 7), id, "id");
        (bool known, string memory did, address controller, string memory name, uint256 kinds,,,) = issuers.issuer(id);
        assertTrue(known, "known");
        assertEq(did, DID, "did");
        assertEq(controller, STRANGER, "controller");
        assertEq(name, unicode"Лицей", "name");
        assertEq(kinds, 7, "kinds");
        (,,,,, uint64 admittedAt, bool suspended, bytes32 successor) = issuers.issuer(id);
        assertEq(admittedAt, START, "admitted at");
        assertTrue(!suspended && successor == 0, "neither suspended nor succeeded");
    }

    function test_UnknownIssuerIsEmpty() public view {
        bytes32 id = keccak256(bytes(DID));
        (bool known, string memory did, address controller, string memory name, uint256 kinds,,,) = issuers.issuer(id);
        assertTrue(!known && bytes(did).length == 0 && controller == address(0), "unknown");
        assertTrue(bytes(name).length == 0 && kinds == 0, "empty");
        assertTrue(!issuers.admittedAtTime(id, START) && !issuers.admittedAtTime(id, type(uint64).max), "not admitted");
    }

    function test_OnlyARegistrarAdmits() public {
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.NotRegistrar.selector, head));
        vm.prank(head);
        issuers.admit(DID, head, "name", 0);
    }

    function test_ADidIsAdmittedOnce() public {
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.AlreadyAdmitted.selector, school));
        vm.prank(OLGA);
        issuers.admit(SCHOOL_DID, STRANGER, "name", 0);
    }

    function test_RefusesTheZeroController() public {
        bytes32 id = keccak256(bytes(DID));
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.BadController.selector, id, address(0)));
        vm.prank(OLGA);
        issuers.admit(DID, address(0), "name", 0);
    }

    function test_RefusesEmptyAndOverlongTexts() public {
        string memory longest = string(new bytes(1024));
        string memory longer = string(new bytes(1025));
        vm.startPrank(OLGA);
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.BadText.selector, 0, 512));
        issuers.admit("", STRANGER, "name", 0);
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.BadText.selector, 513, 512));
        issuers.admit(string(new bytes(513)), STRANGER, "name", 0);
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.BadText.selector, 0, 1024));
        issuers.admit(DID, STRANGER, "", 0);
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.BadText.selector, 1025, 1024));
        issuers.admit(DID, STRANGER, longer, 0);
        issuers.admit(string(new bytes(512)), STRANGER, longest, 0);
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.BadText.selector, 1025, 1024));
        issuers.rename(school, longer);
    }

    function test_NamesKeepTheirHistory() public {
        later(100);
        vm.expectEmit(address(issuers));
        emit IIssuerRegistry.IssuerRenamed(school, ROSA, unicode"Гимназия № 1");
        vm.prank(ROSA);
        issuers.rename(school, unicode"Гимназия № 1");
        assertEq(issuers.nameAt(school, START - 1), "", "before admission");
        assertEq(issuers.nameAt(school, START), SCHOOL_NAME, "at admission");
        assertEq(issuers.nameAt(school, START + 99), SCHOOL_NAME, "a second before");
        assertEq(issuers.nameAt(school, START + 100), unicode"Гимназия № 1", "from its block on");
        (,,, string memory name,,,,) = issuers.issuer(school);
        assertEq(name, unicode"Гимназия № 1", "now");
    }

    function test_TheLastOfTwoNamesInOneBlockStands() public {
        vm.startPrank(ROSA);
        issuers.rename(school, "first");
        issuers.rename(school, "second");
        assertEq(issuers.nameAt(school, START), "second", "at the block");
        assertEq(issuers.nameAt(school, START - 1), "", "before");
    }

    function test_KindsKeepTheirHistory() public {
        later(100);
        vm.expectEmit(address(issuers));
        emit IIssuerRegistry.KindsSet(school, OLGA, 2);
        vm.prank(OLGA);
        issuers.setKinds(school, 2);
        assertEq(issuers.kindsAt(school, START - 1), 0, "before admission");
        assertEq(issuers.kindsAt(school, START + 99), KINDS, "a second before");
        assertEq(issuers.kindsAt(school, START + 100), 2, "from its block on");
    }

    function test_OnlyARegistrarRenamesAndSetsKinds() public {
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.NotRegistrar.selector, head));
        vm.prank(head);
        issuers.rename(school, "name");
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.NotRegistrar.selector, head));
        vm.prank(head);
        issuers.setKinds(school, 1);
    }

    function test_OnlyKnownIssuersAreRenamedAndGivenKinds() public {
        bytes32 id = keccak256(bytes(DID));
        vm.startPrank(OLGA);
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.UnknownIssuer.selector, id));
        issuers.rename(id, "name");
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.UnknownIssuer.selector, id));
        issuers.setKinds(id, 1);
    }

    /// @dev Whatever the gaps between changes, each name and mask holds exactly from its block to the next one's.
    function testFuzz_HistoryAnswersEveryMoment(uint16[6] calldata gaps, uint64 moment) public {
        uint64[7] memory changedAt;
        changedAt[0] = START;
        vm.startPrank(OLGA);
        for (uint256 i = 0; i < gaps.length; ++i) {
            later(gaps[i]);
            changedAt[i + 1] = time();
            issuers.rename(school, vm.toString(i + 1));
            issuers.setKinds(school, i + 1);
        }
        moment = START - 10 + moment % (time() - START + 20);
        uint256 expected = type(uint256).max;
        for (uint256 i = 0; i < changedAt.length; ++i) {
            if (changedAt[i] <= moment) expected = i;
        }
        string memory name = issuers.nameAt(school, moment);
        if (expected == type(uint256).max) assertEq(name, "", "before admission");
        else if (expected == 0) assertEq(name, SCHOOL_NAME, "first name");
        else assertEq(name, vm.toString(expected), "name");
        uint256 kinds = expected == type(uint256).max ? 0 : expected == 0 ? KINDS : expected;
        assertEq(issuers.kindsAt(school, moment), kinds, "kinds");
    }
}
