// Draws the figures of docs/img that are made from measurements, as SVG to standard output.
//
//   node scripts/figures.mjs choice URL TASK MODEL…     how a model is chosen, from a running deployment's /v1/policy
//   node scripts/figures.mjs worth REPLAY.json          what it is worth, from `replay --orders 40 --json FILE…`

import { readFileSync } from "node:fs";

const [kind, ...words] = process.argv.slice(2);
const figures = { choice, worth };
if (!Object.hasOwn(figures, kind) || words.length === 0) {
  console.error("usage: node scripts/figures.mjs choice URL TASK MODEL… | worth REPLAY.json");
  process.exit(2);
}
console.log(await figures[kind](...words));

function escaped(text) {
  return String(text).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

function drawing(width, height, parts) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
${parts.join("\n")}
</svg>`;
}

function text(x, y, words, more = "") {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${escaped(words)}</text>`;
}

function line(x1, y1, x2, y2, more) {
  return `<path d="M${x1.toFixed(1)} ${y1.toFixed(1)}L${x2.toFixed(1)} ${y2.toFixed(1)}" ${more}/>`;
}

/** Quality against cost: the line of what is good enough, and the cheapest above it. */
async function choice(url, task, ...names) {
  const answer = await fetch(new URL("/v1/policy", url));
  const rows = (await answer.json())[task].filter(({ n }) => n > 0);
  const best = rows.reduce((a, b) => (b.belief > a.belief ? b : a));
  const bar = best.belief - 0.05;
  const winner = rows.filter((row) => row.belief >= bar).reduce((a, b) => (b.avg_cost < a.avg_cost ? b : a));
  const shown = rows.filter((row) => names.length === 0 || names.includes(row.model) || row === best || row === winner);
  const width = 640;
  const height = 320;
  const box = { left: 60, right: width - 110, top: 24, bottom: height - 46 };
  const costs = shown.map((row) => Math.log10(row.avg_cost));
  const [low, high] = [Math.min(...costs) - 0.2, Math.max(...costs) + 0.2];
  const floor = Math.max(0, Math.min(...shown.map((row) => row.belief - row.doubt)) - 0.05);
  const x = (row) => box.left + ((Math.log10(row.avg_cost) - low) / (high - low)) * (box.right - box.left);
  const y = (quality) => box.bottom - ((quality - floor) / (1 - floor)) * (box.bottom - box.top);
  const parts = [
    `<rect x="${box.left}" y="${y(1).toFixed(1)}" width="${box.right - box.left}" height="${(y(bar) - y(1)).toFixed(1)}" fill="#e8f3ec"/>`,
    line(box.left, y(bar), box.right, y(bar), 'stroke="#2f7d4f" stroke-dasharray="5 4"'),
    text(box.right + 6, y(bar) + 4, "good enough:", 'fill="#2f7d4f"'),
    text(box.right + 6, y(bar) + 19, `${bar.toFixed(2)} and up`, 'fill="#2f7d4f"'),
    line(box.left, box.bottom, box.right, box.bottom, 'stroke="#888"'),
    line(box.left, box.top, box.left, box.bottom, 'stroke="#888"'),
    text((box.left + box.right) / 2, height - 10, "mean cost of 1,000 calls, logarithmic", 'text-anchor="middle" fill="#555"'),
    text(box.left, 14, `quality on ${task}`, 'fill="#555"'),
  ];
  for (let tick = Math.ceil(floor * 10) / 10; tick <= 1.0001; tick += 0.1) {
    parts.push(text(box.left - 8, y(tick) + 4, tick.toFixed(1), 'text-anchor="end" fill="#555"'));
  }
  for (const row of shown) {
    const colour = row === winner ? "#2f7d4f" : "#4a5a6a";
    parts.push(
      line(x(row), y(Math.min(1, row.belief + row.doubt)), x(row), y(row.belief - row.doubt), `stroke="${colour}" stroke-width="1.5"`),
      `<circle cx="${x(row).toFixed(1)}" cy="${y(row.belief).toFixed(1)}" r="5" fill="${colour}"/>`,
      text(x(row) + 9, y(row.belief) - 3, row.model + (row === winner ? ": wins" : ""), `fill="${colour}"${row === winner ? ' font-weight="600"' : ""}`),
      text(x(row) + 9, y(row.belief) + 12, `${row.belief.toFixed(2)}, $${(row.avg_cost * 1000).toPrecision(2)}`, 'fill="#555"'),
    );
  }
  return drawing(width, height, parts);
}

/** A row a set of recorded traffic: cost and quality beside its best model's. */
function worth(path) {
  const rows = JSON.parse(readFileSync(path, "utf8"))
    .filter(({ strategy }) => strategy === "adaptive")
    .map(({ set, models, prompts, figures, baseline_quality }) => {
      const { saved, quality } = figures.find(({ upto, task }) => upto === null && task === null);
      return { set, models, prompts, cost: 1 - saved.mean, costHalf: saved.half, quality: quality.mean - baseline_quality, qualityHalf: quality.half };
    })
    .sort((a, b) => a.cost - b.cost);
  const step = 26;
  const top = 54;
  const height = top + rows.length * step + 34;
  const panels = [
    { left: 320, right: 570, from: Math.log10(0.1), to: Math.log10(8), at: Math.log10, ticks: [0.1, 0.25, 0.5, 1, 2, 4, 8], say: (tick) => `${tick * 100} %`, title: "cost, against the best model alone", neutral: 1, good: (value) => value < 1 },
    { left: 610, right: 830, from: -0.2, to: 0.06, at: (value) => value, ticks: [-0.2, -0.15, -0.1, -0.05, 0, 0.05], say: (tick) => tick.toFixed(2), title: "quality, against it", neutral: 0, good: (value) => value >= -0.05 },
  ];
  const parts = [];
  for (const [at, panel] of panels.entries()) {
    const x = (value) => panel.left + ((Math.min(Math.max(panel.at(value), panel.from), panel.to) - panel.from) / (panel.to - panel.from)) * (panel.right - panel.left);
    parts.push(text(panel.left, 18, panel.title, 'font-weight="600" fill="#333"'));
    for (const tick of panel.ticks) {
      const strong = tick === panel.neutral;
      parts.push(line(x(tick), top - 12, x(tick), height - 28, `stroke="${strong ? "#888" : "#e5e5e5"}"`));
      parts.push(text(x(tick), height - 12, panel.say(tick), 'text-anchor="middle" fill="#555" font-size="11"'));
    }
    for (const [place, row] of rows.entries()) {
      const y = top + place * step;
      const [value, half] = at === 0 ? [row.cost, row.costHalf] : [row.quality, row.qualityHalf];
      const colour = panel.good(value) ? "#2f7d4f" : "#a35a1f";
      const low = at === 0 ? Math.max(value - half, 0.05) : value - half;
      parts.push(line(x(low), y, x(value + half), y, `stroke="${colour}" stroke-width="2" opacity="0.5"`));
      parts.push(`<circle cx="${x(value).toFixed(1)}" cy="${y}" r="4.5" fill="${colour}"/>`);
    }
  }
  for (const [place, row] of rows.entries()) {
    parts.push(text(10, top + place * step + 4, row.set, 'fill="#333"'));
    parts.push(text(300, top + place * step + 4, `${row.models} models, ${row.prompts.toLocaleString("en")} prompts`, 'text-anchor="end" fill="#888" font-size="11"'));
  }
  return drawing(860, height, parts);
}
