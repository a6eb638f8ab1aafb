"""Privacy's words and decisions; nothing here touches a database or a clock."""

from app.privacy.rules.looks import Reason, What

__all__ = ["Reason", "What"]
