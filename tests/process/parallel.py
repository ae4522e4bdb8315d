"""Many calls at once from one test."""

import threading
from concurrent.futures import ThreadPoolExecutor

from ..harness import RpcError


def outcomes(functions, at_once):
    """Run functions, ``at_once`` at a time; each one's result or RpcError, in order."""

    def settle(function):
        try:
            return function()
        except RpcError as error:
            return error

    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(settle, functions))


class Background:
    """Functions that run while the test goes on; ``results`` waits for them."""

    def __init__(self, functions):
        self._results = [None] * len(functions)
        self._threads = [
            threading.Thread(target=self._run, args=(place, function), daemon=True)
            for place, function in enumerate(functions)
        ]
        for thread in self._threads:
            thread.start()

    def _run(self, place, function):
        try:
            self._results[place] = function()
        except Exception as error:
            self._results[place] = error

    def results(self, limit=120):
        for thread in self._threads:
            thread.join(limit)
            assert not thread.is_alive(), "a call did not end"
        return self._results
