// The panes of a pair's chart, as Plotly wants them: numbers in, traces and layout out. Nothing here is remembered.
//
// All traces share one time axis; each pane has a value axis of its own on the right.

import { compact, decimals, fixed, signed, significant } from "./dom.mjs"

const WEIGHTS = { price: 3, spread: 2, z: 2.4, correlation: 1, volume: 1 }
const AXES = { price: "y", spread: "y3", z: "y4", correlation: "y5", volume: "y6" }
const ROOM = 0.018
const Z_SHOWN = 4
// More than so many intervals without a bar of both legs are left open.
const BREAK = 5

export function palette(node) {
  const css = getComputedStyle(node)
  const read = (name, fallback) => css.getPropertyValue(name).trim() || fallback
  const light = css.colorScheme === "light" || brightness(read("--st-background-color", "#0B0E14")) > 128
  return {
    y: light ? "#0D7B92" : "#6FD3E8",
    x: light ? "#A23E83" : "#E39BD0",
    spread: read("--st-violet-color", "#B28CFF"),
    z: read("--st-blue-color", "#5AA2FF"),
    entry: read("--st-orange-color", "#FF9F45"),
    exit: read("--st-green-color", "#3FBF97"),
    stop: read("--st-red-color", "#FF6B72"),
    mark: read("--st-yellow-color", "#E8BD4A"),
    lost: read("--st-red-color", "#FF6B72"),
    grid: read("--st-border-color", "#242C3B"),
    faint: read("--st-gray-color", "#8A94A6"),
    text: read("--st-text-color", "#E6EAF2"),
    background: read("--st-background-color", "#0B0E14"),
    font: read("--st-font", "sans-serif"),
  }
}

function brightness(color) {
  const hex = color.replace("#", "")
  const parts = hex.length >= 6 ? [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16)) : [0, 0, 0]
  return parts.reduce((sum, part) => sum + part, 0) / 3
}

export function shownPanes(data) {
  return ["price", "spread", "z", ...["correlation", "volume"].filter((name) => data.panes.includes(name))]
}

// From bottom to top, as shares of the height.
export function domains(data) {
  const names = shownPanes(data)
  const total = names.reduce((sum, name) => sum + WEIGHTS[name], 0)
  const found = {}
  let top = 1
  for (const name of names) {
    const height = (WEIGHTS[name] / total) * (1 - ROOM * (names.length - 1))
    found[name] = [Math.max(0, top - height), top]
    top -= height + ROOM
  }
  return found
}

// How a leg's price is shown: `base` are the prices that are 100 or 0 %.
export function scaled(scale, base) {
  if (scale === "indexed") return (value) => (value === null || !base ? null : (100 * value) / base)
  if (scale === "percent") return (value) => (value === null || !base ? null : 100 * (value / base - 1))
  return (value) => value
}

export function traces(rows, bases, data, colors, clock) {
  const time = rows.time.map((at) => written(clock.shift(at)))
  const line = (name, y, axis, color, more = {}) => ({
    type: "scatter", mode: "lines", name, x: time, y, yaxis: axis, line: { color, width: 1.4 }, hoverinfo: "skip",
    connectgaps: false, ...more,
  })
  const [toY, toX] = [scaled(data.scale, bases.y), scaled(data.scale, bases.x)]
  const apart = data.scale === "linear" || data.scale === "log"
  const unit = data.spread.factor
  const band = (side) => rows.spread.map((_, i) => sum(rows.centre[i], side * data.levels.entry, rows.scale[i], unit))
  const shown = shownPanes(data)
  const made = [
    line(data.y, rows.y.map(toY), "y", colors.y),
    line(data.x, rows.x.map(toX), apart ? "y2" : "y", colors.x),
    line("band", band(1), AXES.spread, colors.spread, { line: { width: 0 } }),
    line("band", band(-1), AXES.spread, colors.spread, { line: { width: 0 }, fill: "tonexty", fillcolor: faded(colors.spread, 0.13) }),
    line("mean", rows.centre.map((v) => (v === null ? null : v * unit)), AXES.spread, colors.faint, { line: { color: colors.faint, width: 1, dash: "dot" } }),
    line("spread", rows.spread.map((v) => (v === null ? null : v * unit)), AXES.spread, colors.spread),
    line("z", rows.z, AXES.z, colors.z),
  ]
  if (shown.includes("correlation")) made.push(line("correlation", rows.correlation, AXES.correlation, colors.faint))
  if (shown.includes("volume")) made.push(...volumes(rows, time, data, colors))
  made.push(marks(rows, data.marks ?? [], toY, colors, clock))
  return made
}

