"""The command line: a module for each command, and what they share.

Exit status 0, 1 where there is an error, 2 for a wrong call; 130 and 143 after Ctrl-C and SIGTERM.
"""

from ._main import main, start

__all__ = ["main", "start"]
