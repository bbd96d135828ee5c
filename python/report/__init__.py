"""The HTML report of a dataset: data -> results -> figures -> page."""
