// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentialRegistry} from "../contracts/ICredentialRegistry.sol";
import {Actors} from "./Actors.sol";
import {RegistryTest} from "./RegistryTest.sol";

contract InvariantsTest is RegistryTest {
    Actors private actors;

    function setUp() public override {
        super.setUp();
        later(365 days); // so that there is a past
        actors = new Actors(issuers, credentials, [school, ministry], [OLGA, PAVEL, ROSA, head, minister, STRANGER]);
    }

    /// @notice Read by the test machine: call nothing but the actors.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(actors);
    }

    function invariant_NothingHappensThatShouldNot() public view {
        assertEq(actors.broken(), "", "broken");
        assertTrue(!issuers.isRegistrar(head) && issuers.registrars().length == 3, "registrars");
        bytes32 word = keccak256("one");
        assertTrue(credentials.check(school, word, word, word, new bytes32[](0)).issuerKnown, "check answers");
    }

    /// @dev That the actors can get everything done at all, or the invariant would say little.
    function test_TheActorsCanDoEverything() public {
        (uint8 olga, uint8 pavel, uint8 controller) = (1, 5, 1);
        actors.addKey(controller, 0, 0, false);
        actors.anchor(0, 0);
        for (uint256 i = 0; i < 8; ++i) {
            actors.wait(12 days - 1);
        }
        actors.rename(olga, 0, 7);
        actors.setKinds(olga, 0, 7);
        actors.suspend(olga, 0, 20 days);
        actors.reinstate(olga, 0);
        actors.retireKey(controller, 0, 0, 1 days);
        actors.requestRetirement(controller, 0, 0, 49 days);
        actors.confirmRetirement(olga, 0, 0);
        actors.nameSuccessor(controller, 0);
        actors.revoke(3, 0, 0, 4);
        actors.propose(olga, 0, 5, true);
        actors.cancel(olga, 0, true);
        actors.propose(olga, 0, 5, true);
        actors.confirm(pavel, 0, true);
        actors.wait(8 days);
        actors.execute(olga, 0, true);
        assertEq(actors.broken(), "", "broken");
        bytes4[15] memory acts = [
            actors.addKey.selector,
            actors.anchor.selector,
            actors.rename.selector,
            actors.setKinds.selector,
            actors.suspend.selector,
            actors.reinstate.selector,
            actors.retireKey.selector,
            actors.requestRetirement.selector,
            actors.confirmRetirement.selector,
            actors.nameSuccessor.selector,
            actors.revoke.selector,
            actors.propose.selector,
            actors.cancel.selector,
            actors.confirm.selector,
            actors.execute.selector
        ];
        for (uint256 i = 0; i < acts.length; ++i) {
            assertTrue(actors.taken(acts[i]) != 0, vm.toString(i));
        }
    }
}
