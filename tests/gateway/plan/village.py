"""
A graph that has every feature; a seed says whether its resolvers answer, fail or answer wrongly.

Values here are anything at all, so that nothing can be said of their types.
"""

# ruff: noqa: ANN401, A002 - the last sentence above; `id` is the schema's name

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from random import Random
from typing import Annotated, Any, Generic, NewType, TypeVar, cast
from zlib import crc32

import strawberry
from strawberry.dataloader import DataLoader
from strawberry.schema.config import StrawberryConfig

from app.foundation.graphql import shown
from app.gateway.plan import Guarded

T = TypeVar("T")
Coin = NewType("Coin", int)


def _as_coin(value: object) -> Coin:
    if isinstance(value, bool) or not isinstance(value, int) or value > 900:
        raise ValueError("A coin is a small whole number")
    return Coin(value)


class Broken(Exception):
    """What a resolver of the village fails with."""


@dataclass
class World:
    """One request: what every resolver does is a matter of the seed, its name and its object."""

    seed: int
    failing: float
    """How likely something is wrong at each place, from 0 to 1."""
    log: list[str] = field(default_factory=list[str])
    _loader: DataLoader[str, Any] | None = None

    def draw(self, where: str, of: str = "") -> Random:
        """Return what decides about a place; the same for the same place."""
        return Random(crc32(f"{self.seed}:{where}:{of}".encode()))  # noqa: S311 - a seed decides

    def spoil(self, where: str, of: str, good: Any) -> Any:
        """Return a value, or what stands in for it where something is wrong."""
        draw = self.draw(where, of)
        if draw.random() >= self.failing:
            return good
        odd: tuple[Any, ...] = (Tent, 5, "text", 2**40, 1.5, True, b"bytes", {"a": 1}, float("nan"))
        instead: tuple[Callable[[], Any], ...] = (
            lambda: None,
            lambda: Broken(f"kept {where}"),
            lambda: draw.choice(odd),
            lambda: Soon(good),
            lambda: Soon(Broken(f"late {where}")),
            lambda: strawberry.UNSET,
        )
        return draw.choice(instead)()

    def told(self, where: str, of: str = "") -> None:
        """Note that a resolver ran; fail where the seed says so."""
        self.log.append(f"{where}({of})")
        draw = self.draw(f"fail {where}", of)
        if draw.random() < self.failing / 2:
            raise Broken(f"{where} of {of}")

    async def rest(self, where: str, of: str) -> None:
        """Let others go on for a while."""
        for _ in range(self.draw(f"rest {where}", of).randrange(3)):
            await asyncio.sleep(0)

    @property
    def loader(self) -> DataLoader[str, Any]:
        """Return the batched read of people."""
        if self._loader is None:
            self._loader = DataLoader(load_fn=self._load, max_batch_size=3, cache=False)
        return self._loader

    async def _load(self, keys: list[str]) -> Sequence[Any]:
        self.log.append(f"load{sorted(keys)}")
        await self.rest("load", keys[0])
        if self.draw("load").random() < self.failing / 3:
            raise Broken("the read failed")
        return [self._loaded(key) for key in keys]

    def _loaded(self, key: str) -> Any:
        """Fail for a key by itself: which keys are read at once is nobody's promise."""
        if self.draw("load", key).random() < self.failing / 3:
            return Broken(f"the read of {key} failed")
        return self.spoil("loaded", key, person(self, key))


class Soon:
    """Something awaited where nobody said so; dropping it unawaited warns nobody."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __await__(self) -> Iterator[Any]:
        yield from asyncio.sleep(0).__await__()
        if isinstance(self.value, Broken):
            raise self.value
        return self.value

    def __repr__(self) -> str:
        return "soon"


Info = strawberry.Info[World, Any]


@strawberry.enum
class Crop(Enum):
    RICE = "rice"
    TEA = strawberry.enum_value("tea-leaf", name="TEA_LEAF")
    NONE = 0


@strawberry.interface
class Named:
    key: strawberry.Private[str]
    id: strawberry.ID
    name: str

    @strawberry.field
    def greeting(self, info: Info, *, loud: bool = False) -> str | None:
        info.context.told("Named.greeting", self.key)
        return info.context.spoil("greeting", self.key, self.name.upper() if loud else self.name)


@strawberry.interface
class Dated:
    since: date | None


@dataclass
class Soil:
    """What a piece of land stands on; the graph shows it as the land's own."""

    depth: Any
    kind: Any
    tested_at: Any
    known: Any


