// Wiring: what the reader changes, and what is drawn again for it.
page.THEMES = ["area", "village", "time", "people"];

page.themeAllowed = function (theme) {
  var mode = page.mode();
  if (theme === "area") { return true; }
  if (theme === "village") { return Boolean(page.data.areas.village) && (!page.rule().counted || page.rule().levels.indexOf(theme) >= 0); }
  if (theme === "time") { return page.ruleView().modes[0].share !== null && Boolean(mode.time || (page.state.mode === 0 && page.rule().bands)); }
  return Boolean(mode.people && page.data.grid);
};

page.drawThemes = function () {
  var box = page.clear(page.byId("themes"));
  if (!page.themeAllowed(page.state.theme)) { page.state.theme = "area"; }
  if (page.rule().counted && page.rule().levels.indexOf(page.level()) < 0) { page.state.theme = "village"; }
  page.THEMES.forEach(function (theme) {
    if (theme === "village" && !page.data.areas.village) { return; }
    var label = page.element("label"), input = page.element("input");
    input.type = "radio";
    input.name = "theme";
    input.value = theme;
    input.checked = theme === page.state.theme;
    input.disabled = !page.themeAllowed(theme);
    input.addEventListener("change", function () {
      page.state.theme = theme;
      page.drawMap();
    });
    label.appendChild(input);
    label.appendChild(page.element("span", null, page.text("theme_" + (theme === "area" ? page.mainLevel() : theme))));
    box.appendChild(label);
  });
};

page.drawMap = function () {
  page.drawTheme();
  page.drawFacilities();
  page.drawGaps();
  page.drawNames();
  page.drawVillages();
  page.drawLegend();
};

page.refresh = function () {
  if (page.state.mode >= page.rule().modes.length) { page.state.mode = 0; }
  page.drawThemes();
  page.drawVerdict();
  page.drawModes();
  page.drawGapList();
  page.drawMap();
};

page.pick = function (index, move) {
  var gap = page.ruleView().gaps[index];
  page.state.gap = index;
  page.byId("show-gaps").checked = true;
  if (move) { page.map.setView([gap.lat, gap.lon], Math.max(page.map.getZoom(), page.fitZoom + 1.5), { animate: false }); }
  Array.prototype.forEach.call(document.querySelectorAll("#gap-list .gap"), function (button, i) {
    button.classList.toggle("on", i === index);
    if (i === index && !move) { button.scrollIntoView({ block: "nearest" }); }
  });
  page.drawGaps();
};

page.write = function () {
  var view = page.view();
  document.documentElement.lang = page.state.lang === "zh" ? "zh-CN" : "en";
  document.title = view.title;
  page.byId("title").textContent = view.title;
  page.byId("generated").textContent = view.generated;
  page.byId("generated").hidden = !view.generated;
  page.byId("meta").textContent = view.meta;
  page.byId("meta").title = view.meta;
  page.byId("approval").textContent = view.approval;
  page.byId("search").placeholder = page.text("search");
  page.byId("language").textContent = page.text("language");
  page.byId("language").title = page.text("language_hint");
  page.byId("villages-check").hidden = !page.data.areas.village;
  Array.prototype.forEach.call(document.querySelectorAll("[data-text]"), function (node) {
    node.textContent = page.text(node.getAttribute("data-text"));
  });
  page.drawRules();
  page.drawAbout();
  page.renameFound();
  page.writeCentre();
};

// The rules to choose from: circles, rules that count, and last those of plans that are over.
page.drawRules = function () {
  var select = page.clear(page.byId("rule")), groups = {};
  ["rules_circles", "rules_counted", "rules_expired"].forEach(function (name) {
    groups[name] = page.element("optgroup");
    groups[name].label = page.text(name);
  });
  page.view().rules.forEach(function (rule, index) {
    var option = page.element("option", null, page.SIGN[rule.modes[0].mark] + " " + rule.title);
    option.value = String(index);
    groups[rule.expired ? "rules_expired" : page.data.rules[index].counted ? "rules_counted" : "rules_circles"].appendChild(option);
  });
  Object.keys(groups).forEach(function (name) { if (groups[name].firstChild) { select.appendChild(groups[name]); } });
  select.value = String(page.state.rule);
};

page.SIGN = { meets: "●", above: "●", falls_short: "▼", below: "▼", no_target: "◇", share_only: "◇", not_judged: "?", nobody_concerned: "–" };

page.writeCentre = function () {
  var centre = page.map.getCenter();
  var text = page.text(centre.lng > 0 && centre.lat > 0 ? "centre" : "centre_any");
  page.byId("centre").textContent = page.fill(text, { lon: centre.lng.toFixed(4), lat: centre.lat.toFixed(4) });
};

