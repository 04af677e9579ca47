"""The error report as one HTML file that needs no other."""

from childasr.evaluation.page.write import SYNTHETIC, write_page

__all__ = ["SYNTHETIC", "write_page"]
