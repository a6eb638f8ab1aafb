"""A small WeChat Pay of our own: checks our signatures, signs with its own keys, keeps orders."""

import asyncio
import base64
import hashlib
import os
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import orjson
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.x509.oid import NameOID
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.foundation.clock import FixedClock

API_V3_KEY = b"0123456789abcdef0123456789abcdef"
MCH_ID, APP_ID, OUR_SERIAL = "1900000001", "wx0000000000000001", "5157F09EFDC096DE15EBE81A47057A72"
PLACE = "https://api.mch.weixin.qq.com"

_HEADER = re.compile(
    r'WECHATPAY2-SHA256-RSA2048 mchid="(\d+)",nonce_str="(\w+)",signature="([^"]+)",'
    r'timestamp="(\d+)",serial_no="(\w+)"'
)


@lru_cache(maxsize=8)
def rsa_key(name: str) -> RSAPrivateKey:
    """Return a key by name, made once a run."""
    assert name
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def yuan(fen: int) -> str:
    """Write an amount as bills do."""
    return f"{fen // 100}.{fen % 100:02d}"


@dataclass(slots=True)
class Platform:
    """One of WeChat Pay's keys with its certificate."""

    name: str
    serial: int
    since: datetime

    @property
    def serial_text(self) -> str:
        return f"{self.serial:X}"

    def pem(self) -> bytes:
        who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tenpay.com")])
        key = rsa_key(self.name)
        made = (
            x509.CertificateBuilder()
            .subject_name(who)
            .issuer_name(who)
            .public_key(key.public_key())
            .serial_number(self.serial)
            .not_valid_before(self.since)
            .not_valid_after(self.since + timedelta(days=1825))
            .sign(key, hashes.SHA256())
        )
        return made.public_bytes(serialization.Encoding.PEM)

    def sign(self, at: datetime, nonce: str, body: bytes) -> str:
        message = f"{int(at.timestamp())}\n{nonce}\n".encode() + body + b"\n"
        signed = rsa_key(self.name).sign(message, padding.PKCS1v15(), hashes.SHA256())
        return base64.b64encode(signed).decode()


