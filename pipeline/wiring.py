"""The composition root: builds each process from the configuration. Straight-line on purpose."""
