"""Long work on a terminal, and without one."""

import os
import pty
import select
import subprocess
import time

from program import PROGRAM


def on_terminal(folder, *arguments, seconds, env=None):
    """Everything it wrote to a terminal in some seconds, as [(time, text)]; then it is stopped by Ctrl-C.  Returns them and its exit code."""
    pid, master = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.environ.update({"TERM": "xterm", **(env or {})})
        os.execv(PROGRAM, [PROGRAM, *map(str, arguments)])
    pieces, start = [], time.monotonic()
    stopped = False
    while True:
        left = start + seconds - time.monotonic()
        if left <= 0 and not stopped:
            os.write(master, b"\x03")
            stopped = True
        if select.select([master], [], [], max(left, 0) if not stopped else 60)[0]:
            try:
                piece = os.read(master, 65536)
            except OSError:
                break
            if not piece:
                break
            pieces.append((time.monotonic() - start, piece.decode()))
    os.close(master)
    return pieces, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def without_terminal(folder, *arguments, seconds):
    """Lines of stderr with the time of each; then it is stopped by SIGINT.  Returns them and its exit code."""
    process = subprocess.Popen([PROGRAM, *map(str, arguments)], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    lines, start = [], time.monotonic()
    os.set_blocking(process.stderr.fileno(), False)
    while time.monotonic() < start + seconds and process.poll() is None:
        if select.select([process.stderr], [], [], 0.5)[0]:
            lines += [(time.monotonic() - start, line) for line in process.stderr.read().splitlines()]
    process.send_signal(2)
    os.set_blocking(process.stderr.fileno(), True)
    err = process.communicate()[1]
    return lines, [line for line in err.splitlines() if line], process.returncode
