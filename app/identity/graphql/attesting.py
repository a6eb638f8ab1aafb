"""Identity's part of the borrower's graph for certificates that vouch for a phone's key."""

from typing import Annotated

import strawberry

from app.foundation.errors import NotFound, Refusal
from app.foundation.graphql import Info, PlainProblem, problem_of
from app.identity import operations
from app.identity.graphql.device_types import BASE64, DeviceLevel
from app.identity.graphql.inputs import KEY
from app.identity.rules import devices
from app.identity.rules.devices import AttestDevice


@strawberry.input(description="How the maker of this phone vouches for its key.")
class AttestDeviceInput:
    """A chain of certificates."""

    chain: list[str] = strawberry.field(
        description=f"Certificates (DER, {BASE64}), from the key's own to the root's, two to six."
        " The phone made the key for the SHA-256 of what it signed at enrollDevice."
    )
    idempotency_key: strawberry.ID = strawberry.field(description=KEY)

    def as_command(self, borrower_id: str, device_id: str) -> AttestDevice:
        """
        Return the command.

        Raises:
            InvalidInput: A certificate is malformed.
        """
        chain = (
            devices.bytes_of(one, field="input.chain", most=devices.KEY_BYTES_MAX)
            for one in self.chain[: devices.CHAIN_MAX + 1]
        )
        return AttestDevice(
            borrower_id=borrower_id,
            device_id=device_id,
            chain=tuple(chain),
            idempotency_key=self.idempotency_key,
        )


@strawberry.type(description="The certificates hold.")
class AttestDeviceSuccess:
    """A device's level."""

    level: DeviceLevel = strawberry.field(description="How well the phone keeps its key.")


AttestDeviceResult = Annotated[
    AttestDeviceSuccess | PlainProblem,
    strawberry.union("AttestDeviceResult", description="Whether the certificates hold."),
]


@strawberry.type(description="Identity's mutation about how keys are kept.")
class AttestationMutation:
    """What a phone can show of its key."""

    @strawberry.mutation(
        description="Show how well this phone keeps its key, by its maker's certificates: once,"
        " later, on Wi-Fi."
    )
    async def attest_device(
        self,
        info: Info,
        input: Annotated[AttestDeviceInput, strawberry.argument(description="The certificates.")],
    ) -> AttestDeviceResult:
        """Raise the level of the caller's device."""
        try:
            caller = info.context.borrower
            if caller.device_id is None:
                raise NotFound
            command = input.as_command(caller.borrower_id, caller.device_id)
            level = await operations.attest_device(command)
        except Refusal as refusal:
            return problem_of(info, refusal)
        return AttestDeviceSuccess(level=DeviceLevel(level.value))