@dataclass(slots=True)
class Provider:
    """What it knows, and how it misbehaves."""

    clock: FixedClock
    platform: Platform
    listed: list[Platform] = field(default_factory=list[Platform])
    trades: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    transfers: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    bills: dict[str, bytes] = field(default_factory=dict[str, bytes])
    declines: tuple[int, str] | None = None
    fails: int = 0
    """How many calls from now on are answered 502, after having been carried out."""
    forges: bool = False
    is_black_hole: bool = False
    """Takes every call and never answers."""
    downloads: int = 0
    asked: list[str] = field(default_factory=list[str])

    def app(self) -> Starlette:
        """Return it as an app."""
        routes = [
            ("/v3/certificates", self._certificates, "GET"),
            ("/v3/pay/transactions/native", self._native, "POST"),
            ("/v3/pay/transactions/jsapi", self._jsapi, "POST"),
            ("/v3/pay/transactions/out-trade-no/{number}", self._trade, "GET"),
            ("/v3/pay/transactions/out-trade-no/{number}/close", self._close, "POST"),
            ("/v3/refund/domestic/refunds", self._refund, "POST"),
            ("/v3/refund/domestic/refunds/{number}", self._refund_of, "GET"),
            ("/v3/fund-app/mch-transfer/transfer-bills", self._transfer, "POST"),
            ("/v3/fund-app/mch-transfer/transfer-bills/out-bill-no/{number}", self._bill_of, "GET"),
            (
                "/v3/fund-app/mch-transfer/transfer-bills/transfer-bill-no/{number}",
                self._bill_by_theirs,
                "GET",
            ),
            ("/v3/bill/{kind}", self._bill, "GET"),
            ("/v3/billdownload/file", self._file, "GET"),
        ]
        return Starlette(
            routes=[Route(path, self._around(act), methods=[how]) for path, act, how in routes]
        )

    def notice(self, event_type: str, values: dict[str, Any], number: str = "EV-1") -> bytes:
        """Write a notice with its values encrypted."""
        resource = self.encrypted(orjson.dumps(values), "transaction")
        return orjson.dumps(
            {
                "id": number,
                "create_time": self.clock.now().isoformat(),
                "resource_type": "encrypt-resource",
                "event_type": event_type,
                "summary": "支付成功",
                "resource": resource,
            }
        )

    def make_bills(self) -> None:
        """Write the bills of everything that happened so far."""
        heading = "交易时间,微信订单号,商户订单号,交易状态,商户退款单号,退款金额,订单金额"
        trades = [
            f"`2026-11-21 10:00:05,`{one['transaction_id']},`{number},`SUCCESS,`0,`0.00,"
            f"`{yuan(one['amount']['total'])}"
            for number, one in self.trades.items()
            if "transaction_id" in one
        ]
        refunds = [
            f"`2026-11-21 10:00:06,`42,`{one['out_trade_no']},`REFUND,`{number},"
            f"`{yuan(one['amount']['refund'])},`0.00"
            for number, one in self.refunds.items()
        ]
        sent = [
            f"`2026-11-21 10:00:07,`{one['transfer_bill_no']},`商家转账,`商家转账,`支出,"
            f"`{yuan(one['transfer_amount'])}"
            for one in self.transfers.values()
            if one["state"] == "SUCCESS"
        ]
        flow = "记账时间,微信支付业务单号,业务名称,业务类型,收支类型,收支金额（元）"
        self.bills = {
            "tradebill": "\n".join([heading, *trades, *refunds, "总交易单数", "`1"]).encode(),
            "fundflowbill": "\n".join([flow, *sent, "资金流水总笔数", "`1"]).encode(),
        }

    def signed(
        self, body: bytes, *, at: datetime | None = None, by: Platform | None = None
    ) -> dict[str, str]:
        """Sign a message as WeChat Pay does."""
        platform, moment = by or self.platform, at or self.clock.now()
        nonce = os.urandom(16).hex()
        return {
            "Wechatpay-Serial": platform.serial_text,
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Timestamp": str(int(moment.timestamp())),
            "Wechatpay-Signature": platform.sign(moment, nonce, body),
        }

    def encrypted(self, plain: bytes, associated: str) -> dict[str, str]:
        nonce = os.urandom(6).hex()
        sealed = AESGCM(API_V3_KEY).encrypt(nonce.encode(), plain, associated.encode())
        return {
            "algorithm": "AEAD_AES_256_GCM",
            "nonce": nonce,
            "associated_data": associated,
            "ciphertext": base64.b64encode(sealed).decode(),
        }

    def _around(
        self, act: Callable[[Request], Awaitable[tuple[int, Any]]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            self._check(request, await request.body())
            self.asked.append(f"{request.method} {request.url.path}")
            if self.is_black_hole:
                await asyncio.Event().wait()
            is_read_only = request.method == "GET"
            status, said = (
                self._declined()
                if self.declines is not None and not is_read_only
                else await act(request)
            )
            body = said if isinstance(said, bytes) else orjson.dumps(said)
            body = b"" if status == 204 else body
            if self.fails:
                self.fails -= 1
                return Response(status_code=502)
            headers = self.signed(body)
            if self.forges:
                body += b" "
            return Response(body, status, headers)

        return answer

    def _declined(self) -> tuple[int, Any]:
        assert self.declines is not None
        return self.declines[0], {"code": self.declines[1], "message": ""}

    def _check(self, request: Request, body: bytes) -> None:
        """Check our signature as WeChat Pay would."""
        found = _HEADER.fullmatch(request.headers["authorization"])
        assert found is not None, request.headers["authorization"]
        mch_id, nonce, signature, at, serial = found.groups()
        assert (mch_id, serial) == (MCH_ID, OUR_SERIAL)
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        message = f"{request.method}\n{target}\n{at}\n{nonce}\n".encode() + body + b"\n"
        key = rsa_key("merchant").public_key()
        key.verify(base64.b64decode(signature), message, padding.PKCS1v15(), hashes.SHA256())

    async def _certificates(self, _request: Request) -> tuple[int, Any]:
        self.downloads += 1
        data = [
            {
                "serial_no": one.serial_text,
                "effective_time": one.since.isoformat(),
                "expire_time": (one.since + timedelta(days=1825)).isoformat(),
                "encrypt_certificate": self.encrypted(one.pem(), "certificate"),
            }
            for one in self.listed or [self.platform]
        ]
        return 200, {"data": data}

    async def _native(self, request: Request) -> tuple[int, Any]:
        number = self._ordered(orjson.loads(await request.body()))
        return 200, {"code_url": f"weixin://wxpay/bizpayurl?pr={number}"}

    async def _jsapi(self, request: Request) -> tuple[int, Any]:
        asked = orjson.loads(await request.body())
        assert asked["payer"]["openid"]
        return 200, {"prepay_id": f"wx21{self._ordered(asked)}"}

    def _ordered(self, asked: dict[str, Any]) -> str:
        number = str(asked["out_trade_no"])
        self.trades.setdefault(
            number,
            {
                "out_trade_no": number,
                "mchid": asked["mchid"],
                "appid": asked["appid"],
                "trade_state": "NOTPAY",
                "amount": asked["amount"],
            },
        )
        return number

    async def _close(self, request: Request) -> tuple[int, Any]:
        assert orjson.loads(await request.body()) == {"mchid": MCH_ID}
        found = self.trades.get(request.path_params["number"])
        if found is None:
            return 404, {"code": "ORDER_NOT_EXIST"}
        if found["trade_state"] == "SUCCESS":
            return 400, {"code": "ORDERPAID"}
        found["trade_state"] = "CLOSED"
        return 204, None

    def pay(self, number: str, *, at: datetime) -> dict[str, Any]:
        """Let somebody pay an order."""
        self.trades[number] |= {
            "trade_state": "SUCCESS",
            "transaction_id": f"42{number}",
            "success_time": at.isoformat(),
        }
        return self.trades[number]

    async def _refund(self, request: Request) -> tuple[int, Any]:
        asked = orjson.loads(await request.body())
        trade = self.trades.get(asked["out_trade_no"])
        if trade is None or trade["trade_state"] not in {"SUCCESS", "REFUND"}:
            return 404, {"code": "RESOURCE_NOT_EXISTS"}
        before = [
            one for one in self.refunds.values() if one["out_trade_no"] == trade["out_trade_no"]
        ]
        spent = sum(
            one["amount"]["refund"]
            for one in before
            if one["out_refund_no"] != asked["out_refund_no"]
        )
        total = trade["amount"]["total"]
        if asked["amount"]["total"] != total or spent + asked["amount"]["refund"] > total:
            return 400, {"code": "INVALID_REQUEST"}
        trade["trade_state"] = "REFUND"
        made = self.refunds.setdefault(
            asked["out_refund_no"],
            asked | {"refund_id": f"503{len(self.refunds):06d}", "status": "PROCESSING"},
        )
        return 200, made

    async def _refund_of(self, request: Request) -> tuple[int, Any]:
        found = self.refunds.get(request.path_params["number"])
        return (200, found) if found else (404, {"code": "RESOURCE_NOT_EXISTS"})

    async def _trade(self, request: Request) -> tuple[int, Any]:
        found = self.trades.get(request.path_params["number"])
        return (200, found) if found else (404, {"code": "ORDER_NOT_EXIST"})

    async def _transfer(self, request: Request) -> tuple[int, Any]:
        asked = orjson.loads(await request.body())
        number = asked["out_bill_no"]
        if "user_name" in asked:
            oaep = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)  # noqa: S303
            assert request.headers["wechatpay-serial"] == self.platform.serial_text
            sealed = base64.b64decode(asked["user_name"])
            asked["user_name"] = rsa_key(self.platform.name).decrypt(sealed, oaep).decode()
        bill = self.transfers.setdefault(
            number,
            asked
            | {
                "mch_id": MCH_ID,
                "state": "WAIT_USER_CONFIRM",
                "transfer_bill_no": f"133000{len(self.transfers):04d}",
                "update_time": self.clock.now().isoformat(),
            },
        )
        said = {name: bill[name] for name in ("out_bill_no", "transfer_bill_no", "state")}
        if bill["state"] == "WAIT_USER_CONFIRM":
            said["package_info"] = f"pkg-{number}"
        return 200, said

    async def _bill_of(self, request: Request) -> tuple[int, Any]:
        found = self.transfers.get(request.path_params["number"])
        return (200, found) if found else (404, {"code": "NOT_FOUND"})

    async def _bill_by_theirs(self, request: Request) -> tuple[int, Any]:
        number = request.path_params["number"]
        found = [one for one in self.transfers.values() if one["transfer_bill_no"] == number]
        return (200, found[0]) if found else (404, {"code": "NOT_FOUND"})

    async def _bill(self, request: Request) -> tuple[int, Any]:
        kind = request.path_params["kind"]
        if kind not in self.bills:
            return 400, {"code": "NO_STATEMENT_EXIST"}
        return 200, {
            "hash_type": "SHA1",
            "hash_value": hashlib.sha1(self.bills[kind], usedforsecurity=False).hexdigest(),
            "download_url": f"{PLACE}/v3/billdownload/file?token={kind}",
        }

    async def _file(self, request: Request) -> tuple[int, Any]:
        return 200, self.bills[request.query_params["token"]]


def new_platform(name: str, serial: int, *, month: int = 1) -> Platform:
    """Return a platform key whose certificate is valid in the tests' time, since a month of it."""
    return Platform(name, serial, datetime(2026, month, 1, tzinfo=UTC))
