# Flink with PyFlink and Tandem's stream jobs: job manager, task manager and the submission of the jobs.
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
ENV UV_PROJECT_ENVIRONMENT=/tandem/.venv-flink
RUN uv sync --frozen --no-cache --no-default-groups --group flink --group stack \
    && ln -s /tandem/.venv-flink/lib/python3.11/site-packages/pyflink /opt/flink \
    && cp --recursive /opt/flink/conf /opt/flink-conf \
    && mkdir -p /var/lib/tandem/checkpoints /var/lib/tandem/stack /opt/flink/log \
    && chown --recursive tandem /var/lib/tandem /opt/flink-conf /opt/flink/log
COPY --from=jars /tandem/.tools/jars/flink .tools/jars/flink
COPY --from=jars /tandem/.tools/jars/tandem .tools/jars/tandem
COPY contract contract
COPY rules rules
COPY storage storage
COPY monitoring monitoring
COPY flink_jobs flink_jobs
COPY stack stack
COPY docker docker
ENV PATH=/tandem/.venv-flink/bin:/opt/flink/bin:$PATH \
    PYTHONPATH=/tandem \
    FLINK_CONF_DIR=/opt/flink-conf \
    TANDEM_STACK_DIR=/var/lib/tandem/stack
USER tandem
