// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CredentialRegistry} from "../contracts/CredentialRegistry.sol";
import {ICredentialRegistry} from "../contracts/ICredentialRegistry.sol";
import {IIssuerRegistry} from "../contracts/IIssuerRegistry.sol";
import {RegistryTest} from "./RegistryTest.sol";

contract AnchorsTest is RegistryTest {
    bytes32 private constant ROOT = keccak256("a root");

    function test_PairIsFixedAtDeployment() public view {
        assertEq(address(credentials.issuerRegistry()), address(issuers), "issuer registry");
    }

    function test_RefusesAnIssuerRegistryWithoutCode() public {
        expectRefusal(abi.encodeWithSelector(ICredentialRegistry.BadIssuerRegistry.selector, STRANGER));
        new CredentialRegistry(IIssuerRegistry(STRANGER));
    }

    function test_AnybodyAnchorsAndTheBlockIsKept() public {
        vm.roll(77);
        vm.expectEmit(address(credentials));
        emit ICredentialRegistry.Anchored(ROOT, STRANGER, 77, START);
        vm.prank(STRANGER);
        credentials.anchor(ROOT);
        (uint64 blockNumber, uint64 blockTime) = credentials.anchorOf(ROOT);
        assertEq(blockNumber, 77, "block number");
        assertEq(blockTime, START, "block time");
    }

    function test_UnknownRootHasNoBlock() public view {
        (uint64 blockNumber, uint64 blockTime) = credentials.anchorOf(ROOT);
        assertEq(uint256(blockNumber) + blockTime, 0, "block");
    }

    function test_SecondAnchoringTellsTheFirstAndChangesNothing() public {
        vm.roll(77);
        credentials.anchor(ROOT);
        vm.roll(78);
        later(12);
        expectRefusal(abi.encodeWithSelector(ICredentialRegistry.AlreadyAnchored.selector, ROOT, 77, START));
        credentials.anchor(ROOT);
        (uint64 blockNumber, uint64 blockTime) = credentials.anchorOf(ROOT);
        assertEq(blockNumber, 77, "block number");
        assertEq(blockTime, START, "block time");
    }

    function test_RefusesTheZeroRoot() public {
        expectRefusal(abi.encodeWithSelector(ICredentialRegistry.BadRoot.selector, bytes32(0)));
        credentials.anchor(0);
    }
}
