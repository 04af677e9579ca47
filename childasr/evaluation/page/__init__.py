"""The error report as one HTML file that needs no other."""

from childasr.evaluation.page.write import write_page

__all__ = ["write_page"]
