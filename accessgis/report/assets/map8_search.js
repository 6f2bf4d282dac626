// Search by the name of a place or a facility.
page.findable = function () {
  var data = page.data, found = [];
  ["township", "village"].forEach(function (level) {
    var areas = data.areas[level];
    if (!areas) { return; }
    areas.names.forEach(function (name, index) { found.push({ text: areas.parents[index] + name, at: areas.labels[index] }); });
  });
  data.facilities.rows.forEach(function (row) {
    if (row[3]) { found.push({ text: row[3] + (row[4] ? " · " + row[4] : ""), at: [row[1], row[2]] }); }
  });
  return found;
};

// Shows the place that is named so, or the first that has the words in its name, and says when there is none.
page.search = function (words) {
  var group = page.layers.found, told = page.byId("found"), text = words.trim().toLowerCase(), best = null;
  group.clearLayers();
  told.textContent = "";
  told.className = "";
  if (!text) { return; }
  page.places.forEach(function (place) {
    var name = place.text.toLowerCase();
    if (name === text) { best = best && best.exact ? best : { place: place, exact: true }; }
    else if (!best && name.indexOf(text) >= 0) { best = { place: place, exact: false }; }
  });
  if (!best) {
    told.className = "none";
    told.textContent = page.text("search_none");
    return;
  }
  page.map.setView(best.place.at, Math.max(page.map.getZoom(), page.fitZoom + 2), { animate: false });
  L.circleMarker(best.place.at, {
    pane: "village", renderer: page.svgOf.village, radius: 11, color: "#0b63b5", weight: 3, fill: false, interactive: false
  }).bindTooltip(function () { return page.tip(best.place.text, []); }, { permanent: true, direction: "top", offset: [0, -8] }).addTo(group);
  told.textContent = best.place.text;
};

page.startSearch = function () {
  var input = page.byId("search");
  page.layers.found = L.layerGroup().addTo(page.map);
  page.places = page.findable();
  // a list of thousands is made when it is first asked for
  input.addEventListener("focus", function () {
    var list = page.byId("places");
    if (list.firstChild) { return; }
    page.places.forEach(function (place) {
      var option = page.element("option");
      option.value = place.text;
      list.appendChild(option);
    });
  });
  input.addEventListener("change", function () { page.search(this.value); });
  document.addEventListener("keydown", function (event) {
    if (event.key === "/" && ["INPUT", "SELECT"].indexOf(document.activeElement.tagName) < 0) { event.preventDefault(); input.focus(); }
  });
};
