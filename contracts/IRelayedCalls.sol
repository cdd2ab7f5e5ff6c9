// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/**
 * @title Calls that somebody else pays for
 * @notice An issuer without coin signs an EIP-712 message; anybody may hand it in. Every typed message names the
 * issuer, carries the issuer's next nonce of the contract that it is meant for, and a deadline.
 */
interface IRelayedCalls {
    /**
     * @notice The message came too late.
     * @param deadline last second (Unix time) at which it could have been handed in
     * @param time block time of the attempt
     */
    error DeadlinePassed(uint256 deadline, uint256 time);

    /**
     * @notice The signature is not by an account that may do this for the issuer now, or is over another nonce or
     * other arguments.
     * @param issuerId the issuer in whose name it was tried
     * @param nonce the nonce that a good message would carry
     */
    error BadSignature(bytes32 issuerId, uint256 nonce);

    /**
     * @notice The nonce that the issuer's next message to this contract has to carry.
     * @param issuerId the issuer
     * @return the number of messages of this issuer already carried out here
     */
    function nonces(bytes32 issuerId) external view returns (uint256);
}
