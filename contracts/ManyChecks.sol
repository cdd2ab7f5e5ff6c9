// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/**
 * @title Many views of one contract in one call
 * @notice Never deployed: a verifier of thousands lends this code to an address for the length of one `eth_call` (the
 * state override of a node), so that a list is not as many calls as it has rows. Holds nothing and can change nothing.
 */
contract ManyChecks {
    /**
     * @notice What the contract at `target` answers to each of `calls`, in their order.
     * @param target the contract asked
     * @param calls selector and arguments of each view
     * @return answers what each returned; empty where it reverted, ran out of gas or where there is no code
     */
    function many(address target, bytes[] calldata calls) external view returns (bytes[] memory answers) {
        answers = new bytes[](calls.length);
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool answered, bytes memory answer) = target.staticcall(calls[i]);
            if (answered) answers[i] = answer;
        }
    }
}
