"""One phase trained many times: arms compared, settings searched."""
