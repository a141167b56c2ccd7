// What moves over a pair's chart without redrawing it: the live points, the crosshair, and the measure.

import { element, fixed, signed } from "./dom.mjs"
import { AXES, domains, shownPanes } from "./pair_panes.mjs"

const TAG_PX = 15
const SVG = "http://www.w3.org/2000/svg"

export class Overlay {
  constructor(plot) {
    this.plot = plot
    this.svg = document.createElementNS(SVG, "svg")
    this.svg.setAttribute("class", "desk-overlay")
    this.svg.setAttribute("aria-hidden", "true")
    this.lines = {}
    this.cross = element("div", "desk-cross", { hidden: "" })
    this.measure = element("div", "desk-measure", { hidden: "" })
    this.tags = element("div", "desk-tags")
  }

  nodes() {
    return [this.svg, this.cross, this.tags, this.measure]
  }

  axis(name) {
    return this.plot._fullLayout?.[name === "x" ? "xaxis" : `yaxis${name.slice(1)}`]
  }

  pixel(name, value) {
    const axis = this.axis(name)
    if (!axis || value === null || value === undefined) return null
    const at = axis.type === "log" ? Math.log10(value) : value
    return axis._offset + axis.l2p(at)
  }

  // The value of a time on the axis under a pixel of the plot.
  timeAt(pixel) {
    const axis = this.axis("x")
    return axis ? axis.p2l(pixel - axis._offset) : null
  }

  // `points` are {axis, from: [time, value], to: [time, value], color, text}: dashed to the live point, a tag at the edge.
  live(points, stale) {
    this.svg.replaceChildren()
    this.tags.replaceChildren()
    const box = this.axis("x")
    if (!box) return
    const [left, right] = [box._offset, box._offset + box._length]
    const tags = []
    for (const { axis, from, to, color, text } of points) {
      const [x, y] = [this.pixel("x", to[0]), this.pixel(axis, to[1])]
      if (x === null || y === null) continue
      if (text) tags.push({ text, y, color })
      if (x < left || x > right) continue
      const start = from ? [this.pixel("x", from[0]), this.pixel(axis, from[1])] : [null, null]
      if (start[0] !== null && start[1] !== null) this.segment(Math.max(start[0], left), start[1], x, y, color)
      this.dot(x, y, color, stale)
    }
    spread(tags).forEach(({ text, y, color }) => this.tag(text, y, right, color, stale))
  }

  segment(x1, y1, x2, y2, color) {
    this.shape("line", { x1, y1, x2, y2, stroke: color, "stroke-width": 1.2, "stroke-dasharray": "2 2" })
  }

  dot(cx, cy, color, stale) {
    this.shape("circle", { cx, cy, r: 3.5, fill: stale ? "none" : color, stroke: color, "stroke-width": 1.5 })
  }

  shape(name, attributes) {
    const node = document.createElementNS(SVG, name)
    Object.entries(attributes).forEach(([key, value]) => node.setAttribute(key, value))
    this.svg.append(node)
  }

  tag(text, y, left, color, stale) {
    const node = element("span", "desk-tag", {}, text)
    node.style.cssText = `top:${y}px;left:${left + 1}px;background:${color}`
    node.classList.toggle("desk-tag-stale", stale)
    this.tags.append(node)
  }

  crossAt(time) {
    const x = time === null ? null : this.pixel("x", time)
    this.cross.hidden = x === null
    if (x !== null) this.cross.style.transform = `translateX(${x}px)`
  }

  // From one row to another: how far the legs, the spread and z moved, over how many bars and how long.
  measured(rows, from, to, data, clock) {
    this.measure.hidden = from === null
    if (from === null) return
    const move = (name) => (rows[name][from] && rows[name][to] ? 100 * (rows[name][to] / rows[name][from] - 1) : null)
    const [z0, z1] = [rows.z[from], rows.z[to]]
    const gone = Math.abs(rows.time[to] - rows.time[from])
    const minutes = gone / 60000
    this.measure.replaceChildren(
      element("div", "desk-measure-head", {}, `${Math.round(gone / data.intervalMs).toLocaleString("en-US")} bars, ${fixed(minutes, minutes < 10 ? 1 : 0)} min`),
      element("div", "", {}, `${data.y} ${signed(move("y"), 3)} %`),
      element("div", "", {}, `${data.x} ${signed(move("x"), 3)} %`),
      element("div", "", {}, `z ${z0 === null || z1 === null ? "–" : signed(z1 - z0, 2)} σ`),
    )
    const [a, b] = [rows.time[from], rows.time[to]].map((time) => this.pixel("x", clock.shift(time)))
    this.measure.style.left = `${Math.max(0, Math.min(a, b))}px`
    this.measure.style.width = `${Math.abs(b - a)}px`
  }

  // Where the lines of a pane's legend stand: at its top left.
  tops(data, height) {
    const areas = domains(data)
    const layout = this.plot._fullLayout
    if (!layout) return {}
    const inner = layout.height - layout.margin.t - layout.margin.b
    return Object.fromEntries(shownPanes(data).map((name) => [name, layout.margin.t + (1 - areas[name][1]) * inner]))
  }
}

// Tags that would cover each other stand below each other.
function spread(tags) {
  const ordered = [...tags].sort((a, b) => a.y - b.y)
  for (let i = 1; i < ordered.length; i++) ordered[i].y = Math.max(ordered[i].y, ordered[i - 1].y + TAG_PX)
  return ordered
}

export { AXES }
