"""``python -m risk_models``: train, judge, promote and explain risk models."""

from __future__ import annotations

import hashlib
import sys
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from contract.code_version import PROJECT
from contract.settings import Settings, SettingsError, load_settings
from risk_models.card import write_card
from risk_models.clairvoyant import clairvoyant_precision, read_scenarios
from risk_models.dataset import Dataset, build_dataset, load_dataset
from risk_models.document import Registered
from risk_models.errors import DataError, ModelError, RegistryError
from risk_models.fraud import BOOSTERS, HANDBOOK_PROTOCOL, Protocol, prequential
from risk_models.fraud_card import fraud_summary, judge_fraud_challenger, register_fraud
from risk_models.fraud_features import Transactions, build_features, read_handbook
from risk_models.fraud_lake import read_lake_transactions
from risk_models.lake_dataset import read_lake_dataset
from risk_models.mapping import load_mapping
from risk_models.pipeline import cross_validated, train
from risk_models.points import PointScale
from risk_models.promotion import CONFIDENCE, Verdict, judge_challenger
from risk_models.published import APPLICATIONS_MODEL, FRAUD_MODEL, publish, retire
from risk_models.registry import Registry
from risk_models.training import TRAINERS, TrainingOptions
from storage.postgres import connect, require_migrated

REGISTRY_DEFAULT = f"sqlite:///{PROJECT}/.stack/models/mlflow.db"
ARTIFACTS_DEFAULT = (PROJECT / ".stack" / "models" / "artifacts").as_uri()

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
console = Console(highlight=False, soft_wrap=True)

MappingName = Annotated[
    str, typer.Argument(metavar="MAPPING", help="a YAML file, or one of risk_models/mappings")
]
Data = Annotated[Path | None, typer.Option(help="the data file; without it the lake's applications")]
Seed = Annotated[int, typer.Option(help="of everything that is drawn at random")]


@app.command("train")
def train_command(
    mapping: MappingName,
    data: Data = None,
    kind: Annotated[str, typer.Option(help="scorecard, boosted or all")] = "all",
    base_score: Annotated[float, typer.Option(help="points at the base odds")] = 600.0,
    base_odds: Annotated[float, typer.Option(help="good to one bad at the base score")] = 20.0,
    points_to_double_odds: Annotated[float, typer.Option(help="points that double the odds")] = 40.0,
    seed: Seed = 1,
) -> None:
    """Train, judge on held-out rows, and register a new version of each kind, with its card."""
    scale = PointScale(
        base_score=base_score, base_odds=base_odds, points_to_double_odds=points_to_double_odds
    )
    settings = load_settings()
    dataset, registry = _dataset(settings, mapping, data), open_registry(settings)
    for one in _kinds(kind):
        trained = train(dataset, one, TrainingOptions(seed=seed, scale=scale))
        registered = registry.register(trained.document, write_card(trained))
        judged = trained.evaluation
        console.print(
            f"{registered.name} version {registered.version} ({one}): AUC {judged.auc:.4f} "
            f"± {judged.auc_standard_error:.4f} on {judged.rows:,} held-out rows"
        )


@app.command("cross-validate")
def cross_validate_command(
    mapping: MappingName,
    data: Data = None,
    kind: Annotated[str, typer.Option(help="scorecard, boosted or all")] = "all",
    folds: Annotated[int, typer.Option(min=2, max=20, help="number of folds")] = 5,
    seed: Seed = 1,
) -> None:
    """Judge kinds of models by folds; nothing is registered."""
    dataset = _dataset(load_settings(), mapping, data)
    table = Table("kind", "AUC", "standard error", "pooled AUC", "KS", "Brier", "calibration error")
    for one in _kinds(kind):
        found = cross_validated(dataset, one, TrainingOptions(seed=seed), folds)
        pooled = found.pooled
        figures = (
            found.auc,
            found.standard_error,
            pooled.auc,
            pooled.ks,
            pooled.brier,
            pooled.calibration_error,
        )
        table.add_row(one, *(f"{figure:.4f}" for figure in figures))
    console.print(table)


@app.command("promote")
def promote_command(
    mapping: MappingName,
    data: Data = None,
    version: Annotated[int | None, typer.Option(help="the challenger; without it the newest")] = None,
    confidence: Annotated[
        float, typer.Option(min=0.5, max=0.9999, help="that it has to be better with")
    ] = CONFIDENCE,
) -> None:
    """Put a version in force if it is better than the one in force on rows that neither has seen."""
    settings = load_settings()
    dataset, registry = _dataset(settings, mapping, data), open_registry(settings)
    name = dataset.mapping.name
    challenger = registry.read(name, version or registry.newest(name))
    champion = registry.champion(name)
    if champion is not None and champion.version == challenger.version:
        raise RegistryError(
            f"{name} version {challenger.version} is in force already; train another one first"
        )
    verdict = judge_challenger(
        dataset, champion.document if champion else None, challenger.document, confidence
    )
    _settle(registry, challenger, verdict)


