// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../contracts/ICredentialRegistry.sol";
import {IIssuerRegistry} from "../contracts/IIssuerRegistry.sol";
import {RegistryTest} from "./RegistryTest.sol";

contract SuccessorsTest is RegistryTest {
    IIssuerRegistry.Change private constant SUCCESSOR = IIssuerRegistry.Change.SUCCESSOR;

    bytes32 private college;

    function setUp() public override {
        super.setUp();
        vm.prank(OLGA);
        college = issuers.admit("did:web:id.example:college", STRANGER, "college", 1);
    }

    function name(bytes32 successor) private {
        vm.prank(head);
        issuers.nameSuccessor(school, successor);
    }

    function successorOf(bytes32 issuerId) private view returns (bytes32 successor) {
        (,,,,,,, successor) = issuers.issuer(issuerId);
    }

    function test_TheControllerNamesASuccessorWhoMayRevoke() public {
        assertTrue(!issuers.canRevoke(school, minister), "not yet");
        vm.expectEmit(address(issuers));
        emit IIssuerRegistry.SuccessorNamed(school, ministry);
        name(ministry);
        assertEq(successorOf(school), ministry, "successor");
        assertTrue(issuers.canRevoke(school, minister) && issuers.canRevoke(school, head), "both");
        (address controller, address successorController) = issuers.revokers(school);
        assertTrue(controller == head && successorController == minister, "revokers");
    }

    function test_ASuccessorMayNothingElse() public {
        name(ministry);
        vm.startPrank(minister);
        bytes memory refusal = abi.encodeWithSelector(IIssuerRegistry.NotController.selector, school, minister);
        expectRefusal(refusal);
        issuers.addKey(school, KEY, IIssuerRegistry.Purpose.CREDENTIAL, IIssuerRegistry.Custody.OWN);
        expectRefusal(refusal);
        issuers.retireKey(school, KEY, START);
        expectRefusal(refusal);
        issuers.nameSuccessor(school, college);
    }

    function test_ASuccessorDoesNotPassTheRightOn() public {
        name(ministry);
        vm.prank(minister);
        issuers.nameSuccessor(ministry, college);
        assertTrue(issuers.canRevoke(ministry, STRANGER), "the successor's own");
        assertTrue(!issuers.canRevoke(school, STRANGER), "not the predecessor's");
    }

    function test_TheRightFollowsTheSuccessorsController() public {
        name(ministry);
        vm.prank(OLGA);
        issuers.proposeController(ministry, address(0x77));
        vm.prank(ROSA);
        issuers.confirmChange(ministry, IIssuerRegistry.Change.CONTROLLER, bytes32(uint256(0x77)));
        later(7 days);
        vm.prank(ROSA);
        issuers.executeChange(ministry, IIssuerRegistry.Change.CONTROLLER);
        assertTrue(issuers.canRevoke(school, address(0x77)) && !issuers.canRevoke(school, minister), "followed");
    }

    function test_AnotherSuccessorReplacesTheFirst() public {
        name(ministry);
        name(college);
        assertTrue(issuers.canRevoke(school, STRANGER) && !issuers.canRevoke(school, minister), "replaced");
    }

    function test_RefusesBadSuccessors() public {
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.BadSuccessor.selector, school, school));
        name(school);
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.BadSuccessor.selector, school, KEY));
        name(KEY);
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.BadSuccessor.selector, school, bytes32(0)));
        name(0);
        name(ministry);
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.BadSuccessor.selector, school, ministry));
        name(ministry);
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.BadSuccessor.selector, school, school));
        vm.prank(OLGA);
        issuers.proposeSuccessor(school, school);
    }

    function test_OnlyTheControllerNames() public {
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.NotController.selector, school, OLGA));
        vm.prank(OLGA);
        issuers.nameSuccessor(school, ministry);
    }

    function test_TwoRegistrarsAndSevenDaysNameASuccessor() public {
        vm.prank(OLGA);
        issuers.proposeSuccessor(school, ministry);
        vm.prank(PAVEL);
        issuers.confirmChange(school, SUCCESSOR, ministry);
        assertTrue(!issuers.canRevoke(school, minister), "not yet");
        later(7 days);
        vm.prank(PAVEL);
        issuers.executeChange(school, SUCCESSOR);
        assertEq(successorOf(school), ministry, "successor");
        (,, address controller,,,,,) = issuers.issuer(school);
        assertEq(controller, head, "the controller stays");
    }

    function test_NobodyRevokesForAnUnknownIssuer() public view {
        assertTrue(!issuers.canRevoke(KEY, address(0)) && !issuers.canRevoke(KEY, head), "nobody");
        assertTrue(!issuers.canRevoke(school, address(0)), "nor the zero address");
    }

    function test_ASuccessorRevokesDirectly() public {
        name(ministry);
        bytes32[] memory digests = new bytes32[](1);
        digests[0] = KEY;
        vm.prank(minister);
        credentials.revoke(school, digests, ICredentialRegistry.Reason.WITHDRAWN);
        (bool revoked,,) = credentials.revocationOf(school, KEY);
        assertTrue(revoked, "revoked");
    }
}
