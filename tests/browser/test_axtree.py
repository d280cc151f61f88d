"""The text of an accessibility tree, from nodes as the DevTools protocol describes them."""

from typing import Any

from t2po_gym.browser.axtree import actions_of, tree_text


def node(number: int, role: str, name: str = "", children: Any = (), **more: Any) -> dict[str, Any]:
    return {
        "nodeId": str(number),
        "role": {"value": role},
        "name": {"value": name},
        "childIds": [str(child) for child in children],
        "backendDOMNodeId": number,
        **more,
    }


def state(name: str, value: Any) -> dict[str, Any]:
    return {"name": name, "value": {"value": value}}


TREE = [
    node(1, "RootWebArea", "WebShop", [2, 3]),
    node(2, "none", children=[4], ignored=True),
    node(3, "main", children=[5, 6, 7, 8]),
    node(4, "link", "Skip"),
    node(5, "heading", "A\n“mug”", [9]),
    node(6, "textbox", "Search", value={"value": ""}, properties=[state("focused", True)]),
    node(7, "button", "Blue", [10], properties=[state("pressed", "true")]),
    node(8, "button", "Search", properties=[state("pressed", "false"), state("focused", False)]),
    node(9, "StaticText", "A\n“mug”", [11]),
    node(10, "StaticText", "Blue"),
    node(11, "InlineTextBox", "A"),
]
TEXT = """\
RootWebArea "WebShop"
  link "Skip"
  main
    heading "A\\n“mug”"
    textbox "Search" value "" focused
    button "Blue" pressed click[blue]
    button "Search" search[<your query>]"""


def test_a_tree_as_text() -> None:
    actions = {7: "click[blue]", 8: "search[<your query>]"}
    assert tree_text(TREE, actions) == TEXT


def test_a_value_is_named() -> None:
    tree = [node(1, "textbox", "Search", value={"value": 'say "hi"'})]
    assert tree_text(tree, {}) == 'textbox "Search" value "say \\"hi\\""'


def test_actions_are_those_of_buttons() -> None:
    def element(number: int, name: str, *attributes: str, children: Any = ()) -> dict[str, Any]:
        return {
            "backendNodeId": number,
            "nodeName": name,
            "attributes": list(attributes),
            "children": list(children),
        }

    buttons = [
        element(2, "BUTTON", "name", "action", "value", "click[buy now]"),
        element(3, "BUTTON", "value", "search", "name", "action"),
        element(4, "BUTTON", "name", "other", "value", "x"),
        element(5, "INPUT", "name", "action", "value", "x"),
        {"backendNodeId": 6, "nodeName": "#text"},
    ]
    document = element(1, "#document", children=[element(9, "FORM", children=buttons)])
    assert actions_of(document) == {2: "click[buy now]", 3: "search[<your query>]"}
