"""TRL: the environments as objects whose methods a model calls as tools.

* ``WebShopTools``, ``ALFWorldTools``, ``SearchQATools`` - factories for ``environment_factory``.
* ``task_rows``, ``task_dataset`` - the tasks of a split as rows for ``train_dataset``.

Nothing here imports TRL. The loop that keeps this project's prompts: `baselines.adapters.trl`.
"""

from t2po_gym.adapters.trl.alfworld import ALFWorldTools
from t2po_gym.adapters.trl.rows import task_dataset, task_rows
from t2po_gym.adapters.trl.searchqa import SearchQATools
from t2po_gym.adapters.trl.toolbox import Toolbox
from t2po_gym.adapters.trl.webshop import WebShopTools

__all__ = [
    "ALFWorldTools",
    "SearchQATools",
    "Toolbox",
    "WebShopTools",
    "task_dataset",
    "task_rows",
]
