"""The registry of models, in MLflow: each version with its document, card, figures, data and code.

A version's document lies among its run's artifacts as ``model.json``; the alias ``champion`` names
the version in force.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from risk_models.digest import sha256
from risk_models.document import ModelDocument, Registered
from risk_models.errors import RegistryError

CHAMPION = "champion"
DOCUMENT_FILE = "model.json"
CARD_FILE = "card.md"


class Registry:
    """MLflow at one address: a database, a folder or a server."""

    def __init__(self, tracking_uri: str, artifact_uri: str | None = None) -> None:
        self.tracking_uri = tracking_uri
        self.artifact_uri = artifact_uri
        if tracking_uri.startswith("sqlite:///"):
            Path(tracking_uri.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
        with self._answering():
            self._client = MlflowClient(tracking_uri=tracking_uri, registry_uri=tracking_uri)

    def register(self, document: ModelDocument, card: str) -> Registered:
        """Add a version of the document's model.

        Raises:
            RegistryError: MLflow did not take it.
        """
        with self._answering():
            run_id = self._log(document, card)
            self._ensure_model(document.name)
            source = f"{self._client.get_run(run_id).info.artifact_uri}/{DOCUMENT_FILE}"
            tags = {"kind": document.kind, "sha256": sha256(document.text())}
            made = self._client.create_model_version(document.name, source, run_id=run_id, tags=tags)
        return Registered(document.name, int(made.version), document, document.text())

    def read(self, name: str, version: int) -> Registered:
        """Return one version.

        Raises:
            RegistryError: there is none, or its document is not the one that was registered.
        """
        with self._answering():
            found = self._client.get_model_version(name, str(version))
            text = self._download(found)
        if sha256(text) != found.tags.get("sha256"):
            raise RegistryError(f"{name} version {version}: the document has changed since it was registered")
        return Registered(name, version, ModelDocument.read(text), text)

    def newest(self, name: str) -> int:
        """Return the number of the newest version.

        Raises:
            RegistryError: there is none.
        """
        with self._answering():
            found = self._client.search_model_versions(f"name = '{name}'")
        if not found:
            raise RegistryError(f"{name}: no version is registered; run `python -m risk_models train {name}`")
        return max(int(version.version) for version in found)

    def champion(self, name: str) -> Registered | None:
        """Return the version in force, if one is.

        Raises:
            RegistryError: the registry does not answer.
        """
        with self._answering():
            models = self._client.search_registered_models(f"name = '{name}'")
        version = models[0].aliases.get(CHAMPION) if models else None
        return self.read(name, int(version)) if version else None

    def make_champion(self, registered: Registered, verdict: Mapping[str, str]) -> None:
        """Put a version in force, with why."""
        with self._answering():
            self._note(registered, verdict)
            self._client.set_registered_model_alias(registered.name, CHAMPION, str(registered.version))

    def refuse(self, registered: Registered, verdict: Mapping[str, str]) -> None:
        """Note on a version why it was not put in force."""
        with self._answering():
            self._note(registered, verdict)

    def versions(self) -> list[tuple[str, int, str, bool, dict[str, float]]]:
        """Return name, version, kind, whether it is in force, and figures of every version."""
        with self._answering():
            rows = []
            for model in self._client.search_registered_models():
                for one in self._client.search_model_versions(f"name = '{model.name}'"):
                    figures = dict(self._client.get_run(one.run_id).data.metrics)
                    is_champion = str(model.aliases.get(CHAMPION)) == str(one.version)
                    rows.append((model.name, int(one.version), one.tags["kind"], is_champion, figures))
        return sorted(rows, key=lambda row: row[:2])

    def card(self, name: str, version: int) -> str:
        """Return the model card of a version.

        Raises:
            RegistryError: there is no such version.
        """
        with self._answering():
            run_id = self._client.get_model_version(name, str(version)).run_id
            with tempfile.TemporaryDirectory() as folder:
                path = self._client.download_artifacts(run_id, CARD_FILE, folder)
                return Path(path).read_text(encoding="utf-8")

    def _note(self, registered: Registered, verdict: Mapping[str, str]) -> None:
        for key, value in verdict.items():
            self._client.set_model_version_tag(registered.name, str(registered.version), key, value)

    def _download(self, version: ModelVersion) -> str:
        with tempfile.TemporaryDirectory() as folder:
            path = self._client.download_artifacts(version.run_id, DOCUMENT_FILE, folder)
            return Path(path).read_text(encoding="utf-8")

    def _log(self, document: ModelDocument, card: str) -> str:
        training = document.training
        run = self._client.create_run(
            self._experiment(document.name),
            run_name=f"{document.name} {document.kind}",
            tags={"data_hash": training.data_hash, "code_version": training.code_version},
        )
        run_id: str = run.info.run_id
        for key in ("seed", "rows", "bad", "trained_until"):
            self._client.log_param(run_id, key, getattr(training, key))
        self._client.log_param(run_id, "kind", document.kind)
        for name, value in document.figures.items():
            self._client.log_metric(run_id, name, value)
        self._client.log_text(run_id, document.text(), DOCUMENT_FILE)
        self._client.log_text(run_id, card, CARD_FILE)
        self._client.set_terminated(run_id)
        return run_id

    def _experiment(self, name: str) -> str:
        found = self._client.get_experiment_by_name(name)
        if found is not None:
            return str(found.experiment_id)
        location = f"{self.artifact_uri.rstrip('/')}/{name}" if self.artifact_uri else None
        return str(self._client.create_experiment(name, artifact_location=location))

    def _ensure_model(self, name: str) -> None:
        if not self._client.search_registered_models(f"name = '{name}'"):
            self._client.create_registered_model(name)

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except (MlflowException, OSError) as error:
            first = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise RegistryError(f"MLFLOW_TRACKING_URI: {first}") from None
