"""Files that only their owner may read: the database, its log of writes, what the twins keep."""

import os
import stat
from collections.abc import Iterable
from pathlib import Path

OTHERS = 0o077
"""What nobody but the owner may do with anything that is ours."""
FOLDER_MODE = 0o700


def keep_new_files_private() -> None:
    """Make every file of this process from now on, and of its children, the owner's alone."""
    os.umask(OTHERS)


def make_private_folder(folder: Path) -> None:
    """Make a folder that only its owner may enter; one that is there keeps its mode."""
    folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)


def close_to_others(folder: Path, beside: Iterable[Path] = (), *, but: Path | None = None) -> None:
    """
    Take from others whatever they may do with what lies in a folder, and with other files.

    `but` is left as it is: whoever opens it wants to know that others could. So is what belongs
    to another account, and where a link leads. SQLite gives its log of writes and its index the
    mode of the database's file.
    """
    for path in {*folder.iterdir(), *beside} - {but}:
        try:
            status = path.lstat()
        except FileNotFoundError:  # a log of writes that another process has just put away
            continue
        is_ours = status.st_uid == os.geteuid() and not stat.S_ISLNK(status.st_mode)
        if is_ours and status.st_mode & OTHERS:
            path.chmod(stat.S_IMODE(status.st_mode) & ~OTHERS)


def keep_names(folder: Path) -> None:
    """Make the names of the files in a folder survive a power cut, as what is in them does."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
