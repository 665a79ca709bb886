"""The embedded engines: Kafka, Flink, MongoDB-compatible server, PostgreSQL and Prometheus as processes."""
