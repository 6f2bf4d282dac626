// Names on the map, moved off discs, seats and each other.
page.drawNames = function () {
  var group = page.layers.names, level = page.mainLevel(), areas = page.data.areas[level], figures = page.mode().areas[level];
  var placed = [], taken = page.takenPoints();
  group.clearLayers();
  if (areas.names.length > page.NAMES_MOST && page.map.getZoom() < page.fitZoom + 1) { return; }
  if (areas.names.length < 2) { return; }
  areas.names.forEach(function (name, index) {
    var box = page.element("div", "area-name"), shaded = page.state.theme === "area";
    box.appendChild(page.element("b", null, name));
    if (shaded) { box.appendChild(page.figureLine(figures, index)); }
    var under = !shaded ? 0 : page.textWidth(figures.share[index] || page.legendText(figures["class"][index])) + 18;
    var spot = page.freeSpot(areas.labels[index], Math.max(page.textWidth(name), under) / 2 + 3, shaded ? 20 : 10, placed, taken);
    if (spot.cost >= page.CLASH) { return; }
    placed.push(spot);
    L.marker(page.map.containerPointToLatLng([spot.x, spot.y]), { icon: page.icon(box), interactive: false, keyboard: false }).addTo(group);
  });
};

// Width of a name in pixels, about: a Chinese character is twice as wide as a letter.
page.textWidth = function (text) {
  var width = 0;
  for (var i = 0; i < text.length; i++) { width += text.charCodeAt(i) > 0x2e7f ? 14 : 7.6; }
  return width;
};

page.NAMES_MOST = 60;
// What it costs a name to lie on another: it is rather left out until the reader comes nearer.
page.CLASH = 1000;

page.figureLine = function (figures, index) {
  var kind = figures["class"][index], mark = page.MARK_OF_CLASS[kind];
  var line = page.element("i", figures.share[index] ? "num" : "word");
  if (mark) { line.appendChild(page.mark(mark, 13)); }
  line.appendChild(document.createTextNode(figures.share[index] || page.legendText(kind)));
  return line;
};

// Points on the screen that names should keep off: [x, y, half size, how bad].
page.takenPoints = function () {
  var out = [], map = page.map, rule = page.rule();
  function add(lat, lon, half, cost) {
    var p = map.latLngToContainerPoint([lat, lon]);
    out.push([p.x, p.y, half, cost]);
  }
  if (page.byId("show-gaps").checked) {
    page.ruleView().gaps.slice(0, page.DISCS).forEach(function (gap) { if (gap.rank > 0) { add(gap.lat, gap.lon, 13, 70); } });
  }
  if (page.byId("show-facilities").checked) {
    page.data.facilities.rows.forEach(function (row) {
      var radius = page.data.facilities.kinds[row[0]].radius;
      if (rule.kinds.indexOf(row[0]) >= 0 && !page.crowded(row[0])) { add(row[1], row[2], radius, radius > 5 ? 25 : 5); }
    });
  }
  return out;
};

page.freeSpot = function (label, halfWidth, halfHeight, placed, taken) {
  var centre = page.map.latLngToContainerPoint(label), size = page.map.getSize(), best = null, least = Infinity;
  var near = taken.filter(function (t) { return Math.abs(t[0] - centre.x) < 130 && Math.abs(t[1] - centre.y) < 110; });
  for (var dy = -60; dy <= 60; dy += 12) {
    for (var dx = -48; dx <= 48; dx += 12) {
      var x = centre.x + dx, y = centre.y + dy, cost = Math.sqrt(dx * dx + dy * dy);
      if (x < halfWidth || x > size.x - halfWidth || y < halfHeight || y > size.y - halfHeight) { cost += 200; }
      near.forEach(function (t) {
        var overX = halfWidth + t[2] - Math.abs(t[0] - x), overY = halfHeight + t[2] - Math.abs(t[1] - y);
        if (overX > 0 && overY > 0) { cost += t[3] + Math.min(overX, overY) * t[3] / 18; }
      });
      placed.forEach(function (p) {
        if (Math.abs(p.x - x) < p.w + halfWidth && Math.abs(p.y - y) < p.h + halfHeight) { cost += page.CLASH; }
      });
      if (cost < least) { least = cost; best = { x: x, y: y, w: halfWidth, h: halfHeight, cost: cost }; }
    }
  }
  return best;
};

page.drawVillages = function () {
  var group = page.layers.villages, areas = page.data.areas.village;
  group.clearLayers();
  if (!areas || !(page.byId("show-villages").checked || page.map.getZoom() >= page.fitZoom + 2)) { return; }
  var seen = page.map.getBounds().pad(0.05), shown = 0;
  areas.names.forEach(function (name, index) {
    if (shown >= 400 || !seen.contains(areas.labels[index])) { return; }
    shown += 1;
    L.marker(areas.labels[index], { icon: page.icon(page.element("div", "village-name", name)), interactive: false, keyboard: false }).addTo(group);
    L.circleMarker(areas.labels[index], {
      pane: "village", renderer: page.svgOf.village, radius: 1.8, stroke: false, fillColor: "#2d333a", fillOpacity: 1, interactive: false
    }).addTo(group);
  });
};