// Review links: map.html#rule=1&mode=2&theme=time&lang=en. Anything else in the address is ignored.
page.readAddress = function () {
  String(window.location.hash).replace(/^#/, "").split("&").forEach(function (part) {
    var pair = part.split("="), number = parseInt(pair[1], 10);
    if (pair[0] === "lang" && (pair[1] === "zh" || pair[1] === "en")) { page.state.lang = pair[1]; }
    if (pair[0] === "theme" && page.THEMES.indexOf(pair[1]) >= 0) { page.state.theme = pair[1]; }
    if (pair[0] === "rule" && number >= 0 && number < page.data.rules.length) { page.state.rule = number; }
    if (pair[0] === "mode" && number >= 0) { page.state.mode = number; }
  });
};

// The whole study once, to know its zoom; then where the people of the rule live.
page.fit = function (bounds) {
  var narrow = page.map.getSize().x < 600, printing = document.documentElement.classList.contains("printing");
  page.symbolScale = narrow ? 0.75 : 1;
  page.map.fitBounds(bounds, {
    animate: false, maxZoom: 15,
    paddingTopLeft: printing ? [16, 16] : narrow ? [6, 6] : [Math.min(270, page.map.getSize().x * 0.26), 12],
    paddingBottomRight: printing ? [16, 34] : narrow ? [6, 6] : [14, 30]
  });
  page.fitted = { zoom: page.map.getZoom(), centre: page.map.getCenter() };
};

// In a window of another size, what was shown whole is shown whole again, unless the reader has moved the map.
page.refit = function () {
  var map = page.map, moved = map.project(map.getCenter()).distanceTo(map.project(page.fitted.centre));
  if (map.getZoom() !== page.fitted.zoom || moved > 2) { return; }
  page.fit(page.data.bounds);
  page.fitZoom = map.getZoom();
  if (page.rule().focus) { page.fit(page.rule().focus); }
  page.drawFacilities();
  page.drawNames();
  page.drawLegend();
};

// The sheet that is printed: the map is laid out for it before the browser prints, and put back afterwards.
page.printed = function () {
  function lay(printing) {
    var map = page.map, whole = map.getZoom() === page.fitted.zoom && map.project(map.getCenter()).distanceTo(map.project(page.fitted.centre)) <= 2;
    var seen = map.getBounds();
    document.documentElement.classList.toggle("printing", printing);
    if (printing) { page.drawSheet(); } else { page.clearSheet(); }
    map.invalidateSize(false);
    if (whole) { page.fit(page.rule().focus || page.data.bounds); } else { map.fitBounds(seen, { animate: false }); }
    page.drawFacilities();
    page.drawNames();
    if (printing) { page.drawSheetSide(); } else { page.drawLegend(); }
  }
  window.addEventListener("beforeprint", function () { lay(true); });
  window.addEventListener("afterprint", function () { lay(false); });
};

// Pictures keep their cells sharp when seen from near, and blend when a cell is less than a few pixels.
page.sharpen = function () {
  var map = page.map, metres = 40075016 * Math.cos(map.getCenter().lat * Math.PI / 180) / (256 * Math.pow(2, map.getZoom()));
  map.getContainer().classList.toggle("close", Boolean(page.data.grid) && page.data.grid.cellM / metres > 3);
};

page.focus = function () {
  if (page.focused !== page.rule().focus) { page.fit(page.rule().focus || page.data.bounds); }
  page.focused = page.rule().focus;
};

page.run = function (map) {
  page.start(map);
  if (!page.data.rules.length) { return; }
  page.state.theme = "area";
  page.readAddress();
  document.documentElement.className = "js";
  map.invalidateSize(false);
  page.fit(page.data.bounds);
  page.fitZoom = map.getZoom();
  page.focused = null;
  page.focus();
  page.buildLayers();
  page.write();
  page.refresh();
  page.sharpen();
  page.byId("rule").addEventListener("change", function () {
    page.state.rule = Number(this.value);
    page.state.mode = 0;
    page.state.gap = -1;
    page.focus();
    page.refresh();
  });
  page.byId("language").addEventListener("click", function () {
    page.state.lang = page.state.lang === "zh" ? "en" : "zh";
    page.write();
    page.refresh();
  });
  ["facilities", "gaps", "villages"].forEach(function (name) {
    page.byId("show-" + name).addEventListener("change", page.drawMap);
  });
  page.byId("show-roads").addEventListener("change", function () {
    if (this.checked) { page.layers.roads.addTo(map); } else { map.removeLayer(page.layers.roads); }
  });
  map.on("zoomend", function () { page.sharpen(); page.drawFacilities(); page.drawGaps(); page.drawNames(); page.drawLegend(); });
  map.on("resize", page.refit);
  page.printed();
  page.startSearch();
  if (page.startBasemap) { page.startBasemap(); }
  map.on("moveend", function () { page.drawVillages(); page.writeCentre(); });
};
