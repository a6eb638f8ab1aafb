"""The schema's history, one numbered file a change, and the modules whose rows it describes."""

from pathlib import Path

_APP = Path(__file__).parent.parent


def _model_modules() -> tuple[str, ...]:
    files = [*_APP.glob("*/models.py"), *_APP.glob("*/models/__init__.py")]
    modules = {file.relative_to(_APP.parent).with_suffix("") for file in files}
    return tuple(sorted(".".join(path.parts).removesuffix(".__init__") for path in modules))


MODEL_MODULES = _model_modules()
"""Every room's `models`, found by the house's own rule for file names."""
