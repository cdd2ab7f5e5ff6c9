// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CredentialRegistry} from "../contracts/CredentialRegistry.sol";
import {IIssuerRegistry} from "../contracts/IIssuerRegistry.sol";
import {IssuerRegistry} from "../contracts/IssuerRegistry.sol";
import {Vm} from "./Vm.sol";

/// @notice What every test starts from: a pair of registries, three registrars, two admitted issuers, and assertions.
abstract contract RegistryTest {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    uint64 internal constant START = 1_700_000_000;
    uint64 internal constant MONTH = 30 days;
    uint256 internal constant KINDS = 5;
    string internal constant SCHOOL_DID = "did:web:id.example:school";
    string internal constant MINISTRY_DID = "did:web:id.example:ministry";
    string internal constant SCHOOL_NAME = unicode"Школа № 1";

    address internal constant OLGA = address(0x01a);
    address internal constant PAVEL = address(0x02b);
    address internal constant ROSA = address(0x03c);
    address internal constant STRANGER = address(0x5678);
    uint256 internal constant HEAD_KEY = 0xbead; // the school's controller
    uint256 internal constant MINISTER_KEY = 0xcafe;

    bytes32 internal constant KEY = keccak256("a public key");
    bytes32 internal constant OTHER_KEY = keccak256("another public key");

    address internal head;
    address internal minister;
    bytes32 internal school;
    bytes32 internal ministry;
    IssuerRegistry internal issuers;
    CredentialRegistry internal credentials;

    function setUp() public virtual {
        vm.warp(START);
        head = vm.addr(HEAD_KEY);
        minister = vm.addr(MINISTER_KEY);
        issuers = new IssuerRegistry(threeRegistrars());
        credentials = new CredentialRegistry(issuers);
        vm.startPrank(OLGA);
        school = issuers.admit(SCHOOL_DID, head, SCHOOL_NAME, KINDS);
        ministry = issuers.admit(MINISTRY_DID, minister, unicode"Министерство", 0);
        vm.stopPrank();
    }

    function threeRegistrars() internal pure returns (address[] memory accounts) {
        accounts = new address[](3);
        (accounts[0], accounts[1], accounts[2]) = (OLGA, PAVEL, ROSA);
    }

    /// @dev A key of the school, for credentials, in its own custody.
    function addKey(bytes32 publicKey) internal {
        vm.prank(head);
        issuers.addKey(school, publicKey, IIssuerRegistry.Purpose.CREDENTIAL, IIssuerRegistry.Custody.OWN);
    }

    function later(uint256 duration) internal {
        vm.warp(block.timestamp + duration);
    }

    function time() internal view returns (uint64) {
        return uint64(block.timestamp);
    }

    /// @dev Signature of an EIP-712 struct for a contract of the given domain name, written down independently of OpenZeppelin.
    function signed(uint256 key, address target, string memory name, bytes32 structHash)
        internal
        view
        returns (bytes memory)
    {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256(bytes(name)),
                keccak256("1"),
                block.chainid,
                target
            )
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, keccak256(abi.encodePacked("\x19\x01", domain, structHash)));
        return abi.encodePacked(r, s, v);
    }

    function expectRefusal(bytes memory revertData) internal {
        vm.expectRevert(revertData);
    }

    function assertTrue(bool condition, string memory what) internal pure {
        require(condition, what);
    }

    function assertEq(uint256 actual, uint256 expected, string memory what) internal pure {
        require(actual == expected, string.concat(what, ": ", vm.toString(actual), " is not ", vm.toString(expected)));
    }

    function assertEq(bytes32 actual, bytes32 expected, string memory what) internal pure {
        require(actual == expected, what);
    }

    function assertEq(address actual, address expected, string memory what) internal pure {
        require(actual == expected, what);
    }

    function assertEq(bool actual, bool expected, string memory what) internal pure {
        require(actual == expected, what);
    }

    function assertEq(string memory actual, string memory expected, string memory what) internal pure {
        require(keccak256(bytes(actual)) == keccak256(bytes(expected)), string.concat(what, ": ", actual));
    }
}
