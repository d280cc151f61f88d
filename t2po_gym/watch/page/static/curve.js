// Draws the progress of an episode over its turns.
"use strict";

const CURVE = { left: 58, right: 466, top: 12, bottom: 108, labels: 15 };

/** Make an SVG element. */
function drawn(tag, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

/** Draw a horizontal line at a level of progress, with its label. */
function levelLine(level, y) {
  const { left, right } = CURVE;
  const kind = level === 0 ? "axis" : "grid";
  const label = drawn("text", { class: "level", x: left - 8, y: y + 4 });
  label.textContent = `${100 * level} %`;
  return [drawn("line", { class: kind, x1: left, x2: right, y1: y, y2: y }), label];
}

/** Number the turns below the axis; of many turns only some. */
function turnLabels(turns, x) {
  const step = Math.ceil(turns / CURVE.labels);
  const numbers = [...Array(turns).keys()].filter((number) => (number + 1) % step === 0);
  return numbers.map((number) => {
    const label = drawn("text", { class: "turn", x: x(number), y: CURVE.bottom + 18 });
    label.textContent = number + 1;
    return label;
  });
}

/** Put the curve of the turns into an SVG after its title; the current turn is marked. */
function drawCurve(svg, title, turns, current) {
  const { left, right, top, bottom } = CURVE;
  const x = (number) => left + ((right - left) * number) / Math.max(1, turns.length - 1);
  const y = (progress) => bottom - (bottom - top) * progress;
  const levels = [0, 0.5, 1].flatMap((level) => levelLine(level, y(level)));
  const points = turns.map((turn, number) => `${x(number)},${y(turn.progress)}`).join(" ");
  const dots = turns.map((turn, number) => {
    const here = number === current;
    const place = { cx: x(number), cy: y(turn.progress), r: here ? 6 : 3 };
    return drawn("circle", { class: here ? "dot here" : "dot", ...place });
  });
  const labels = turnLabels(turns.length, x);
  const line = drawn("polyline", { class: "curve", points });
  svg.replaceChildren(title, ...levels, ...labels, line, ...dots);
}
