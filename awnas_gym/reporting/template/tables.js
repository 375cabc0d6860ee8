// Tables that are sorted by a click on a heading, and filtered by words, environment and agent.
function showTables() {
  for (const results of document.querySelectorAll(".results")) {
    sortable(results.querySelector("table"));
    filterable(results);
  }
  for (const button of document.querySelectorAll(".copy")) {
    button.addEventListener("click", async function () {
      const code = button.parentElement.querySelector("code");
      try {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = "copied";
      } catch { // no clipboard here: the reader presses the keys
        getSelection().selectAllChildren(code);
        button.textContent = "selected";
      }
    });
  }
}

function sortable(table) {
  const body = table.tBodies[0], heads = [...table.tHead.rows[0].cells];
  heads.forEach(function (head, column) {
    const button = head.querySelector("button"), words = "words" in head.dataset;
    if (!button) return;
    button.addEventListener("click", function () {
      const now = head.getAttribute("aria-sort");
      const down = now ? now === "ascending" : !words;
      const rows = [...body.rows].map(row => [row.cells[column].dataset.value, row]);
      rows.sort(function ([a], [b]) {
        const [x, y] = [Number(a), Number(b)];
        if (words) return (down ? -1 : 1) * a.localeCompare(b, "en", { numeric: true });
        if (isNaN(x) || isNaN(y)) return isNaN(x) - isNaN(y);
        return down ? y - x : x - y;
      });
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      body.append(...rows.map(([, row]) => row));
    });
  });
}

function filterable(results) {
  const rows = [...results.querySelector("tbody").rows], fields = [...results.querySelectorAll("input, select")];
  function filter() {
    let shown = 0;
    for (const row of rows) {
      const text = [...row.cells].map(cell => cell.dataset.value).join(" ").toLowerCase();
      row.hidden = !fields.every(field => field.tagName === "SELECT"
        ? !field.value || row.dataset[field.name] === field.value
        : field.value.toLowerCase().split(/\s+/).every(word => text.includes(word)));
      shown += !row.hidden;
    }
    results.querySelector("output").textContent = shown === rows.length ? "" : shown + " of " + rows.length + " rows";
  }
  for (const field of fields) for (const event of ["input", "change"]) field.addEventListener(event, filter);
}
