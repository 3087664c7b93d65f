"""The command line: ``python -m itms_ota``."""

from ._cli import main, start

__all__ = ["main"]

if __name__ == "__main__":
    start()
