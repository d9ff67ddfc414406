"""What became of the names of one label config in the next."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_serializer

HOW = "say in a migration file what became of the names (from, to, labels, controls, relations)"
"""Advice of the errors about configs that differ."""

_Name = Annotated[str, Field(min_length=1)]


class Migration(BaseModel):
    """What became of the names of one label config in the next."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    before: str = Field(alias="from", pattern="^[0-9a-f]{64}$")
    """Digest of the config before."""
    after: str = Field(alias="to", pattern="^[0-9a-f]{64}$")
    """Digest of the config after."""
    labels: dict[_Name, dict[_Name, _Name]] = {}
    """Control (its name after) -> label before -> label after."""
    controls: dict[_Name, _Name] = {}
    """Control before -> control after."""
    relations: dict[_Name, _Name] = {}
    """Relation label before -> relation label after."""

    def lines(self) -> list[str]:
        """Each renaming as a person would say it."""
        said = [f"control {old} became {new}" for old, new in self.controls.items()]
        for control, names in self.labels.items():
            said += [f"{control} {old} became {new}" for old, new in names.items()]
        return said + [f"relation {old} became {new}" for old, new in self.relations.items()]

    @model_serializer
    def document(self) -> dict[str, Any]:
        """The migration as it is written: `from`, `to`, `labels`, `controls`, `relations`."""
        return {
            "from": self.before,
            "to": self.after,
            "labels": self.labels,
            "controls": self.controls,
            "relations": self.relations,
        }