@app.command("retire")
def retire_command(
    why: Annotated[str, typer.Argument(help="the reason that is kept")],
    model: Annotated[str, typer.Option(help="its name")] = APPLICATIONS_MODEL,
) -> None:
    """Take a model that the batch scores with out of force."""
    settings = load_settings()
    with closing(connect(settings.require("postgres_dsn"), application="tandem-models")) as connection:
        require_migrated(connection)
        retire(connection, model, why)
    console.print(f"{model}: no version is in force")


@app.command("list")
def list_command() -> None:
    """List the registered versions with their figures on held-out rows."""
    table = Table("model", "version", "kind", "in force", "AUC", "calibration error")
    for name, version, kind, is_champion, figures in open_registry(load_settings()).versions():
        cells = [f"{figures[key]:.4f}" if key in figures else "" for key in ("auc", "calibration_error")]
        table.add_row(name, str(version), kind, "yes" if is_champion else "", *cells)
    console.print(table)


@app.command("card")
def card_command(name: str, version: int) -> None:
    """Print the model card of a version."""
    console.print(open_registry(load_settings()).card(name, version), markup=False)


@app.command("fraud")
def fraud_command(
    data: Annotated[
        Path | None, typer.Option(help="a file of the Handbook's shape; without it the lake's transactions")
    ] = None,
    folds: Annotated[int, typer.Option(min=1, max=20, help="test weeks, the newest first")] = 4,
    test_from: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="first day of the newest test week; of a file the Handbook's own"
        ),
    ] = None,
    boosters: Annotated[
        int, typer.Option(min=1, max=100, help="boosters whose mean is the score")
    ] = BOOSTERS,
    clairvoyant: Annotated[
        bool, typer.Option(help="also what the simulator's scenarios tell, where the file has them")
    ] = False,
    register: Annotated[bool, typer.Option(help="register the model of the newest week")] = False,
    promote: Annotated[
        bool, typer.Option(help="and put it in force if it is better than the one in force on that week")
    ] = False,
) -> None:
    """Train and judge the fraud score week by week, as the Handbook does."""
    rows, data_hash, protocol = _fraud_data(data, test_from.date() if test_from else None)
    features = build_features(rows)
    for line in fraud_summary(prequential(rows, features, protocol, folds, boosters)):
        console.print(line)
    if clairvoyant:
        if data is None:
            raise DataError("--clairvoyant: expected --data with the simulator's scenarios")
        scenario = read_scenarios(data)
        for week in (protocol.earlier(weeks) for weeks in range(folds)):
            found = clairvoyant_precision(rows, scenario, week)
            console.print(f"clairvoyant, week from {week.test_from}: card precision at 100 {found:.4f}")
    if register or promote:
        registry = open_registry(load_settings())
        registered = register_fraud(registry, data_hash, rows, features, protocol, boosters)
        console.print(f"{registered.name} version {registered.version} is registered")
        if promote:
            champion = registry.champion(registered.name)
            verdict = judge_fraud_challenger(
                rows, features, protocol, champion.document if champion else None, registered.document
            )
            _settle(registry, registered, verdict)


def open_registry(settings: Settings) -> Registry:
    """Open the registry that the settings name, else the stack's own."""
    if settings.mlflow_tracking_uri is None:
        return Registry(REGISTRY_DEFAULT, settings.model_artifact_uri or ARTIFACTS_DEFAULT)
    return Registry(settings.require("mlflow_tracking_uri"), settings.model_artifact_uri)


def _settle(registry: Registry, challenger: Registered, verdict: Verdict) -> None:
    """Put the challenger in force, for the batch too where it scores with this model; or note why not."""
    named = f"{challenger.name} version {challenger.version}"
    if not verdict.promoted:
        registry.refuse(challenger, verdict.tags())
        raise RegistryError(f"{named}: {verdict.why}")
    if challenger.name in (APPLICATIONS_MODEL, FRAUD_MODEL):
        dsn = load_settings().require("postgres_dsn")
        with closing(connect(dsn, application="tandem-models")) as connection:
            require_migrated(connection)
            publish(connection, challenger, verdict)
    registry.make_champion(challenger, verdict.tags())
    console.print(f"{named}: {verdict.why}")


def _dataset(settings: Settings, mapping: str, data: Path | None) -> Dataset:
    if data is not None:
        return load_dataset(mapping, data)
    table, digest = read_lake_dataset(settings)
    return build_dataset(load_mapping(mapping), table, digest, PROJECT)


def _fraud_data(data: Path | None, test_from: date | None) -> tuple[Transactions, str, Protocol]:
    if data is not None:
        protocol = Protocol.judging_from(test_from) if test_from else HANDBOOK_PROTOCOL
        return read_handbook(data), hashlib.sha256(data.read_bytes()).hexdigest(), protocol
    if test_from is None:
        raise DataError("--test-from: expected a day: the lake's transactions have no test week of their own")
    rows, digest = read_lake_transactions(load_settings())
    return rows, digest, Protocol.judging_from(test_from)


def _kinds(kind: str) -> list[str]:
    if kind != "all" and kind not in TRAINERS:
        raise DataError(f"--kind: expected all, {' or '.join(TRAINERS)}, got {kind}")
    return list(TRAINERS) if kind == "all" else [kind]


def main() -> None:
    """Run the command; an error that a person can act on is one line, exit status 2."""
    try:
        app()
    except (SettingsError, DataError, ModelError, RegistryError) as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(2)
