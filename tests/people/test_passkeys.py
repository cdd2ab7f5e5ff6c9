"""Passkeys in a real browser with a virtual authenticator (CDP WebAuthn), and what a forger sends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from people_world import PASSWORD, World, make_world
from portfolio.app import create_app
from ports import free_port
from watching import serving


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[World, str]]:
    port = free_port()
    world = make_world(tmp_path / "served", public_url=f"http://localhost:{port}")
    with serving(create_app(world.portfolio), port=port):
        yield world, f"http://localhost:{port}"
    world.close()


def sign_in(page: Page, address: str, who: str) -> None:
    page.goto(f"{address}/sign-in?lang=en")
    page.get_by_label("E-mail").fill(who)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_a_passkey_is_set_up_and_signs_in_alone(browser: Browser, served: tuple[World, str]) -> None:
    world, address = served
    someone = world.someone()
    context = browser.new_context()
    page = context.new_page()
    cdp = context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    cdp.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    sign_in(page, address, someone.address)
    page.goto(f"{address}/me/security")
    page.get_by_role("button", name="Add this device").click()
    page.wait_for_url("**/me/security?done=passkey")
    assert page.get_by_text("The passkey is set up.").is_visible()
    page.context.clear_cookies()
    page.goto(f"{address}/sign-in?lang=en&next=/me/security")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/me/security")
    page.get_by_role("button", name="Remove").click()
    page.wait_for_url("**done=passkey_removed")
    page.context.clear_cookies()
    page.goto(f"{address}/sign-in?lang=en")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_text("That did not work").wait_for()
    context.close()


@pytest.mark.parametrize(
    "body", [{}, {"rawId": "AA", "response": {}}, {"rawId": 5, "response": {"clientDataJSON": "x"}}]
)
def test_a_made_up_answer_is_refused(world: World, body: dict[str, object]) -> None:
    client = world.visitor()
    client.post("/sign-in/passkey/options")
    answer = client.post("/sign-in/passkey", json=body)
    assert answer.status_code == 422
    assert "session" not in client.cookies


def test_made_up_answers_are_counted(world: World) -> None:
    client = world.visitor()
    statuses = [client.post("/sign-in/passkey", json={}).status_code for _ in range(61)]
    assert statuses[-2:] == [422, 429]
    assert client.post("/sign-in/passkey", content=b"[1]").status_code == 422
