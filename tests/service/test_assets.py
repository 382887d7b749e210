import gzip
import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from service.assets import FOLDER, Assets


def test_the_loader_is_kept_for_minutes_and_asked_for_anew_by_its_tag(client: TestClient) -> None:
    first = client.get("/widget.js")
    assert (first.status_code, first.headers["cache-control"]) == (200, "public, max-age=300")
    assert first.headers["content-type"] == "text/javascript; charset=utf-8"
    again = client.get("/widget.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_files_with_a_hash_are_kept_for_ever_and_say_what_they_are(client: TestClient) -> None:
    for path in FOLDER.glob("*-*"):
        response = client.get(f"/widget/{path.name}")
        assert response.content == path.read_bytes()
        assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert response.headers["x-content-type-options"] == "nosniff"
    assert client.get(f"/widget/{next(FOLDER.glob('*.woff2')).name}").headers["content-type"] == "font/woff2"


def test_scripts_are_compressed_for_who_can_read_that(client: TestClient) -> None:
    plain = client.get("/widget.js", headers={"Accept-Encoding": "identity"})
    with client.stream("GET", "/widget.js", headers={"Accept-Encoding": "gzip"}) as zipped:
        raw = b"".join(zipped.iter_raw())
    assert zipped.headers["content-encoding"] == "gzip"
    assert gzip.decompress(raw) == plain.content
    assert plain.headers["vary"] == zipped.headers["vary"] == "Accept-Encoding"
    assert plain.headers["etag"] != zipped.headers["etag"]


@pytest.mark.parametrize("name", ["chat.js", "chat-0123456789.js", "math-0000000000.js", "page.css"])
def test_a_hash_that_is_gone_leads_to_todays_file(client: TestClient, name: str) -> None:
    response = client.get(f"/widget/{name}", follow_redirects=False)
    assert (response.status_code, response.headers["cache-control"]) == (307, "no-store")
    assert client.get(f"/widget/{name}").status_code == 200


@pytest.mark.parametrize(
    "name", ["nothing.js", "../app.py", "..%2fapp.py", "%2e%2e/app.py", "chat-0123456789.js/x", "licences"]
)
def test_nothing_else_is_served(client: TestClient, name: str) -> None:
    assert client.get(f"/widget/{name}").status_code == 404


def test_what_is_bundled_comes_with_its_licence(client: TestClient) -> None:
    for name, words in (("katex", "MIT"), ("marked", "MIT"), ("highlight.js", "BSD 3-Clause")):
        assert words in client.get(f"/widget/licences/{name}.txt").text


def test_the_loader_and_the_chat_name_files_that_are_there() -> None:
    assets = Assets()
    for source in (FOLDER / "widget.js", FOLDER / str(assets.current("chat.js"))):
        named = re.findall(r"[\w]+-[0-9a-f]{10}\.(?:js|woff2)", source.read_text("utf-8"))
        assert named
        assert all((FOLDER / name).is_file() for name in named)


MARKUP = re.compile(r"\.(?:innerHTML|outerHTML|insertAdjacentHTML|write)\s*[=(]|createContextualFragment|DOMParser")


def test_no_markup_is_ever_parsed() -> None:
    for path in [*FOLDER.glob("*.js"), *(FOLDER.parents[1] / "web" / "src").glob("*.ts")]:
        found = set(MARKUP.findall(path.read_text("utf-8")))
        if path.name.startswith("code-"):
            found.discard(".innerHTML=")  # of a function of highlight.js that is never called
        assert found == set(), path.name


KB = 1024
FONTS = ("Main-Regular", "Math-Italic", "Size1-Regular", "Size2-Regular")  # an ordinary formula needs these
BUDGET = {"widget": 4, "chat": 32, "extras": 6, "code": 15, "english": 2, "entry": 2}


def size(stem: str) -> int:
    """Bytes on the wire."""
    (path,) = FOLDER.glob(f"{stem}-??????????.*") if stem != "widget" else [FOLDER / "widget.js"]
    return path.stat().st_size if path.suffix == ".woff2" else len(gzip.compress(path.read_bytes(), 9))


def test_sizes_keep_to_the_budget() -> None:
    assert {name: size(name) for name, limit in BUDGET.items() if size(name) > limit * KB} == {}
    assert size("widget") + size("chat") <= 36 * KB
    assert size("math") + sum(size(f"KaTeX_{font}") for font in FONTS) <= 135 * KB


def test_every_attribute_property_and_event_is_documented(repository: Path) -> None:
    manual = (repository / "docs" / "widget.md").read_text("utf-8")
    web = repository / "web" / "src"
    sources = "".join(path.read_text("utf-8") for path in web.glob("*.*"))
    attributes = re.search(r"const ATTRIBUTES = \[(.*?)\]", (web / "widget.ts").read_text("utf-8"), re.DOTALL)
    assert attributes
    documented = set(re.findall(r"^\| `([a-z]+)` \|", manual, re.MULTILINE))
    assert documented == set(re.findall(r'"(\w+)"', attributes[1]))
    assert set(re.findall(r"--wenjin-[a-z-]+[a-z]", sources)) == set(re.findall(r"--wenjin-[a-z-]+[a-z]", manual))
    events = set(re.findall(r'\bemit\("(\w+)"', sources)) | set(re.findall(r'CustomEvent\("wenjin:(\w+)"', sources))
    assert events == set(re.findall(r"`wenjin:(\w+)`", manual))
