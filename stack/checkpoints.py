"""Flink's checkpoints: which one to resume from."""

from __future__ import annotations

from pyarrow.fs import FileInfo, FileSelector, FileSystem, FileType

METADATA = "_metadata"


def newest_complete_checkpoint(uri: str) -> str | None:
    """The URI of the newest checkpoint whose metadata is written, over all runs of a job; None without one.

    Args:
        uri: the job's folder of checkpoints, which holds `<run>/chk-<number>/`.
    """
    filesystem, root = FileSystem.from_uri(uri)
    complete = [
        metadata
        for run in _folders(filesystem, root)
        for checkpoint in _folders(filesystem, run.path)
        if checkpoint.base_name.startswith("chk-")
        for metadata in filesystem.get_file_info([f"{checkpoint.path}/{METADATA}"])
        if metadata.type == FileType.File and metadata.size
    ]
    if not complete:
        return None
    newest = max(complete, key=lambda metadata: (metadata.mtime_ns, _number(metadata)))
    path: str = newest.path
    return uri.rstrip("/") + path.removeprefix(root.rstrip("/")).removesuffix(f"/{METADATA}")


def is_complete(uri: str) -> bool:
    """Whether the metadata of a checkpoint or savepoint is there."""
    filesystem, path = FileSystem.from_uri(uri)
    (metadata,) = filesystem.get_file_info([f"{path.rstrip('/')}/{METADATA}"])
    return metadata.type == FileType.File and bool(metadata.size)


def _folders(filesystem: FileSystem, path: str) -> list[FileInfo]:
    found = filesystem.get_file_info(FileSelector(path, allow_not_found=True))
    return [entry for entry in found if entry.type == FileType.Directory]


def _number(metadata: FileInfo) -> int:
    return int(metadata.path.rpartition("/chk-")[2].removesuffix(f"/{METADATA}"))
