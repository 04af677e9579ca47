"""Cells that no spreadsheet runs."""

# What a spreadsheet runs as a formula, wide forms included (OWASP, CSV
# Injection), and the apostrophe that guards against it.
GUARDED = tuple("=+-@\t\r\n＝＋－＠'")


def guard(cell):
    """A text that no spreadsheet runs.

    Example
    -------
    >>> guard("=1+1"), guard("나는"), guard("'")
    ("'=1+1", '나는', "''")
    """
    return f"'{cell}" if cell.startswith(GUARDED) else cell


def unguard(cell):
    """What `guard` was given.

    Example
    -------
    >>> unguard("'=1+1"), unguard("나는"), unguard("''")
    ('=1+1', '나는', "'")
    """
    return cell.removeprefix("'")
