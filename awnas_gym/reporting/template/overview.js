// What is said over all environments. Returns what draws it.
function showOverview(data) {
  const hidden = new Set();
  const place = id => document.getElementById(id);

  function drawAggregates() {
    for (const { id, title, rows } of data.aggregates) {
      const div = place(id), shown = [...rows].reverse(); // the first one at the top
      div.style.height = 90 + 30 * rows.length + "px";
      const traces = shown.map(row => ({
        x: [row.mean], y: [row.label], mode: "markers", showlegend: false, marker: { color: row.colour, size: 10 },
        error_x: row.low === null ? undefined : { type: "data", symmetric: false, array: [row.high - row.mean], arrayminus: [row.mean - row.low], color: row.colour, thickness: 2.5, width: 6 },
        hovertemplate: "%{x:.4f}<extra>" + row.text + "</extra>",
      }));
      const layout = layoutOf(title, "", "");
      layout.hovermode = "closest";
      layout.title.xref = "container"; // names take much of the width
      layout.yaxis = { ...axisOf(""), type: "category", ticks: "", range: [-0.7, rows.length - 0.3], ticklabelstandoff: 6 };
      layout.xaxis.nticks = 5;
      Plotly.react(div, traces, layout, OPTIONS);
    }
  }

  function drawCurves() {
    const shown = lines => lines.filter(line => !hidden.has(line.label));
    const regrets = layoutOf("mean normalised regret", data.along, "");
    regrets.yaxis = data.floor === null ? regrets.yaxis : logAxis(data.regrets, data.floor);
    regrets.xaxis.rangemode = "tozero";
    Plotly.react(place("regrets"), bandsAndLines(shown(data.regrets), "hv", data.floor === null ? v => v : lifted(data.floor)), regrets, OPTIONS);
    const profiles = layoutOf("share of runs with a higher score", "normalised score", "");
    profiles.yaxis.range = [0, 1.02];
    Plotly.react(place("profiles"), bandsAndLines(shown(data.profiles), "hv", v => v), profiles, OPTIONS);
    place("overview-floor").hidden = data.floor === null || !touchesZero(data.regrets);
  }

  addLegend(place("overview-legend"), data.regrets, hidden, drawCurves);
  return function () { drawAggregates(); drawCurves(); };
}
