// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../contracts/ICredentialRegistry.sol";
import {ManyChecks} from "../contracts/ManyChecks.sol";
import {RegistryTest} from "./RegistryTest.sol";

contract ManyChecksTest is RegistryTest {
    bytes32 private constant ROOT = keccak256("a root");

    function test_AnswersAsTheContractDoesInOrder() public {
        ManyChecks many = new ManyChecks();
        credentials.anchor(ROOT);
        bytes[] memory calls = new bytes[](3);
        calls[0] = abi.encodeCall(ICredentialRegistry.anchorOf, (ROOT));
        calls[1] = abi.encodeCall(ICredentialRegistry.anchor, (ROOT)); // reverts: it would write
        calls[2] = abi.encodeCall(ICredentialRegistry.anchorOf, (bytes32(0)));
        bytes[] memory answers = many.many(address(credentials), calls);
        assertEq(answers.length, 3, "answers");
        (uint64 blockNumber, uint64 blockTime) = abi.decode(answers[0], (uint64, uint64));
        assertEq(blockNumber, block.number, "block");
        assertEq(blockTime, block.timestamp, "time");
        assertEq(answers[1].length, 0, "a refusal is no answer");
        assertEq(answers[2].length, 64, "an unknown root is answered");
    }
}
