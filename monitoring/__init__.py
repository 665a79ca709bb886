"""What is measured, where Prometheus finds it, who is told when it goes wrong, and the dashboard."""
