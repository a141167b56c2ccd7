// The gap ledger on the chart: what is missing of a symbol is a shaded band, which tells its story under the pointer.
//
// Quiet time is no gap: nothing is drawn there.

import { asText } from "./clock.mjs"

const EVERY_MS = 5000
const MOST_GAPS = 5000
const MOST_DRAWN = 200
const NEAR_PIXELS = 5
const STATES = { open: "not repaired yet", repairing: "being repaired", lost: "lost for good" }

export class GapBands {
  // `changed` is called whenever other gaps are there than before.
  constructor(plot, changed) {
    this.plot = plot
    this.changed = changed
    this.tip = element("desk-tip")
    this.tip.setAttribute("role", "tooltip")
    this.clear()
    for (const moved of ["pointermove", "pointerdown"]) plot.addEventListener(moved, (event) => this.over(event))
    plot.addEventListener("pointerleave", () => (this.tip.hidden = true))
  }

  clear() {
    clearTimeout(this.asking)
    this.symbol = null
    this.gaps = []
    this.drawn = []
    this.tip.hidden = true
  }

  // The holes that are still there are asked for now and then: they come and go much more seldom than trades.
  async follow(symbol) {
    clearTimeout(this.asking)
    this.symbol = symbol
    const query = new URLSearchParams({ symbol, limit: MOST_GAPS })
    Object.keys(STATES).forEach((state) => query.append("state", state))
    const answer = document.hidden ? null : await fetch(`/api/v1/gaps?${query}`).catch(() => null)
    const found = answer?.ok ? (await answer.json().catch(() => null))?.gaps : null
    if (this.symbol !== symbol) return
    clearTimeout(this.asking)
    this.asking = setTimeout(() => this.follow(symbol), EVERY_MS)
    if (!found || JSON.stringify(found) === JSON.stringify(this.gaps)) return
    this.gaps = found
    this.tip.hidden = true
    this.changed()
  }

  // The bands between two times [ms] on the wall of `clock`. A bar stands around its open time, so that what lies in it does too.
  shapes(from, to, barMs, colors, clock) {
    this.clock = clock
    this.drawn = this.gaps
      .map((gap) => {
        const times = [gap.from_us / 1000, gap.to_us / 1000].sort((a, b) => a - b)
        return { gap, x0: times[0] - barMs / 2, x1: times[1] - barMs / 2 }
      })
      .filter(({ x0, x1 }) => x1 >= from && x0 <= to)
      .slice(0, MOST_DRAWN)
      .map(({ gap, x0, x1 }) => ({ gap, x0: clock.shift(x0), x1: clock.shift(x1) }))
    return this.drawn.map(({ gap, x0, x1 }) => {
      const color = gap.state === "lost" ? colors.lost : colors.mark
      return {
        type: "rect", xref: "x", x0: asText(x0), x1: asText(x1), yref: "paper", y0: 0, y1: 1, layer: "below", fillcolor: color, opacity: 0.22,
        line: { color, width: 1 },
      }
    })
  }

  // The band under the pointer, or a thin one beside it, is told in words.
  over(event) {
    const axis = this.plot._fullLayout?.xaxis
    if (!axis) return
    const box = this.plot.getBoundingClientRect()
    const time = (pixels) => axis.p2l(event.clientX + pixels - box.left - axis._offset)
    const band = this.drawn.find(({ x0, x1 }) => x0 <= time(NEAR_PIXELS) && x1 >= time(-NEAR_PIXELS))
    this.tip.hidden = !band
    if (!band) return
    this.tip.replaceChildren(...story(band.gap, this.clock))
    const room = this.plot.offsetWidth - this.tip.offsetWidth - 8
    this.tip.style.left = `${Math.max(0, Math.min(event.clientX - box.left + 12, room))}px`
    this.tip.style.top = `${this.plot.offsetTop + 40}px`
  }
}

function story(gap, clock) {
  const [from, to] = [gap.from_us / 1000, gap.to_us / 1000].sort((a, b) => a - b)
  const [start, end] = [clock.wall(from), clock.wall(to)]
  const seconds = Math.abs(gap.to_us - gap.from_us) / 1e6
  const long = seconds < 10 ? seconds.toFixed(1) : Math.round(seconds).toLocaleString("en-US")
  const noun = `${gap.symbol.endsWith(".P") ? "aggregate" : "trade"}${gap.missing === 1 ? "" : "s"}`
  const lines = [
    `${gap.missing.toLocaleString("en-US")} ${noun} missing, ${STATES[gap.state] ?? gap.state}`,
    `${start} to ${end.slice(0, 10) === start.slice(0, 10) ? end.slice(11) : end} ${clock.label(to)} (${long} s)`,
    gap.missing === 1 ? `id ${gap.next_id}` : `ids ${gap.next_id} to ${gap.last_id}`,
    `cause: ${gap.cause}`,
    gap.words,
  ]
  return lines.filter(Boolean).map((text, row) => {
    const line = element(row ? "desk-tip-line" : "desk-tip-head")
    line.textContent = text
    return line
  })
}

function element(name) {
  const node = document.createElement("div")
  node.className = name
  return node
}
