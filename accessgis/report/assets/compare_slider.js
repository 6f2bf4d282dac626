// The slider of the map: the earlier state to its left, the later one to its right. On paper both maps stand whole.
page.slides = "PointerEvent" in window && "clip" in document.documentElement.style;
page.SIDES = ["_left", "_right"];

page.buildSlider = function () {
  var map = page.map;
  page.state.at = 50;
  if (!page.slides) { return; }
  page.SIDES.forEach(function (end) {
    [["fill", 300], ["facility", 420], ["names", 600]].forEach(function (entry) {
      map.createPane(entry[0] + end).style.zIndex = entry[1];
      if (entry[0] !== "names") { page.svgOf[entry[0] + end] = L.svg({ pane: entry[0] + end, padding: 0.5 }); }
    });
  });
  var line = page.byId("slide"), handle = page.byId("handle");
  handle.setAttribute("aria-label", page.fill(page.compareText("slider"), { before: page.stateName("before"), after: page.stateName("after") }));
  page.byId("tag-left").textContent = page.stateName("before");
  page.byId("tag-right").textContent = page.stateName("after");
  handle.addEventListener("keydown", page.slideByKey);
  line.addEventListener("pointerdown", function (event) {
    line.setPointerCapture(event.pointerId);
    handle.focus();
    event.preventDefault();
  });
  line.addEventListener("pointermove", function (event) {
    if (!line.hasPointerCapture(event.pointerId)) { return; }
    var box = page.byId("map_page").getBoundingClientRect();
    page.slideTo((event.clientX - box.left) / box.width * 100);
  });
  map.on("move resize", page.cut);
};

page.slideByKey = function (event) {
  var steps = { ArrowLeft: -2, ArrowDown: -2, ArrowRight: 2, ArrowUp: 2, PageDown: -10, PageUp: 10, Home: -100, End: 100 };
  if (!Object.prototype.hasOwnProperty.call(steps, event.key) || event.ctrlKey || event.altKey || event.metaKey) { return; }
  event.preventDefault();
  page.slideTo(page.state.at + steps[event.key]);
};

page.slideTo = function (percent) {
  page.state.at = Math.max(0, Math.min(100, percent));
  page.cut();
};

page.showSlider = function (on) {
  page.byId("slide").hidden = !on;
  if (on) { page.cut(); }
};

// Cuts the panes of either side at the line; panes move with the map, so that the line is told in their coordinates.
page.cut = function () {
  if (page.state.show !== "slide") { return; }
  var map = page.map, size = map.getSize(), from = map.containerPointToLayerPoint([0, 0]), to = map.containerPointToLayerPoint(size);
  var line = page.byId("slide"), handle = page.byId("handle"), at = Math.round(page.state.at), x = Math.round(size.x * page.state.at / 100);
  function clip(left, right) { return "rect(" + from.y + "px," + right + "px," + to.y + "px," + left + "px)"; }
  ["fill", "facility", "names"].forEach(function (name) {
    map.getPane(name + "_left").style.clip = clip(from.x, from.x + x);
    map.getPane(name + "_right").style.clip = clip(from.x + x, to.x);
  });
  line.style.left = x + "px";
  page.fitTag("tag-left", x - 8);
  page.fitTag("tag-right", size.x - x - 60);
  handle.setAttribute("aria-valuenow", String(at));
  handle.setAttribute("aria-valuetext", page.fill(page.compareText("slider_at"), {
    left: at, before: page.stateName("before"), right: 100 - at, after: page.stateName("after")
  }));
};

// A name beside the line, as wide as there is room; the zoom buttons keep theirs.
page.fitTag = function (id, room) {
  page.byId(id).hidden = room < 40;
  page.byId(id).style.maxWidth = room + "px";
};

// On paper nothing slides: the earlier map stands above the later one.
page.print = function () {
  var wrap = page.byId("wrap");
  wrap.classList.add("printed");
  if (page.state.show === "slide") {
    wrap.classList.add("pair");
    page.state.pair = true;
    page.state.show = "before";
    page.drawAll();
    page.fit();
    page.printed = wrap.cloneNode(true);
    Array.prototype.forEach.call(page.printed.querySelectorAll("[id]"), function (node) { node.removeAttribute("id"); });
    page.printed.removeAttribute("id");
    page.printed.classList.add("copy");
    wrap.parentNode.insertBefore(page.printed, wrap);
    page.captions = page.SIDES.map(function (end, index) {
      var caption = page.element("p", "state-name", page.stateName(index ? "after" : "before"));
      return wrap.parentNode.insertBefore(caption, index ? wrap : page.printed);
    });
    page.state.show = "after";
    page.drawAll();
  }
  page.fit();
};

page.afterPrint = function () {
  var wrap = page.byId("wrap");
  wrap.classList.remove("printed", "pair");
  if (page.printed) {
    page.captions.concat(page.printed).forEach(function (node) { node.parentNode.removeChild(node); });
    page.printed = null;
    page.state.pair = false;
    page.state.show = "slide";
    page.drawAll();
  }
  page.fit();
};
