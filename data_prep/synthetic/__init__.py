"""A synthetic corpus of Korean children's speech, spoken by eSpeak NG."""
