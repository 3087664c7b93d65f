"""Calls everything public, as the table of `test_wrong_types.py` has it, and prints what came as JSON: a script.

With ``threads`` it is called from 32 threads at once, before anything was loaded, and `differ` names what came out
otherwise than afterwards in one. With ``interpreters`` it is called in interpreters within this process, two at a time.
"""

from __future__ import annotations

import json
import re
import sys
import threading
from typing import Any

THREADS = 32


def outcome(name: str) -> str:
    """Return what a call returns, as text, without what is of this moment: addresses of objects, folders, seconds."""
    from test_wrong_types import CALLS

    from itms_ota.errors import ItmsError

    call, parameters = CALLS[name]
    try:
        result: Any = call(**{parameter: value for parameter, (value, _) in parameters.items()})
    except (ItmsError, OSError, TypeError, ValueError) as error:
        result = f"{type(error).__name__}: {error}"
    if hasattr(result, "to_dict"):
        result = json.dumps(result.to_dict(), default=str)
    text = re.sub(r" at 0x\w+|'?[^' ]*/out'?|tmp\w+/", "", f"{type(result).__name__} {result!r}")
    return re.sub(r'(\\*"seconds\\*": )[0-9.e-]+', r"\1", text)


def outcomes(first: int = 0) -> dict[str, str]:
    """Return what each call returns, beginning with this one."""
    from test_wrong_types import CALLS

    names = [*CALLS]
    return {name: outcome(name) for name in names[first:] + names[:first]}


def in_threads() -> list[str]:
    """Call all from many threads at once, each beginning elsewhere; name what came out otherwise than in one."""
    together = threading.Barrier(THREADS)
    found: list[dict[str, str]] = []

    def work(number: int) -> None:
        together.wait()
        found.append(outcomes(2 * number))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    alone = outcomes()
    differ = {name for one in found for name, text in one.items() if alone[name] != text}
    return [*sorted(differ), *[f"{THREADS - len(found)} threads failed"] * (len(found) < THREADS)]


def in_interpreters() -> dict[str, str]:
    """Call all in interpreters, two at a time, each with a lock of its own; return what failed."""
    from importlib import import_module

    interpreters: Any = import_module("_interpreters")

    script = f"""
import sys
sys.path[:] = {sys.path!r}
import _everything, json
with open(name, "w") as file:
    json.dump(_everything.outcomes(), file)
"""
    failed: dict[str, str] = {}

    def work(name: str) -> None:
        interpreter = interpreters.create("isolated")
        interpreters.set___main___attrs(interpreter, {"name": name})
        error = interpreters.exec(interpreter, script)
        if error is not None:
            failed[name] = str(error)
        interpreters.destroy(interpreter)

    threads = [threading.Thread(target=work, args=(f"{number}.json",)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failed


if __name__ == "__main__":
    kind = sys.argv[1] if sys.argv[1:] else ""
    made: object = in_threads() if kind == "threads" else in_interpreters() if kind == "interpreters" else outcomes()
    sys.stdout.write(json.dumps(made))
