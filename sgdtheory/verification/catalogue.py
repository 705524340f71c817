"""What there is: theories, questions, and the cells of the cube that are filled."""

from __future__ import annotations

import importlib
from typing import Any

from sgdtheory import registry
from sgdtheory.derive import record


def catalogue() -> dict[str, Any]:
    """Plain data: ``theories``, ``questions``, ``cells`` (question, problem, algorithm, theory) and ``algorithms``."""
    import sgdtheory

    questions = []
    for name, place in sgdtheory._PUBLIC.items():
        if place.startswith("questions."):
            meaning = (importlib.import_module(f"sgdtheory.{place}").__doc__ or "").strip().splitlines()[0]
            questions.append({"name": name, "meaning": meaning})
    cells = [{"question": question, "problem": problem.__name__,
              "algorithm": None if algorithm is None else algorithm.__name__,
              "theory": function.__module__.removeprefix("sgdtheory.theories.")}
             for (question, problem, algorithm), function in registry.load().items()]
    algorithms = [{"name": name, "is_a": _bases(getattr(sgdtheory, name))}
                  for name, place in sgdtheory._PUBLIC.items() if place.startswith("algorithms.")]
    theories = [_theory(record.derivation(name)) for name in record.names()]
    return {"theories": theories, "questions": questions, "cells": cells, "algorithms": algorithms}


def _bases(algorithm: type) -> list[str]:
    """The public classes that an algorithm is a special case of."""
    import sgdtheory

    return [base.__name__ for base in algorithm.__mro__[1:] if base.__name__ in sgdtheory._PUBLIC]


def _theory(found: Any) -> dict[str, Any]:
    return {"name": found.name, "title": found.data["title"], "source": found.source, "update": found.data["update"],
            "steps": len(found.steps), "results": list(found.results)}
