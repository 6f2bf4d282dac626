// What lies on the map, from the ground up: fills, pictures, roads, borders, gaps, facilities.
page.buildLayers = function () {
  var map = page.map, data = page.data;
  page.layers = {};
  page.svgOf = {};
  [["fill", 300], ["grid", 320], ["roads", 350], ["border", 360], ["gap", 380], ["facility", 420], ["village", 430]].forEach(function (entry) {
    var pane = map.createPane(entry[0]);
    pane.style.zIndex = entry[1];
    if (["fill", "gap", "facility"].indexOf(entry[0]) < 0) { pane.style.pointerEvents = "none"; }
    page.svgOf[entry[0]] = L.svg({ pane: entry[0], padding: 0.5 });
  });
  L.control.zoom({ position: "topright", zoomInTitle: page.text("zoom_in"), zoomOutTitle: page.text("zoom_out") }).addTo(map);
  L.control.scale({ imperial: false, position: "bottomright", maxWidth: 140 }).addTo(map);
  page.areaLayers = {};
  Object.keys(data.areas).forEach(function (level) {
    page.areaLayers[level] = page.areaShapes(level, "fill");
  });
  page.layers.fill = L.layerGroup().addTo(map);
  page.layers.time = L.layerGroup().addTo(map);
  page.layers.roads = L.layerGroup().addTo(map);
  page.buildRoads();
  page.buildBorders();
  ["gaps", "facilities", "villages", "names"].forEach(function (name) { page.layers[name] = L.layerGroup().addTo(map); });
};

page.areaShapes = function (level, pane) {
  return page.data.areas[level].shapes.map(function (shape, index) {
    var layer = L.polygon(page.rings(shape), { pane: pane, renderer: page.svgOf[pane], stroke: false, fillOpacity: 1 });
    layer.bindTooltip(function () { return page.areaTip(level, index); }, { sticky: true });
    layer.on("add", function () {
      var node = layer.getElement();
      if (node) { node.setAttribute("tabindex", "0"); node.setAttribute("role", "img"); }
    });
    return layer;
  });
};

page.buildRoads = function () {
  var style = {
    path: [["#b3aea4", 0.5, "3 2.5"]], minor: [["#aba69b", 0.7]], town: [["#8f8a80", 1.2]], main: [["#77726a", 3], ["#ffffff", 1.7]]
  };
  ["path", "minor", "town", "main"].forEach(function (rank) {
    var lines = (page.data.roads[rank] || []).map(page.points);
    if (!lines.length) { return; }
    style[rank].forEach(function (look) {
      L.polyline(lines, {
        pane: "roads", renderer: page.svgOf.roads, interactive: false, color: look[0], weight: look[1], dashArray: look[2] || null, opacity: 0.9
      }).addTo(page.layers.roads);
    });
  });
};

page.buildBorders = function () {
  function draw(level, looks) {
    if (!page.data.areas[level]) { return; }
    page.data.areas[level].shapes.forEach(function (shape) {
      looks.forEach(function (look) {
        L.polygon(page.rings(shape), {
          pane: "border", renderer: page.svgOf.border, interactive: false, fill: false,
          color: look[0], weight: look[1], opacity: look[2], dashArray: look[3] || null
        }).addTo(page.map);
      });
    });
  }
  draw("township", [["#ffffff", 4, 0.55]]);
  draw("township", [["#2f2b26", 1.25, 1, "8 3 1.5 3"]]);
  draw("county", [["#8d8677", 7, 0.28], ["#2b2823", 1.6, 1]]);
};

page.tip = function (title, rows) {
  var box = page.element("div"), table = page.element("table");
  box.appendChild(page.element("b", null, title));
  rows.forEach(function (row) {
    var line = page.element("tr");
    line.appendChild(page.element("td", null, row[0]));
    line.appendChild(page.element("td", "num", row[1]));
    table.appendChild(line);
  });
  box.appendChild(table);
  return box;
};

