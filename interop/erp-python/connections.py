"""Stored connections: GUID to configuration values, kept over restarts."""

import json
import os
import re
import uuid

from seams import seam

ZERO = str(uuid.UUID(int=0))
GUID = re.compile(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}"
    r"|\{[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}", re.IGNORECASE)


@seam("connections.guid")
def normalise(text):
    """The GUID in lower case with dashes, or None when it is none."""
    text = (text or "").strip()
    return str(uuid.UUID(text)) if GUID.fullmatch(text) else None


class Connections:
    def __init__(self, path):
        self.path = path
        self.stored = {}
        if path and os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                self.stored = json.load(file)

    @seam("connections.find")
    def find(self, guid):
        return self.stored.get(guid)

    @seam("connections.save")
    def save(self, guid, info):
        self.stored[guid] = dict(info)
        self.write()

    @seam("connections.delete")
    def delete(self, guid):
        if self.stored.pop(guid, None) is not None:
            self.write()

    @seam("connections.write")
    def write(self):
        """Replace the file as a whole; only its owner may read it."""
        if not self.path:
            return
        new = self.path + ".new"
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(self.stored, file)
        os.replace(new, self.path)
