"""Holds a listening socket and runs a program on it again and again, as systemd does with a socket unit.

usage: socket_holder.py SOCKET LOG PROGRAM [ARGUMENT...]

The program gets the socket as descriptor 3 by systemd's protocol (LISTEN_FDS, LISTEN_PID, LISTEN_FDNAMES). Whenever
it ends it is started again; the socket stays. Each start prints its pid on a line of its own. Ends with its own SIGTERM.
"""

import os
import signal
import socket
import sys
import time


def run(listener, log, command):
    pid = os.fork()
    if pid == 0:
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.dup2(listener.fileno(), 3)
        os.set_inheritable(3, True)
        os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1", LISTEN_FDNAMES="fastcgi")
        os.execv(command[0], command)
    return pid


def main():
    path, log_path, *command = sys.argv[1:]
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(1024)
    log = os.open(log_path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    child = 0

    def end(*_):
        if child:
            os.kill(child, signal.SIGKILL)
        os._exit(0)

    signal.signal(signal.SIGTERM, end)
    while True:
        child = run(listener, log, command)
        print(child, flush=True)
        started = time.monotonic()
        os.waitpid(child, 0)
        if time.monotonic() - started < 0.1:
            time.sleep(0.5)  # RestartSec


main()
