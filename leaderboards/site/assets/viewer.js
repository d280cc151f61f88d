// Steps through episodes. The address says where: #<folder>/<part>/<episode>/<turn>; the part is a
// track of the board, or a step of a run. Texts of episodes are set as text, never as HTML.
// The page brings t2poEpisodes, which loads them, and may bring showDetails for what it shows more.
"use strict";

const MESSAGES = {
  missing: "The episodes are not part of this copy: t2po-gym leaderboard build makes them.",
  damaged: "An episode file is damaged: t2po-gym leaderboard build makes it again.",
  none: "There are no entries yet.",
  empty: "This entry has no episodes on this track.",
};

const by = (id) => document.getElementById(id);
const at = { name: "", episode: 0, turn: 1 };
let index = null; // what index.js of the current entry brought
let episode = null; // the episode on show
let latest = 0; // number of the newest request; older ones that arrive late are dropped

/** Make an element with a text. */
function element(tag, text, className = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  made.className = className;
  return made;
}

const percent = (share) => `${(100 * share).toFixed(1)} %`;
const optional = (value) => (value === null || value === undefined ? "–" : String(value));
const within = (value, last) => Math.min(Math.max(value, 0), last);
const whole = (text, other) => (/^\d{1,9}$/.test(text ?? "") ? Number(text) : other);

/** Read the address; an entry that is not on the list counts as none given. */
function readAddress() {
  const [folder, track, number, turn] = location.hash.slice(1).split("/");
  const names = [...by("source").options].map((option) => option.value);
  const name = `${folder}/${track}`;
  at.name = names.includes(name) ? name : (names[0] ?? "");
  at.episode = name === at.name ? whole(number, 0) : 0;
  at.turn = name === at.name ? whole(turn, 1) : 1;
}

/** Write where we are into the address, without a step in the history. */
function writeAddress() {
  history.replaceState(null, "", `#${at.name}/${at.episode}/${at.turn}`);
}

/** Say why nothing is shown. */
function say(message) {
  by("message").textContent = message;
  by("message").hidden = message === "";
  by("viewer").hidden = message !== "";
}

/** Load what `at` names and show it. */
async function show() {
  latest += 1;
  const request = latest;
  if (at.name === "") return say(MESSAGES.none);
  by("source").value = at.name;
  const link = by("entry-link");
  if (link !== null) link.href = `entries/${at.name.split("/")[0]}.html`;
  try {
    const head = await t2poEpisodes.loadIndex(at.name);
    if (request !== latest) return undefined;
    if (head.episodes.length === 0) return say(MESSAGES.empty);
    at.episode = within(at.episode, head.episodes.length - 1);
    const number = Math.floor(at.episode / head.per_chunk);
    const chunk = await t2poEpisodes.loadChunk(at.name, number);
    if (request !== latest) return undefined;
    [index, episode] = [head, chunk[at.episode % head.per_chunk]];
  } catch (error) {
    if (request === latest) say(MESSAGES[error.message] ?? MESSAGES.damaged);
    return undefined;
  }
  say("");
  showList();
  showEpisode();
  return undefined;
}

/** Whether an episode passes the filters. */
function passes(head) {
  const outcome = by("outcome").value;
  const words = by("text").value.trim().toLowerCase();
  const text = `${head.task_id} ${head.task_type}`.toLowerCase();
  return (outcome === "" || String(head.success) === outcome) && text.includes(words);
}

/** Fill the list of episodes. */
function showList() {
  const numbers = [...index.episodes.keys()].filter((number) => passes(index.episodes[number]));
  by("listed").textContent = `${numbers.length} of ${index.episodes.length} episodes`;
  by("episodes").replaceChildren(...numbers.map(listItem));
}

/** Make a line of the list. */
function listItem(number) {
  const head = index.episodes[number];
  const button = element("button", "");
  button.type = "button";
  button.dataset.episode = number;
  if (number === at.episode) button.setAttribute("aria-current", "true");
  const outcome = `${head.success ? "solved" : "failed"}, ${head.turns} turns`;
  const trial = head.copy ?? (head.trial > 0 ? `, trial ${head.trial + 1}` : "");
  button.append(element("bdi", head.task_id), " ", element("span", outcome + trial, "quiet"));
  const item = element("li", "");
  item.append(button);
  return item;
}

