"""Qingmiao: a consumer-finance backend for people with cheap phones and bad signal."""
