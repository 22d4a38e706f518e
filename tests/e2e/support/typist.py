"""typist.py COMMAND [PROMPT ANSWER]...: the command in a shell on a terminal of its own, and an answer to each line that
holds a prompt. An answer that is a control character is a key, behind which no Enter comes.

What is said comes out, and the exit status is the command's."""

import os
import pty
import sys

command = sys.argv[1]
answers = dict(zip(sys.argv[2::2], sys.argv[3::2]))
child, terminal = pty.fork()
if child == 0:
    # One that cannot move its cursor, so that nothing is drawn anew with each key.
    os.execvpe("bash", ["bash", "-c", command], {**os.environ, "TERM": "dumb"})
line = b""
while True:
    try:
        said = os.read(terminal, 4096)
    except OSError:  # it has ended
        break
    if not said:
        break
    os.write(1, said)
    line = (line + said).split(b"\n")[-1]
    for prompt, answer in answers.items():
        if prompt.encode() in line:
            os.write(terminal, answer.encode() + (b"\n" if answer.isprintable() else b""))
            line = b""
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
