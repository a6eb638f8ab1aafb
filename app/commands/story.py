"""A borrower's story in steps, each told in the words the borrower reads on the phone."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from app.catalog.rules import Need
from app.commands.agreeing import agreements
from app.commands.keystore import Keystore
from app.commands.personas import Persona
from app.commands.phoning import WAIT_SECONDS, Phone, PhoneError
from app.loanmath.money import yuan

T = TypeVar("T")

WAITS_MAX = 240
MERCHANT = {"name": "城关家电惠民店", "account": "6200000000009998"}
"""A shop that never existed, where the product pays the seller."""


async def nothing() -> None:
    """Do nothing before an application is handed in, as most have nothing to do."""


@dataclass(slots=True)
class Story:
    """One persona with one phone; the steps are to be taken in the order they stand here."""

    phone: Phone
    persona: Persona
    application_id: str = ""
    loan_id: str = ""
    ticket_id: str = ""
    last_code: str = ""
    refresh_token: str = field(default="", repr=False)

    async def sign_in(self) -> str:
        """Ask for a code, read it from the text message, and enter it."""
        self.last_code = await self.phone.newest_code(self.persona.phone)
        asked = await self._ask_for_code()
        code = await self.phone.code_in_inbox(self.persona.phone, after=self.last_code)
        entered = await self.phone.do(
            "verify_otp", challengeId=asked["challengeId"], code=code, deviceName="Redmi 9A"
        )
        self.last_code = code
        self.phone.token = entered["accessToken"]
        self.refresh_token = entered["refreshToken"]
        return f"验证码已发到 {asked['phone']}，登录成功"

    async def _ask_for_code(self) -> dict[str, Any]:
        wanted = {"phone": self.persona.phone, "deviceId": self.persona.part.phone_shared}
        return await self.patiently("request_otp", **wanted)

    async def patiently(self, operation: str, **given: object) -> dict[str, Any]:
        """Do what sends a code; a number gets the next only a minute after the last."""
        asked = await self.phone.tried(operation, **given)
        if asked.get("code") != "RATE_LIMITED":
            return _succeeded(operation, asked)
        await self.phone.pause(asked["retryAfterSeconds"] + 1)
        return await self.phone.do(operation, **given)

    async def refresh(self) -> str:
        """Get new tokens, twice with the same one: the answer may have been lost."""
        first = await self.phone.do("refresh_session", refreshToken=self.refresh_token)
        again = await self.phone.do("refresh_session", refreshToken=self.refresh_token)
        if first["refreshToken"] != again["refreshToken"]:
            raise PhoneError("a lost refresh reply would log the borrower out")
        self.phone.token, self.refresh_token = again["accessToken"], again["refreshToken"]
        return "会话已更新（丢了回包再发一次，结果一样）"

    async def add_phone(self) -> str:
        """Add this phone by a key of its own; from now on it signs whatever it sends."""
        self.phone.keystore = Keystore()
        device_id = await self.phone.enroll("Redmi 9A")
        listed = (await self.phone.run("my_devices"))["myDevices"]
        if [one["id"] for one in listed if one["isCurrent"]] != [device_id]:
            raise PhoneError("the phone that was added is not the one signed in")
        return f"{listed[0]['name']} 可以用指纹登录了"

    async def sign_in_with_key(self) -> str:
        """Sign in again by the key alone, without waiting for a text message."""
        entered = await self.phone.sign_in_with_key()
        self.refresh_token = entered["refreshToken"]
        sessions = (await self.phone.run("my_sessions"))["mySessions"]
        return f"按一下指纹就登录了，登录着的手机 {len(sessions)} 台"

    async def complete_profile(self) -> str:
        """Say who they are."""
        told = await self.phone.do("complete_profile", **self.persona.profile)
        me = told["borrower"]
        return f"{me['name']} · {me['phone']} · {me['residentId']} · 卡尾号 {me['bankCardTail']}"

    async def choose_product(self) -> str:
        """Look at the few products that suit, and begin an application for one."""
        product = await self.product()
        started = await self.phone.do(
            "start_application", productId=product["id"], regionCode=self.persona.region_code
        )
        self.application_id = started["application"]["id"]
        cost = product["typicalCost"]
        return (
            f"{product['name']}：借 {yuan(cost['amount'])} 元、{cost['months']} 个月，"
            f"一共还 {yuan(cost['total'])} 元"
        )

    async def product(self) -> dict[str, Any]:
        """Find what they wish for among the few that are shown, or else by the need."""
        for need in (None, *(one.value for one in Need)):
            seen = await self.phone.run("products", regionCode=self.persona.region_code, need=need)
            for one in seen["products"]:
                if one["code"] == self.persona.product_code:
                    return one
        raise PhoneError(f"{self.persona.product_code} is not offered")

    async def fill_in(self) -> None:
        """Fill the application in."""
        pays_merchant = "MERCHANT" in {one["kind"] for one in await self.missing()}
        await self.phone.do(
            "save_application",
            applicationId=self.application_id,
            amount=self.persona.amount_fen,
            months=self.persona.months,
            purpose=self.persona.purpose,
            monthlyIncome=self.persona.income_fen,
            debtPayments=self.persona.debt_service_fen,
            merchant=MERCHANT if pays_merchant else None,
        )

    async def apply(self, before_it: Callable[[], Awaitable[object]] = nothing) -> str:
        """Fill the application in, consent to each thing by itself, and hand it in."""
        await self.fill_in()
        agreed = agreements(self.application_id, (await self.standing())["consents"])
        submit = ("submit_application_quietly", {"applicationId": self.application_id})
        if before_it is nothing:
            await self.phone.do_all(*agreed, submit)
        else:
            await self.phone.do_all(*agreed)
            await before_it()
            await self.phone.do_all(submit)
        return f"想借 {yuan(self.persona.amount_fen)} 元，分别同意了 {len(agreed)} 项授权，已提交"

    async def missing(self) -> list[dict[str, Any]]:
        """Read what the application lacks."""
        return (await self.standing())["missing"]

    async def decision(self) -> str:
        """Wait for the decision and read its reasons."""
        decided = await self.until(
            self.standing, lambda one: one["decision"] is not None, "a decision"
        )
        outcome = decided["decision"]["outcome"]
        reasons = "；".join(reason["words"] for reason in decided["decision"]["reasons"])
        words = {"APPROVE": "批了", "REFER": "转人工看", "DECLINE": "这次没批"}[outcome]
        return f"{words}。{reasons}" if reasons else words

    async def choose_offer(self) -> str:
        """Compare the offers and accept the one that was asked for."""
        offers = (await self.standing())["offers"]
        await self.phone.do("accept_offer", offerId=offers[0]["id"])
        lines = [
            f"{yuan(one['amount'])} 元 {one['months']} 个月共还 {yuan(one['total'])} 元"
            for one in offers
        ]
        return f"{len(offers)} 个方案：" + " / ".join(lines)

    async def read_certificate(self) -> str:
        """Open the cost certificate, take the time to read it, answer, and confirm."""
        opened = await self.phone.do("open_certificate", applicationId=self.application_id)
        certificate = opened["certificate"]
        refused = await self.phone.tried(
            "confirm_cost",
            applicationId=self.application_id,
            certificateHash=certificate["hash"],
        )
        if refused["__typename"].endswith("Success"):
            raise PhoneError("the cost was confirmed before it could be read")
        explained = await self._answer_questions(certificate)
        await self._confirm_cost(certificate["hash"])
        return (
            f"年化综合成本 {certificate['annualizedCost']}，"
            f"总成本 {yuan(certificate['totalCost'])} 元；答错一题，解释是：{explained}"
        )

    async def _answer_questions(self, certificate: dict[str, Any]) -> str:
        explained = ""
        for question in certificate["questions"]:
            for choice in question["choices"]:
                answered = await self.phone.do(
                    "answer_comprehension",
                    applicationId=self.application_id,
                    certificateHash=certificate["hash"],
                    answers=[{"question": question["kind"], "choice": choice["key"]}],
                )
                told = answered["answers"][0]
                if told["isRight"]:
                    break
                explained = told["explanation"]
        return explained

    async def _confirm_cost(self, certificate_hash: str) -> None:
        for _ in range(WAITS_MAX):
            answer = await self.phone.tried(
                "confirm_cost", applicationId=self.application_id, certificateHash=certificate_hash
            )
            if answer["__typename"].endswith("Success"):
                return
            if answer["code"] != "READING_TIME_NOT_OVER":
                raise PhoneError(f"confirm_cost: {answer}")
            await self.phone.pause(answer["secondsLeft"])
        raise PhoneError("the reading time never ends")

    async def sign(self) -> str:
        """Read the agreement and sign exactly its text, by the phone's key or else with a code."""
        begun = await self.patiently("begin_signature", applicationId=self.application_id)
        await self.phone.do(
            "sign_agreement",
            applicationId=self.application_id,
            approval=await self.approval(begun["intent"]),
            textHash=begun["agreement"]["hash"],
        )
        first_line = begun["agreement"]["text"].strip().splitlines()[0]
        return f"{first_line}（{len(begun['agreement']['text'])} 字，逐字签名）"

    async def approval(self, intent: dict[str, Any]) -> dict[str, str]:
        """Approve an intent as it asks to be approved."""
        approval = {"intentId": intent["id"]}
        if intent["means"] != "CODE":
            assert self.phone.keystore is not None, "only a phone with a key is asked for one"
            approval = self.phone.keystore.approval(intent)
        if intent["means"] == "DEVICE_KEY":
            return approval
        code = await self.phone.code_in_inbox(self.persona.phone, after=self.last_code)
        self.last_code = code
        return {**approval, "code": code}

    async def money(self) -> str:
        """Wait until the money has arrived and the loan exists."""
        booked = await self.until(self.standing, lambda one: one["loanId"] is not None, "the money")
        self.loan_id = booked["loanId"]
        loan = await self.loan()
        return f"{yuan(loan['lent'])} 元已到账"

    async def plan(self) -> str:
        """Look at the installment plan."""
        loan = await self.loan()
        rows = loan["installments"]
        if sum(row["principal"] for row in rows) != loan["lent"]:
            raise PhoneError("the plan does not repay the principal")
        first = rows[0]
        return (
            f"共 {len(rows)} 期，第一期 {first['dueOn']} 还 {yuan(first['total'])} 元；"
            f"{loan['explanation']}"
        )

    async def repay(self, amount_fen: int, **rest: object) -> str:
        """Pay an amount and read the receipt."""
        taken = await self.phone.do("repay", loanId=self.loan_id, amount=amount_fen, **rest)
        repayment_id = taken["repayment"]["id"]

        async def repayment() -> dict[str, Any]:
            return (await self.phone.run("repayment", id=repayment_id))["repayment"]

        done = await self.until(
            repayment, lambda one: one["status"] not in {"INITIATED", "PENDING", "RECEIVED"}, "it"
        )
        if done["receipt"] is None:
            raise PhoneError(f"the repayment ended as {done['status']}")
        return done["receipt"]["summary"]

    async def pay_part(self) -> str:
        """See how a part payment would split, and pay it before anything is due."""
        amount_fen = self.persona.amount_fen // 10
        seen = await self.phone.run("payment_preview", loanId=self.loan_id, amount=amount_fen)
        preview = seen["paymentPreview"]
        receipt = await self.repay(amount_fen)
        left = yuan(preview["balanceAfter"])
        return f"提前还 {yuan(amount_fen)} 元：预览说还剩 {left} 元；{receipt}"

    async def pay_what_is_due(self) -> str:
        """Pay all that is due now, late or not."""
        loan = await self.loan()
        if loan["dueNow"] == 0:
            raise PhoneError("nothing is due")
        return await self.repay(loan["dueNow"])

    async def pay_off(self) -> str:
        """Fix the price that closes the loan, and pay it: exactly nothing is left."""
        quoted = (await self.phone.do("quote_payoff", loanId=self.loan_id))["quote"]
        receipt = await self.repay(quoted["amount"], payoffQuoteId=quoted["id"])
        loan = await self.loan()
        if loan["balance"] != 0 or loan["status"] != "CLOSED_PAID":
            raise PhoneError(f"the payoff left {loan['balance']} fen, {loan['status']}")
        return f"还清金额 {yuan(quoted['amount'])} 元（{quoted['amountInCapitals']}）；{receipt}"

    async def look_for_relief(self) -> str:
        """See what could be arranged if paying were hard; asking changes nothing."""
        seen = (await self.phone.run("hardship_options", loanId=self.loan_id))["hardshipOptions"]
        options = [f"{one['title']}，{one['cost']}" for one in seen["options"]]
        return f"{len(options)} 种办法：{'；'.join(options)}" if options else seen["explanation"]

    async def hold_certificate(self) -> str:
        """Wait for the payoff certificate and have it checked by its code, as anybody can."""

        async def certificate() -> dict[str, Any] | None:
            found = await self.phone.run("payoff_certificate", loanId=self.loan_id)
            return found["payoffCertificate"]

        held = await self.until(certificate, lambda found: found is not None, "a certificate")
        assert held is not None, "it was waited for"
        checked = await self.phone.run(
            "check_payoff_certificate", number=held["number"], code=held["code"]
        )
        if not checked["checkPayoffCertificate"]["isGenuine"]:
            raise PhoneError("the payoff certificate does not stand its own check")
        return f"结清证明 {held['number']}，验证码 {held['code']}，查验是真的"

    async def inbox(self, wanted: str) -> str:
        """Wait for a notification of a kind and read it."""

        async def notifications() -> list[dict[str, Any]]:
            seen = await self.phone.run("notifications", first=50)
            return [edge["node"] for edge in seen["notifications"]["edges"]]

        def there(found: list[dict[str, Any]]) -> bool:
            return any(one["kind"] == wanted for one in found)

        found = await self.until(notifications, there, wanted)
        told = next(one for one in found if one["kind"] == wanted)
        return f"{told['title']}：{told['body']}"

    async def learn(self) -> str:
        """Open the lesson that is suggested first, and study it."""
        suggested = (await self.phone.run("lesson_suggestions"))["lessonSuggestions"]
        return await self.study(suggested[0]["lesson"]["slug"])

    async def study(self, slug: str) -> str:
        """Open a lesson and answer its quiz, at first wrong if need be."""
        lesson = (await self.phone.run("lesson", slug=slug))["lesson"]
        await self.phone.do("open_lesson", slug=slug)
        points = 0
        for choice in range(len(lesson["quiz"]["options"])):
            answered = await self.phone.do(
                "answer_quiz", slug=slug, choice=choice, version=lesson["version"]
            )
            if answered["isRight"]:
                points = answered["points"]
                break
        return f"《{lesson['title']}》{lesson['quiz']['question']} 答对了，共 {points} 分"

    async def ask_for_help(self) -> str:
        """Open a ticket at customer service."""
        asked = await self.phone.do(
            "open_ticket", category="QUESTION", text="我上个月晚还了几天，会影响征信吗？"
        )
        self.ticket_id = asked["ticket"]["id"]
        return "已提交，客服会尽快回复"

    async def who_looked(self) -> str:
        """See which staff looked at one's data."""
        seen = await self.phone.run("who_looked_at_me", first=10)
        looks = [edge["node"]["sentence"] for edge in seen["whoLookedAtMe"]["edges"]]
        if not looks:
            raise PhoneError("a look of the service desk is not shown")
        return "；".join(looks)

    async def standing(self) -> dict[str, Any]:
        """Read the application as it stands."""
        return (await self.phone.run("application", id=self.application_id))["application"]

    async def loan(self) -> dict[str, Any]:
        """Read the loan as it stands."""
        return (await self.phone.run("loan", id=self.loan_id))["loan"]

    async def until(
        self, read: Callable[[], Awaitable[T]], done: Callable[[T], bool], what: str
    ) -> T:
        """
        Read again and again until it is as wanted.

        Raises:
            PhoneError: It never was.
        """
        for _ in range(WAITS_MAX):
            found = await read()
            if done(found):
                return found
            await self.phone.pause(WAIT_SECONDS)
        raise PhoneError(f"waited for {what} in vain")


def _succeeded(operation: str, answer: dict[str, Any]) -> dict[str, Any]:
    if not answer["__typename"].endswith("Success"):
        raise PhoneError(f"{operation}: {answer}")
    return answer
