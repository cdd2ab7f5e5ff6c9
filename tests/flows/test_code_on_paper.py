"""The code on a paper: printed in the QR, shown by the page, and leading to the link together with the family name."""

from __future__ import annotations

import io

import pytest
import zxingcpp
from PIL import Image

from portfolio.credentials.links import short_code
from service_world import Service

pytestmark = pytest.mark.chain


@pytest.fixture
def paper(service: Service) -> tuple[Service, str, str, str]:
    """A service with a credential, its token, its code and the holder's family name."""
    credential = service.issue(rows=1)[0]
    assert credential.digest is not None
    code = short_code(credential.digest)
    assert credential.short_code == code
    return service, service.token(credential), code, "Петрбов"


@pytest.mark.parametrize("change", [str, str.lower, lambda code: code.replace("-", " ")])
def test_code_and_family_name_lead_to_the_page(paper, change) -> None:
    service, token, code, family = paper
    answer = service.client().post(
        "/verify/code", data={"code": change(code), "family": family.upper()}, follow_redirects=False
    )
    assert (answer.status_code, answer.headers["location"]) == (303, f"/v/{token}")


@pytest.mark.parametrize(
    ("code", "family"), [(None, "Иванов"), ("0000-0000-0000", None), (None, " "), (None, "П"), ("нет", None)]
)
def test_anything_else_answers_alike_and_keeps_what_was_typed(paper, code, family) -> None:
    service, _, right, name = paper
    answer = service.client().post(
        "/verify/code", data={"code": code or right, "family": family or name}, follow_redirects=False
    )
    assert answer.status_code == 404
    assert "Документа с таким кодом и такой фамилией здесь нет" in answer.text
    assert f'value="{code or right}"' in answer.text


@pytest.mark.fault(112)
def test_the_qr_code_and_the_page_carry_the_code(paper) -> None:
    service, token, code, _ = paper
    client = service.client()
    picture = Image.open(io.BytesIO(client.get(f"/v/{token}/qr.png").content))
    assert zxingcpp.read_barcode(picture).text == f"{service.settings.public_url}/v/{token}#{code}"
    assert code in client.get(f"/v/{token}").text


def test_the_page_leads_to_the_short_form_and_not_back(paper) -> None:
    service, token, _, _ = paper
    client = service.client()
    (minimal,) = service.credentials(minimal=True)
    other = service.token(minimal)
    assert f'href="/v/{other}"' in client.get(f"/v/{token}").text
    page = client.get(f"/v/{other}").text
    assert token not in page
    assert "краткая форма" in page
