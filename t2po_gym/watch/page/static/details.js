// What is shown of a turn beyond its reply: tokens by their uncertainty, where TTI closed the
// thought, what TDS threw away, what may be done, which milestones are reached.
"use strict";

const digits = (value) => Number(value).toPrecision(4).replace(/\.?0+$/, "");
const signed = (value) => `${value >= 0 ? "+" : "−"}${digits(Math.abs(value))}`;

/** Say what is known of a token. */
function tokenWords(tokens, number) {
  if (tokens.given[number]) return "given by the prompt";
  if (tokens.forced[number]) return "forced by TTI";
  if (tokens.m[number] === null) return "not measured";
  return `M ${digits(tokens.m[number])}, H ${digits(tokens.h[number])}, C ${digits(tokens.c[number])}`;
}

/** Make the span of a token. */
function tokenSpan(tokens, number) {
  const text = tokens.texts[number];
  const span = element("span", text, "token");
  if (tokens.levels[number] !== null) span.classList.add(`m${tokens.levels[number]}`);
  if (tokens.forced[number]) span.classList.add("forced");
  if (tokens.given[number]) span.classList.add("given");
  if (text === "") span.classList.add("nothing");
  if (/^\n+$/.test(text)) span.classList.add("newline");
  span.setAttribute("role", "option");
  span.tabIndex = number === 0 ? 0 : -1;
  const words = tokenWords(tokens, number);
  span.title = words;
  span.setAttribute("aria-label", `${text || "no text"}, ${words}`);
  return span;
}

/** Say below a strip which token the pointer or the keyboard is at. */
function readOut(strip, readout, tokens, span) {
  const number = [...strip.children].indexOf(span);
  if (number < 0) return;
  const place = `Token ${number + 1} of ${tokens.texts.length}: `;
  const text = element("b", JSON.stringify(tokens.texts[number]));
  readout.replaceChildren(place, text, `, ${tokenWords(tokens, number)}`);
}

/** Move the focus within a strip: one stop for Tab, the arrows for the rest. */
function moveWithin(strip, event) {
  const step = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
  if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
  const spans = [...strip.children];
  const aim = within(spans.indexOf(event.target) + step, spans.length - 1);
  for (const span of spans) span.tabIndex = -1;
  spans[aim].tabIndex = 0;
  spans[aim].focus();
  event.preventDefault();
}

/** Make the tokens of a reply, each with its colour and numbers. */
function tokenStrip(tokens, label) {
  const strip = element("div", "", "text strip");
  strip.setAttribute("role", "listbox");
  strip.setAttribute("aria-label", `${label}, token by token`);
  strip.setAttribute("aria-orientation", "horizontal");
  strip.dataset.arrows = "";
  strip.append(...tokens.texts.map((_, number) => tokenSpan(tokens, number)));
  const hint = "Point at a token, or go there with Tab and the arrow keys, for its numbers.";
  const readout = element("p", hint, "readout quiet");
  for (const kind of ["mouseover", "focusin"]) {
    strip.addEventListener(kind, (event) => readOut(strip, readout, tokens, event.target));
  }
  strip.addEventListener("keydown", (event) => moveWithin(strip, event));
  return [strip, readout];
}

/** Show what was written: as tokens where they are known, else as text. */
function showReply(turn) {
  const known = turn.tokens !== null;
  by("reply").textContent = turn.reply ?? "Only the action was kept.";
  by("reply").hidden = known;
  by("tokens").replaceChildren(...(known ? tokenStrip(turn.tokens, "Reply") : []));
  by("legend").hidden = !known;
  by("closing").textContent = turn.closing;
  by("closing").hidden = turn.closing === "";
}

/** Show the tries that were thrown away, folded. */
function showTries(tries) {
  by("tries").hidden = tries.length === 0;
  by("tries-list").replaceChildren(
    ...tries.map((tried, number) => {
      const box = element("details", "");
      const title = `Try ${number + 1}: ${tried.judged}; ${tried.count} tokens`;
      box.append(element("summary", title));
      if (tried.tokens === null) box.append(element("pre", tried.text, "text"));
      else box.append(...tokenStrip(tried.tokens, `Try ${number + 1}`));
      if (tried.closing !== "") box.append(element("p", tried.closing, "note tti"));
      return box;
    }),
  );
}

/** Show which milestones are reached after the turn, and which it reached. */
function showMilestones(milestones) {
  by("milestones").hidden = milestones.length === 0;
  const marks = milestones.map(([name, before, after]) => {
    const isNew = after && !before;
    const word = isNew ? " (new)" : after ? "" : " (not yet)";
    return element("li", `${after ? "✓" : "·"} ${name}${word}`, isNew ? "good" : "");
  });
  by("milestones").replaceChildren(...marks);
}

/** Show all of it; the viewer calls this for every turn. */
function showDetails(turn, episode) {
  showReply(turn);
  showTries(turn.tries);
  showMilestones(turn.milestones);
  by("admissible-count").textContent = turn.admissible.length;
  by("admissible-list").replaceChildren(...turn.admissible.map((text) => element("li", text)));
  document.querySelector("figure.progress").hidden = turn.progress === null;
  const facts = [
    ["Change of progress", turn.delta === null ? null : `${signed(100 * turn.delta)} points`],
    ["Thinking tokens", turn.think_tokens],
    ["Phi", turn.phi === null ? null : digits(turn.phi)],
    ["Gamma", turn.gamma === null ? null : digits(turn.gamma)],
    ["eta (TDS)", episode.eta === null ? null : digits(episode.eta)],
    ["epsilon (TTI)", episode.epsilon === null ? null : digits(episode.epsilon)],
    ["Advantage", turn.advantage === null ? null : signed(turn.advantage)],
    ["TDS", turn.void ? "rejected this try too; it was the last" : null],
  ];
  const known = facts.filter(([, value]) => value !== null);
  by("numbers").append(...known.map(([label, value]) => fact(label, value)));
}