async def _soil_named(root: "Land", info: Info) -> Any:
    info.context.told("Land.soil_name", str(root.soil.depth))
    return info.context.spoil("soil name", "", "unnamed")


KINDS = {"wet": Crop.RICE, "dry": Crop.TEA}


@strawberry.type
class Land:
    soil: strawberry.Private[Soil]
    depth: int = shown("soil.depth", description="How deep its soil is.")
    suits: Crop | None = shown("soil.kind", by=KINDS, description="What grows there.")
    tested_at: datetime | None = shown("soil.tested_at", description="When it was looked at.")
    soil_name: str = shown("soil.known", otherwise=_soil_named, description="What people call it.")
    size: Decimal
    crop: Crop
    worth: Coin | None
    marks: list[list[int | None]] | None


@strawberry.type
class Person(Named):
    world: strawberry.Private[World]
    age: int | None
    wise: bool
    share: float
    crops: list[Crop]
    field_: Land | None

    @strawberry.field
    async def mother(self, info: Info) -> "Person | None":
        info.context.told("Person.mother", self.key)
        return await info.context.loader.load(self.key + "m")

    @strawberry.field
    async def guide(self, info: Info) -> "Person":
        info.context.told("Person.guide", self.key)
        await info.context.rest("guide", self.key)
        return info.context.spoil("guide", self.key, person(info.context, self.key + "g"))

    @strawberry.field
    def friend(self, info: Info) -> "Person | None":
        info.context.told("Person.friend", self.key)
        return cast("Person", info.context.loader.load(self.key + "f"))

    @strawberry.field
    async def children(
        self, info: Info, first: int = 2, called: list[str] | None = None
    ) -> "list[Person]":
        info.context.told(
            f"Person.children {first} {called} {info.field_name} {info.path.key}", self.key
        )
        made = [
            info.context.spoil("child", f"{self.key}{n}", person(info.context, f"{self.key}{n}"))
            for n in range(min(first, 3))
        ]
        return info.context.spoil("children", self.key, made)

    @strawberry.field
    def homes(self, info: Info) -> "list[Home | None] | None":
        info.context.told("Person.homes", self.key)
        made = [
            info.context.spoil("home", f"{self.key}{n}", home(info.context, f"{self.key}h{n}"))
            for n in range(info.context.draw("homes", self.key).randrange(3))
        ]
        return info.context.spoil("homes", self.key, _as_something(info.context, self.key, made))


@strawberry.type
class Shop(Named, Dated):
    owner: Person | None
    fields: "list[Land | None] | None"


@strawberry.type
class Tent(Dated):
    color: str | None
    poles: int

    @classmethod
    def is_type_of(cls, value: object, _info: object) -> bool:
        return isinstance(value, Tent | FakeTent)


class FakeTent:
    """A tent by its attributes, not by its class."""

    since = date(2020, 1, 1)
    color = "green"
    poles = 4


Home = Annotated[Shop | Tent | Person, strawberry.union("Home")]


@strawberry.type
class Page(Generic[T]):
    items: list[T]
    total: int
    first: T | None


@strawberry.type
class Done:
    key: strawberry.Private[str]
    what: str
    who: Person | None

    @strawberry.field
    async def again(self, info: Info) -> Person:
        info.context.told("Done.again", self.key)
        return person(info.context, self.key)


@strawberry.type
class Refused(Dated):
    why: str


Outcome = Annotated[Done | Refused, strawberry.union("Outcome")]


@strawberry.input
class Spot:
    x: int
    y: int = 3
    note: str | None = None


@strawberry.input
class Wish:
    spot: Spot
    crops: list[Crop] = strawberry.field(default_factory=list)
    coin: Coin | None = None
    more: list[Spot] | None = None