page.areaTip = function (level, index) {
  var areas = page.data.areas[level], figures = page.mode().areas[level], tip = page.view().tip;
  var name = areas.parents[index] + areas.names[index], kind = figures["class"][index];
  if (page.rule().counted) { return page.tip(name, [[page.legendText(kind), figures.share[index]]]); }
  if (kind === "u" || kind === "x") { return page.tip(name, [[page.legendText(kind), ""]]); }
  var people = figures.people[index], covered = figures.covered[index];
  return page.tip(name, [
    [tip.share, figures.share[index]],
    [tip.covered, page.count(covered) + "/" + page.count(people)],
    [tip.uncovered, page.people(people - covered)]
  ]);
};

page.drawTheme = function () {
  var state = page.state, rule = page.rule(), level = page.level(), shaded = state.theme === "area" || state.theme === "village";
  var fill = page.layers.fill, time = page.layers.time;
  fill.clearLayers();
  time.clearLayers();
  var figures = page.mode().areas[level], areas = page.data.areas[level];
  page.areaLayers[level].forEach(function (layer, index) {
    var kind = figures["class"][index], ground = state.theme === "time" && page.mode().time === null ? "url(#hatch-far)" : "#fbfaf6";
    layer.setStyle({ fillColor: shaded ? page.FILL[kind] : ground, stroke: shaded && level === "village", color: "#8f8a80", weight: 0.5 });
    layer.addTo(fill);
    var node = layer.getElement();
    if (node) { node.setAttribute("aria-label", areas.names[index] + " " + (figures.share[index] || page.legendText(kind))); }
  });
  if (state.theme === "time") { page.drawTime(rule, time); }
  if (state.theme === "people") { page.drawGrid(page.mode().people, time); }
};

page.drawGrid = function (address, group) {
  if (address && page.data.grid) {
    L.imageOverlay(address, page.data.grid.bounds, { pane: "grid", alt: "" }).addTo(group);
  }
};

page.drawTime = function (rule, group) {
  if (page.state.mode > 0 || !rule.bands) { page.drawGrid(page.mode().time, group); return; }
  rule.bands.shapes.forEach(function (shape, index) {
    L.polygon(page.rings(shape), {
      pane: "fill", renderer: page.svgOf.fill, interactive: false, stroke: false, fillOpacity: 1, fillColor: rule.bandColours[rule.bands.band[index]]
    }).addTo(group);
  });
  [["#ffffff", 4.4, 0.8], ["#1f4f7a", 2, 1]].forEach(function (look) {
    L.polyline(rule.bands.limit.map(page.points), {
      pane: "fill", renderer: page.svgOf.fill, interactive: false, color: look[0], weight: look[1], opacity: look[2]
    }).addTo(group);
  });
};

page.drawFacilities = function () {
  var group = page.layers.facilities, rule = page.rule(), zoom = page.map.getZoom();
  group.clearLayers();
  page.spacing = page.symbolSpacing();
  if (!page.byId("show-facilities").checked) { return; }
  var away = zoom - page.fitZoom, scale = away < -0.6 ? 0.8 : away < 1.5 ? 1 : 1.35;
  page.data.facilities.rows.forEach(function (row) {
    if (rule.kinds.indexOf(row[0]) < 0) { return; }
    var kind = page.data.facilities.kinds[row[0]], options = page.symbolStyle(kind, row[5], page.isUnsized(row));
    options.pane = "facility";
    options.renderer = page.svgOf.facility;
    options.shape = kind.shape;
    options.radius = kind.radius * scale * page.symbolScale;
    if (page.isProposed(row[5])) {
      options.radius *= 1.4;
    } else if (page.crowded(row[0])) {
      options.shape = "circle";
      options.radius = Math.max(0.9, Math.min(1.8, page.spacing[row[0]] / 6));
      options.stroke = row[5] > 0;
      options.weight = 0.7;
      options.dashArray = null;
    }
    var symbol = new page.Symbol([row[1], row[2]], options).bindTooltip(function () { return page.facilityTip(row); }).addTo(group);
    page.noStop(symbol, page.facilityWords(row));
  });
};

// Hundreds of shapes are no stops for the keyboard, which finds them by the search or the list; they are named all the same.
page.noStop = function (layer, name) {
  var node = layer.getElement();
  if (!node) { return; }
  node.setAttribute("tabindex", "-1");
  node.setAttribute("role", "img");
  node.setAttribute("aria-label", name);
};

