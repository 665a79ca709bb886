"""Settings, read once from the environment into a frozen object.

Whoever starts a program calls :func:`load_settings`; everything below it gets
values passed in. ``make up`` writes the same names into ``.stack/env``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from contract.names import EVENTS_TOPIC_DEFAULT

HOW_TO_SET = "run `make up` and `set -a; . .stack/env; set +a`, or name your own server"


class SettingsError(Exception):
    """A setting is absent, malformed or points at nothing; the text is one line that names it."""


class Settings(BaseSettings):
    """Every environment variable that Tandem reads. Secrets never show in ``repr``."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    kafka_bootstrap_servers: str | None = Field(None, description="Brokers, host:port, comma-separated.")
    kafka_topic: str = Field(EVENTS_TOPIC_DEFAULT, description="Topic of the events.")
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="How clients talk to the brokers."
    )
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = Field(
        None, description="SASL mechanism, with a SASL protocol."
    )
    kafka_sasl_username: str | None = Field(None, description="SASL user.")
    kafka_sasl_password: SecretStr | None = Field(None, description="SASL password.")
    kafka_ssl_ca_location: str | None = Field(None, description="PEM file of the brokers' authority.")
    mongo_uri: SecretStr | None = Field(None, description="MongoDB connection string.")
    mongo_database: str = Field("risk", description="MongoDB database of the alerts.")
    postgres_dsn: SecretStr | None = Field(None, description="Warehouse as its owner, a libpq URL.")
    postgres_batch_dsn: SecretStr | None = Field(
        None, description="Warehouse as the batch role; POSTGRES_DSN where unset."
    )
    postgres_monitor_dsn: SecretStr | None = Field(
        None, description="Warehouse as the monitoring role; POSTGRES_DSN where unset."
    )
    flink_rest_url: str | None = Field(None, description="REST address of the Flink job manager.")
    prometheus_url: str | None = Field(None, description="Address of Prometheus.")
    lake_uri: str | None = Field(None, description="Folder or URI of the lake of accepted events.")
    checkpoint_uri: str | None = Field(None, description="Folder or URI of Flink's checkpoints.")
    rule_catalog: Path | None = Field(
        None, description="Folder of the rules, a file `<id>.yaml` each; `rules/catalog` where unset."
    )
    mlflow_tracking_uri: str | None = Field(
        None, description="MLflow store or server of the risk models; `.stack/models` where unset."
    )
    model_artifact_uri: str | None = Field(
        None, description="Folder or URI of the models' artifacts, where the store is a database."
    )

    @field_validator("kafka_bootstrap_servers")
    @classmethod
    def _is_host_and_port(cls, value: str | None) -> str | None:
        for server in (value or "").split(",") if value else ():
            host, _, port = server.strip().rpartition(":")
            if not host or not port.isdigit():
                raise ValueError("expected host:port, comma-separated")
        return value

    @field_validator("flink_rest_url", "prometheus_url")
    @classmethod
    def _is_http_url(cls, value: str | None) -> str | None:
        if value and (urlsplit(value).scheme not in {"http", "https"} or not urlsplit(value).hostname):
            raise ValueError("expected an address like http://host:port")
        return value

    @field_validator("postgres_dsn", "postgres_batch_dsn", "postgres_monitor_dsn")
    @classmethod
    def _is_postgres_url(cls, value: SecretStr | None) -> SecretStr | None:
        if value and urlsplit(value.get_secret_value()).scheme not in {"postgresql", "postgres"}:
            raise ValueError("expected a URL like postgresql://user@host:port/database")
        return value

    @field_validator("rule_catalog")
    @classmethod
    def _is_absolute_folder(cls, value: Path | None) -> Path | None:
        if value and not (value.is_absolute() and value.is_dir()):
            raise ValueError(f"expected the absolute path of a folder, got {value}")
        return value

    @field_validator("mongo_uri")
    @classmethod
    def _is_mongo_url(cls, value: SecretStr | None) -> SecretStr | None:
        if value and urlsplit(value.get_secret_value()).scheme not in {"mongodb", "mongodb+srv"}:
            raise ValueError("expected a URL like mongodb://host:port")
        return value

    def require(self, name: str) -> str:
        """Return the setting ``name`` as text.

        Raises:
            SettingsError: it is unset; the text says how to set it.
        """
        value = getattr(self, name)
        if value is None:
            raise SettingsError(f"{name.upper()} is not set: {HOW_TO_SET}")
        return value.get_secret_value() if isinstance(value, SecretStr) else str(value)

    @property
    def batch_dsn(self) -> str:
        """The warehouse address of the batch jobs."""
        return self.require("postgres_batch_dsn" if self.postgres_batch_dsn else "postgres_dsn")

    @property
    def monitor_dsn(self) -> str:
        """The warehouse address of the exporter."""
        return self.require("postgres_monitor_dsn" if self.postgres_monitor_dsn else "postgres_dsn")

    def librdkafka(self) -> dict[str, str]:
        """Connection properties in librdkafka's names (confluent-kafka)."""
        optional = {
            "sasl.mechanism": self.kafka_sasl_mechanism,
            "sasl.username": self.kafka_sasl_username,
            "sasl.password": self.kafka_sasl_password and self.kafka_sasl_password.get_secret_value(),
            "ssl.ca.location": self.kafka_ssl_ca_location,
        }
        return {
            "bootstrap.servers": self.require("kafka_bootstrap_servers"),
            "security.protocol": self.kafka_security_protocol,
            **{name: value for name, value in optional.items() if value},
        }

    def kafka_java(self) -> dict[str, str]:
        """Connection properties in the Java client's names (Flink and Spark)."""
        properties = {
            "bootstrap.servers": self.require("kafka_bootstrap_servers"),
            "security.protocol": self.kafka_security_protocol,
        }
        if self.kafka_sasl_mechanism:
            properties["sasl.mechanism"] = self.kafka_sasl_mechanism
            properties["sasl.jaas.config"] = self._jaas_config()
        if self.kafka_ssl_ca_location:
            properties["ssl.truststore.type"] = "PEM"
            properties["ssl.truststore.location"] = self.kafka_ssl_ca_location
        return properties

    def _jaas_config(self) -> str:
        plain = self.kafka_sasl_mechanism == "PLAIN"
        module = (
            "org.apache.kafka.common.security.plain.PlainLoginModule"
            if plain
            else "org.apache.kafka.common.security.scram.ScramLoginModule"
        )
        user = _quoted(self.require("kafka_sasl_username"))
        password = _quoted(self.require("kafka_sasl_password"))
        return f"{module} required username={user} password={password};"


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def load_settings() -> Settings:
    """Read the environment.

    Raises:
        SettingsError: a setting is malformed; one line names each one and what was expected.
    """
    try:
        return Settings()
    except ValidationError as error:
        problems = "; ".join(
            f"{str(entry['loc'][0]).upper()}: {entry['msg'].removeprefix('Value error, ')}"
            for entry in error.errors()
        )
        raise SettingsError(problems) from None
