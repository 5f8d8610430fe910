"""The exit codes of every command, as docs/commands.md has them."""

DONE = 0
FOUND = 1
"""Done, and there is what the command looks for: a finding, a difference, a record that is not valid."""
CANNOT_RUN = 2
"""Not done: wrong options, what cannot be read or written, a fault of the program."""
INTERRUPTED = 128 + 2
"""Ended by Ctrl+C; what a shell gives to what SIGINT ends."""
BROKEN_PIPE = 128 + 13
"""Nobody reads on; what a shell gives to what SIGPIPE ends."""
