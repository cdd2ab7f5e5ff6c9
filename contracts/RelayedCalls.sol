// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

import {IRelayedCalls} from "./IRelayedCalls.sol";

/**
 * @title Nonces, deadlines and signatures of relayed calls
 * @dev Invariants: an issuer's nonce only grows, by one for each message carried out; a message is carried out at
 * most once, in the order of nonces, on one chain, in one contract, up to its deadline. Who may sign is decided by
 * the heir at the moment of execution, so that replacing a controller voids everything the old one has signed and not
 * handed in.
 */
abstract contract RelayedCalls is IRelayedCalls, EIP712 {
    mapping(bytes32 issuerId => uint256 next) private _nonces;

    /// @inheritdoc IRelayedCalls
    function nonces(bytes32 issuerId) external view returns (uint256) {
        return _nonces[issuerId];
    }

    /// @dev Checks the deadline (its last second included) and uses up the issuer's nonce.
    function _takeNonce(bytes32 issuerId, uint256 deadline) internal returns (uint256) {
        require(block.timestamp <= deadline, DeadlinePassed(deadline, block.timestamp));
        return _nonces[issuerId]++;
    }

    /// @dev Whether `account`, a key or an ERC-1271 wallet, signed the struct; false for the zero address.
    function _isSignedBy(address account, bytes32 structHash, bytes calldata signature) internal view returns (bool) {
        return SignatureChecker.isValidSignatureNowCalldata(account, _hashTypedDataV4(structHash), signature);
    }
}
