"""The units as a Hugging Face tokenizer that plain `transformers` loads."""

import unicodedata
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers
from tokenizers.models import BPE, Unigram

from childasr.text.files import write_atomically, write_json
from childasr.text.units import JAMO, SPACE

FIRST_SYLLABLE, LAST_SYLLABLE = ord("가"), ord("힣")
FINALS = JAMO[-27:]
# Marks while syllables are put together: may a final follow, is 64 carried.
OPEN, CARRY = "?", "+"


def save_tokenizer(units, folder):
    """Write `tokenizer.json` and `tokenizer_config.json` for the units.

    `AutoTokenizer.from_pretrained(folder)` then gives, without remote code,
    the ids of `units.encode(text)`, and from the best unit of each frame the
    text of `units.decode_ctc(frame_ids)`. Leave `skip_special_tokens` off in
    its `decode`, as it is by default: the blanks part repeated units. Offsets
    of characters or words are not supported.

    Arguments
    ---------
    units : TextUnits
        The units of the exported model.
    folder : str or Path
        The exported model's folder.

    Example
    -------
    >>> from transformers import AutoTokenizer
    >>> from childasr.text.units import TextUnits
    >>> folder = getfixture("tmp_path")
    >>> units = TextUnits.train("jamo", ["나는 간다"], folder / "jamo.model")
    >>> save_tokenizer(units, folder)
    >>> tokenizer = AutoTokenizer.from_pretrained(folder)
    >>> ids = tokenizer("각각")["input_ids"]
    >>> ids == units.encode("각각")
    True
    >>> tokenizer.decode([ids[0], ids[0], 0, *ids[1:], 0])
    '각각'
    """
    folder = Path(folder)
    pad, unk = units.pieces[units.blank_id], units.pieces[units.unk_id]
    form, prefix = normalizers.NFC(), "always"
    if units.kind == "jamo":
        form = normalizers.NFD()
    if units.kind in ("jamo", "syllable"):
        prefix = "never"
    tokenizer = Tokenizer(_model(units))
    tokenizer.normalizer = form
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(
        replacement=SPACE, prepend_scheme=prefix
    )
    tokenizer.decoder = decoders.Sequence(
        [
            # Collapses repeats, drops blanks, and makes the spaces.
            decoders.CTC(pad_token=pad, word_delimiter_token=SPACE),
            decoders.Fuse(),
            decoders.Replace(unk, ""),
            decoders.Replace(Regex(" +"), " "),
            # `Strip` panics on a text that is one space.
            decoders.Replace(Regex("^ | $"), ""),
            *(_composition() if units.kind == "jamo" else ()),
        ]
    )
    with write_atomically(folder / "tokenizer.json") as file:
        file.write(tokenizer.to_str())
    config = {
        # Known to transformers 4 and 5 alike.
        "tokenizer_class": "PreTrainedTokenizerFast",
        "processor_class": "Wav2Vec2Processor",
        "pad_token": pad,
        "unk_token": unk,
        "clean_up_tokenization_spaces": False,
    }
    write_json(folder / "tokenizer_config.json", config)


def _model(units):
    if units.kind == "bpe":
        vocabulary = {piece: id for id, piece in enumerate(units.pieces)}
        merges = _merges(units.pieces)
        unk = units.pieces[units.unk_id]
        return BPE(vocabulary, merges, unk_token=unk, fuse_unk=True)
    # Letters and syllables are a unigram model too: there is but one way to
    # cut a text into them.
    return Unigram(
        list(zip(units.pieces, units.scores, strict=True)),
        unk_id=units.unk_id,
    )


def _merges(pieces):
    # SentencePiece keeps no merges, but its ids are in the order of merging.
    known = set(pieces[2:])
    return [
        (piece[:cut], piece[cut:])
        for piece in pieces[2:]
        for cut in range(1, len(piece))
        if piece[:cut] in known and piece[cut:] in known
    ]


def _composition():
    """NFC, which decoders do not know, as replacements and a byte decoder.

    One replacement for each of the 11,172 syllables would do, but takes ten
    times as long: 2.6 ms a text. So this adds in UTF-8. A syllable with a
    final consonant is the one without it plus the number of the final, and
    the last byte holds the lowest six bits: add there, and carry into the
    two bytes before.
    """
    bare = range(FIRST_SYLLABLE, LAST_SYLLABLE, 1 + len(FINALS))
    # FIRST_SYLLABLE is a multiple of 64.
    last_bytes = [_spell(chr(FIRST_SYLLABLE + low))[2] for low in range(64)]
    steps = []
    for code in bare:
        spelt = _spell(chr(code))
        letters = unicodedata.normalize("NFD", chr(code))
        steps.append((letters, spelt[:2] + OPEN + spelt[2]))
    for low in sorted({code % 64 for code in bare}):
        for number, final in enumerate(FINALS, start=1):
            carried, rest = divmod(low + number, 64)
            spelt = CARRY * carried + last_bytes[rest]
            steps.append((OPEN + last_bytes[low] + final, spelt))
    steps.append((OPEN, ""))
    for code in range(FIRST_SYLLABLE, LAST_SYLLABLE, 64):
        first_bytes, following = _spell(chr(code))[:2], _spell(chr(code + 64))
        steps.append((first_bytes + CARRY, following[:2]))
    steps += [(character, _spell(character)) for character in (*JAMO, " ")]
    return [decoders.Replace(*step) for step in steps] + [decoders.ByteLevel()]


def _spell(text):
    """The UTF-8 bytes of a text, as the characters that stand for them."""
    spelling = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    return spelling.pre_tokenize_str(text)[0][0]
