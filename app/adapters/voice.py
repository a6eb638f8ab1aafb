"""The development twin of a service that calls and reads a script aloud."""

from app.adapters.sms.twin import MessageTwin


class VoiceTwin(MessageTwin):
    """Takes a number and a script; the script stands in its file as it would have been read."""
