"""Words for journeys: windows of people, letters they get, pictures that are kept of what they saw."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from pathlib import Path

import pyotp
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, BrowserContext, Page
from sqlmodel import Session, col, select

from portfolio.i18n import Language, gettext_for
from portfolio.notifications.models import OutgoingMail
from portfolio.notifications.service import message_of
from portfolio.organisations.models import Organisation, OrganisationType, StaffRole
from portfolio.organisations.service import organisation_by_slug
from portfolio.organisations.staff import give_place
from portfolio.people.accounts import create_account, hash_password
from portfolio.people.consent import Purpose
from portfolio.people.models import Account
from portfolio.people.second_factors import STEP, set_totp
from portfolio.people.service import Profile
from service_world import Service

PASSWORD = "короткое предложение"
SECRET = pyotp.random_base32()
WIDTHS = (390, 1280)
DRAWN = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
LOCALES: dict[Language, str] = {"ru": "ru-RU", "en": "en-GB"}


@dataclass(slots=True)
class Window:
    """One person's browser. Every step is a page that was seen, at telephone and desk width."""

    journey: Journey
    context: BrowserContext
    page: Page
    who: str
    width: int
    pictures: int = 0

    def open(self, path: str) -> Page:
        self.page.goto(path if path.startswith("http") else self.journey.address + path)
        return self.page

    def press(self, sentence: str) -> None:
        """Press the first button or link with this sentence of the catalogue, and wait for the page behind it."""
        self.follow(self.journey.say(sentence))

    def follow(self, name: str) -> None:
        """Press the first button or link of this name, whoever gave it."""
        main = self.page.locator("main")
        begins = re.compile(r"^\W*" + re.escape(name))  # what it is about follows, for readers of screens
        button = main.get_by_role("button", name=begins)
        (button if button.count() else main.get_by_role("link", name=begins)).first.click()
        self.page.wait_for_load_state()

    def agree(self, person: str, *purposes: Purpose) -> None:
        """Say yes to each purpose on the page of a person's consents."""
        self.open(f"/p/{person}/consents")
        for purpose in purposes:
            self.page.locator(f"section#{purpose.value}").get_by_role("button").first.click()
            self.page.wait_for_load_state()

    def fill(self, **fields: str) -> None:
        for name, value in fields.items():
            self.page.locator(f"main [name={name}]").first.fill(value)

    def sees(self, text: str) -> bool:
        return self.page.get_by_text(text).first.is_visible()

    def reads(self, sentence: str) -> bool:
        """Tell whether a sentence of the catalogue stands in the page, in the reader's language."""
        return self.page.locator("main").get_by_text(self.journey.say(sentence)).first.is_visible()

    def picture(self, name: str) -> None:
        """Keep what is seen, in both widths; then go on in the window's own."""
        self.pictures += 1
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": 900})
            assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, width)
            self.page.evaluate(DRAWN)
            self.page.screenshot(
                path=self.journey.folder / f"{self.who}-{self.pictures:02}-{name}-{width}.png", full_page=True
            )
        self.page.set_viewport_size({"width": self.width, "height": 900})


