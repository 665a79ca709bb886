"""What BI tools open: a Superset export and a Power BI project, written from one list of charts."""
