// The map of two results: one state at a time, or what changed. ES5: the page must run in Chromium 78.
page.CHANGE_FILL = { gain: "#9abfd6", loss: "url(#hatch-c)", same: "#fbfaf6", u: "url(#hatch-u)", x: "#ffffff" };
page.CHANGE_MARK = { gain: "above", loss: "below", u: "not_judged", x: "nobody_concerned" };
page.STATES = ["before", "after", "change"];

page.compareText = function (key) { return page.view().compare[key]; };
page.levels = function () { return page.rule().levels; };
page.figures = function (show) { return page.levels()[page.state.level][show]; };
page.level = function () { return page.state.level; };

page.fillOf = function (show, kind) { return (show === "change" ? page.CHANGE_FILL : page.FILL)[kind]; };
page.markOf = function (show, kind) { return (show === "change" ? page.CHANGE_MARK : page.MARK_OF_CLASS)[kind]; };
page.wordOf = function (show, kind) { return show === "change" ? page.compareText("change_" + kind) : page.legendText(kind); };
page.told = function (show, level, index) {
  var figures = page.levels()[level][show];
  return figures.text[index] || page.wordOf(show, figures["class"][index]);
};

// What lies on the map: one state, or with the slider the earlier one to its left and the later one to its right.
page.BOTH = [{ show: "before", end: "_left" }, { show: "after", end: "_right" }];
page.sides = function () { return page.state.show === "slide" ? page.BOTH : [{ show: page.state.show, end: "" }]; };

page.areaTip = function (level, index) {
  return page.tip(page.data.areas[level].names[index], page.STATES.map(function (state) {
    return [page.stateName(state), page.told(state, level, index)];
  }));
};

page.stateName = function (state) {
  return state === "before" ? page.view().names[0] : state === "after" ? page.view().names[1] : page.compareText(state);
};

page.drawAreas = function () {
  var level = page.state.level, areas = page.data.areas[level], group = page.layers.fill, sides = page.sides();
  group.clearLayers();
  sides.forEach(function (side) {
    page.shapesOf(level, "fill" + side.end).forEach(function (layer, index) {
      var kind = page.figures(side.show)["class"][index];
      layer.setStyle({ fillColor: page.fillOf(side.show, kind), stroke: level === "village", color: "#8f8a80", weight: 0.5 });
      layer.addTo(group);
      var node = layer.getElement();
      if (node) {
        node.setAttribute("aria-label", areas.names[index] + " " + sides.map(function (each) { return page.told(each.show, level, index); }).join(" → "));
      }
    });
  });
  if (sides.length > 1) { page.joinSides(level); }
};

// With the slider an area is two shapes: one stop for the keyboard, and both show where it is.
page.joinSides = function (level) {
  var right = page.shapesOf(level, "fill_right");
  page.shapesOf(level, "fill_left").forEach(function (layer, index) {
    var node = layer.getElement(), twin = right[index].getElement();
    if (!node || !twin) { return; }
    twin.setAttribute("tabindex", "-1");
    twin.setAttribute("aria-hidden", "true");
    node.addEventListener("focus", function () { twin.classList.add("focused"); });
    node.addEventListener("blur", function () { twin.classList.remove("focused"); });
  });
};

// The shapes of a level in a pane, made when they are first shown.
page.shapesOf = function (level, pane) {
  var key = pane === "fill" ? level : level + pane;
  if (!page.areaLayers[key]) { page.areaLayers[key] = page.areaShapes(level, pane); }
  return page.areaLayers[key];
};

