"""What is pushed is closed as the standard says, and only under keys that can be used."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from app.messaging.operations.boxes import BoxKey, NoBoxKey, close_box


def test_a_box_is_the_one_of_the_standard() -> None:
    """Source: RFC 8291, section 5 and appendix A."""

    def raw(text: str) -> bytes:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

    key = BoxKey(
        raw(
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
        ),
        raw("BTBZMqHH6r4Tts7J_aSIgg"),
    )
    ours = int.from_bytes(raw("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big")
    box = close_box(
        key,
        b"When I grow up, I want to be a watermelon",
        salt=raw("DGv6ra1nlYgDCS1FRnbzlw"),
        private=ec.derive_private_key(ours, ec.SECP256R1()),
    )
    assert box == raw(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS"
        "6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qu"
        "lcy4a-fN"
    )
    assert BoxKey.kept(key.text) == key
    for public, secret in [(b"", b""), (b"\x04" * 65, bytes(16)), (key.public_key, b"short")]:
        with pytest.raises(NoBoxKey):
            BoxKey(public, secret)