function volumes(rows, time, data, colors) {
  const bars = (name, y, color) => ({
    type: "bar", name: `${name} traded`, x: time, y, yaxis: AXES.volume, marker: { color, opacity: 0.6, line: { width: 0 } },
    hoverinfo: "skip",
  })
  return [bars(data.y, rows.notional_y, colors.y), bars(data.x, rows.notional_x, colors.x)]
}

// What is to be known of single bars: a triangle at the bottom of the z pane, told in the legend above.
function marks(rows, marked, toY, colors, clock) {
  return {
    type: "scatter", mode: "markers", name: "marks", yaxis: AXES.z, x: marked.map((each) => written(clock.shift(each.time))),
    y: marked.map((each) => each.at), hoverinfo: "skip",
    marker: {
      symbol: marked.map((each) => each.symbol_shape ?? "triangle-up"), size: 8, line: { width: 0 },
      color: marked.map((each) => (each.refit ? colors.spread : colors.mark)),
    },
  }
}

function sum(centre, times, scale, unit) {
  return centre === null || scale === null ? null : (centre + times * scale) * unit
}

// A wall-clock time as the chart library reads it: numbers it would take for the browser's own zone.
export function written(time) {
  return new Date(time).toISOString().slice(0, 23)
}

export function faded(color, alpha) {
  const hex = color.replace("#", "")
  if (hex.length < 6) return color
  const [r, g, b] = [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16))
  return `rgba(${r},${g},${b},${alpha})`
}

export function zRange(rows, first, last, live) {
  let most = Z_SHOWN
  for (let i = first; i < last; i++) if (rows.z[i] !== null) most = Math.max(most, Math.abs(rows.z[i]) * 1.1)
  if (live?.z != null) most = Math.max(most, Math.abs(live.z) * 1.1)
  return [-most, most]
}

