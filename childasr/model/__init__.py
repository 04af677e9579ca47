"""The model: wav2vec2 encoder, freezing, LoRA, CTC head, SpecAugment."""
