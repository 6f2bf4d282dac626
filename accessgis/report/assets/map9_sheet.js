// The sheet that is printed, A4 across: title and verdict over the map, legend and tables beside it, sources under it.
page.SHEET_GAPS = 10;

page.sheetTitle = function () {
  var rule = page.ruleView(), theme = page.state.theme, mode = page.modeView().name, key = theme === "area" ? page.mainLevel() : theme;
  if (page.rule().counted) { key = "units"; }
  var title = page.fill(page.text("sheet_title"), { name: page.view().sheet.name, title: rule.title, theme: page.text("sheet_" + key) });
  return title + (mode ? page.fill(page.text("sheet_mode"), { mode: mode }) : "");
};

page.drawSheet = function () {
  var view = page.view(), rule = page.ruleView(), mode = page.modeView(), head = page.clear(page.byId("sheet-head"));
  var top = page.element("div", "sheet-top"), said = page.element("p", "sheet-said num");
  top.appendChild(page.element("h2", null, page.sheetTitle()));
  if (view.generated) { top.appendChild(page.element("span", "tag", view.generated)); }
  head.appendChild(top);
  said.appendChild(page.mark(mode.mark, 15));
  said.appendChild(page.element("b", "ink-" + mode.mark, mode.label + view.separator + mode.word + (mode.shareText ? " " + mode.shareText : "")));
  said.appendChild(document.createTextNode(" " + mode.sentence));
  head.appendChild(said);
  rule.notes.forEach(function (note) {
    if (note.tone !== "warn" && note.tone !== "basis") { return; }
    var line = page.element("p", "num");
    if (note.title) { line.appendChild(page.element("b", null, note.title + view.separator)); }
    line.appendChild(document.createTextNode(note.text));
    head.appendChild(line);
  });
  var foot = page.clear(page.byId("sheet-foot"));
  foot.appendChild(page.element("p", "num", view.sheet.sources));
  foot.appendChild(page.element("p", "num", page.text("sheet_maker") + "　" + view.meta));
};

// Drawn once the map lies on the sheet: the legend says how facilities are drawn there.
page.drawSheetSide = function () {
  var side = page.clear(page.byId("sheet-side"));
  side.appendChild(page.byId("legend"));
  page.drawLegend();
  page.lineLegend();
  page.sheetTable(side, page.text("modes"), page.modeLines(), "sheet-modes");
  page.sheetTable(side, page.ruleView().gapsTitle, page.gapLines(), "sheet-gaps", "sheet_rest_gaps");
  page.sheetTable(side, page.text("sheet_townships"), page.townshipLines(), "sheet-townships", "sheet_rest");
};

// The lines of the map, which the screen leaves out of its legend.
page.lineLegend = function () {
  var signs = page.element("div", "signs");
  function line(word, looks) {
    var icon = page.svg("svg", { width: 26, height: 12, "aria-hidden": "true" });
    looks.forEach(function (look) {
      icon.appendChild(page.svg("path", { d: "M0 6h26", stroke: look[0], "stroke-width": look[1], "stroke-dasharray": look[2] || "none" }));
    });
    signs.appendChild(page.legendRow([icon, page.legendText(word)]));
  }
  if (page.byId("show-roads").checked && page.data.roads.main) { line("road_main", [["#77726a", 3], ["#ffffff", 1.7]]); }
  if (page.byId("show-roads").checked && (page.data.roads.town || page.data.roads.minor)) { line("road_other", [["#8f8a80", 1]]); }
  if (page.data.areas.township) { line("township_line", [["#2f2b26", 1.25, "8 3 1.5 3"]]); }
  if (page.data.areas.county) { line("county_line", [["#2b2823", 1.8]]); }
  if (signs.firstChild) { page.byId("legend").appendChild(signs); }
};

page.modeLines = function () {
  var rule = page.ruleView();
  if (rule.modes[0].share === null) { return { head: [], rows: [] }; }
  return {
    head: ["", page.view().tip.share, page.text("sheet_range"), ""],
    rows: rule.modes.map(function (mode, index) {
      return { cells: [page.capital(mode.name), mode.shareText, mode.spanText, page.mark(mode.mark, 12)], on: index === page.state.mode };
    })
  };
};

page.gapLines = function () {
  var gaps = page.byId("show-gaps").checked ? page.ruleView().gaps : [];
  gaps = gaps.filter(function (gap, index) { return gap.rank > 0 && index < page.SHEET_GAPS; });
  return { head: [], rows: gaps.map(function (gap) { return { cells: [String(gap.rank), gap.place, gap.people], on: false }; }) };
};

// Townships by the people who are not covered; of rules that count, as they stand.
page.townshipLines = function () {
  var areas = page.data.areas.township, figures = areas && page.mode().areas.township, tip = page.view().tip, counted = page.rule().counted;
  if (!figures || !figures.share) { return { head: [], rows: [] }; }
  var order = areas.names.map(function (name, index) { return index; }).filter(function (index) { return figures.share[index]; });
  function lost(index) { return counted ? 0 : figures.people[index] - figures.covered[index]; }
  order.sort(function (a, b) { return lost(b) - lost(a) || a - b; });
  return {
    head: ["", counted ? "" : tip.share, counted ? "" : tip.uncovered],
    rows: order.map(function (index) {
      return { cells: [areas.names[index], figures.share[index], counted ? "" : page.people(lost(index))], on: false };
    })
  };
};

// A table of the sheet. Rows that do not fit are left out, as the words named `rest` say; without room for some, all of it is.
page.sheetTable = function (side, title, lines, name, rest) {
  if (!lines.rows.length) { return; }
  var box = page.element("div", "sheet-table " + name), table = page.element("table"), head = page.element("tr");
  box.appendChild(page.element("h3", null, title));
  box.appendChild(table);
  if (lines.head.join("")) {
    lines.head.forEach(function (text) { head.appendChild(page.element("th", null, text)); });
    table.appendChild(head);
  }
  lines.rows.forEach(function (row) {
    var line = page.element("tr", row.on ? "on" : null);
    row.cells.forEach(function (cell) {
      var place = page.element("td", "num", typeof cell === "string" ? cell : null);
      if (typeof cell !== "string") { place.appendChild(cell); }
      line.appendChild(place);
    });
    table.appendChild(line);
  });
  side.appendChild(box);
  if (rest) { page.cutToFit(side, box, table, lines.rows.length, rest); }
};

page.LEAST_ROWS = 3;

page.cutToFit = function (side, box, table, total, words) {
  var shown = total, rest = page.element("p", "hint");
  function over() { return side.scrollHeight > side.clientHeight; }
  while (over() && shown > page.LEAST_ROWS) {
    table.removeChild(table.lastChild);
    shown -= 1;
    rest.textContent = page.fill(page.text(words), { count: total - shown });
    box.appendChild(rest);
  }
  if (over()) { side.removeChild(box); }
};

page.clearSheet = function () {
  page.byId("wrap").appendChild(page.byId("legend"));
  ["sheet-head", "sheet-side", "sheet-foot"].forEach(function (id) { page.clear(page.byId(id)); });
};
