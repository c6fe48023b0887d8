"""Runs blackletter's own command with its docTR pass left out.

docTR needs weights from the network, so the bench compares without it: the headnote blocks stay as
blackletter itself computed them. Everything else is blackletter's own code. Run it with the Python
of blackletter's environment; the arguments are those of the blackletter command.
"""

import sys

import blackletter.refine


def keep_blocks(_pdf, rects, _pages):
    """Hand back the block rectangles unrefined, as `skip_doctr=True` does where it is honoured."""
    return rects


# blackletter.process binds the name when it is imported: replace it before that.
blackletter.refine.refine_headnote_rects = keep_blocks

from blackletter.cli import main  # noqa: E402

if __name__ == "__main__":
    sys.argv[0] = "blackletter"
    main()
