"""Which utterances of a large corpus to train on first: active learning."""
