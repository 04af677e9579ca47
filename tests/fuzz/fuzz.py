"""Fuzz one parser, or each in turn, with atheris.

> python tests/fuzz/fuzz.py label -max_total_time=60
> python tests/fuzz/fuzz.py all -max_total_time=60

Further arguments are libFuzzer's. What crashes a parser is left in the current
folder as `crash-*`.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

sys.path += [str(Path(__file__).parent), str(Path(__file__).parents[1])]
INSTRUMENTED = ["childasr", "data_prep", "tarfile", "csv", "hyperpyyaml"]


def main():
    # Here, as the tests import every file, and need no atheris.
    import atheris

    name, *options = sys.argv[1:]
    with atheris.instrument_imports(include=INSTRUMENTED):
        from targets import TARGETS
    if name == "all":
        for name in TARGETS:
            print(f"== {name}", flush=True)
            subprocess.run(
                [sys.executable, __file__, name, *options], check=True
            )
        return
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(TARGETS[name].seeds):
            Path(corpus, str(number)).write_bytes(seed)
        settings = ["-max_len=4096", "-rss_limit_mb=4096", *options, corpus]
        atheris.Setup([sys.argv[0], *settings], TARGETS[name].run)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
