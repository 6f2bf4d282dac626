// The legend of the theme that is shown.
page.drawLegend = function () {
  var box = page.clear(page.byId("legend")), theme = page.state.theme;
  var rows = theme === "time" ? page.timeLegend() : theme === "people" ? page.peopleLegend() : page.rule().counted ? page.countedLegend() : page.shareLegend();
  box.appendChild(page.element("h3", null, rows.title));
  if (rows.hint) { box.appendChild(page.element("div", "hint num", rows.hint)); }
  rows.lines.forEach(function (line) { box.appendChild(page.legendRow(line)); });
  var signs = page.element("div", "signs"), rule = page.rule(), view = page.view(), facilities = page.data.facilities;
  var drawn = {}, coming = false, mobile = facilities.statuses.indexOf("mobile"), proposed = facilities.statuses.indexOf("proposed"), stops = false, site = -1, unsized = -1;
  facilities.rows.forEach(function (row) {
    var mine = rule.kinds.indexOf(row[0]) >= 0;
    drawn[row[0]] = true;
    coming = coming || (mine && row[5] > 0 && row[5] !== mobile && row[5] !== proposed);
    if (mine && row[5] === proposed) { site = row[0]; }
    if (mine && page.isUnsized(row)) { unsized = row[0]; }
    stops = stops || (mine && row[5] === mobile);
  });
  rule.kinds.forEach(function (kind) {
    if (!drawn[kind]) { return; }
    var dot = page.crowded(kind);
    signs.appendChild(page.legendRow([page.symbolIcon(facilities.kinds[kind], 0, dot), view.kinds[kind] + (dot ? page.legendText("dot") : "")]));
  });
  if (unsized >= 0) { signs.appendChild(page.legendRow([page.symbolIcon(facilities.kinds[unsized], 0, page.crowded(unsized), true), page.legendText("unsized")])); }
  if (site >= 0) { signs.appendChild(page.legendRow([page.symbolIcon(facilities.kinds[site], proposed), page.legendText("proposed")])); }
  if (coming) { signs.appendChild(page.legendRow([page.symbolIcon(facilities.kinds[rule.kinds[0]], 1), page.legendText("not_yet")])); }
  if (stops) { signs.appendChild(page.legendRow([page.symbolIcon(facilities.kinds[rule.kinds[0]], mobile), page.legendText("stop")])); }
  if (page.ruleView().gaps.length) { signs.appendChild(page.legendRow([page.gapIcon(), page.legendText(page.rule().counted ? "lacking" : "gap")])); }
  if (signs.firstChild) { box.appendChild(signs); }
};

page.legendRow = function (line) {
  var row = page.element("div", "row");
  row.appendChild(line[0]);
  if (line[2]) { row.appendChild(page.mark(line[2], 13)); }
  row.appendChild(page.element("span", "num", line[1]));
  return row;
};

page.gapIcon = function () {
  var icon = page.svg("svg", { width: 18, height: 16, "aria-hidden": "true" });
  icon.appendChild(page.svg("circle", { cx: 9, cy: 8, r: 6.5, fill: "#fff", stroke: "#74300c", "stroke-width": 1.8 }));
  var number = page.svg("text", { x: 9, y: 11.4, "text-anchor": "middle", "font-size": 9, "font-weight": 700, fill: "#74300c" });
  number.textContent = "1";
  icon.appendChild(number);
  return icon;
};

// The classes that occur in a rule that counts, those of its units or those of areas.
page.countedLegend = function () {
  var used = {};
  page.mode().areas[page.level()]["class"].forEach(function (kind) { used[kind] = true; });
  var shares = ["a", "b", "c", "d"].some(function (kind) { return used[kind]; }), shown = ["p", "h", "n", "ga", "gb"];
  shown = shown.concat(shares ? ["a", "b", "c", "d"] : ["s1", "s2", "s3", "s4"], ["u", "x"]);
  return {
    title: page.legendText(used.p || used.h || used.n ? "units" : used.ga || used.gb ? "amounts" : "unit_shares"),
    hint: shares ? page.fill(page.legendText("against_plan"), { target: page.ruleView().targetText }) : "",
    lines: shown.filter(function (kind) { return used[kind]; }).map(function (kind) {
      return [page.swatch([page.FILL[kind]]), page.legendText(kind), page.MARK_OF_CLASS[kind]];
    })
  };
};

page.shareLegend = function () {
  var rule = page.ruleView(), judged = rule.modes[0].share !== null, used = {}, classes;
  page.mode().areas[page.level()]["class"].forEach(function (kind) { used[kind] = true; });
  if (!judged) { classes = []; } else { classes = rule.target !== null ? ["a", "b", "c", "d"] : ["s1", "s2", "s3", "s4"]; }
  ["u", "x"].forEach(function (kind) { if (used[kind]) { classes.push(kind); } });
  return {
    title: judged && rule.target !== null ? page.fill(page.legendText("against"), { share: rule.targetText }) : page.legendText("share"),
    hint: !judged ? "" : rule.target !== null ? page.legendText("compared") : page.legendText("no_target"),
    lines: classes.map(function (kind) { return [page.swatch([page.FILL[kind]]), page.legendText(kind), page.MARK_OF_CLASS[kind]]; })
  };
};

page.amount = function (value) { return String(Math.round(value * 10) / 10); };

page.timeLegend = function () {
  var rule = page.rule(), last = rule.edges.length - 1, unit = rule.inMetres ? "_m" : "", polygons = page.state.mode === 0 && rule.bands;
  var lines = rule.edges.map(function (edge, i) {
    var limit = edge === rule.limit, words = { from: i ? page.amount(rule.edges[i - 1]) : "", to: page.amount(edge) };
    var text = page.fill(page.legendText((i ? "between" : "up_to") + unit), words);
    return [page.swatch([rule.bandColours[i]], limit ? "#1f4f7a" : null, limit ? 2 : null), text + (limit ? page.fill(page.legendText("limit_in" + unit), words) : "")];
  });
  var over = page.fill(page.legendText("over" + unit), { from: page.amount(rule.edges[last]) });
  lines.push([page.swatch([polygons ? "url(#hatch-far)" : rule.bandColours[last + 1]]), over]);
  return {
    title: page.fill(page.legendText(rule.inMetres ? "metres" : rule.from ? "time_from" : "time"), { mode: page.modeView().name }),
    hint: polygons ? "" : page.legendText("time_cells"),
    lines: lines
  };
};

page.peopleLegend = function () {
  var rule = page.rule(), breaks = rule.breaks || [1, 2], colours = page.data.colours;
  return {
    title: page.fill(page.legendText("people"), { metres: page.data.grid.cellM }),
    hint: page.fill(page.legendText("per_cell"), { low: breaks[0], high: breaks[1] }),
    lines: [
      [page.swatch(colours.covered), page.fill(page.legendText("inside"), { limit: page.ruleView().limitText })],
      [page.swatch(colours.uncovered), page.legendText(page.rule().inMetres ? "outside_m" : "outside")],
      [page.swatch([colours.notConcerned]), page.legendText("not_concerned")]
    ]
  };
};
