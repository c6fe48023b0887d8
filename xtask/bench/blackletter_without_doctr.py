"""Runs blackletter's own command with its docTR pass left out.

docTR downloads its weights, so the bench leaves it out. The headnote blocks stay as blackletter itself computed them, and
everything else is blackletter's own code. Run it with the Python of blackletter's environment and with the arguments of
the blackletter command.
"""

import sys

import blackletter.refine


def keep_blocks(_pdf, rects, _pages):
    """Return the rectangles unrefined, as `skip_doctr=True` does in places."""
    return rects


# blackletter.process copies the name when it is imported, so replace it before.
blackletter.refine.refine_headnote_rects = keep_blocks

from blackletter.cli import main  # noqa: E402

if __name__ == "__main__":
    sys.argv[0] = "blackletter"
    main()
