from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import yaml

from monitoring.metrics import METRICS
from monitoring.prometheus import RULES_FOLDER, scrape_config
from monitoring.publish import COMPOSE_TARGETS, published
from stack.prometheus import SCRAPED

PROMETHEUS = RULES_FOLDER.parent
RULE_FILES = sorted(RULES_FOLDER.glob("*.yml"))
UNIT_TESTS = sorted((PROMETHEUS / "tests").glob("*.yml"))


def run(promtool: str, *arguments: str) -> None:
    done = subprocess.run([promtool, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_configuration_of_a_stack_is_valid(promtool: str, tmp_path: Path) -> None:
    config = tmp_path / "prometheus.yml"
    config.write_text(scrape_config({"exporter": "127.0.0.1:9400", "producer": "a:1,b:2"}))
    run(promtool, "check", "config", str(config))
    jobs = yaml.safe_load(config.read_text())["scrape_configs"]
    assert jobs[1]["static_configs"] == [{"targets": ["a:1", "b:2"]}]


def test_the_configuration_of_the_compose_file_is_valid(promtool: str) -> None:
    run(promtool, "check", "config", "--syntax-only", str(PROMETHEUS / "prometheus.yml"))


def test_the_alert_rules_do_what_their_unit_tests_say(promtool: str) -> None:
    run(promtool, "check", "rules", *map(str, RULE_FILES))
    run(promtool, "test", "rules", *map(str, UNIT_TESTS))


def test_every_alert_has_a_unit_test_in_which_it_fires() -> None:
    fired = {
        test["alertname"]
        for file in UNIT_TESTS
        for case in yaml.safe_load(file.read_text())["tests"]
        for test in case["alert_rule_test"]
        if test.get("exp_alerts")
    }
    assert fired == {rule["alert"] for rule in alert_rules()}


def test_every_alert_says_what_to_do_and_how_bad_it_is() -> None:
    for rule in alert_rules():
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert set(rule["annotations"]) == {"summary", "action"}


def test_alerts_ask_only_for_documented_metrics() -> None:
    names = {metric.name for metric in METRICS}
    for rule in alert_rules():
        asked = set(re.findall(r"\b((?:tandem|kafka|flink)_\w+)", re.sub(r'"[^"]*"', "", rule["expr"])))
        assert asked <= names, rule["alert"]


def test_the_stack_and_the_compose_file_scrape_the_same_jobs() -> None:
    assert set(SCRAPED) == set(COMPOSE_TARGETS) == {metric.publisher for metric in METRICS}


def test_what_is_made_from_code_is_up_to_date() -> None:
    for path, text in published().items():
        assert path.read_text(encoding="utf-8") == text, f"{path}: run `python -m monitoring.publish`"


def alert_rules() -> list[dict[str, Any]]:
    return [
        rule
        for file in RULE_FILES
        for group in yaml.safe_load(file.read_text())["groups"]
        for rule in group["rules"]
    ]