page.drawNames = function () {
  var group = page.layers.names, level = page.state.level, areas = page.data.areas[level], placed = [];
  group.clearLayers();
  if (areas.names.length > page.NAMES_MOST || areas.names.length < 2) { return; }
  areas.names.forEach(function (name, index) {
    var sides = page.sides(), widest = page.textWidth(name);
    sides.forEach(function (side) { widest = Math.max(widest, page.textWidth(page.told(side.show, level, index)) + 18); });
    var spot = page.freeSpot(areas.labels[index], widest / 2 + 3, 20, placed, []);
    if (spot.cost >= page.CLASH) { return; }
    placed.push(spot);
    sides.forEach(function (side) {
      var box = page.element("div", "area-name"), line = page.element("i", "num");
      var sign = page.markOf(side.show, page.figures(side.show)["class"][index]);
      if (sign) { line.appendChild(page.mark(sign, 13)); }
      line.appendChild(document.createTextNode(page.told(side.show, level, index)));
      box.appendChild(page.element("b", null, name));
      box.appendChild(line);
      L.marker(page.map.containerPointToLatLng([spot.x, spot.y]), {
        icon: page.icon(box), pane: side.end ? "names" + side.end : "markerPane", interactive: false, keyboard: false
      }).addTo(group);
    });
  });
};

// Facilities of the rule: those of the state that is shown; what is new or gone is drawn larger, with a ring.
page.drawFacilities = function () {
  page.layers.facilities.clearLayers();
  page.sides().forEach(function (side, index) { page.drawFacilitiesOf(side.show, "facility" + side.end, index > 0); });
};

// Drawn again to the right of the slider, a facility that is in both states is no second stop for the keyboard.
page.drawFacilitiesOf = function (show, pane, again) {
  var group = page.layers.facilities, rule = page.rule(), hidden = { before: 1, after: 2 }[show];
  page.data.facilities.rows.forEach(function (row) {
    if (rule.kinds.indexOf(row[0]) < 0 || row[4] === hidden) { return; }
    var kind = page.data.facilities.kinds[row[0]], options = page.symbolStyle(kind, 0);
    options.pane = pane;
    options.renderer = page.svgOf[pane];
    options.shape = kind.shape;
    options.radius = kind.radius * (row[4] ? 1.2 : 0.8);
    if (row[4]) {
      L.circleMarker([row[1], row[2]], {
        pane: pane, renderer: page.svgOf[pane], interactive: false, radius: kind.radius * 1.2 + 5, fillColor: "#fff",
        fillOpacity: 0.85, color: row[4] === 1 ? "#1b4f78" : "#8a3606", weight: 2, dashArray: row[4] === 2 ? "3 2" : null
      }).addTo(group);
    }
    var symbol = new page.Symbol([row[1], row[2]], options).bindTooltip(function () { return page.facilityTip(row); }).addTo(group);
    var node = symbol.getElement();
    node.setAttribute("role", "img");
    node.setAttribute("aria-label", (row[3] || "") + " " + page.view().kinds[row[0]]);
    if (again && !row[4]) { node.setAttribute("tabindex", "-1"); }
  });
};

page.facilityTip = function (row) {
  var view = page.view(), name = view.kinds[row[0]], rows = [[view.tip.kind, name]];
  if (row[4]) { rows.push([page.compareText("change"), page.compareText(row[4] === 1 ? "facility_new" : "facility_gone")]); }
  return page.tip(row[3] || name, rows);
};

page.drawLegend = function () {
  var box = page.clear(page.byId("legend")), used = {}, sides = page.state.pair ? page.BOTH : page.sides(), show = sides[0].show;
  sides.forEach(function (side) {
    page.figures(side.show)["class"].forEach(function (kind) { used[kind] = true; });
  });
  var order = show === "change" ? ["gain", "loss", "same", "u", "x"] : Object.keys(page.FILL);
  order.forEach(function (kind) {
    if (!used[kind]) { return; }
    var row = page.element("div", "row"), sign = page.markOf(show, kind);
    row.appendChild(page.swatch([page.fillOf(show, kind)]));
    if (sign) { row.appendChild(page.mark(sign, 13)); }
    row.appendChild(page.element("span", null, page.wordOf(show, kind)));
    box.appendChild(row);
  });
  page.rule().kinds.forEach(function (index) {
    if (!page.data.facilities.rows.some(function (row) { return row[0] === index; })) { return; }
    var row = page.element("div", "row");
    row.appendChild(page.symbolIcon(page.data.facilities.kinds[index], 0, false));
    row.appendChild(page.element("span", null, page.view().kinds[index]));
    box.appendChild(row);
  });
  [[1, "facility_new", "#1b4f78"], [2, "facility_gone", "#8a3606"]].forEach(function (entry) {
    var there = page.data.facilities.rows.some(function (row) { return row[4] === entry[0] && page.rule().kinds.indexOf(row[0]) >= 0; });
    if (!there) { return; }
    var row = page.element("div", "row"), icon = page.svg("svg", { width: 18, height: 16, "aria-hidden": "true" });
    icon.appendChild(page.svg("circle", { cx: 9, cy: 8, r: 6.5, fill: "#fff", stroke: entry[2], "stroke-width": 2, "stroke-dasharray": entry[0] === 2 ? "3 2" : "none" }));
    row.appendChild(icon);
    row.appendChild(page.element("span", null, page.compareText(entry[1])));
    box.appendChild(row);
  });
};