@strawberry.input(one_of=True)
class Key:
    name: str | None = strawberry.UNSET
    number: int | None = strawberry.UNSET


def person(world: World, key: str) -> Person:
    draw, spoil = world.draw("person", key), world.spoil
    return Person(
        world=world,
        key=key,
        id=spoil("Person.id", key, strawberry.ID(key)),
        name=spoil("Person.name", key, f"name {key} 春"),
        age=spoil("Person.age", key, draw.choice([None, 0, 30])),
        wise=spoil("Person.wise", key, draw.random() < 0.5),
        share=spoil("Person.share", key, draw.random()),
        crops=spoil("Person.crops", key, draw.sample(list(Crop), 2)),
        field_=spoil("Person.field", key, draw.choice([None, land(world, key)])),
    )


def land(world: World, key: str) -> Land:
    spoil = world.spoil
    moments = [datetime(2026, 1, 2, 3, 4, tzinfo=UTC), datetime(1, 1, 1, 0, 0, 0, 7)]  # noqa: DTZ001 - such there are
    moments += [moments[0].astimezone(timezone(timedelta(hours=8))), None]
    soil = Soil(
        depth=spoil("Soil.depth", key, 30),
        kind=spoil("Soil.kind", key, world.draw("kind", key).choice(["wet", "dry"])),
        tested_at=spoil("Soil.tested_at", key, world.draw("tested", key).choice(moments)),
        known=spoil("Soil.known", key, world.draw("known", key).choice(["loess", None])),
    )
    return Land(
        soil=spoil("Land.soil", key, soil),
        size=spoil("Field.size", key, Decimal("1.50")),
        crop=spoil(
            "Field.crop",
            key,
            world.draw("crop", key).choice([Crop.TEA, Crop.NONE, "rice", "tea-leaf"]),
        ),
        worth=spoil("Field.worth", key, Coin(world.draw("worth", key).choice([1, 20, 899]))),
        marks=spoil("Field.marks", key, [[1, None, spoil("mark", key, 2)], [], [3]]),
    )


def home(world: World, key: str) -> Any:
    draw = world.draw("home", key)
    match draw.randrange(5):
        case 0:
            return person(world, key)
        case 1:
            return Tent(
                since=None,
                color=world.spoil("color", key, "red"),
                poles=world.spoil("poles", key, 3),
            )
        case 2:
            return FakeTent()
        case _:
            owner = draw.choice([None, person(world, f"{key}o")])
            fields = [
                world.spoil("shop field", f"{key}{n}", land(world, f"{key}{n}")) for n in range(2)
            ]
            return Shop(
                key=key,
                id=strawberry.ID(key),
                name=world.spoil("Shop.name", key, "shop"),
                since=world.spoil("Shop.since", key, date(2026, 1, 2)),
                owner=world.spoil("Shop.owner", key, owner),
                fields=world.spoil("Shop.fields", key, fields),
            )


def _as_something(world: World, key: str, made: list[Any]) -> Any:
    match world.draw("as", key).randrange(4):
        case 0:
            return tuple(made)
        case 1:
            return _one_by_one(made)
        case _:
            return made


def _one_by_one(made: list[Any]) -> Iterator[Any]:
    yield from made


async def _in_time(made: list[Any]) -> AsyncIterator[Any]:
    for one in made:
        await asyncio.sleep(0)
        yield one


