// The panel beside the map: verdict, what it rests on, modes, gaps; and the legend.
page.drawVerdict = function () {
  var rule = page.ruleView(), mode = page.modeView(), box = page.clear(page.byId("verdict")), ink = "ink-" + mode.mark;
  box.appendChild(page.element("div", "label", mode.label));
  var row = page.element("div", "verdict-row");
  row.appendChild(page.mark(mode.mark, 24));
  row.appendChild(page.element("span", "verdict-word " + ink, mode.word));
  if (mode.shareText) {
    var share = page.element("span", "verdict-share num " + ink, mode.shareText.replace("%", ""));
    share.appendChild(page.element("small", null, rule.unit || (mode.shareText.indexOf("%") < 0 ? "" : "%")));
    row.appendChild(share);
  }
  box.appendChild(row);
  box.appendChild(page.element("p", "sentence num", mode.sentence));
  page.drawNotes(rule.notes, box);
  box.appendChild(page.details("facts", page.text("assumptions"), page.factList(rule.facts.concat(mode.timesText && page.state.mode ? [[page.view().timesLabel, mode.timesText]] : []))));
};

page.drawNotes = function (notes, box) {
  var small = page.element("div", "small-notes num");
  notes.forEach(function (note) {
    var warn = note.tone === "warn", target = page.element(warn ? "div" : "p", warn ? "note note-warn num" : null);
    if (note.title) { target.appendChild(page.element("b", null, note.title + page.view().separator)); }
    target.appendChild(document.createTextNode(note.text));
    (warn ? box : small).appendChild(target);
  });
  if (small.firstChild) { box.appendChild(small); }
};

page.details = function (key, title, body) {
  var box = page.element("details");
  box.appendChild(page.element("summary", null, title));
  box.appendChild(body);
  box.open = Boolean(page.state.details[key]);
  box.addEventListener("toggle", function () { page.state.details[key] = box.open; });
  return box;
};

page.factList = function (facts) {
  var list = page.element("dl", "num");
  facts.forEach(function (fact) {
    var row = page.element("div");
    row.appendChild(page.element("dt", null, fact[0]));
    row.appendChild(page.element("dd", null, fact[1]));
    list.appendChild(row);
  });
  return list;
};

page.textList = function (lines) {
  var list = page.element("ul");
  lines.forEach(function (line) { list.appendChild(page.element("li", "num", line)); });
  return list;
};

page.place = function (node, share) { node.style.left = (share * 100).toFixed(2) + "%"; return node; };

page.drawModes = function () {
  var rule = page.ruleView(), box = page.clear(page.byId("modes")), judged = rule.modes[0].share !== null;
  box.hidden = !judged;
  if (!judged) { return; }
  var title = page.element("div", "modes-title");
  title.appendChild(page.element("span", null, page.text("modes")));
  title.appendChild(page.element("span", null, page.text("bar")));
  box.appendChild(title);
  var least = 1;
  rule.modes.forEach(function (mode) { least = Math.min(least, mode.share, mode.low === null ? 1 : mode.low); });
  if (rule.target !== null) { least = Math.min(least, rule.target); }
  least = Math.max(0, Math.floor(least * 10 - 0.3) / 10);
  function at(share) { return (share - least) / (1 - least); }
  rule.modes.forEach(function (mode, index) { box.appendChild(page.modeRow(mode, index, rule.target, at)); });
  box.appendChild(page.axis(least, rule, at));
};

