"""What is deployed agrees with the service: Kubernetes' schemas, settings, metrics, the image."""

import json
import re
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from service.settings import PREFIX, Settings

ROOT = Path(__file__).parent.parent
COMPOSE = ROOT / "compose.yaml"
KUBERNETES = ROOT / "deploy" / "kubernetes.yaml"
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
OBJECTS = {document["kind"]: document for document in yaml.safe_load_all(KUBERNETES.read_text("utf-8"))}
KNOWN = {PREFIX + name.upper() for name in Settings.model_fields}


def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(COMPOSE.read_text("utf-8"))
    return document


@pytest.mark.parametrize("kind", OBJECTS)
def test_kubernetes_knows_every_field(kind: str) -> None:
    kubernetes_validate.validate(OBJECTS[kind], "1.33", strict=True)


def test_two_replicas_outlive_a_disruption() -> None:
    deployment, budget = OBJECTS["Deployment"]["spec"], OBJECTS["PodDisruptionBudget"]["spec"]
    assert deployment["replicas"] - budget["minAvailable"] >= 1
    labels = deployment["template"]["metadata"]["labels"]
    for selector in (deployment["selector"], budget["selector"]):
        assert selector["matchLabels"].items() <= labels.items()
    assert OBJECTS["Service"]["spec"]["selector"].items() <= labels.items()


def test_the_pod_runs_as_the_user_and_on_the_port_of_the_image() -> None:
    pod = OBJECTS["Deployment"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    security = pod["securityContext"]
    assert f"USER {security['runAsUser']}:{security['runAsGroup']}" in DOCKERFILE
    assert f"EXPOSE {container['ports'][0]['containerPort']}" in DOCKERFILE
    assert container["securityContext"]["readOnlyRootFilesystem"]
    (volume,) = re.findall(r"^VOLUME (.+)$", DOCKERFILE, re.MULTILINE)
    assert volume in {mount["mountPath"] for mount in container["volumeMounts"]}
    assert volume in {mount.split(":")[1] for mount in compose()["services"]["wenjin"]["volumes"]}


def test_only_known_settings_are_set() -> None:
    environment = OBJECTS["Deployment"]["spec"]["template"]["spec"]["containers"][0]["env"]
    named = {variable["name"] for variable in environment}
    named |= {name for service in compose()["services"].values() for name in service.get("environment", {})}
    named |= set(re.findall(rf"({PREFIX}[A-Z_]+)=", re.sub(r"(?m)^#.*$", "", DOCKERFILE)))
    assert {name for name in named if name.startswith(PREFIX)} <= KNOWN


def test_probes_ask_what_the_service_answers() -> None:
    container = OBJECTS["Deployment"]["spec"]["template"]["spec"]["containers"][0]
    paths = {kind: container[kind]["httpGet"]["path"] for kind in ("startupProbe", "readinessProbe", "livenessProbe")}
    assert paths == {"startupProbe": "/readyz", "readinessProbe": "/readyz", "livenessProbe": "/livez"}
    documented = json.loads((ROOT / "tests" / "service" / "openapi.json").read_text("utf-8"))["paths"]
    assert set(paths.values()) <= set(documented)


def test_every_file_and_volume_that_compose_names_is_there() -> None:
    document = compose()
    for name, service in document["services"].items():
        for mount in service.get("volumes", ()):
            source = re.sub(r"^\$\{\w+:-(.*?)\}", r"\1", mount).split(":")[0]
            there = (ROOT / source).exists() if source.startswith(".") else source in document["volumes"]
            assert there, f"{name} mounts {source}"


def test_the_board_asks_only_for_figures_of_wenjin() -> None:
    board = json.loads((ROOT / "deploy" / "grafana" / "wenjin.json").read_text("utf-8"))
    queries = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    assert len(queries) == 7
    series = {name for query in queries for name in re.findall(r"\bwenjin_\w+", query)}
    assert series == {
        "wenjin_answers_total",
        "wenjin_http_request_seconds_bucket",
        "wenjin_http_requests_total",
        "wenjin_index_info",
    }
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