@dataclass(slots=True)
class Journey:
    service: Service
    address: str
    browser: Browser
    scripts: bool
    language: Language
    folder: Path
    windows: list[Window] = field(default_factory=list)

    def say(self, sentence: str) -> str:
        """Return a sentence of the catalogue as this journey's people read it, up to what is filled in."""
        if gettext_for("ru")(sentence) == sentence:
            raise AssertionError(f"the catalogue has no sentence {sentence!r}")
        return gettext_for(self.language)(sentence).partition("%(")[0].strip()

    def window(self, who: str, *, width: int = 390) -> Window:
        context = self.browser.new_context(
            viewport={"width": width, "height": 900}, java_script_enabled=True, locale=LOCALES[self.language]
        )
        if not self.scripts:
            # Playwright needs its own scripts to look around: only the pages' scripts are kept from loading.
            context.route(re.compile(r"\.js(\?|$)"), lambda route: route.abort())
        context.set_default_timeout(15_000)
        made = Window(self, context, context.new_page(), who, width)
        self.windows.append(made)
        return made

    def close(self) -> None:
        for window in self.windows:
            window.context.close()

    def letter(self, address: str) -> str:
        """Return the link in the newest letter to an address."""
        database = self.service.portfolio.database
        with Session(database.engine) as session:
            rows = session.exec(select(OutgoingMail).order_by(col(OutgoingMail.created_at).desc())).all()
            for row in rows:
                message = message_of(row, vault=self.service.portfolio.vault, sender="portfolio@example.ru")
                if str(message["to"]) == address:
                    found = re.search(r"http://\S+", message.get_content())
                    assert found
                    return found.group()
        raise AssertionError(f"no letter to {address}")

    def sign_up(self, window: Window, *, name: str, birth_date: str, address: str, path: str = "/sign-up") -> None:
        """Sign up, open the letter, and be in."""
        window.open(path)
        window.fill(name=name, birth_date=birth_date, address=address, password=PASSWORD)
        window.page.locator("[name=agreed]").check()
        window.picture("sign-up")
        window.press("Sign up")
        assert window.reads("Look into your mail")
        window.open(self.letter(address))
        window.press("Begin")

    def account(
        self, *, name: str, address: str, registrar: bool = False, strong: bool = True, birth_date: str = "1980-01-01"
    ) -> Account:
        """Make the account of somebody whose signing up is not what the journey is about."""
        portfolio = self.service.portfolio
        with portfolio.database.write() as session:
            account = create_account(
                session,
                vault=portfolio.vault,
                address=address,
                profile=Profile(name=name, birth_date=birth_date),
                password_hash=hash_password(PASSWORD),
                language=self.language,
                clock=portfolio.clock,
                confirmed_at=portfolio.clock(),
            )
            account.is_registrar = registrar
            session.add(account)
            if strong:
                early = pyotp.TOTP(SECRET).at(int(portfolio.clock().timestamp()) - STEP)
                set_totp(
                    session, vault=portfolio.vault, account=account, secret=SECRET, code=early, clock=portfolio.clock
                )
        return account

    def organisation(self, slug: str, kind: OrganisationType, name: str, staff: str) -> Organisation:
        """Make an admitted organisation with an administrator of the address `staff`."""
        self.service.add_issuer(slug)
        account = self.account(name="Громов Илья Андреевич", address=staff)
        with self.service.portfolio.database.write() as session:
            organisation = organisation_by_slug(session, slug=slug)
            organisation.type, organisation.name = kind, name
            session.add(organisation)
            give_place(
                session,
                organisation_id=organisation.id,
                account_id=account.id,
                role=StaffRole.ADMIN,
                clock=self.service.portfolio.clock,
            )
            return organisation

    def sign_in(self, window: Window, address: str) -> None:
        """Sign in, with the second step where one is asked for."""
        window.open("/sign-in")
        window.fill(address=address, password=PASSWORD)
        window.press("Sign in")
        if "/sign-in/second" in window.page.url:
            window.fill(code=pyotp.TOTP(SECRET).now())
            window.press("Go on")
        assert window.page.url.endswith("/me"), window.page.url


def photo() -> bytes:
    """A photo of a diploma as a telephone takes it: turned, with the place it was taken at."""
    picture = Image.new("RGB", (1600, 1200), "#f5f0e0")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((60, 60, 1540, 1140), outline="#7a5c1e", width=12)
    draw.text((500, 400), "DIPLOMA", fill="#333333", font_size=140)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees
    exif[0x010F] = "Telephone"
    place = exif.get_ifd(0x8825)
    place[1], place[2] = "N", (55.0, 45.0, 0.0)
    output = io.BytesIO()
    picture.save(output, "JPEG", quality=85, exif=exif)
    return output.getvalue()
