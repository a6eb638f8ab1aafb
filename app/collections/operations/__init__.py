"""What happens in collections: holds, permits, contacts, promises, cases."""

from app.collections.operations.holding import hold, release

__all__ = ["hold", "release"]
