from pathlib import Path

import pytest
from pydantic import ValidationError
from pydantic_core import PydanticUndefined

from service.settings import PREFIX, Settings

FIELDS = Settings.model_fields


@pytest.mark.parametrize("name", FIELDS)
def test_every_setting_has_a_default_and_a_description(name: str) -> None:
    assert FIELDS[name].default is not PydanticUndefined
    assert FIELDS[name].description


def test_settings_are_frozen() -> None:
    settings = Settings()
    with pytest.raises(ValidationError, match="frozen"):
        settings.port = 1


def test_settings_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WENJIN_PORT", "9000")
    monkeypatch.setenv("wenjin_index_dir", "elsewhere")
    settings = Settings()
    assert (settings.port, settings.index_dir) == (9000, Path("elsewhere"))


@pytest.mark.parametrize("name", ["WENJIN_PROT", "wenjin_prot", "WENJIN_", "WENJIN_PORT_"])
def test_an_unknown_name_in_the_environment_is_refused_with_the_known_ones(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "1")
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert f"no such setting: {name}." in str(refused.value)
    assert all(PREFIX + field.upper() in str(refused.value) for field in FIELDS)


def test_an_unknown_name_in_the_env_file_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("WENJIN_PORT=9000\nWENJIN_PROT=9001\n", "utf-8")
    monkeypatch.setitem(Settings.model_config, "env_file", tmp_path / ".env")
    with pytest.raises(ValidationError, match="wenjin_prot"):
        Settings()


def test_the_environment_wins_over_the_env_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("WENJIN_PORT=9000\nWENJIN_HOST=0.0.0.0\n", "utf-8")
    monkeypatch.setitem(Settings.model_config, "env_file", tmp_path / ".env")
    monkeypatch.setenv("WENJIN_PORT", "9001")
    assert (Settings().port, Settings().host) == (9001, "0.0.0.0")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("WORKERS", "0"),
        ("REFRESH_SECONDS", "0"),
        ("REFRESH_SECONDS", "nan"),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_a_value_out_of_range_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(PREFIX + name, value)
    with pytest.raises(ValidationError, match=name.lower()):
        Settings()


@pytest.mark.parametrize(
    ("value", "origins"),
    [
        ("", ()),
        ("https://docs.example.com", ("https://docs.example.com",)),
        ("https://a.example, http://localhost:3000", ("https://a.example", "http://localhost:3000")),
        (" http://127.0.0.1:8080\nhttp://[::1]:8080 ", ("http://127.0.0.1:8080", "http://[::1]:8080")),
        ("https://xn--fsqu00a.example", ("https://xn--fsqu00a.example",)),
        ("*", ("*",)),
    ],
)
def test_origins_are_separated_by_commas_or_spaces(
    monkeypatch: pytest.MonkeyPatch, value: str, origins: tuple[str, ...]
) -> None:
    monkeypatch.setenv("WENJIN_ALLOWED_ORIGINS", value)
    assert Settings().allowed_origins == origins


@pytest.mark.parametrize(
    ("origin", "said"),
    [
        ("example.com", "'example.com' is no origin; write it as https://example.com or http://localhost:3000, or *"),
        ("localhost:3000", "is no origin"),
        ("https://", "is no origin"),
        ("https://*.example.com", "is no origin"),
        ("https://user@example.com", "is no origin"),
        ("https://a.example:port", "is no origin"),
        ("https://a.example:99999", "is no origin"),
        ("https://[::1", "is no origin"),
        ("file:///index.html", "is no origin"),
        ("null", "is no origin"),
        ("https://a.example/", "is never sent by a browser; it sends https://a.example"),
        ("https://a.example/faq?x", "is never sent by a browser; it sends https://a.example"),
        ("HTTPS://A.example", "is never sent by a browser; it sends https://a.example"),
        ("https://a.example:443", "is never sent by a browser; it sends https://a.example"),
        ("http://a.example:80", "is never sent by a browser; it sends http://a.example"),
        ("https://例.example", "is never sent by a browser; it sends https://xn--fsq.example"),
    ],
)
def test_what_is_no_origin_is_refused_with_the_remedy(monkeypatch: pytest.MonkeyPatch, origin: str, said: str) -> None:
    monkeypatch.setenv("WENJIN_ALLOWED_ORIGINS", f"https://good.example,{origin}")
    with pytest.raises(ValidationError) as refused:
        Settings()
    ((error,)) = (refused.value.errors(),)
    assert error[0]["loc"] == ("allowed_origins", 1)
    assert said in error[0]["msg"]


def test_the_table_of_the_readme_is_the_settings(repository: Path) -> None:
    rows = [
        tuple(cell.strip() for cell in line.strip("|").split("|"))
        for line in (repository / "README.md").read_text("utf-8").splitlines()
        if line.startswith(f"| `{PREFIX}")
    ]
    assert rows == [
        (f"`{PREFIX}{name.upper()}`", "none" if field.default == () else f"`{field.default}`", field.description)
        for name, field in FIELDS.items()
    ]


def test_the_example_of_an_env_file_names_only_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, repository: Path
) -> None:
    lines = (repository / ".env.example").read_text("utf-8").splitlines()
    settings = [line.removeprefix("# ") for line in lines if PREFIX in line]
    (tmp_path / ".env").write_text("\n".join(settings), "utf-8")
    monkeypatch.setitem(Settings.model_config, "env_file", tmp_path / ".env")
    assert settings
    assert Settings().model_fields_set == {line.partition("=")[0].removeprefix(PREFIX).lower() for line in settings}
