"""Which products are winnable: a purchase can earn the full reward of their own goal."""

from t2po_gym.envs.webshop.data.goals import num_combinations
from t2po_gym.envs.webshop.data.product import Product
from t2po_gym.envs.webshop.world.pages import option_groups
from t2po_gym.envs.webshop.world.reward import count_attributes
from t2po_gym.envs.webshop.world.session_rules import SessionRules

_RULES = SessionRules()  # the strictest: what can be clicked here can always be clicked


def is_winnable(product: Product) -> bool:
    """Return whether buying a product with its own goals' options earns the full reward.

    It needs an instruction with attributes that the product has, and option values that can be
    clicked: a value with a bracket, or with the same text as a button, cannot be chosen.
    """
    wanted = product.instruction_attributes
    if product.instruction is None or not wanted or num_combinations(product) == 0:
        return False
    if count_attributes(wanted, product) < len(wanted):
        return False
    return not product.options or option_groups(product, _RULES) == [
        list(values) for values in product.options.values()
    ]