export function spanOf(columns, first, last, extra = []) {
  let [low, high] = [Infinity, -Infinity]
  const take = (value) => {
    if (value === null || value === undefined || !isFinite(value)) return
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  for (const column of columns) for (let i = first; i < last; i++) take(column[i])
  extra.forEach(take)
  if (low > high) return [0, 1]
  const room = (high - low || Math.abs(high) * 0.001 || 1) * 0.08
  return [low - room, high + room]
}

export function layout(view, ranges, data, colors, shapes) {
  const areas = domains(data)
  const axis = { gridcolor: colors.grid, linecolor: colors.grid, zeroline: false, tickcolor: colors.grid, automargin: false, fixedrange: true }
  const names = shownPanes(data)
  const lowest = names[names.length - 1]
  const log = data.scale === "log"
  const right = (name, more) => ({ ...axis, side: "right", anchor: "x", domain: areas[name], nticks: name === "price" ? 7 : 5, ...more })
  const made = {
    height: data.height, autosize: true, dragmode: "pan", hovermode: false, showlegend: false, barmode: "stack", bargap: 0,
    margin: { l: data.scale === "linear" || log ? 64 : 8, r: 74, t: 4, b: 26 },
    font: { family: colors.font, color: colors.faint, size: 11 }, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    xaxis: { ...axis, fixedrange: false, type: "date", range: view.map(written), anchor: AXES[lowest], showline: true },
    yaxis: right("price", { range: log ? ranges.y.map(Math.log10) : ranges.y, type: log ? "log" : "linear", ticksuffix: data.scale === "percent" ? " %" : "", tickfont: { color: data.scale === "linear" || log ? colors.y : colors.faint } }),
    yaxis2: { ...axis, side: "left", overlaying: "y", showgrid: false, anchor: "x", visible: data.scale === "linear" || log, range: log ? ranges.x.map(Math.log10) : ranges.x, type: log ? "log" : "linear", tickfont: { color: colors.x } },
    yaxis3: right("spread", { range: ranges.spread, tickformat: ",~g" }),
    yaxis4: right("z", { range: ranges.z, tick0: 0, dtick: ranges.z[1] > 8 ? 4 : 2 }),
    shapes: [...levelShapes(data, colors, areas), ...shapes],
  }
  if (names.includes("correlation")) made.yaxis5 = right("correlation", { range: ranges.correlation, nticks: 3 })
  if (names.includes("volume")) made.yaxis6 = right("volume", { range: [0, ranges.volume], nticks: 3, tickformat: "~s" })
  return made
}

// The lines of the rule: enter, leave and give up on both sides, and where a reversion does not pay its costs.
function levelShapes(data, colors, areas) {
  const { entry, exit, stop, breakEven } = data.levels
  const level = (z, color, dash) => ({
    type: "line", xref: "paper", x0: 0, x1: 1, yref: AXES.z, y0: z, y1: z, line: { color, width: 1, dash }, layer: "above", opacity: 0.75,
  })
  const lines = [entry, -entry].map((z) => level(z, colors.entry, "solid"))
  lines.push(...[exit, -exit].map((z) => level(z, colors.exit, "dash")))
  if (stop !== null) lines.push(...[stop, -stop].map((z) => level(z, colors.stop, "dot")))
  if (breakEven !== null && isFinite(breakEven)) {
    lines.push({
      type: "rect", xref: "paper", x0: 0, x1: 1, yref: AXES.z, y0: -breakEven, y1: breakEven, line: { width: 0 },
      fillcolor: faded(colors.faint, 0.12), layer: "below",
    })
  }
  const names = shownPanes(data)
  for (const name of names.slice(1)) {
    const y = areas[name][1] + ROOM / 2
    lines.push({ type: "line", xref: "paper", x0: 0, x1: 1, yref: "paper", y0: y, y1: y, line: { color: colors.grid, width: 1 } })
  }
  return lines
}

// One line a pane: what it shows at a row, as [name, colour, text] parts.
export function legends(rows, at, data, colors, live) {
  const value = (name) => (at === null ? null : rows[name][at])
  const unit = data.spread.factor
  const spread = (v) => (v === null || v === undefined ? "–" : `${significant(v * unit, 4)} ${data.spread.unit}`)
  const now = live && live.moment
  const price = (leg, color) => [
    [data[leg], color, fixed(value(leg), data.decimals[leg])],
    ...(now ? [["live", color, fixed(now[leg], data.decimals[leg]), true]] : []),
  ]
  return {
    price: [...price("y", colors.y), ...price("x", colors.x)],
    spread: [
      ["spread", colors.spread, spread(value("spread"))],
      ...(now ? [["live", colors.spread, spread(now.spread), true]] : []),
      ["mean", colors.faint, spread(value("centre"))],
      ["hedge", colors.faint, significant(value("slope"), 5)],
    ],
    z: [
      ["z", colors.z, `${signed(value("z"), 2)} σ`],
      ...(now ? [["live", colors.z, `${signed(now.z, 2)} σ`, true]] : []),
      ["pays beyond", colors.faint, data.levels.breakEven === null ? "–" : `±${fixed(data.levels.breakEven, 2)} σ`],
    ],
    correlation: [["correlation of returns", colors.faint, fixed(value("correlation"), 3)]],
    volume: [
      ["traded a bar", colors.faint, ""],
      [data.y, colors.y, compact(value("notional_y"))],
      [data.x, colors.x, compact(value("notional_x"))],
    ],
  }
}

// Open where bars are missing for long; rows that were thinned out are not missing.
export function broken(rows, intervalMs) {
  const made = Object.fromEntries(Object.keys(rows).map((name) => [name, []]))
  for (let i = 0; i < rows.time.length; i++) {
    if (i && rows.time[i] - rows.time[i - 1] > BREAK * intervalMs) {
      for (const name of Object.keys(rows)) made[name].push(name === "time" ? rows.time[i - 1] + intervalMs : null)
    }
    for (const name of Object.keys(rows)) made[name].push(rows[name][i])
  }
  return made
}

export { AXES, decimals }