page.modeRow = function (mode, index, target, at) {
  var row = page.element("label", "mode" + (index === page.state.mode ? " on" : "")), name = page.element("span", "mode-name");
  var input = page.element("input");
  input.type = "radio";
  input.name = "mode";
  input.value = String(index);
  input.checked = index === page.state.mode;
  input.addEventListener("change", function () {
    page.state.mode = index;
    page.refresh();
    var again = document.querySelector("#modes input[value='" + index + "']");
    if (again) { again.focus(); }
  });
  name.appendChild(input);
  name.appendChild(document.createTextNode(page.capital(mode.name)));
  name.title = page.capital(mode.name);
  row.appendChild(name);
  var plot = page.element("span", "plot");
  if (target !== null) { plot.appendChild(page.place(page.element("i", "goal"), at(target))); }
  if (mode.low !== null) {
    var range = page.place(page.element("i", "range"), at(mode.low));
    range.style.width = ((at(mode.high) - at(mode.low)) * 100).toFixed(2) + "%";
    plot.appendChild(range);
    row.title = mode.rangeText;
  }
  plot.appendChild(page.place(page.element("i", "dot"), at(mode.share)));
  row.appendChild(plot);
  row.appendChild(page.element("span", "mode-share num", mode.shareText));
  var sign = page.element("span", "mode-mark");
  sign.appendChild(page.mark(mode.mark, 15));
  sign.title = mode.word;
  row.appendChild(sign);
  return row;
};

page.axis = function (least, rule, at) {
  var axis = page.element("div", "axis num"), plot = page.element("span", "plot");
  axis.appendChild(page.element("span", "mode-name"));
  [least, (least + 1) / 2, 1].forEach(function (share, i) {
    if (rule.target !== null && Math.abs(at(share) - at(rule.target)) < 0.38) { return; }
    plot.appendChild(page.place(page.element("span", i === 0 ? "first" : i === 2 ? "last" : null, Math.round(share * 100) + "%"), at(share)));
  });
  if (rule.target !== null) {
    var where = at(rule.target), edge = where < 0.2 ? " first" : where > 0.85 ? " last" : "";
    plot.appendChild(page.place(page.element("span", "goal-text" + edge, page.fill(page.text("target"), { share: rule.targetText })), Math.min(1, where + (edge === " last" ? 0.12 : 0))));
  }
  axis.appendChild(plot);
  axis.appendChild(page.element("span", "mode-share"));
  axis.appendChild(page.element("span", "mode-mark"));
  return axis;
};

page.drawGapList = function () {
  var rule = page.ruleView(), list = page.clear(page.byId("gap-list"));
  page.byId("gaps").hidden = rule.modes[0].share === null && !rule.gapsSum;
  page.byId("gaps-title").textContent = rule.gapsTitle;
  page.byId("gaps-sum").textContent = rule.gapsSum;
  var rest = [];
  rule.gaps.forEach(function (gap, index) {
    if (gap.rank < 1) { rest.push(gap); return; }
    var item = page.element("li"), button = page.element("button", "gap" + (index === page.state.gap ? " on" : ""));
    button.type = "button";
    button.appendChild(page.element("span", "gap-rank num", gap.rank));
    var body = page.element("span", "gap-body");
    body.appendChild(page.element("span", "gap-place", gap.place));
    if (gap.nearest) { body.appendChild(page.element("span", "gap-near num", gap.nearest)); }
    button.appendChild(body);
    var people = page.element("span", "gap-people num", gap.people);
    people.appendChild(page.element("small", null, gap.reason));
    button.appendChild(people);
    button.addEventListener("click", function () { page.pick(index, true); });
    item.appendChild(button);
    list.appendChild(item);
  });
  if (rule.gapsMore) { list.appendChild(page.element("li", "gap-rest num", rule.gapsMore)); }
  rest.forEach(function (gap) {
    var item = page.element("li", "gap-rest num", gap.place);
    item.appendChild(page.element("span", null, gap.people));
    list.appendChild(item);
  });
};

page.drawAbout = function () {
  var view = page.view(), box = page.clear(page.byId("about"));
  if (view.doubts.length) { box.appendChild(page.details("doubts", page.fill(page.text("doubts"), { count: view.doubts.length }), page.textList(view.doubts))); }
  box.appendChild(page.details("inputs", page.text("inputs"), page.textList(view.inputs.concat([page.text("method")]))));
  var licence = page.element("pre", null, page.byId("notice").textContent);
  licence.id = "licence";
  box.appendChild(page.details("licences", page.text("licences"), licence));
};
