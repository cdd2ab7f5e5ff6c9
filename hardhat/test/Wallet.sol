// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice An ERC-1271 wallet that takes for a signature of its own whatever equals its password, and can call.
contract Wallet {
    bytes32 private immutable _password;

    constructor(bytes memory password) {
        _password = keccak256(password);
    }

    function isValidSignature(bytes32, bytes calldata signature) external view returns (bytes4) {
        return keccak256(signature) == _password ? this.isValidSignature.selector : bytes4(0);
    }
}

/// @notice A wallet that fails in every way a wallet can: it reverts.
contract BrokenWallet {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        revert("broken");
    }
}
