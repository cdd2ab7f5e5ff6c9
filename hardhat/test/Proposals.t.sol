// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IIssuerRegistry} from "../contracts/IIssuerRegistry.sol";
import {RegistryTest} from "./RegistryTest.sol";

contract ProposalsTest is RegistryTest {
    IIssuerRegistry.Change private constant CONTROLLER = IIssuerRegistry.Change.CONTROLLER;
    bytes32 private constant SUBJECT = bytes32(uint256(uint160(STRANGER)));

    function propose(address registrar) private {
        vm.prank(registrar);
        issuers.proposeController(school, STRANGER);
    }

    function confirm(address registrar) private {
        vm.prank(registrar);
        issuers.confirmChange(school, CONTROLLER, SUBJECT);
    }

    function cancel(address registrar) private {
        vm.prank(registrar);
        issuers.cancelChange(school, CONTROLLER);
    }

    function execute(address registrar) private {
        vm.prank(registrar);
        issuers.executeChange(school, CONTROLLER);
    }

    function notExecutable(uint64 executableAt) private {
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.NotExecutable.selector, school, CONTROLLER, executableAt));
    }

    function nothingToConfirm(bytes32 subject) private {
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.NothingToConfirm.selector, school, CONTROLLER, subject));
    }

    function nothingProposed() private {
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.NothingProposed.selector, school, CONTROLLER));
    }

    function controller() private view returns (address account) {
        (,, account,,,,,) = issuers.issuer(school);
    }

    function test_TwoRegistrarsAndSevenDaysReplaceAController() public {
        vm.expectEmit(address(issuers));
        emit IIssuerRegistry.ChangeProposed(school, CONTROLLER, SUBJECT, OLGA);
        propose(OLGA);
        later(1 days);
        uint64 executableAt = START + 8 days;
        vm.expectEmit(address(issuers));
        emit IIssuerRegistry.ChangeConfirmed(school, CONTROLLER, SUBJECT, PAVEL, executableAt);
        confirm(PAVEL);
        (bytes32 subject, address proposer, address confirmer, uint64 due) = issuers.proposal(school, CONTROLLER);
        assertTrue(subject == SUBJECT && proposer == OLGA && confirmer == PAVEL && due == executableAt, "proposal");
        later(7 days);
        assertEq(controller(), head, "not by itself");
        vm.expectEmit(address(issuers));
        emit IIssuerRegistry.ChangeExecuted(school, CONTROLLER, SUBJECT, ROSA);
        vm.expectEmit(address(issuers));
        emit IIssuerRegistry.ControllerReplaced(school, head, STRANGER);
        execute(ROSA);
        assertEq(controller(), STRANGER, "controller");
        (subject, proposer, confirmer, due) = issuers.proposal(school, CONTROLLER);
        assertTrue(subject == 0 && proposer == address(0) && confirmer == address(0) && due == 0, "used up");
        nothingProposed();
        execute(ROSA);
    }

    function test_TheNewControllerActsAndTheOldOneDoesNot() public {
        propose(OLGA);
        confirm(PAVEL);
        later(7 days);
        execute(OLGA);
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.NotController.selector, school, head));
        addKey(KEY);
        vm.prank(STRANGER);
        issuers.addKey(school, KEY, IIssuerRegistry.Purpose.CREDENTIAL, IIssuerRegistry.Custody.OWN);
    }

    function test_TheDaysBeginWithTheSecondRegistrar() public {
        propose(OLGA);
        later(30 days);
        notExecutable(0);
        execute(OLGA);
        confirm(PAVEL);
        notExecutable(START + 37 days);
        execute(OLGA);
        later(7 days - 1);
        notExecutable(START + 37 days);
        execute(OLGA);
        later(1);
        execute(OLGA);
    }

    function test_AnAgreementLapsesThirtyDaysAfterItIsDue() public {
        propose(OLGA);
        confirm(PAVEL);
        later(37 days);
        notExecutable(START + 7 days);
        execute(OLGA);
        cancel(OLGA);
        propose(OLGA);
        confirm(PAVEL);
        later(37 days - 1);
        execute(OLGA);
        assertEq(controller(), STRANGER, "in the last second");
    }

    function test_TheSameRegistrarIsNotTwo() public {
        propose(OLGA);
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.SameRegistrar.selector, OLGA));
        confirm(OLGA);
    }

    function test_OnlyRegistrars() public {
        bytes memory refusal = abi.encodeWithSelector(IIssuerRegistry.NotRegistrar.selector, head);
        expectRefusal(refusal);
        propose(head);
        expectRefusal(refusal);
        vm.prank(head);
        issuers.proposeSuccessor(school, ministry);
        propose(OLGA);
        expectRefusal(refusal);
        confirm(head);
        expectRefusal(refusal);
        cancel(head);
        confirm(PAVEL);
        later(7 days);
        expectRefusal(refusal);
        execute(head);
    }

    function test_AnyRegistrarCancelsAtAnyTime() public {
        propose(OLGA);
        vm.expectEmit(address(issuers));
        emit IIssuerRegistry.ChangeCancelled(school, CONTROLLER, SUBJECT, ROSA);
        cancel(ROSA);
        nothingToConfirm(SUBJECT);
        confirm(PAVEL);
        propose(OLGA);
        confirm(PAVEL);
        later(7 days);
        cancel(PAVEL);
        nothingProposed();
        execute(OLGA);
        nothingProposed();
        cancel(OLGA);
        assertEq(controller(), head, "unchanged");
    }

    function test_OneProposalAtATime() public {
        propose(OLGA);
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.ChangePending.selector, school, CONTROLLER));
        propose(PAVEL);
        vm.prank(PAVEL);
        issuers.proposeSuccessor(school, ministry);
    }

    function test_NobodyConfirmsSomethingElse() public {
        nothingToConfirm(SUBJECT);
        confirm(PAVEL);
        propose(OLGA);
        nothingToConfirm(bytes32(uint256(uint160(minister))));
        vm.prank(PAVEL);
        issuers.confirmChange(school, CONTROLLER, bytes32(uint256(uint160(minister))));
        confirm(PAVEL);
        nothingToConfirm(SUBJECT);
        confirm(ROSA);
    }

    function test_RefusesBadControllers() public {
        vm.startPrank(OLGA);
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.BadController.selector, school, address(0)));
        issuers.proposeController(school, address(0));
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.BadController.selector, school, head));
        issuers.proposeController(school, head);
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.UnknownIssuer.selector, KEY));
        issuers.proposeController(KEY, STRANGER);
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.UnknownIssuer.selector, KEY));
        issuers.proposeSuccessor(KEY, school);
    }

    function test_ProposalsOfIssuersDoNotMix() public {
        propose(OLGA);
        vm.prank(OLGA);
        issuers.proposeController(ministry, STRANGER);
        confirm(PAVEL);
        later(7 days);
        expectRefusal(abi.encodeWithSelector(IIssuerRegistry.NotExecutable.selector, ministry, CONTROLLER, 0));
        vm.prank(OLGA);
        issuers.executeChange(ministry, CONTROLLER);
        execute(OLGA);
    }
}
