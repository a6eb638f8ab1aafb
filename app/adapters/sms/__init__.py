"""Carriers of text messages: twins for development, and what keeps calls from a failing one."""

from app.adapters.sms.books import Message
from app.adapters.sms.chain import CodeChain
from app.adapters.sms.guarded import Guarded
from app.adapters.sms.twin import STORM, MessageTwin, SmsTwin, Weather

__all__ = ["STORM", "CodeChain", "Guarded", "Message", "MessageTwin", "SmsTwin", "Weather"]
