"""Text messages by Aliyun, spoken over HTTP without its SDK."""

from app.adapters.aliyun_sms.client import AliyunClient
from app.adapters.aliyun_sms.provider import AliyunSms
from app.adapters.aliyun_sms.setting_up import aliyun_of, texts_to_register

__all__ = ["AliyunClient", "AliyunSms", "aliyun_of", "texts_to_register"]
