"""compose.yaml is valid, and fits the Dockerfiles: ports, health, users, volumes."""

import copy
import re
from pathlib import Path

import pytest

yaml = pytest.importorskip("yaml", reason="needs the extra docker")
compose_spec = pytest.importorskip("compose_spec", reason="needs the extra docker")

FOLDER = Path(__file__).resolve().parents[2] / "docker"
COMPOSE = yaml.safe_load((FOLDER / "compose.yaml").read_text("utf-8"))
SERVICES = COMPOSE["services"]


def validate(compose):
    """Raise an error unless the specification allows the file, references included."""
    read = compose_spec.PyCompose.from_yaml(yaml.safe_dump(compose))
    read.validate()
    for service in compose["services"].values():
        assert set(service.get("depends_on", {})) <= set(compose["services"])
        named = {volume.split(":")[0] for volume in service.get("volumes", [])}
        assert named <= set(compose["volumes"])


def dockerfile(service):
    """Return the text of the Dockerfile that a service is built from."""
    build = SERVICES[service]["build"]
    return (FOLDER / build["context"] / build["dockerfile"]).read_text("utf-8")


def healthy_by_itself(service):
    return "healthcheck" in SERVICES[service] or "\nHEALTHCHECK " in dockerfile(service)


def test_the_specification_allows_it():
    validate(COMPOSE)


@pytest.mark.parametrize(
    ("service", "key", "value"),
    [
        ("trainer", "comand", ["true"]),
        ("trainer", "depends_on", {"retrieval": {"condition": "healthy"}}),
        ("trainer", "depends_on", {"search": {"condition": "service_healthy"}}),
        ("trainer", "volumes", ["nowhere:/app/runs"]),
        ("retrieval", "ports", ["127.0.0.1:http:8000"]),
        ("tensorboard", "healthcheck", {"test": ["CMD", "true"], "interval": "ten"}),
    ],
)
def test_faults_are_noticed(service, key, value):
    broken = copy.deepcopy(COMPOSE)
    broken["services"][service][key] = value
    with pytest.raises((ValueError, AssertionError)):
        validate(broken)


@pytest.mark.parametrize("service", SERVICES)
def test_ports_are_published_on_loopback_and_served(service):
    for port in SERVICES[service].get("ports", []):
        address, outside, inside = port.split(":")
        assert address == "127.0.0.1"
        assert outside == inside
        command = SERVICES[service]["command"]
        assert command[command.index("--port") + 1] == inside


def test_a_published_port_is_exposed_unless_the_image_is_no_server():
    assert "\nEXPOSE 8000\n" in dockerfile("retrieval")
    assert SERVICES["retrieval"]["ports"] == ["127.0.0.1:8000:8000"]
    assert "\nEXPOSE" not in dockerfile("tensorboard")


@pytest.mark.parametrize("service", SERVICES)
def test_servers_tell_their_health_and_only_healthy_ones_are_waited_for(service):
    assert healthy_by_itself(service) == ("ports" in SERVICES[service])
    for needed, how in SERVICES[service].get("depends_on", {}).items():
        assert how["condition"] == "service_healthy"
        assert healthy_by_itself(needed)


@pytest.mark.parametrize("service", SERVICES)
def test_services_keep_the_images_user_and_give_up_privileges(service):
    settings = SERVICES[service]
    assert "user" not in settings
    assert "\nUSER 10001:10001\n" in dockerfile(service)
    assert settings["cap_drop"] == ["ALL"]
    assert settings["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in settings


@pytest.mark.parametrize("service", SERVICES)
def test_volumes_lie_on_folders_that_the_user_owns(service):
    """A new named volume takes the owner of the image's folder; a missing one would be root's."""
    text = dockerfile(service)
    owned = re.search(r"install -d -o gym -g gym (.+?)(?: \\)?$", text, re.M)[1]
    cache = re.search(r"T2PO_GYM_CACHE=(\S+)", text)[1]
    for volume in SERVICES[service]["volumes"]:
        folder = volume.split(":")[1]
        assert folder in owned.replace('"$T2PO_GYM_CACHE"', cache).split()


def test_the_trainer_asks_the_service_about_the_corpus_it_serves():
    served = SERVICES["retrieval"]["command"]
    corpus = served[served.index("--corpus") + 1]
    settings = SERVICES["trainer"]["command"][-1]
    assert '"corpus": "http://retrieval:8000"' in settings
    assert f'"questions": "{corpus}"' in settings