/** Say why an episode ended. */
function ending({ terminated, truncated }) {
  if (terminated) return "ended by itself";
  return truncated ? "stopped at the turn limit" : "not finished";
}

/** Show the head of the episode and one of its turns. */
function showEpisode() {
  at.turn = within(at.turn, episode.turns.length) || Math.min(1, episode.turns.length);
  by("task").replaceChildren(element("bdi", episode.task_id));
  const line = by("outcome-line");
  line.replaceChildren(
    element("span", episode.success ? "Solved" : "Failed", episode.success ? "good" : "bad"),
    `, score ${percent(episode.score)}, ${ending(episode)}. `,
  );
  if (episode.task_type) line.append("Kind of task: ", element("bdi", episode.task_type), ".");
  showTurn();
}

/** Show the turn that `at` names. */
function showTurn() {
  const turns = episode.turns;
  const turn = turns[at.turn - 1];
  by("where").textContent = turns.length ? `Turn ${at.turn} of ${turns.length}` : "No turns";
  // Truly disabled buttons would lose the focus, and with it the arrow keys.
  by("previous").setAttribute("aria-disabled", at.turn <= 1);
  by("next").setAttribute("aria-disabled", at.turn >= turns.length);
  by("before").textContent = at.turn > 1 ? turns[at.turn - 2].observation : episode.first;
  by("answer").hidden = turn === undefined;
  if (turn !== undefined) showAnswer(turn);
  drawCurve(by("curve"), by("curve-title"), turns, at.turn - 1);
  writeAddress();
}

/** Show what the policy wrote and what came of it. */
function showAnswer(turn) {
  by("reply").textContent = turn.reply;
  by("action").textContent = turn.action;
  by("after").textContent = turn.observation;
  const formed = turn.format_ok ?? true; // unknown where only the action was kept
  const good = turn.action_valid && formed;
  const words = !formed ? "wrong format" : turn.action_valid ? "valid" : "invalid";
  by("validity").textContent = words;
  by("validity").className = good ? "tag good" : "tag bad";
  const facts = [
    ["Reward", turn.reward],
    ["Score", percent(turn.score)],
    ["Progress", turn.progress === null ? "–" : percent(turn.progress)],
    ["Prompt tokens", optional(turn.prompt_tokens)],
    ["Reply tokens", optional(turn.reply_tokens)],
    ["Rejected tokens", optional(turn.rejected_tokens)],
  ];
  if (typeof turn.uncertainty === "number") facts.push(["Uncertainty", turn.uncertainty.toFixed(3)]);
  by("numbers").replaceChildren(...facts.map(([label, value]) => fact(label, value)));
  if (typeof showDetails === "function") showDetails(turn, episode);
}

/** Make a pair of label and value. */
function fact(label, value) {
  const pair = element("div", "");
  pair.append(element("dt", label), element("dd", String(value)));
  return pair;
}

/** Go some turns on or back. */
function step(turns) {
  if (episode === null || by("viewer").hidden) return;
  const aim = within(at.turn + turns, episode.turns.length);
  if (aim < 1 || aim === at.turn) return;
  at.turn = aim;
  showTurn();
}

function start() {
  by("chooser").addEventListener("submit", (event) => event.preventDefault());
  by("source").addEventListener("change", () => {
    Object.assign(at, { name: by("source").value, episode: 0, turn: 1 });
    show();
  });
  by("outcome").addEventListener("change", () => index && showList());
  by("text").addEventListener("input", () => index && showList());
  by("episodes").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button === null) return;
    Object.assign(at, { episode: Number(button.dataset.episode), turn: 1 });
    show().then(() => document.querySelector("#episodes [aria-current]")?.focus());
  });
  by("previous").addEventListener("click", () => step(-1));
  by("next").addEventListener("click", () => step(1));
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, select, textarea, [data-arrows]");
    if (typing || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowLeft") step(-1);
    if (event.key === "ArrowRight") step(1);
  });
  addEventListener("hashchange", () => {
    if (location.hash !== "" && !location.hash.includes("/")) return; // a place on this page
    readAddress();
    show();
  });
  readAddress();
  show();
}

start();
