"""A training in a process of its own: started, listened to and stopped over a pipe."""

import _thread
import multiprocessing
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, cast

import torch

from striate.errors import StriateError
from striate.tasks.start import train
from striate.training import Epoch, Step

Prepare = Callable[[], None]
_STEP_SECONDS = 0.1  # between words of a step: progress is looked at, not counted


@dataclass(frozen=True)
class Member:
    """One training of several.

    Attributes:
        number: which, counted from 1.
        arguments: of `striate.train`.
        threads: that it computes with.
    """

    number: int
    arguments: Mapping[str, Any]
    threads: int


def train_members(
    members: Sequence[Member], at_once: int, prepare: Prepare | None = None
) -> Iterator[tuple[int, Epoch | Step]]:
    """Train, so many at once, each in a process of its own, which ends with this iteration at the latest.

    Whatever ends it early (Ctrl-C, an error, the end of this process) lets each training finish its step and save.

    Args:
        members: what to train, in this order.
        at_once: how many processes there are at most.
        prepare: called first in each process; a function of a module, for it is sent there by name.

    Yields:
        The number of a member, with its newest epoch or step.

    Raises:
        StriateError: a training failed; says which and why.
    """
    waiting, running = list(members), dict[Connection, tuple[int, BaseProcess]]()
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                member = waiting.pop(0)
                connection, process = _start(member, prepare)
                running[connection] = member.number, process
            for connection in cast("list[Connection]", wait(list(running))):
                number, process = running[connection]
                said = _hear(connection)
                if said is None:
                    process.join()
                    del running[connection]
                    _refuse_failure(number, process.exitcode)
                elif isinstance(said, str):
                    raise StriateError(f"member {number}: {said}")
                else:
                    yield number, said
    finally:
        _stop(running)


def _start(member: Member, prepare: Prepare | None) -> tuple[Connection, BaseProcess]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_train, args=(theirs, member, prepare), name=f"member {member.number}")
    with _deaf_children():
        process.start()
    theirs.close()  # its end is the process's alone, so that we hear when that ends
    return ours, process


@contextmanager
def _deaf_children() -> Iterator[None]:
    """Processes that are started here don't hear Ctrl-C until they ask for it: while they import they can't stop."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)


def _hear(connection: Connection) -> Epoch | Step | str | None:
    """What a process says; None at its end."""
    try:
        said: Epoch | Step | str = connection.recv()
    except (EOFError, OSError):
        return None
    return said


def _refuse_failure(number: int, exitcode: int | None) -> None:
    if exitcode:
        how = f"was killed by signal {-exitcode}" if exitcode < 0 else f"ended with exit code {exitcode}"
        raise StriateError(f"member {number}: its process {how}; what it had saved is resumed by --resume")


def _stop(running: Mapping[Connection, tuple[int, BaseProcess]]) -> None:
    """Ask the processes to end, and wait until they have saved; who is asked twice to hurry ends them at once."""
    processes = [process for _, process in running.values()]
    for connection in running:
        try:
            connection.send("stop")
        except OSError:  # it ended by itself
            continue
    try:
        for process in processes:
            process.join()
    except KeyboardInterrupt:
        for process in processes:
            process.terminate()
        raise


def _train(connection: Connection, member: Member, prepare: Prepare | None) -> None:
    """What a process does: train, and tell of it."""
    if prepare:
        prepare()
    torch.set_num_threads(member.threads)
    told = 0.0

    def tell(said: Epoch | Step | str) -> None:
        with suppress(OSError):  # nobody listens any more: the word to stop is on its way
            connection.send(said)

    def tell_step(step: Step) -> None:
        nonlocal told
        if time.monotonic() - told > _STEP_SECONDS or step.step == step.steps:
            told = time.monotonic()
            tell(step)

    try:
        _listen(connection)
        for epoch in train(**member.arguments).epochs(on_step=tell_step):
            tell(epoch)
    except KeyboardInterrupt:
        sys.exit(130)
    except StriateError as e:
        tell(str(e))


def _listen(connection: Connection) -> None:
    """End as by Ctrl-C, once, whether a terminal says so, or the process that listens, or its end."""
    main, asked = threading.main_thread(), threading.Event()

    def once(*_: object) -> None:
        if not asked.is_set():
            asked.set()
            raise KeyboardInterrupt

    def obey() -> None:
        with suppress(EOFError, OSError):
            connection.recv()
        if hasattr(signal, "pthread_kill") and main.ident:
            signal.pthread_kill(main.ident, signal.SIGINT)  # ends what it waits for, too
        else:
            _thread.interrupt_main()

    signal.signal(signal.SIGINT, once)
    threading.Thread(target=obey, daemon=True).start()
