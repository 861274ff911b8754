# SPDX-License-Identifier: MIT
"""Which file of a folder stands above which. tools/layering holds includes against it, tools/circles what object files use."""
import pathlib

# Folder -> its files from top to bottom, without suffix. A file uses those below it, never one above it.
ORDER = {
    "device/core/messages": ["messages", "filters", "outbox", "pace", "topic"],
    "device/core/ota": ["ota", "ota_steps", "ota_effects", "ota_state", "ota_words", "ota_judge", "ota_document"],
    "device/core/provision": ["provision", "steps", "provision_wire", "words"],
    "device/core/jobs": ["engine", "reading", "delivery", "execution", "states", "subscriptions", "handlers", "outcome",
                         "exchange", "wire", "context", "journal", "reason", "jobs"],
}
# Folder of ORDER -> folder whose other files lie below it: details, text, config, link/...
ABOVE_THE_REST_OF = {"device/core/jobs": "device/core"}


def split(path):
    path = pathlib.PurePosixPath(path)
    return path.parent.as_posix(), path.name.split(".")[0]


def is_unlisted(path):
    folder, name = split(path)
    return folder in ORDER and name not in ORDER[folder]


def points_up(path, target):
    """Whether `path` must not use `target`, because that stands above it."""
    (folder, name), (target_folder, target_name) = split(path), split(target)
    names = ORDER.get(target_folder, [])
    if folder != target_folder:
        rest = ABOVE_THE_REST_OF.get(target_folder)
        return rest is not None and path.startswith(rest + "/") and not path.startswith(target_folder + "/")
    return name in names and target_name in names and names.index(target_name) < names.index(name)
