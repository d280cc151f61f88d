"""The short prompt of small policies."""

from alfworld_games import make

from t2po_gym.core.agent.history import PastTurn
from t2po_gym.core.agent.prompts import PromptBuilder
from t2po_gym.envs.alfworld.agents.compact_prompt import TEMPLATE

FIRST = (
    "-= Welcome to TextWorld, ALFRED! =-\n\nYou are in the middle of a room. Looking quickly "
    "around you, you see a desk 2, a desk 1, and a safe 1.\n\n"
    "Your task is to: put some pen on desk."
)


def test_task_and_room_stand_in_every_prompt():
    assert TEMPLATE.task(FIRST) == "put some pen on desk.\nroom: desk 2, desk 1, safe 1"
    assert TEMPLATE.show(FIRST, "") == "start"
    assert TEMPLATE.task("something else") == "\nroom: "


def test_pages_are_shortened():
    shortened = {
        "You arrive at desk 1. On the desk 1, you see a pen 2, and a cd 1.": (
            "on desk 1: pen 2, cd 1"
        ),
        "You arrive at loc 7. On the desk 1, you see nothing.": "on desk 1: nothing",
        "You arrive at safe 1. The safe 1 is closed.": "safe 1 is closed",
        "You open the safe 1. The safe 1 is open. In it, you see a pen 1.": "in safe 1: pen 1",
        "You close the safe 1.": "closed",
        "You pick up the pen 1 from the safe 1.": "holding pen 1",
        "You move the pen 1 to the desk 1.": "hands free",
        "You put the pen 1 in/on the desk 1.": "hands free",
        "You heat the egg 1 using the microwave 1.": "holding egg 1, heated",
        "You turn on the desklamp 1.": "desklamp 1 is on",
        "You are facing the desk 1. On the desk 1, you see nothing.": "on desk 1: nothing",
        "Nothing happens.": "no: ",
        "Nothing happens. You are not at safe 1; go there first.": (
            "no: You are not at safe 1; go there first."
        ),
        'Nothing happens. "x" is not a command; commands begin with a.': "no such command",
    }
    assert {page: TEMPLATE.show(page, "") for page in shortened} == shortened


def test_prompts_of_an_episode_are_short_and_hold_the_names():
    env = make(difficulty="easy")
    builder = PromptBuilder(template=TEMPLATE, history_length=8, list_actions=False)
    observation, info = env.reset(seed=2)
    task = TEMPLATE.task(observation)
    prompt = builder.build(task, (), observation, info).text
    assert prompt.splitlines()[1] == "start"
    assert all(name in prompt for name in env.game.receptacle_names)
    assert len(prompt) < 250


def test_past_turns_come_with_their_pages_and_leave_the_list_of_places():
    builder = PromptBuilder(template=TEMPLATE, history_length=8)
    go, taken = "go to desk 1", "take pen 1 from desk 1"
    on_desk = "You arrive at desk 1. On the desk 1, you see a pen 1."
    past = (
        PastTurn(number=1, observation=FIRST, action=go),
        PastTurn(number=2, observation=on_desk, action=taken),
    )
    info = {"admissible_actions": ("go to safe 1", "help", "move pen 1 to desk 1", "look")}
    prompt = builder.build(
        TEMPLATE.task(FIRST), past, "You pick up the pen 1 from the desk 1.", info
    )
    assert prompt.text.splitlines() == [
        "put some pen on desk.",
        "> go to desk 1: on desk 1: pen 1",
        "> take pen 1 from desk 1: holding pen 1",
        "left: desk 2, safe 1",
        "here: move pen 1 to desk 1",
    ]


def test_nothing_but_pages_task_and_listed_actions_goes_into_a_prompt():
    env = make(difficulty="easy", expert=True)
    builder = PromptBuilder(template=TEMPLATE, history_length=8)
    observation, info = env.reset(seed=2)
    for command in info["expert_plan"][:2]:
        observation, *_, info = env.step(command)
    task = f"{info['task']}\nroom: desk 2, desk 1, safe 1"
    bare = {name: info[name] for name in ("admissible_actions", "task", "action_format")}
    assert builder.build(task, (), observation, info) == builder.build(task, (), observation, bare)
