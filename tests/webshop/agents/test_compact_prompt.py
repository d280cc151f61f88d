"""The short prompt shows what an agent needs and nothing that the page does not say."""

from t2po_gym.core.agent.history import PastTurn
from t2po_gym.core.agent.prompts import PromptBuilder
from t2po_gym.envs.webshop.agents.compact_prompt import TEMPLATE

START = "WebShop [SEP] Instruction: [SEP] Find me green tea [SEP] Search"
RESULTS = (
    "Instruction: [SEP] Find me green tea [SEP] Back to Search [SEP] Page 1 (Total results: 2) "
    "[SEP] Next > [SEP] B0TEA00001 [SEP] Loose Leaf Tea [SEP] $4.5"
)


def test_first_page_is_the_task_alone() -> None:
    assert TEMPLATE.task(START) == "Find me green tea"
    assert TEMPLATE.show(START, "Find me green tea") == ""


def test_results_keep_products_and_drop_buttons() -> None:
    shown = TEMPLATE.show(RESULTS, "Find me green tea")
    assert shown == "Page 1 (Total results: 2) | b0tea00001 | Loose Leaf Tea | $4.5"


def test_prompt_of_the_second_turn() -> None:
    builder = PromptBuilder(template=TEMPLATE, history_length=1, list_actions=False)
    past = [PastTurn(number=1, observation=START, action="search[green tea]")]
    prompt = builder.build("Find me green tea", past, RESULTS, {"admissible_actions": ()})
    assert prompt.text == (
        "Find me green tea\n> search[green tea]\n"
        "Page 1 (Total results: 2) | b0tea00001 | Loose Leaf Tea | $4.5"
    )


def test_a_strange_page_is_no_error() -> None:
    assert TEMPLATE.task("nothing here") == ""
    assert TEMPLATE.show("", "") == ""
