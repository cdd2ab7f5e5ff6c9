"""Files that appear whole or not at all and stay after a power cut: write, fsync, name, fsync of the folder."""

from __future__ import annotations

import os
from pathlib import Path


def write_beside(folder: Path, name: str, content: bytes) -> Path:
    """Write `content` under a name nobody else uses, mode 0600, durable; the caller renames, links or removes it.

    Raises OSError, and leaves nothing behind then.
    """
    path = folder / f".{name}.{os.getpid()}.{os.urandom(6).hex()}"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable; raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
