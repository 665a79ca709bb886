"""The stores: PostgreSQL, MongoDB and the topics."""
