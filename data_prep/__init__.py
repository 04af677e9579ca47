"""From corpora to manifests: readers, checks, splits and phases."""
