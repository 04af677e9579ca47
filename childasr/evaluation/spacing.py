"""A hypothesis spaced as its reference, for the sWER."""


def respace(ref, hyp):
    """Give a hypothesis the reference's spacing where their syllables match.

    Spacing in Korean is often a matter of taste, so the sWER forgives it: it
    is the word error rate after this (Bang et al., KsponSpeech, Applied
    Sciences 10(19), 2020; its `get_space_normalized_hyps.py` in ESPnet, which
    this agrees with to the choice between alignments).

    The syllables are aligned by edit distance without regard to spaces, traced
    from the end; of steps that cost the same, a match or substitution is
    taken, then a deletion, then an insertion. A syllable that matches begins
    a word where the reference's does. Substituted and inserted syllables
    keep the hypothesis's spacing, and deleted ones take theirs with them:
    where a word's first syllable is missing, its rest joins the word before.

    Arguments
    ---------
    ref, hyp : list of str
        Words, in NFC.

    Returns
    -------
    hyp : list of str
        Words of the same syllables.

    Example
    -------
    >>> respace(["할", "수", "있다"], ["할수", "있", "다"])
    ['할', '수', '있다']
    >>> respace(["나는", "학교에"], ["나는하교에"])
    ['나는하교에']
    >>> respace(["나는", "학교에"], ["나는", "교에"])
    ['나는교에']
    """
    ref, ref_starts = _syllables(ref)
    hyp, hyp_starts = _syllables(hyp)
    for r, h in _matches(ref, hyp):
        hyp_starts[h] = ref_starts[r]
    pieces = [
        f" {syllable}" if starts else syllable
        for syllable, starts in zip(hyp, hyp_starts, strict=True)
    ]
    return "".join(pieces).split()


def _syllables(words):
    """The syllables without spaces, and whether each begins a word."""
    starts = [place == 0 for word in words for place in range(len(word))]
    return "".join(words), starts


def _matches(ref, hyp):
    """The places (in ref, in hyp) of the syllables that are aligned."""
    if ref == hyp:
        return [(place, place) for place in range(len(ref))]
    costs = _edit_costs(ref, hyp)
    matches = []
    r, h = len(ref), len(hyp)
    while r and h:
        differ = ref[r - 1] != hyp[h - 1]
        if costs[r][h] == costs[r - 1][h - 1] + differ:
            r, h = r - 1, h - 1
            if not differ:
                matches.append((r, h))
        elif costs[r][h] == costs[r - 1][h] + 1:
            r -= 1
        else:
            h -= 1
    return matches


def _edit_costs(ref, hyp):
    """Edit distances of the first r syllables to the first h, [r][h].

    Libraries give the distance or one alignment, with other choices.
    """
    costs = [list(range(len(hyp) + 1))]
    for r, syllable in enumerate(ref, start=1):
        above, row = costs[-1], [r]
        for h, heard in enumerate(hyp):
            diagonal = above[h] + (syllable != heard)
            # Faster than min() here, where an evaluation spends its time.
            beside = (row[h] if row[h] < above[h + 1] else above[h + 1]) + 1
            row.append(diagonal if diagonal < beside else beside)
        costs.append(row)
    return costs
