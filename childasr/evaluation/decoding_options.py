"""The command line that all commands which decode share."""


def add_decoding_options(parser):
    """Add `--batch_seconds` and `--device`, as `Recogniser` takes them.

    Arguments
    ---------
    parser : argparse.ArgumentParser

    Example
    -------
    >>> from argparse import ArgumentParser
    >>> parser = ArgumentParser()
    >>> add_decoding_options(parser)
    >>> parser.parse_args(["--device=cpu"])
    Namespace(batch_seconds=None, device='cpu')
    """
    parser.add_argument(
        "--batch_seconds",
        type=float,
        help="most audio in a batch, padding included (default: 5 on a CPU, "
        "else 80)",
    )
    parser.add_argument(
        "--device",
        help="such as cuda:1 (default: a GPU where there is one, one for each "
        "process, else cpu)",
    )
