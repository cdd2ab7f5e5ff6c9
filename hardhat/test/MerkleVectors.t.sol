// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RegistryTest} from "./RegistryTest.sol";
import {Vm} from "./Vm.sol";

/// @notice The vectors that OpenZeppelin's JavaScript tree wrote, read by the contract.
contract MerkleVectorsTest is RegistryTest {
    string private constant FOLDER = "../tests/vectors/merkle/";

    function holds(bytes32 digest, bytes32 root, bytes32[] memory proof) private view returns (bool) {
        return credentials.check(school, KEY, digest, root, proof).proofValid;
    }

    function checkTree(string memory json) private view {
        bytes32[] memory digests = vm.parseJsonBytes32Array(json, ".digests");
        bytes32 root = vm.parseJsonBytes32(json, ".root");
        for (uint256 i = 0; i < digests.length; ++i) {
            bytes32[] memory proof = vm.parseJsonBytes32Array(json, string.concat(".proofs[", vm.toString(i), "]"));
            assertTrue(holds(digests[i], root, proof), vm.toString(i));
            assertTrue(digests.length == 1 || !holds(digests[(i + 1) % digests.length], root, proof), "neighbour");
        }
    }

    function checkCase(string memory json) private view {
        bytes32[] memory proof = vm.parseJsonBytes32Array(json, ".proof");
        bool valid = holds(vm.parseJsonBytes32(json, ".digest"), vm.parseJsonBytes32(json, ".root"), proof);
        assertEq(valid, vm.parseJsonBool(json, ".valid"), json);
    }

    /// @dev Files are told apart by what is in them, so that a new one is checked without being named here.
    function test_EveryVectorHolds() public view {
        uint256 trees = 0;
        uint256 cases = 0;
        Vm.DirEntry[] memory entries = vm.readDir(FOLDER);
        for (uint256 i = 0; i < entries.length; ++i) {
            string memory json = vm.readFile(entries[i].path);
            if (bytes(json)[0] != "{") continue; // README.md
            if (vm.keyExistsJson(json, ".digests")) {
                checkTree(json);
                ++trees;
            } else {
                checkCase(json);
                ++cases;
            }
        }
        assertEq(trees, 5, "trees of 1, 2, 3, 7 and 64 leaves");
        assertTrue(cases >= 16, "proofs right and wrong");
    }
}
