"use strict";

function color(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }

function rgba(hex, alpha) {
  const n = parseInt(hex.slice(1), 16);
  return "rgba(" + [n >> 16, n >> 8 & 255, n & 255, alpha].join(",") + ")";
}

const OPTIONS = { responsive: true, displaylogo: false, displayModeBar: false };

function axisOf(title) {
  return { gridcolor: color("--line"), linecolor: color("--line"), zeroline: false, automargin: true, title: { text: title, standoff: 8 } };
}

function layoutOf(title, x, y) {
  return {
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: color("--ink"), size: 13, family: getComputedStyle(document.body).fontFamily },
    margin: { l: 8, r: 12, t: 36, b: 8 }, hovermode: "x unified", legend: { orientation: "h", y: -0.25 },
    hoverlabel: { bgcolor: color("--paper"), bordercolor: color("--line"), namelength: -1 },
    title: { text: title, x: 0, xref: "paper", xanchor: "left", y: 1, yref: "container", yanchor: "top", pad: { t: 10 }, font: { size: 13, color: color("--soft") } },
    xaxis: axisOf(x), yaxis: { ...axisOf(y), rangemode: "tozero" },
  };
}

// Powers of ten; where they are too few to read a value off, twice and five times them too.
function logAxis(lines, floor) {
  const values = lines.flatMap(line => [...(line.low || line.mean), ...(line.high || line.mean)]).filter(v => v !== null);
  const ends = [Math.min, Math.max].map(end => Math.log10(Math.max(end(...values), floor)));
  const axis = { ...axisOf(""), type: "log", dtick: 1, minor: { dtick: "D1", showgrid: false } };
  if (ends[1] - ends[0] >= 2) return axis;
  const ticks = [];
  for (let power = Math.floor(ends[0]) - 1; power <= Math.ceil(ends[1]); power++) {
    for (const digit of [1, 2, 5]) ticks.push(Number(digit + "e" + power));
  }
  return { ...axis, tickmode: "array", tickvals: ticks, ticktext: ticks.map(String) };
}

// Bands first, then lines, so that no band covers a line; `lift` moves values that an axis cannot show.
function bandsAndLines(lines, shape, lift) {
  const found = [];
  for (const line of lines) {
    if (line.low) {
      const edge = { x: line.x, mode: "lines", line: { width: 0, shape: shape }, hoverinfo: "skip", showlegend: false };
      found.push({ ...edge, y: line.low.map(lift) });
      found.push({ ...edge, y: line.high.map(lift), fill: "tonexty", fillcolor: rgba(line.colour, 0.18) });
    }
  }
  for (const line of lines) {
    found.push({
      x: line.x, y: line.mean.map(lift), customdata: line.mean, name: line.label, mode: "lines", showlegend: false,
      line: { color: line.colour, width: 2.5, dash: line.dash, shape: shape }, hovertemplate: "%{customdata:.4f}",
    });
  }
  return found;
}

function lifted(floor) { return v => v === null ? null : Math.max(v, floor); }

function touchesZero(lines) { return lines.some(line => line.mean.some(v => v !== null && v <= 0)); }

// A button a line; a click adds its label to `hidden` or takes it away, and calls `draw`.
function addLegend(legend, lines, hidden, draw) {
  for (const line of lines) {
    const item = document.createElement("li"), button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-pressed", "true");
    const dash = { solid: "", dash: "6 3", dot: "2 3", dashdot: "6 3 2 3" }[line.dash];
    button.innerHTML = '<svg width="26" height="10" aria-hidden="true"><line x1="0" y1="5" x2="26" y2="5" stroke-width="3" stroke="' + line.colour + '" stroke-dasharray="' + dash + '"/></svg>';
    button.append(line.label);
    button.addEventListener("click", function () {
      if (!hidden.delete(line.label)) hidden.add(line.label);
      button.setAttribute("aria-pressed", String(!hidden.has(line.label)));
      draw();
    });
    item.append(button);
    legend.append(item);
  }
}

function showEnvironments(environments) {
  return environments.map((data, n) => showEnvironment(document.getElementById("environment-" + n), data));
}

// Draw all again where the reader changes between light and dark.
function start() {
  const data = JSON.parse(document.getElementById("data").textContent);
  const draws = [...(data.overview ? [showOverview(data.overview)] : []), ...showEnvironments(data.environments)];
  showTables();
  const drawAll = () => draws.forEach(draw => draw());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  drawAll();
}
