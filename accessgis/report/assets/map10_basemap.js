// Tianditu under the map, for readers with a network and a key: nothing is asked of it before it is switched on.
page.TILES = "https://t{s}.tianditu.gov.cn/{layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER={layer}&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk={tk}";
page.TILE_LAYERS = ["vec", "cva"];

page.startBasemap = function () {
  var box = page.byId("show-basemap"), field = page.byId("basemap-key"), told = page.byId("basemap-told");
  var key = page.data.basemap.key, shown = null, credit = L.control.attribution({ prefix: false }).addAttribution("© 天地图");

  // The field stays in sight until there is a key that works.
  function say(word) {
    told.setAttribute("data-text", word);
    told.textContent = page.text(word);
    page.byId("basemap-ask").hidden = Boolean(key) || word === "basemap_quiet";
    page.byId("basemap-box").hidden = word === "basemap_quiet";
  }

  function draw() {
    var tk = key || field.value.trim(), map = page.map;
    if (shown) { map.removeLayer(shown); map.removeControl(credit); shown = null; }
    map.getContainer().classList.toggle("based", box.checked && Boolean(tk));
    say(box.checked && !tk ? "basemap_no_key" : "basemap_quiet");
    if (!box.checked || !tk) { return; }
    shown = L.layerGroup(page.TILE_LAYERS.map(function (layer) {
      var tiles = L.tileLayer(page.TILES, { layer: layer, subdomains: "01234567", tk: encodeURIComponent(tk), minZoom: 1, maxZoom: 18 });
      tiles.on("tileerror", function () { say("basemap_failed"); });
      return tiles;
    })).addTo(map);
    credit.addTo(map);
  }

  say("basemap_quiet");
  box.addEventListener("change", function () {
    draw();
    if (box.checked && !key && !field.value) { field.focus(); }
  });
  field.addEventListener("change", draw);
};
