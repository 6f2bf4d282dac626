// Signs: verdict marks, facility symbols, hatches. Never colour alone.
page.INK = {
  meets: "#1b4f78", above: "#1b4f78", falls_short: "#8a3606", below: "#8a3606",
  no_target: "#3d444b", share_only: "#3d444b", not_judged: "#3d444b", nobody_concerned: "#6b7178"
};

page.FILL = {
  a: "#cadce9", b: "url(#hatch-b)", c: "url(#hatch-c)", d: "url(#hatch-d)",
  s1: "#eeecf2", s2: "#cfcada", s3: "url(#hatch-s3)", s4: "url(#hatch-s4)", u: "url(#hatch-u)", x: "#ffffff",
  p: "#cadce9", h: "url(#hatch-h)", n: "url(#hatch-c)", ga: "#cadce9", gb: "url(#hatch-c)"
};

page.MARK_OF_CLASS = {
  a: "above", b: "below", c: "below", d: "below", u: "not_judged", x: "nobody_concerned",
  p: "above", h: "above", n: "below", ga: "above", gb: "below"
};

page.mark = function (kind, size) {
  var ink = page.INK[kind];
  var sign = page.svg("svg", { width: size, height: size, viewBox: "0 0 20 20", "aria-hidden": "true", overflow: "visible" });
  function add(tag, attributes) { var node = page.svg(tag, attributes); sign.appendChild(node); return node; }
  if (kind === "meets" || kind === "above") {
    add("circle", { cx: 10, cy: 10, r: 9, fill: ink, stroke: "#fff", "stroke-width": 1.6 });
    add("path", { d: "M5.4 10.4l3.2 3.3 6-7", fill: "none", stroke: "#fff", "stroke-width": 2.4 });
  } else if (kind === "falls_short" || kind === "below") {
    add("path", { d: "M.8 2h18.4L10 19z", fill: ink, stroke: "#fff", "stroke-width": 1.6, "stroke-linejoin": "round" });
    add("path", { d: "M10 4.6v6M10 12.2v2.3", stroke: "#fff", "stroke-width": 2.2 });
  } else if (kind === "no_target" || kind === "share_only") {
    add("path", { d: "M10 1.4L18.6 10 10 18.6 1.4 10z", fill: "#fff", stroke: ink, "stroke-width": 2 });
  } else if (kind === "not_judged") {
    add("circle", { cx: 10, cy: 10, r: 8.2, fill: "#fff", stroke: ink, "stroke-width": 1.8, "stroke-dasharray": "3 2.2" });
    add("text", { x: 10, y: 14.4, "text-anchor": "middle", "font-size": 12, "font-weight": 700, fill: ink }).textContent = "?";
  } else {
    add("path", { d: "M3 10h14", stroke: ink, "stroke-width": 2.4 });
  }
  return sign;
};

// Outline of a facility symbol around (x, y), as an SVG path.
page.symbolPath = function (shape, x, y, r) {
  function closed(points) {
    return "M" + points.map(function (p) { return (x + p[0] * r).toFixed(1) + " " + (y + p[1] * r).toFixed(1); }).join("L") + "z";
  }
  var arm = 0.36, thin = 0.17;
  function cross(a, b) {
    return [[-a, -b], [a, -b], [a, -a], [b, -a], [b, a], [a, a], [a, b], [-a, b], [-a, a], [-b, a], [-b, -a], [-a, -a]];
  }
  var box = [[-1, -1], [1, -1], [1, 1], [-1, 1]];
  if (shape === "plus") { return closed(cross(arm, 1)); }
  if (shape === "square-cross") { return closed(box) + closed(cross(thin, 0.66)); }
  if (shape === "square-plus") { return closed(box) + closed([[-0.5, 0], [0.5, 0]]) + closed([[0, -0.5], [0, 0.5]]); }
  if (shape === "diamond") { return closed([[0, -1.2], [1.2, 0], [0, 1.2], [-1.2, 0]]); }
  if (shape === "pentagon") { return closed([[0, -1.15], [1.1, -0.25], [0.75, 1], [-0.75, 1], [-1.1, -0.25]]); }
  if (shape === "triangle") { return closed([[0, -1.1], [1.1, 0.9], [-1.1, 0.9]]); }
  if (shape === "square") { return closed([[-0.85, -0.85], [0.85, -0.85], [0.85, 0.85], [-0.85, 0.85]]); }
  var ring = [];
  for (var i = 0; i < 12; i++) { ring.push([Math.cos(i * Math.PI / 6), Math.sin(i * Math.PI / 6)]); }
  return closed(ring);
};

page.isProposed = function (status) { return page.data.facilities.statuses[status] === "proposed"; };

// Whether the register states no capacity of a facility in service, and does so of others of its kind.
page.isUnsized = function (row) {
  var facilities = page.data.facilities;
  if (!page.sized) {
    page.sized = {};
    facilities.rows.forEach(function (each) { if (each[6]) { page.sized[each[0]] = true; } });
  }
  return facilities.statuses[row[5]] === "in_service" && !row[6] && Boolean(page.sized[row[0]]);
};

page.symbolStyle = function (kind, status, unsized) {
  if (page.isProposed(status)) {
    return { fill: true, fillColor: "#c2185b", fillOpacity: 1, color: "#fff", weight: 1.3, fillRule: "evenodd" };
  }
  if (page.data.facilities.statuses[status] === "mobile") {
    return { fill: true, fillColor: "#fff", fillOpacity: 1, color: "#1d4f91", weight: 1.3, fillRule: "evenodd" };
  }
  if (status > 0) {
    return { fill: true, fillColor: "#fff", fillOpacity: 0.85, color: "#5c636b", weight: 1.1, dashArray: "2 1.6", fillRule: "evenodd" };
  }
  if (unsized) {
    return { fill: true, fillColor: "#aab0b6", fillOpacity: 1, color: "#16181c", weight: 1.1, fillRule: "evenodd" };
  }
  var hollow = kind.hollow;
  return {
    fill: true, fillColor: hollow ? "#fff" : "#16181c", fillOpacity: 1,
    color: hollow ? "#16181c" : "#fff", weight: hollow ? 1.4 : 0.9, fillRule: "evenodd"
  };
};

page.symbolIcon = function (kind, status, dot, unsized) {
  var style = page.symbolStyle(kind, status, unsized);
  var icon = page.svg("svg", { width: 18, height: 16, "aria-hidden": "true" });
  if (dot) {
    icon.appendChild(page.svg("circle", { cx: 9, cy: 8, r: 1.8, fill: style.fillColor, stroke: style.color, "stroke-width": kind.hollow ? 0.7 : 0 }));
    return icon;
  }
  icon.appendChild(page.svg("path", {
    d: page.symbolPath(kind.shape, 9, 8, Math.min(6.4, Math.max(4.2, kind.radius))), fill: style.fillColor,
    stroke: style.color, "stroke-width": style.weight, "stroke-dasharray": style.dashArray || "none", "fill-rule": "evenodd"
  }));
  return icon;
};

page.swatch = function (fills, stroke, weight) {
  var wide = fills.length > 1 ? 15 : 26;
  var icon = page.svg("svg", { width: wide * fills.length, height: 15, "aria-hidden": "true" });
  fills.forEach(function (fill, i) {
    icon.appendChild(page.svg("rect", {
      x: i * wide + 0.5, y: 0.5, width: wide - 1, height: 14, fill: fill, stroke: stroke || "#6b6760", "stroke-width": weight || 0.8
    }));
  });
  return icon;
};
