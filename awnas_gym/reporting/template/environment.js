// The plots of one environment: `root` is its part of the page. Returns what draws them.
function showEnvironment(root, data) {
  const clocks = { evaluations: "evaluations", seconds: "simulated seconds" };
  const palette = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#7f7f7f", "#8c564b", "#17becf"];
  const hidden = new Set();
  const find = selector => root.querySelector(selector);
  let kind = "reward";

  function range(lines) {
    // The first few random architectures would flatten everything else: start where 2 % of the search is done.
    const values = [];
    for (const line of lines) {
      const from = Math.floor(line.x.length * 0.02);
      for (const column of [line.low || line.mean, line.high || line.mean]) {
        for (const v of column.slice(from)) if (v !== null) values.push(v);
      }
    }
    const low = Math.min(...values), high = Math.max(...values, data.reference ? data.reference.best : -Infinity);
    const pad = (high - low || Math.abs(high) || 1) * 0.05;
    return [low - pad, high + pad];
  }

  function drawCurves(clock) {
    const lines = data.plots[kind][clock];
    if (!lines) return;
    const shapes = [], annotations = [];
    if (kind === "reward" && data.reference) {
      for (const [name, text] of [["best", "best of the benchmark"], ["mean_random", "mean random architecture"]]) {
        const y = data.reference[name];
        if (y === undefined || y < range(lines)[0]) continue;
        shapes.push({ type: "line", xref: "paper", x0: 0, x1: 1, y0: y, y1: y, line: { color: color("--soft"), width: 1, dash: "dot" } });
        annotations.push({ xref: "paper", x: 1, xanchor: "right", y: y, yanchor: "bottom", text: text, showarrow: false, font: { size: 12, color: color("--soft") } });
      }
    }
    const layout = { ...layoutOf(data.plots[kind].title, clocks[clock], ""), shapes: shapes, annotations: annotations };
    layout.xaxis.rangemode = "tozero";
    layout.yaxis = kind === "regret" ? logAxis(lines, data.floor) : { ...axisOf(""), range: range(lines) };
    const shown = lines.filter(line => !hidden.has(line.label));
    Plotly.react(find("." + clock), bandsAndLines(shown, "hv", kind === "regret" ? lifted(data.floor) : v => v), layout, OPTIONS);
  }

  function drawMixtures() {
    const place = find(".operations");
    find(".mixtures").hidden = !data.mixtures.length;
    place.replaceChildren();
    const names = [...new Set(data.mixtures.flatMap(group => Object.keys(group.operations)))];
    for (const group of data.mixtures) {
      const row = document.createElement("div");
      row.className = "plots";
      place.append(row);
      const plots = [[Object.entries(group.operations).map(([name, y]) => ({
        x: group.x, y: y, name: name, stackgroup: "edges", mode: "lines", line: { width: 0.5, color: palette[names.indexOf(name) % palette.length] },
        hovertemplate: "%{y:.2f}",
      })), layoutOf(group.label, "evaluations", "edges")]];
      if (group.eigenvalues) {
        plots.push([[{ x: group.eigenvalues.x, y: group.eigenvalues.mean, mode: "lines+markers", line: { color: palette[0] }, showlegend: false, hovertemplate: "%{y:.4g}" }],
          layoutOf(group.label + ": dominant eigenvalue", "evaluations", "nats")]);
      }
      // first all places, then the drawings: a plot takes the width that is left for it
      const divs = plots.map(() => row.appendChild(Object.assign(document.createElement("div"), { className: "plot" })));
      plots.forEach(([traces, layout], i) => Plotly.react(divs[i], traces, layout, OPTIONS));
    }
  }

  function drawFronts() {
    const place = find(".front-plots");
    find(".fronts").hidden = !data.fronts.length;
    // first all places, then the drawings: a plot takes the width that is left for it
    while (place.children.length < data.fronts.length) {
      place.append(Object.assign(document.createElement("div"), { className: "plot" }));
    }
    data.fronts.forEach(function (figure, i) {
      const shared = { type: "scatter", showlegend: false }, about = "<br>%{x}, %{y}<extra>%{fullData.name}</extra>";
      const groups = figure.groups.filter(group => !hidden.has(group.label));
      const found = groups.map(group => ({
        ...shared, ...group.points, name: group.label, mode: "markers", hovertemplate: "%{text}" + about,
        marker: { color: rgba(group.colour, 0.3), size: 4 },
      }));
      if (figure.exact) {
        found.push({
          ...shared, ...figure.exact, name: "exact front", mode: figure.shape ? "lines" : "markers", hovertemplate: "%{x}, %{y}<extra>exact front</extra>",
          line: { color: color("--ink"), width: 1.5, shape: figure.shape || "linear" }, marker: { color: color("--ink"), size: 5, symbol: "x-thin-open" },
        });
      }
      for (const group of groups) {
        found.push({
          ...shared, ...group.front, name: group.label, mode: figure.shape ? "lines+markers" : "markers", hovertemplate: "%{text}" + about,
          line: { color: group.colour, width: 1.5, shape: figure.shape || "linear" }, marker: { color: group.colour, size: 8 },
        });
      }
      const layout = layoutOf(figure.title, figure.x, figure.y);
      layout.hovermode = "closest";
      layout.yaxis.rangemode = "normal";
      Plotly.react(place.children[i], found, layout, OPTIONS);
    });
  }

  function drawOfGroups() {
    // first who is shown, then the drawing: a plot takes the width that is left for it
    for (const clock in clocks) find("." + clock).hidden = !data.plots[kind][clock];
    for (const clock in clocks) drawCurves(clock);
    drawFronts();
    find(".floor").hidden = kind === "reward" || !touchesZero(data.plots[kind].evaluations);
  }

  addLegend(find(".legend"), data.plots.reward.evaluations, hidden, drawOfGroups);

  const switcher = find(".switch");
  if (!data.plots.regret.evaluations || data.floor === null) switcher.remove();
  for (const button of switcher.children) {
    button.addEventListener("click", function () {
      kind = button.value;
      for (const other of switcher.children) other.setAttribute("aria-pressed", String(other === button));
      drawOfGroups();
    });
  }

  return function () { drawOfGroups(); drawMixtures(); };
}