@strawberry.type
class Query:
    @strawberry.field
    async def person(self, info: Info, id: strawberry.ID) -> Person | None:
        info.context.told("person", id)
        await info.context.rest("person", id)
        return info.context.spoil("person", id, person(info.context, id))

    @strawberry.field
    def elder(self, info: Info) -> Person:
        info.context.told("elder")
        return person(info.context, "elder")

    @strawberry.field
    async def people(
        self, info: Info, first: int | None = None, crop: Crop | None = None
    ) -> list[Person | None]:
        info.context.told(f"people {first} {crop}")
        return [
            info.context.spoil("p", str(n), person(info.context, f"p{n}"))
            for n in range(min(first or 2, 4))
        ]

    @strawberry.field
    def crowd(self, info: Info) -> list[Person]:
        info.context.told("crowd")
        made = [person(info.context, f"c{n}") for n in range(2)]
        return cast(
            "list[Person]",
            info.context.draw("crowd").choice([made, _in_time(made), _one_by_one(made)]),
        )

    @strawberry.field
    async def named(self, info: Info) -> Named | None:
        info.context.told("named")
        return info.context.spoil("named", "", home(info.context, "named"))

    @strawberry.field
    def dated(self, info: Info) -> list[Dated | None] | None:
        info.context.told("dated")
        return [home(info.context, f"dated{n}") for n in range(3)]

    @strawberry.field
    async def homes(self, info: Info) -> list[Home]:
        info.context.told("homes")
        return [info.context.spoil("h", str(n), home(info.context, f"home{n}")) for n in range(3)]

    @strawberry.field
    async def page(self, info: Info) -> Page[Person]:
        info.context.told("page")
        made = [person(info.context, f"page{n}") for n in range(2)]
        return Page(items=made, total=info.context.spoil("total", "", 2), first=made[0])

    @strawberry.field
    def lands(self, info: Info) -> Page[Land] | None:
        info.context.told("lands")
        made = [info.context.spoil("land", str(n), land(info.context, f"l{n}")) for n in range(3)]
        return info.context.spoil("lands", "", Page(items=made, total=3, first=None))

    @strawberry.field
    def grid(self, info: Info) -> list[list[Person | None]] | None:
        info.context.told("grid")
        return [[person(info.context, "g1"), None], [], [person(info.context, "g2")]]

    @strawberry.field
    async def wish(self, info: Info, wish: Wish, times: int = 1) -> str | None:
        info.context.told(f"wish {wish} {times}")
        return info.context.spoil(
            "wish", "", f"{wish.spot.x},{wish.spot.y} {[c.name for c in wish.crops]} {times}"
        )

    @strawberry.field
    def sum(self, info: Info, of: list[int], coin: Coin = Coin(4)) -> int | None:
        info.context.told(f"sum {of} {coin}")
        of.append(coin)
        return len(of)

    @strawberry.field
    async def by_key(self, info: Info, key: Key) -> str:
        info.context.told(f"by_key {key}")
        return str(key.name)

    @strawberry.field
    def count(self) -> int:
        return 7


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def build(self, info: Info, name: str, wish: Wish | None = None) -> Outcome:
        info.context.log.append(f"building {name} {wish}")
        await info.context.rest("build", name)
        info.context.told("build", name)
        done = Done(
            key=name,
            what=info.context.spoil("what", name, name),
            who=person(info.context, f"b{name}"),
        )
        return info.context.draw("build?", name).choice([done, done, Refused(since=None, why="no")])

    @strawberry.mutation
    def tell(self, info: Info, name: str) -> str | None:
        info.context.told("tell", name)
        return info.context.spoil("tell", name, f"told {name}")

    @strawberry.mutation
    async def greet(self, info: Info, name: str) -> Person:
        info.context.told("greet", name)
        return info.context.spoil("greet", name, person(info.context, name))


SCHEMA = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    types=[Person, Shop, Tent, Refused],
    config=StrawberryConfig(
        scalar_map={
            Coin: strawberry.scalar(name="Coin", serialize=_as_coin, parse_value=_as_coin),
        }
    ),
)


def _guard(resolve: Callable[..., Any], name: str) -> Guarded:
    def refusal(info: Any) -> Any:
        world: World = info.context
        draw = world.draw(f"guard {name}").random()
        if draw < world.failing / 6:
            raise Broken(f"{name} is not for you")
        if draw < world.failing / 3:
            return Refused(since=None, why="guarded")
        return None

    return Guarded(resolve, refusal)


def _guarded(schema: strawberry.Schema) -> None:
    core = schema._schema  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - graphql-core's own schema
    for root in (core.query_type, core.mutation_type):
        assert root is not None
        for name, one in root.fields.items():
            if name in {"person", "elder", "homes", "build", "greet", "count", "wish"}:
                assert one.resolve is not None
                one.resolve = _guard(one.resolve, name)


_guarded(SCHEMA)