// Pixels from one facility of a kind to the next, were they spread evenly over the study.
page.symbolSpacing = function () {
  var map = page.map, bounds = page.data.bounds, counts = {}, spacing = {};
  var a = map.latLngToLayerPoint(bounds[0]), b = map.latLngToLayerPoint(bounds[1]), area = Math.abs((b.x - a.x) * (b.y - a.y)) * 0.65;
  page.data.facilities.rows.forEach(function (row) { counts[row[0]] = (counts[row[0]] || 0) + 1; });
  Object.keys(counts).forEach(function (kind) { spacing[kind] = Math.sqrt(area / counts[kind]); });
  return spacing;
};

// Where symbols would touch each other they are drawn as dots.
page.crowded = function (kind) {
  return page.spacing[kind] < 2.8 * page.data.facilities.kinds[kind].radius * page.symbolScale;
};

// What is known of a facility: kind, place, status where it does not count yet; then its capacities.
page.facilityRows = function (row) {
  var view = page.view(), rows = [[view.tip.kind, view.kinds[row[0]]]];
  if (row[4]) { rows.push([view.tip.place, row[4]]); }
  if (row[5] > 0) { rows.push([view.tip.status, view.status[page.data.facilities.statuses[row[5]]]]); }
  return rows;
};

page.capacityRows = function (row) {
  if (page.isUnsized(row)) { return [[page.view().tip.size, page.view().tip.unsized]]; }
  return (row[6] || []).map(function (pair) { return [page.view().capacities[pair[0]], page.quantity(pair[1])]; });
};

page.facilityTip = function (row) {
  return page.tip(row[3] || page.view().kinds[row[0]], page.facilityRows(row).concat(page.capacityRows(row)));
};

page.facilityWords = function (row) {
  var told = page.facilityRows(row).map(function (line) { return line[1]; });
  return [row[3]].concat(told, page.capacityRows(row).map(function (line) { return line.join(" "); })).join(" ").trim();
};

page.Symbol = L.CircleMarker.extend({
  _updatePath: function () {
    this._renderer._setPath(this, this._empty() ? "M0 0" : page.symbolPath(this.options.shape, this._point.x, this._point.y, this._radius));
  }
});

page.icon = function (node, className) {
  return L.divIcon({ html: node, className: className || "", iconSize: [0, 0] });
};

page.drawGaps = function () {
  var group = page.layers.gaps, view = page.ruleView(), outlined = page.state.theme === "people";
  group.clearLayers();
  if (!page.byId("show-gaps").checked) { return; }
  page.rule().gaps.forEach(function (shape, index) {
    var on = index === page.state.gap;
    if (!on && !outlined) { return; }
    var layer = L.polygon(page.rings(shape), {
      pane: "gap", renderer: page.svgOf.gap, color: on ? "#0b0b0b" : "#5c2408", weight: on ? 1.8 : 0.8, fillColor: "#74300c", fillOpacity: on && !outlined ? 0.35 : 0.02
    });
    layer.on("click", function () { page.pick(index, false); });
    layer.bindTooltip(function () { return page.gapTip(view.gaps[index]); }, { sticky: true }).addTo(group);
    page.noStop(layer, view.gaps[index].place + " " + view.gaps[index].people);
  });
  view.gaps.forEach(function (gap, index) {
    if (gap.rank < 1 || (index >= page.DISCS && index !== page.state.gap)) { return; }
    var disc = page.element("div", "gap-disc num" + (index === page.state.gap ? " on" : ""), gap.rank);
    var marker = L.marker([gap.lat, gap.lon], { icon: page.icon(disc), keyboard: false, zIndexOffset: 500 - index });
    marker.on("click", function () { page.pick(index, false); });
    marker.bindTooltip(function () { return page.gapTip(gap); }, { offset: [8, 0], direction: "right" }).addTo(group);
    if (index === page.state.gap) { marker.openTooltip(); }
  });
};

page.DISCS = 10;

page.gapTip = function (gap) {
  var tip = page.view().tip;
  return page.tip(gap.place, [[tip.people, gap.people], [tip.reason, gap.reason]].concat(gap.nearest ? [[gap.nearest, ""]] : []));
};
