"""How large a part of the core may be, so that it can be held in one head."""

from __future__ import annotations

import ast
from pathlib import Path

import event_taps_core

MAX_CLASS_LINES = 200
MAX_PUBLIC_METHODS = 15
MAX_FUNCTION_LINES = 40
LARGER = {"settings": "a table of the settings that every tap has"}


def definitions() -> list[ast.ClassDef | ast.FunctionDef]:
    """All classes and functions of the core, without what tests use."""
    folder = Path(event_taps_core.__file__).parent
    nodes = (node for path in folder.glob("*.py") for node in ast.walk(ast.parse(path.read_text())))
    return [node for node in nodes if isinstance(node, (ast.ClassDef, ast.FunctionDef))]


def lines(node: ast.ClassDef | ast.FunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_no_class_has_too_many_lines_or_public_methods() -> None:
    classes = [node for node in definitions() if isinstance(node, ast.ClassDef)]
    assert {node.name: lines(node) for node in classes if lines(node) > MAX_CLASS_LINES} == {}
    public = {
        node.name: [
            m.name for m in node.body if isinstance(m, ast.FunctionDef) and m.name[0] != "_"
        ]
        for node in classes
    }
    assert {name: has for name, has in public.items() if len(has) > MAX_PUBLIC_METHODS} == {}


def test_no_function_is_too_long() -> None:
    functions = [node for node in definitions() if isinstance(node, ast.FunctionDef)]
    long = {node.name for node in functions if lines(node) > MAX_FUNCTION_LINES}
    assert long == set(LARGER)
