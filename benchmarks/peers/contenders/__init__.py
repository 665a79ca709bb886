"""One program a contender, each started in an environment of its own with an assignment."""
