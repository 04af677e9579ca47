"""Export: models and tokenizers in Hugging Face form."""
