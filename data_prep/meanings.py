"""Plain words for the short names that a summary uses."""

# Reason of a reject -> (what it means, what to do).
REASONS = {
    "archive_compressed": (
        "A compressed archive: its members cannot be read in place.",
        "Unpack it, or pack it anew as a plain .tar.",
    ),
    "archive_in_parts": (
        "A part of an archive that was cut into several.",
        "Join the parts (cat X.zip.part* > X.zip) and unpack the whole; "
        "then move the parts elsewhere.",
    ),
    "archive_missing": (
        "A link to an archive that is not there.",
        "Copy the archive to its place.",
    ),
    "archive_unreadable": (
        "The archive is damaged, cut off, or within another archive.",
        "Copy it again, or unpack it.",
    ),
    "audio_absurd": (
        "Samples far beyond full scale: they are no sound.",
        "Convert the recording again from its source.",
    ),
    "audio_channels": (
        "More channels than a microphone for one child gives.",
        "Keep the channel with the voice.",
    ),
    "audio_clipped": (
        "Too loud for the microphone: the peaks of the wave are cut flat. "
        "Rejected in train only.",
        "Nothing, or use a cleaner take where there is one.",
    ),
    "audio_command": (
        "wav.scp gives a command instead of a file; commands are not run.",
        "Write the command's output to files and name those.",
    ),
    "audio_empty": (
        "The recording has no samples.",
        "Copy it again; if the source is empty too, leave it out.",
    ),
    "audio_long": (
        "Longer than one utterance can be.",
        "Cut the recording into utterances, each with its text.",
    ),
    "audio_missing": (
        "Named by the metadata or by a label, but not on disk.",
        "Copy the recording to its place, or remove the row or label.",
    ),
    "audio_nonfinite": (
        "Samples that are no numbers (NaN or infinite).",
        "Convert the recording again from its source.",
    ),
    "audio_rate": (
        "No usual sampling rate: the header may be wrong.",
        "Convert the recording to 16 kHz.",
    ),
    "audio_short": (
        "Shorter than one frame of the model.",
        "Nothing: there is no word in it.",
    ),
    "audio_silent": (
        "Nothing can be heard in it.",
        "Record or convert it again, or leave it out.",
    ),
    "audio_truncated": (
        "The header promises more sound than the file holds.",
        "Copy or unpack it again; if the source is cut too, leave it out.",
    ),
    "audio_unreadable": (
        "Not a sound file, damaged, or not readable by this user.",
        "Copy it again, or give this user the right to read it.",
    ),
    "backup_folder": (
        "Lies in 2.Validation, the backup, which is never read.",
        "Let the row name the recording in 2.Validation_split.",
    ),
    "ctc_infeasible": (
        "More letters than the model has time for at the fastest speed: the "
        "text is of another recording, or the recording is cut. "
        "Rejected in train only.",
        "Listen, and correct the text or the recording.",
    ),
    "duplicate_content": (
        "The same sound as another recording, under another name.",
        "Remove one of them.",
    ),
    "duplicate_id": (
        "Another utterance has the same id.",
        "Rename one of the recordings, or remove it.",
    ),
    "file_too_large": (
        "Far larger than one recording or label can be.",
        "See what it is; cut a long recording into utterances.",
    ),
    "folder_unreadable": (
        "A folder that could not be listed: what is in it is not counted.",
        "Give this user the right to read it.",
    ),
    "label_ambiguous": (
        "Several labels or recordings have this name, and the folders do not "
        "tell which belong together, or labels of one place differ.",
        "Keep one of each, or put label and recording at the same sub-path.",
    ),
    "label_bits": (
        "The label says another sample width than the recording has.",
        "See whether the label is of another recording; "
        "--ignore label_bits accepts it.",
    ),
    "label_channels": (
        "The label says another number of channels than the recording has.",
        "See whether the label is of another recording; "
        "--ignore label_channels accepts it.",
    ),
    "label_duration": (
        "The label says another length than the recording has.",
        "See whether the recording is cut or the label is of another one; "
        "--ignore label_duration accepts it.",
    ),
    "label_missing": (
        "A recording without a label or another text.",
        "Add the label, or take the recording out of the folder.",
    ),
    "label_other_recording": (
        "The label says that it belongs to another recording.",
        "Put the label beside its own recording.",
    ),
    "label_rate": (
        "The label says another sampling rate than the recording has.",
        "See whether the recording was converted; "
        "--ignore label_rate accepts it.",
    ),
    "label_unreadable": (
        "The label is not JSON in a form that is known.",
        "Copy it again, or correct what the detail names.",
    ),
    "not_in_metadata": (
        "On disk, but no row of the metadata names it.",
        "Add a row for it, or leave it: it is not used.",
    ),
    "path_ambiguous": (
        "Several files have this name, be it only once Hangul is composed.",
        "Give the whole path, or remove all but one.",
    ),
    "path_missing": (
        "The row names no recording.",
        "Fill in the path or the id.",
    ),
    "path_not_utf8": (
        "A file name that is not UTF-8 cannot stand in a manifest.",
        "Rename it; often it is CP949, from a Korean Windows.",
    ),
    "path_outside_root": (
        "Leads out of the data folder, by .., an absolute path or a link.",
        "Move the file into the data folder.",
    ),
    "row_malformed": (
        "The row has more or fewer cells than the table has columns.",
        "Put cells with commas or line ends in quotes.",
    ),
    "speaker_missing": (
        "Nothing says who speaks, so no split can be proved clean.",
        "Fill in the speaker, or choose another --speaker_keys.",
    ),
    "split_conflict": (
        "The metadata and the folder name different splits.",
        "Correct the row, or move the recording.",
    ),
    "split_unknown": (
        "Neither the metadata nor a folder says train, valid or test.",
        "Fill in the split, or let --split speakers draw one, with "
        "--keep_splits PILOT where one was trained.",
    ),
    "text_anonymised": (
        "A name was taken out of the text: what was said is not known.",
        "Nothing, or write what was said.",
    ),
    "text_digits": (
        "Digits can be read in several ways: 3 is 셋, 세 or 삼.",
        "Write the number as it was said.",
    ),
    "text_empty": (
        "No words are left once marks and punctuation are taken out.",
        "Nothing, if nobody speaks; else write what was said.",
    ),
    "text_jamo": (
        "Single letters (ㅋㅋ) that make no syllable.",
        "Write the syllables that were said.",
    ),
    "text_latin": (
        "Latin letters do not say how the word was spoken.",
        "Write the word in Hangul, as it was said; of a corpus in another "
        "language, --english keep takes such texts.",
    ),
    "text_symbol": (
        "A sign that does not say how it was spoken.",
        "Write it in Hangul, as it was said, or remove it.",
    ),
    "text_tagged_speech": (
        "Speech within a tag of noise or of a broken-off word.",
        "Nothing, or write what can be heard.",
    ),
    "text_unintelligible": (
        "Marked as not to be understood.",
        "Nothing: there is no text to learn from.",
    ),
}

# Source of the speaker id -> what it is.
SPEAKER_KEYS = {
    "column": "the speaker column of the metadata",
    "file": "the number in the recording's file name",
    "folder": "the recording's folder",
    "name": "the speaker's name in the label",
    "number": "the speaker number in the label",
    "utt2spk": "the file utt2spk",
}

# Rule of normalisation -> what it does to a text.
TEXT_RULES = {
    "apostrophe": "the apostrophe of an English word made a plain one",
    "dual": "one side of (spelling)/(pronunciation) taken",
    "dual_other_side": "the other side taken, as the first had digits",
    "empty_tag": "empty noise tags removed",
    "filler": "the mark after a filler removed, 음/",
    "invisible": "invisible characters removed",
    "noise_tag": "tags of breath, laughter and noise removed",
    "punctuation": "punctuation removed",
    "quote": "quotation marks removed",
    "repetition": "the mark after a repeated word removed, 그+",
    "unclear_mark": "marks of unclear words removed",
    "unicode_form": "Hangul composed (NFC)",
    "upper_case": "English words put in upper case",
    "whitespace": "spaces evened out",
}
