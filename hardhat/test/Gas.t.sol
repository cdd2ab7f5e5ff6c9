// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../contracts/ICredentialRegistry.sol";
import {IIssuerRegistry} from "../contracts/IIssuerRegistry.sol";
import {RegistryTest} from "./RegistryTest.sol";

/// @notice Gas of whole transactions: execution, 21,000 and calldata (EIP-2028). Kept in snapshots/transactions.json.
contract GasTest is RegistryTest {
    uint256 private constant ANCHOR_LIMIT = 60_000;
    uint256 private constant REVOKE_LIMIT_A_DIGEST = 30_000;

    function transact(string memory name, address sender, address target, bytes memory call)
        private
        returns (uint256 total)
    {
        vm.prank(sender);
        (bool ok,) = target.call(call);
        total = vm.snapshotGasLastCall("execution", name) + 21_000;
        assertTrue(ok, name);
        for (uint256 i = 0; i < call.length; ++i) {
            total += call[i] == 0 ? 4 : 16;
        }
        vm.snapshotValue("transactions", name, total);
    }

    function digests(uint256 count) private pure returns (bytes32[] memory list) {
        list = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            list[i] = keccak256(abi.encode("digest", i));
        }
    }

    function test_Anchor() public {
        bytes memory call = abi.encodeCall(credentials.anchor, (keccak256("root")));
        uint256 total = transact("anchor", STRANGER, address(credentials), call);
        assertTrue(total < ANCHOR_LIMIT, vm.toString(total));
    }

    function test_RevokeOneHundred() public {
        bytes memory call = abi.encodeCall(credentials.revoke, (school, digests(100), ICredentialRegistry.Reason.FRAUD));
        uint256 total = transact("revoke 100", head, address(credentials), call);
        assertTrue(total / 100 < REVOKE_LIMIT_A_DIGEST, vm.toString(total));
    }

    function test_RevokeOne() public {
        bytes memory call = abi.encodeCall(credentials.revoke, (school, digests(1), ICredentialRegistry.Reason.FRAUD));
        transact("revoke 1", head, address(credentials), call);
    }

    function test_Admit() public {
        bytes memory call =
            abi.encodeCall(issuers.admit, ("did:web:id.example:lyceum", STRANGER, unicode"Лицей № 1580", 63));
        transact("admit", OLGA, address(issuers), call);
    }

    function test_AddKey() public {
        bytes memory call = abi.encodeCall(
            issuers.addKey, (school, KEY, IIssuerRegistry.Purpose.CREDENTIAL, IIssuerRegistry.Custody.OWN)
        );
        transact("addKey", head, address(issuers), call);
    }

    function test_CheckWith27Steps() public {
        addKey(KEY);
        bytes memory call = abi.encodeCall(credentials.check, (school, KEY, KEY, KEY, digests(27)));
        transact("check, 27 steps", STRANGER, address(credentials), call);
    }
}
