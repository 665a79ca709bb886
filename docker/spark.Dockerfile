# Spark with Tandem's batch jobs; also the producer, the exporter and the preparation of the stores.
# Built from the project's root.
FROM maven:3.9.9-eclipse-temurin-17 AS jars
WORKDIR /tandem
COPY pom.xml ./
COPY stack/jars stack/jars
COPY contract contract
COPY jvm jvm
RUN mvn --batch-mode --quiet -DskipTests package

FROM python:3.11.13-slim-bookworm
RUN apt-get update \
    && apt-get install --yes --no-install-recommends openjdk-17-jre-headless \
    && rm -rf /var/lib/apt/lists/* \
    && pip install --no-cache-dir uv==0.13.8 \
    && useradd --uid 1000 --create-home tandem
WORKDIR /tandem
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-cache --no-default-groups --group spark --group scoring \
    && mkdir -p /var/lib/tandem/lake \
    && chown --recursive tandem /var/lib/tandem
COPY --from=jars /tandem/.tools/jars/spark .tools/jars/spark
COPY --from=jars /tandem/.tools/jars/tandem .tools/jars/tandem
COPY contract contract
COPY rules rules
COPY storage storage
COPY ingestion ingestion
COPY risk_models risk_models
COPY spark_jobs spark_jobs
COPY monitoring monitoring
COPY docker docker
ENV PATH=/tandem/.venv/bin:$PATH \
    PYTHONPATH=/tandem \
    PYSPARK_PYTHON=/tandem/.venv/bin/python \
    SPARK_CONF_DIR=/tandem/docker/spark
USER tandem
