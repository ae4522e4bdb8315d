"""What sam says while it works, and how it watches long commands."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time

SPOKEN_EVERY_S = 15  # on a pipe, a long step says that it is alive this often
ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class Failure(Exception):
    """Something a person has to put right; the text says what, and the command that does it."""


class Interrupted(BaseException):
    """Ctrl-C or SIGTERM: everything that was started is stopped on the way out."""


_quiet_stdout = False


def keep_stdout_clean():
    """From now on sam speaks on standard error, for commands whose output is a result."""
    global _quiet_stdout
    _quiet_stdout = True


def say(text=""):
    """Print one line at once."""
    print(text, file=sys.stderr if _quiet_stdout else sys.stdout, flush=True)


def install_signal_handlers():
    """Turn SIGINT, SIGTERM and SIGHUP into Interrupted, so that `finally` blocks run."""

    def stop(signum, frame):
        # a second signal must not cut the cleaning up short
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        raise Interrupted(signum)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)


@contextlib.contextmanager
def step(title):
    """Announce a step and say how long it took."""
    say(f"  {title} …")
    started = time.monotonic()
    yield
    elapsed = time.monotonic() - started
    if elapsed >= 2:
        say(f"    done in {elapsed:.0f} s")


class Heartbeat:
    """Says what a long step is doing: in place on a terminal, now and then on a pipe."""

    def __init__(self, title):
        self.title = title
        self.detail = ""
        self._started = time.monotonic()
        self._done = threading.Event()
        self._stream = sys.stderr if _quiet_stdout else sys.stdout
        self._tty = self._stream.isatty()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        say(f"  {self.title} …")
        self._thread.start()
        return self

    def __exit__(self, *exc):
        self._done.set()
        self._thread.join()
        if self._tty:
            self._stream.write("\r\x1b[K")
        elapsed = time.monotonic() - self._started
        if elapsed >= 2:
            say(f"    {'done' if exc[0] is None else 'stopped'} after {elapsed:.0f} s")

    def _run(self):
        while not self._done.wait(1 if self._tty else SPOKEN_EVERY_S):
            elapsed = time.monotonic() - self._started
            text = f"    {elapsed:.0f} s  {self.detail}".rstrip()
            if self._tty:
                width = max(20, os.get_terminal_size(self._stream.fileno()).columns - 1)
                self._stream.write("\r\x1b[K" + text[:width])
                self._stream.flush()
            else:
                say(text)


def end_process(process, grace_s=20):
    """Ask a child to stop, and kill it when it has not done so after `grace_s` seconds."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(grace_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def watched(command, title, *, log, detail=None, timeout_s=None, fail=None, **popen):
    """Run `command`, keep its output in the file `log`, show life; return (exit code, lines).

    :param detail: called with each line of output, returns a text to show or None
    :param fail: the sentence that opens the Failure raised on a non-zero exit; None raises nothing
    :raises Failure: see `fail`; also when `timeout_s` ran out
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    lines = []
    with Heartbeat(title) as heart, log.open("w", encoding="utf-8") as kept:
        try:
            process = subprocess.Popen(
                [str(part) for part in command],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,  # Ctrl-C reaches sam alone, which then stops the child
                **{"stdin": subprocess.DEVNULL, **popen},
            )
        except FileNotFoundError as error:
            raise Failure(f"{command[0]} could not be started: {error}") from error
        timed_out = threading.Event()

        def expire():
            timed_out.set()
            process.kill()

        timer = threading.Timer(timeout_s, expire) if timeout_s else None
        if timer:
            timer.daemon = True
            timer.start()
        try:
            # universal newlines end a line at \r as well: git's and pip's progress come through
            for line in process.stdout:
                line = ANSI.sub("", line.rstrip("\n"))
                lines.append(line)
                kept.write(line + "\n")
                kept.flush()
                shown = detail(line) if detail else line.strip()[-100:]
                if shown:
                    heart.detail = shown
            code = process.wait()
        finally:
            if timer:
                timer.cancel()
            end_process(process)
    if timed_out.is_set():
        raise Failure(f"{title}: no end after {timeout_s} s, stopped. Log: {log}")
    if code and fail:
        tail = "\n".join(f"    {line}" for line in lines[-15:])
        raise Failure(f"{fail}\n{tail}\n  Whole log: {log}")
    return code, lines
