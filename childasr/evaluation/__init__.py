"""Evaluation: decoding, error rates, groups and the report."""
