import heapq, random
from itertools import count
import gymnasium as gym
import t2po_gym
env = gym.make("t2po/WebShop-v0", split="test").unwrapped
PANEL = [task.id for task in env.tasks()[:20]]

import re
def words(text):
    return set(re.findall(r"[a-z0-9]+", text.lower()))

def moves(observation, info):
    """Rate the actions worth trying, by what the page shows."""
    wish, page = info["task"].lower(), observation.split(" [SEP] ")
    if info["turn"] == 0:
        return {f"search[{wish}]": 1.0}
    rated = {}
    for action in info["admissible_actions"]:
        button = action[len("click["):-1]
        if button.upper() in page and re.fullmatch("[a-z0-9]{10}",button):  # a product: rate its title
            title = page[page.index(button.upper()) + 1]
            rated[action] = len(words(title) & words(wish)) / len(words(title))
        elif f": {button}" in wish and f": {button}" not in observation.split("Selected")[-1]:
            rated[action] = 1.0
        elif button == "buy now":
            rated[action] = 0.9
    return rated

def greedy(observation, info):
    rated=moves(observation, info)
    return max(rated, key=rated.get) if rated else "click[back to search]"
def play(policy, task):
    observation, info = env.reset(seed=0, options={"task_id": task}); over=False
    while not over:
        observation, reward, terminated, truncated, info = env.step(policy(observation, info)); over=terminated or truncated
    return info["score"], info["success"], info["turn"]
rng=random.Random(0)
def randomly(o,info):
    return rng.choice(info["admissible_actions"]).replace("<your query>", info["task"])
for p in (randomly, greedy):
    r=[play(p,t) for t in PANEL]; print(p.__name__, sum(x[1] for x in r), sum(x[0] for x in r)/20, sum(x[2] for x in r))

def search(task, budget=60):
    observation, info = env.reset(seed=0, options={"task_id": task})
    order=count(); best=(0.0,()); steps=0
    queue=[]
    def push(cost, path, observation, info):
        state=env.snapshot()
        for action, rating in moves(observation, info).items():
            heapq.heappush(queue,(cost+1-rating, next(order), state, (*path, action)))
    push(0.0,(),observation,info)
    while queue and steps<budget and best[0]<1:
        cost,_,state,path=heapq.heappop(queue)
        env.restore(state)
        observation,reward,terminated,truncated,info=env.step(path[-1]); steps+=1
        best=max(best,(reward,path),key=lambda x:x[0])
        if not(terminated or truncated): push(cost,path,observation,info)
    return best,steps
r=[search(t) for t in PANEL]
print("search", sum(x[0][0]==1 for x in r), sum(x[0][0] for x in r)/20, sum(x[1] for x in r))
for b in (30,100,200,400):
    r=[search(t,b) for t in PANEL]
    print(b, sum(x[0][0]==1 for x in r), sum(x[0][0] for x in r)/20, sum(x[1] for x in r))
o,i=env.reset(seed=0,options={"task_id":PANEL[0]}); print(o); o=env.step(greedy(o,i)); print(o[0]); o=env.step(greedy(o[0],o[4]));print(o[0])
