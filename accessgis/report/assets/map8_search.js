// Search by the name of a place or a facility; one without a name is found by its kind and village.
page.findable = function () {
  var data = page.data, found = [], kinds = page.view().kinds;
  ["township", "village"].forEach(function (level) {
    var areas = data.areas[level];
    if (!areas) { return; }
    areas.names.forEach(function (name, index) { found.push({ text: areas.parents[index] + name, at: areas.labels[index] }); });
  });
  data.facilities.rows.forEach(function (row) {
    found.push({ text: (row[3] || kinds[row[0]]) + (row[4] ? " · " + row[4] : ""), at: [row[1], row[2]], row: row });
  });
  return found;
};

// Every place that is named so, else every one that has the words in its name.
page.matches = function (text) {
  var exact = [], partly = [];
  page.places.forEach(function (place) {
    var name = place.text.toLowerCase();
    if (name === text) { exact.push(place); } else if (name.indexOf(text) >= 0) { partly.push(place); }
  });
  return exact.length ? exact : partly;
};

// Shows the first place that matches and says what it is; asked for the same again, the next; and says when there is none.
page.search = function (words) {
  var told = page.byId("found"), text = words.trim().toLowerCase(), found = text ? page.matches(text) : [];
  page.layers.found.clearLayers();
  page.hit = text === page.sought && found.length ? (page.hit + 1) % found.length : 0;
  page.sought = text;
  told.textContent = "";
  told.className = "";
  if (!text) { return; }
  if (!found.length) {
    told.className = "none";
    told.textContent = page.text("search_none");
    return;
  }
  page.showFound(found[page.hit]);
  told.textContent = page.wordsOf(found[page.hit]) + (found.length > 1 ? " (" + (page.hit + 1) + "/" + found.length + ")" : "");
};

page.wordsOf = function (place) { return place.row ? page.facilityWords(place.row) : place.text; };

page.showFound = function (place) {
  page.map.setView(place.at, Math.max(page.map.getZoom(), page.fitZoom + 2), { animate: false });
  var ring = L.circleMarker(place.at, {
    pane: "village", renderer: page.svgOf.village, radius: 11, color: "#0b63b5", weight: 3, fill: false, interactive: false
  });
  ring.bindTooltip(function () { return place.row ? page.facilityTip(place.row) : page.tip(place.text, []); }, { permanent: true, direction: "top", offset: [0, -8] });
  ring.addTo(page.layers.found);
  page.noStop(ring, page.wordsOf(place));
};

// In another language the kinds are called otherwise: the list is made anew when it is next asked for.
page.renameFound = function () {
  page.places = page.findable();
  page.sought = null;
  page.clear(page.byId("places"));
  page.byId("found").textContent = "";
  page.byId("found").className = "";
  if (page.layers.found) { page.layers.found.clearLayers(); }
};

page.startSearch = function () {
  var input = page.byId("search");
  page.layers.found = L.layerGroup().addTo(page.map);
  // a list of thousands is made when it is first asked for
  input.addEventListener("focus", function () {
    var list = page.byId("places"), seen = {};
    if (list.firstChild) { return; }
    page.places.forEach(function (place) {
      if (Object.prototype.hasOwnProperty.call(seen, place.text)) { return; }
      seen[place.text] = true;
      var option = page.element("option");
      option.value = place.text;
      list.appendChild(option);
    });
  });
  input.addEventListener("keydown", function (event) { if (event.key === "Enter") { page.search(this.value); } });
  input.addEventListener("change", function () { if (this.value.trim().toLowerCase() !== page.sought) { page.search(this.value); } });
  document.addEventListener("keydown", function (event) {
    if (event.key === "/" && ["INPUT", "SELECT"].indexOf(document.activeElement.tagName) < 0) { event.preventDefault(); input.focus(); }
  });
};
