"""So many clients at once in a process of their own: ``_load.py`` reads what to ask as JSON.

``{"url", "headers", "body", "clients", "calls"}`` on standard input; printed are, as JSON,
``times`` (ms of each answer), ``seconds`` for all of them and ``wrong`` (status: number). Each
client asks one call after the other over a connection that it keeps where the server lets it.
"""

import http.client
import json
import sys
import threading
import time
import urllib.parse


def main():
    """Ask, and print what it took."""
    told = json.load(sys.stdin)
    parts = urllib.parse.urlsplit(told["url"])
    headers = {"Content-Type": "application/json", **told["headers"]}
    times, wrong, lock = [], {}, threading.Lock()
    barrier = threading.Barrier(told["clients"] + 1)

    def client(number):
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=120)
        barrier.wait()
        for call in range(told["calls"]):
            body = told["body"].replace("NUMBER", f"{number}-{call}").encode()
            begun = time.perf_counter()
            status = _ask(connection, parts.path, body, headers)
            took = (time.perf_counter() - begun) * 1000
            with lock:
                times.append(took)
                if status != 200:
                    wrong[str(status)] = wrong.get(str(status), 0) + 1
        connection.close()

    threads = [threading.Thread(target=client, args=(n,)) for n in range(told["clients"])]
    for thread in threads:
        thread.start()
    barrier.wait()
    begun = time.perf_counter()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - begun
    print(json.dumps({"times": times, "seconds": seconds, "wrong": wrong}))


def _ask(connection, path, body, headers):
    """The status of one request, or the name of what went wrong."""
    for _try in range(2):
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()  # the server had closed what was kept: once more on a new one
            failed = type(error).__name__
            continue
        if answer.will_close:
            connection.close()
        return answer.status
    return failed


if __name__ == "__main__":
    main()
