// State, words and small helpers. ES5: the page must run in Chromium 78.
var page = {};

page.start = function (map) {
  page.map = map;
  var all = JSON.parse(document.getElementById("data").textContent);
  page.data = all.data;
  page.views = all.views;
  page.state = { lang: all.lang, rule: all.first || 0, mode: 0, theme: "", gap: -1, details: {} };
};

page.byId = function (id) { return document.getElementById(id); };

page.element = function (tag, className, text) {
  var node = document.createElement(tag);
  if (className) { node.className = className; }
  if (text !== undefined && text !== null) { node.textContent = text; }
  return node;
};

page.svg = function (tag, attributes) {
  var node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  Object.keys(attributes || {}).forEach(function (key) { node.setAttribute(key, attributes[key]); });
  return node;
};

page.clear = function (node) {
  while (node.firstChild) { node.removeChild(node.firstChild); }
  return node;
};

page.view = function () { return page.views[page.state.lang]; };
page.text = function (key) { return page.view().text[key]; };
page.legendText = function (key) { return page.view().legend[key]; };
page.rule = function () { return page.data.rules[page.state.rule]; };
page.ruleView = function () { return page.view().rules[page.state.rule]; };
page.mode = function () { return page.rule().modes[page.state.mode]; };
page.modeView = function () { return page.ruleView().modes[page.state.mode]; };

// Fills "{name}" in a text of the catalogue; values may hold braces of their own.
page.fill = function (text, values) {
  return text.replace(/\{(\w+)\}/g, function (whole, name) {
    return Object.prototype.hasOwnProperty.call(values, name) ? String(values[name]) : whole;
  });
};

page.capital = function (text) { return text.charAt(0).toUpperCase() + text.slice(1); };

page.count = function (value) { return String(value).replace(/\B(?=(\d{3})+$)/g, ","); };

// An amount with thousands separated, its decimals as they are.
page.quantity = function (value) {
  var parts = String(value).split(".");
  return [page.count(parts[0])].concat(parts.slice(1)).join(".");
};

page.people = function (value) {
  if (page.state.lang === "en") { return page.count(value); }
  if (value < 10000) { return page.count(value) + "人"; }
  var hundredths = Math.floor(value / 100 + 0.5);
  return Math.floor(hundredths / 100) + "." + String(100 + hundredths % 100).slice(1) + "万人";
};

// Shapes come as steps of 1/perDegree degree: the first point, then differences.
page.points = function (steps) {
  var out = [], x = 0, y = 0;
  for (var i = 0; i < steps.length; i += 2) {
    x += steps[i];
    y += steps[i + 1];
    out.push([y / page.data.perDegree, x / page.data.perDegree]);
  }
  return out;
};

page.rings = function (polygons) {
  return polygons.map(function (rings) { return rings.map(page.points); });
};

// The levels that stand for the whole on the map: townships, or the county alone where there are none.
page.mainLevel = function () { return page.data.areas.township ? "township" : "county"; };
page.level = function () { return page.state.theme === "village" ? "village" : page.mainLevel(); };
