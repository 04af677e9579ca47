"""Kaldi's lists: a key and its value on each line."""

from childasr.text import InputError


def read_list(path, in_order=True):
    """Read a list, line by line.

    Arguments
    ---------
    path : Path
        A file in UTF-8; keys and values are apart by spaces or tabs.
    in_order : bool
        Whether the keys must ascend by code point, each once.

    Yields
    ------
    line : tuple of str
        Key and value; a key alone has an empty value.

    Raises
    ------
    InputError
        The file cannot be read, or its keys are not in order.

    Example
    -------
    >>> path = getfixture("tmp_path") / "utt2spk"
    >>> _ = path.write_text("u1 s1\\nu2\\ts2\\n")
    >>> list(read_list(path))
    [('u1', 's1'), ('u2', 's2')]
    """
    last = ""
    try:
        with open(path, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                key, value = (*line.split(None, 1), "", "")[:2]
                if in_order and key <= last:
                    raise InputError(
                        f"{path} line {number}: {key!r} after {last!r}; each "
                        "key once, sorted with LC_ALL=C sort"
                    )
                last = key
                yield key, value.strip()
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8: save it as UTF-8") from error
    except OSError as error:
        raise InputError(
            f"cannot read {path} ({error.strerror}): a Kaldi-style folder has "
            "wav.scp, text and utt2spk"
        ) from error