page.radios = function (box, name, values, chosen, told, choose) {
  page.clear(box);
  values.forEach(function (value) {
    var label = page.element("label"), input = page.element("input");
    input.type = "radio";
    input.name = name;
    input.value = value;
    input.checked = value === chosen;
    input.addEventListener("change", function () { choose(value); });
    label.appendChild(input);
    label.appendChild(page.element("span", null, told(value)));
    box.appendChild(label);
  });
};

page.drawChoices = function () {
  var there = Object.keys(page.data.areas).filter(function (level) { return page.levels()[level]; });
  if (there.indexOf(page.state.level) < 0) { page.state.level = there.indexOf("township") >= 0 ? "township" : there[there.length - 1]; }
  page.byId("states").setAttribute("aria-label", page.compareText("state"));
  page.byId("levels").setAttribute("aria-label", page.compareText("level"));
  page.radios(page.byId("states"), "state", page.slides ? page.STATES.concat("slide") : page.STATES, page.state.show, page.stateName, function (value) {
    page.state.show = value;
    page.drawAll();
  });
  page.radios(page.byId("levels"), "level", there, page.state.level, function (value) { return page.text("theme_" + value); }, function (value) {
    page.state.level = value;
    page.drawAll();
  });
};

page.drawAll = function () {
  page.showSlider(page.state.show === "slide");
  page.drawAreas();
  page.drawFacilities();
  page.drawNames();
  page.drawLegend();
};

page.refresh = function () {
  page.byId("sentence").textContent = page.ruleView().sentence;
  page.drawChoices();
  page.drawAll();
};

page.run = function (map) {
  page.start(map);
  if (!page.data.rules.length) { page.byId("compared").hidden = true; return; }
  document.documentElement.className = "js";
  page.state.show = "change";
  page.state.level = page.data.areas.township ? "township" : "county";
  var first = -1, select = page.byId("rule");
  page.view().rules.forEach(function (rule, index) {
    var option = page.element("option", null, (rule.changed ? "● " : "○ ") + rule.title);
    option.value = String(index);
    select.appendChild(option);
    if (rule.changed && first < 0) { first = index; }
  });
  page.state.rule = Math.max(0, first);
  select.value = String(page.state.rule);
  Array.prototype.forEach.call(document.querySelectorAll("[data-text]"), function (node) { node.textContent = page.text(node.getAttribute("data-text")); });
  Array.prototype.forEach.call(document.querySelectorAll("[data-compare]"), function (node) { node.textContent = page.compareText(node.getAttribute("data-compare")); });
  map.invalidateSize(false);
  map.fitBounds(page.data.bounds, { animate: false, padding: [8, 8] });
  page.buildLayers();
  page.buildSlider();
  page.refresh();
  select.addEventListener("change", function () {
    page.state.rule = Number(this.value);
    page.refresh();
  });
  map.on("zoomend resize", page.drawNames);
  window.addEventListener("beforeprint", page.print);
  window.addEventListener("afterprint", page.afterPrint);
};

page.fit = function () {
  page.map.invalidateSize(false);
  page.map.fitBounds(page.data.bounds, { animate: false, padding: [8, 8] });
  page.drawNames();
};
