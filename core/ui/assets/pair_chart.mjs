// The pair's live chart: bars over HTTP, then what closes and what forms over the API's stream.
//
// Closed bars are drawn when one closes or the view changes. The forming one moves above the chart as points of its own, several
// times a second, and costs no redrawing. The view belongs to the user: it follows the newest bar until they move it.

import { Clock } from "./clock.mjs"
import { element, fixed, loadPlotly, signed } from "./dom.mjs"
import { GapBands } from "./gap_bands.mjs"
import { AXES, broken, layout, legends, palette, scaled, shownPanes, spanOf, traces, written, zRange } from "./pair_panes.mjs"
import { Overlay } from "./pair_overlay.mjs"
import { STYLE } from "./pair_style.mjs"
import { Topic } from "./stream.mjs"

const POINTS = 1500
const RETRY_MS = 3000
// A hedge over the lookback is fitted anew with each bar; so often, at the most, are all bars asked for again.
const REDRAW_MS = 10000
const FINER_MS = 200
const VIEW_TOLD_MS = 500
const RANGES = { "60": 60, "240": 240, "1000": 1000, all: Infinity }
const CONFIG = { displayModeBar: false, scrollZoom: true, responsive: false, doubleClick: false }
const instances = new WeakMap()

// Streamlit calls this at the first run and again whenever data or theme change; the node stays the same.
export function mount(component) {
  const { data, parentElement } = component
  let chart = instances.get(parentElement)
  if (!chart) {
    chart = new PairChart(parentElement)
    instances.set(parentElement, chart)
  }
  chart.keep()
  chart.tellView = (view) => component.setStateValue("view", view)
  chart.show(data)
  return () => chart.leave(() => instances.delete(parentElement))
}

class PairChart {
  constructor(parent) {
    this.words = element("span", "desk-words", { role: "status" })
    this.time = element("span", "desk-time")
    this.follow = element("button", "desk-follow", { type: "button", hidden: "" }, "Jump to now ⇥")
    this.follow.onclick = () => this.toNow()
    this.ranges = element("span", "desk-ranges", { role: "group", "aria-label": "bars in view" })
    for (const [label, bars] of Object.entries(RANGES)) {
      const button = element("button", "desk-range", { type: "button", title: `${label} bars in view` }, label)
      button.onclick = () => this.toNow(bars)
      this.ranges.append(button)
    }
    this.fresh = element("span", "desk-fresh", { title: "how old each leg's newest trade is" })
    const head = element("div", "desk-head")
    head.append(this.time, this.fresh, this.words, this.follow, this.ranges)
    this.plot = element("div", "desk-plot", { role: "img", "aria-label": "The pair's chart, loading" })
    this.stage = element("div", "desk-stage")
    this.overlay = new Overlay(this.plot)
    this.legends = element("div", "desk-legends")
    this.empty = element("div", "desk-empty")
    this.gaps = ["y", "x"].map(() => new GapBands(this.plot, () => this.paint()))
    this.stage.append(this.plot, ...this.overlay.nodes(), this.legends, this.empty, ...this.gaps.map((gaps) => gaps.tip))
    this.root = element("div", "desk-chart desk-pair", { tabindex: "0" })
    this.summary = element("p", "desk-summary")
    this.root.append(element("style", "", {}, STYLE), head, this.stage, this.summary)
    parent.append(this.root)
    this.generation = 0
    this.revision = 0
    this.count = { updates: 0, paints: 0, bytes: 0, live: [], z: null }
    window.__desk_pair = this.count
    this.listenToUser()
  }

  listenToUser() {
    this.resizing = new ResizeObserver(() => this.resize())
    this.resizing.observe(this.root)
    this.stage.addEventListener("pointermove", (event) => this.over(event))
    this.stage.addEventListener("pointerleave", () => this.point(null))
    this.stage.addEventListener("pointerdown", (event) => this.pressed(event), true)
    this.release = () => this.released()
    this.wake = () => document.hidden || this.paint()
    this.key = (event) => this.asked(event.detail)
    this.ticking = setInterval(() => this.freshness(), 1000)
    window.addEventListener("pointerup", this.release)
    document.addEventListener("visibilitychange", this.wake)
    document.addEventListener("desk:key", this.key)
  }

  keep() {
    clearTimeout(this.leaving)
  }

  // A rerun ends the old call just before the new one; only what stays away is gone.
  leave(forget) {
    this.leaving = setTimeout(() => {
      this.generation += 1
      this.topic?.close()
      clearTimeout(this.redrawing)
      clearInterval(this.ticking)
      this.gaps.forEach((gaps) => gaps.clear())
      this.resizing.disconnect()
      window.removeEventListener("pointerup", this.release)
      document.removeEventListener("visibilitychange", this.wake)
      document.removeEventListener("desk:key", this.key)
      if (this.listening) window.Plotly.purge(this.plot)
      this.root.remove()
      forget()
    }, 250)
  }

  async show(data) {
    const before = this.data
    this.data = data
    this.clock = new Clock(data.zone, data.zoneLabels)
    this.plot.style.height = `${data.height}px`
    requestAnimationFrame(() => requestAnimationFrame(() => this.recolor()))
    this.root.classList.toggle("desk-paused", Boolean(data.paused))
    if (before && before.series === data.series && !(before.paused && !data.paused)) return this.restyle(before)
    const samePair = before && before.y === data.y && before.x === data.x && before.interval === data.interval
    if (!samePair) {
      this.look(data.range)
      this.toldView = data.range
    }
    await this.load(samePair)
  }

  // Other bars are asked for; until they are here the ones before stay, so that nothing jumps.
  async load(samePair) {
    const generation = ++this.generation
    const { data } = this
    this.topic?.close()
    clearTimeout(this.redrawing)
    this.refits = []
    this.moment = null
    this.pays = null
    this.say(samePair ? "" : `loading ${data.y} and ${data.x} …`)
    if (!samePair) this.root.classList.add("desk-loading")
    try {
      const [, found] = await Promise.all([loadPlotly(data.plotly), this.series()])
      if (generation !== this.generation) return
      this.take(found)
      this.count.drawn = { series: data.series, at: performance.now() }
      this.listen(generation)
      if (!samePair || !this.gaps[0].symbol) this.gaps.forEach((gaps, leg) => gaps.follow(leg ? data.x : data.y))
    } catch (error) {
      if (generation !== this.generation) return
      this.say(`${error.message}; trying again`, true)
      this.redrawing = setTimeout(() => generation === this.generation && this.load(samePair), RETRY_MS)
    }
  }

  async series(range = null) {
    const address = new URL(this.data.series, window.location.href)
    address.searchParams.set("points", POINTS)
    if (range) {
      address.searchParams.set("from", Math.round(range[0]))
      address.searchParams.set("to", Math.round(range[1]))
    }
    const answer = await fetch(address)
    const found = await answer.json().catch(() => null)
    if (!answer.ok) throw new Refused(found?.error?.message ?? `the desk answered ${answer.status}`)
    return found
  }

  take(found) {
    const before = this.about?.hedge
    this.about = found
    this.whole = found.columns
    this.fine = null
    this.reason = found.unknown.z ?? found.unknown.spread ?? found.unknown.hedge ?? ""
    this.root.classList.remove("desk-loading")
    this.noteRefit(before, found)
    this.say("")
    this.paint()
    this.finer()
  }

  // A hedge that moved by more than its own error is marked where it did.
  noteRefit(before, { hedge, last, hindsight, topic }) {
    const same = before && hedge && this.fitted === topic
    this.fitted = topic
    if (!same || !hindsight || !hedge.error || Math.abs(hedge.slope - (this.marked ?? before.slope)) <= hedge.error) return
    this.refits.push({ time: last, from: this.marked ?? before.slope, to: hedge.slope })
    this.marked = hedge.slope
  }

  listen(generation) {
    this.topic = new Topic(
      this.data.topic,
      (message) => generation === this.generation && this.heard(message.data),
      (words) => generation === this.generation && this.say(words, true),
    )
  }

  heard(news) {
    this.count.updates += 1
    this.count.bytes = this.topic.bytes
    if (this.data.paused) return
    this.state = news
    if (news.reason) this.reason = news.reason
    this.moment = news.moment
    this.count.z = news.moment?.z ?? null
    this.count.live.push({ at: Date.now(), z: this.count.z, traded: news.traded })
    if (this.count.live.length > 500) this.count.live.shift()
    const closed = news.columns && this.append(news)
    const paid = this.pays
    if (news.pays !== undefined) this.pays = news.pays
    if (news.anew) this.redraw(0)
    else if (closed && this.about.hindsight) this.redraw(REDRAW_MS)
    if (closed || this.outgrown() || paid !== this.pays) this.paint()
    else this.paintLive()
    this.root.classList.toggle("desk-stale", news.state === "stale")
    this.heardAt = Date.now()
    this.freshness()
    this.say(news.state === "live" ? "" : `${news.state.toUpperCase()}: ${news.words}`, news.state === "stale")
  }

  // How old each leg's newest trade is, by the desk's clock; it goes on while nothing is heard.
  freshness() {
    if (!this.state || this.data.paused) return (this.fresh.textContent = "")
    const now = this.state.now + Date.now() - this.heardAt
    const age = (time) => (time === null ? "–" : `${fixed(Math.max(now - time, 0) / 1000, now - time < 9950 ? 1 : 0)} s`)
    const word = this.state.state === "live" ? "● LIVE" : `○ ${this.state.state.toUpperCase()}`
    const ages = this.state.traded.map(age).join(" / ")
    this.fresh.textContent = `${word}  ${ages} old`
  }

  append(news) {
    const { columns } = news
    let closed = false
    for (const rows of [this.whole, this.fine?.rows].filter((each) => each?.time?.length)) {
      const last = rows.time[rows.time.length - 1]
      columns.time.forEach((time, at) => {
        if (time <= last) return
        closed = true
        for (const name of Object.keys(rows)) rows[name].push(columns[name][at])
      })
    }
    if (!this.whole.time) this.redraw(0) // the first bars are there now, and those before them
    if (closed) {
      const { bars, last } = news
      Object.assign(this.about, { last, bars: bars ?? this.about.bars })
    }
    return closed
  }

  redraw(after) {
    const wait = Math.max(after - (Date.now() - (this.redrawn ?? 0)), 0) + 200 + 300 * Math.random()
    const generation = this.generation
    clearTimeout(this.redrawing)
    this.redrawing = setTimeout(async () => {
      const found = await this.series().catch(() => null)
      if (generation !== this.generation || !found) return
      this.redrawn = Date.now()
      this.take(found)
    }, wait)
  }

  // Where rows were left out of the view, the ones in it are asked for.
  finer() {
    clearTimeout(this.refining)
    if (!this.about?.thinned || !this.view.x) return
    const [from, to] = this.view.x.map((at) => this.clock.unshift(at))
    if (this.fine && this.fine.from <= from && this.fine.to >= to && this.fine.width < 4 * (to - from)) return
    const generation = this.generation
    this.refining = setTimeout(async () => {
      const room = (to - from) / 2
      const range = [from - room, to + room]
      if (range[0] <= this.about.begin && range[1] >= this.about.last) return
      const found = await this.series(range).catch(() => null)
      if (generation !== this.generation || !found?.columns?.time) return
      this.fine = { from: range[0], to: range[1], width: range[1] - range[0], rows: found.columns }
      this.paint()
    }, FINER_MS)
  }

  rows() {
    if (!this.fine) return this.whole
    const { rows } = this.fine
    const [first, last] = [rows.time[0], rows.time[rows.time.length - 1]]
    const made = {}
    const before = this.whole.time.findIndex((time) => time >= first)
    const after = this.whole.time.findIndex((time) => time > last)
    for (const name of Object.keys(this.whole)) {
      const column = this.whole[name]
      made[name] = [...column.slice(0, before < 0 ? column.length : before), ...rows[name], ...(after < 0 ? [] : column.slice(after))]
    }
    return made
  }

  paint() {
    const Plotly = window.Plotly
    if (!Plotly || !this.whole || this.held || document.hidden || !this.root.offsetWidth) return
    const there = Boolean(this.whole.time?.length)
    this.empty.textContent = there ? "" : this.reason || `No bar of both ${this.data.y} and ${this.data.x} yet.`
    this.plot.style.visibility = there ? "visible" : "hidden"
    if (!there) return
    const colors = (this.colors ??= palette(this.root))
    const thinned = this.about.thinned
    const rows = thinned ? this.rows() : broken(this.rows(), this.data.intervalMs)
    this.shown = rows
    this.aim(rows)
    const [first, last] = this.inView(rows)
    const bases = { y: firstOf(rows.y, first), x: firstOf(rows.x, first) }
    this.bases = bases
    this.ranges_ = this.spans(rows, first, last, bases)
    const data = { ...this.data, marks: this.marks(rows), levels: this.levels() }
    const [from, to] = this.view.x.map((at) => this.clock.unshift(at))
    const shapes = this.gaps
      .flatMap((gaps) => gaps.shapes(from, to, this.data.intervalMs, colors, this.clock))
      .map((shape) => ({ ...shape, x0: written(shape.x0), x1: written(shape.x1) }))
    Plotly.react(this.plot, traces(near(rows, first, last), bases, data, colors, this.clock), layout(this.view.x, this.ranges_, data, colors, shapes), CONFIG)
    this.attach()
    this.count.paints += 1
    this.count.range = this.view.x
    this.paintLive()
    this.tell()
  }

  marks(rows) {
    const at = -this.ranges_.z[1] * 0.94
    const refits = (this.refits ?? []).map((each) => ({
      time: each.time, at, refit: true, symbol_shape: "diamond", words: `hedge fitted anew: ${fixed(each.from, 5)} → ${fixed(each.to, 5)}`,
    }))
    const known = this.about.marks.map((mark) => ({ ...mark, at, words: `${mark.symbol}: ${mark.words}` }))
    return [...known, ...refits].filter((mark) => mark.time >= rows.time[0])
  }

  aim(rows) {
    const newest = this.clock.shift(Math.max(rows.time[rows.time.length - 1], this.moment?.time ?? 0))
    const oldest = this.clock.shift(rows.time[0])
    const bar = this.data.intervalMs
    if (!this.view.own) {
      const bars = Math.min(this.view.bars ?? this.data.barsInView, (newest - oldest) / bar + 1)
      this.view.width = bars * bar * 1.04
      this.view.ahead = bars * bar * 0.04
    }
    if (this.view.follow || !this.view.x) this.view.x = [newest + this.view.ahead - this.view.width, newest + this.view.ahead]
  }

  inView(rows) {
    const [from, to] = this.view.x.map((at) => this.clock.unshift(at))
    let first = rows.time.findIndex((time) => time >= from)
    let last = rows.time.findIndex((time) => time > to)
    if (first < 0) first = 0
    if (last < 0) last = rows.time.length
    return [Math.max(first - 1, 0), Math.max(last, first + 1)]
  }

  spans(rows, first, last, bases) {
    const [toY, toX] = [scaled(this.data.scale, bases.y), scaled(this.data.scale, bases.x)]
    const unit = this.data.spread.factor
    const [y, x] = [rows.y.map(toY), rows.x.map(toX)]
    const apart = this.data.scale === "linear" || this.data.scale === "log"
    const live = this.moment
    const far = this.data.levels.entry
    const edges = rows.centre.map((v, i) => (v === null ? null : (v + far * rows.scale[i]) * unit))
    const others = rows.centre.map((v, i) => (v === null ? null : (v - far * rows.scale[i]) * unit))
    const spread = rows.spread.map((v) => (v === null ? null : v * unit))
    const most = (names) => Math.max(...rows.time.slice(first, last).map((_, i) => names.reduce((total, name) => total + (rows[name][first + i] ?? 0), 0)))
    return {
      y: spanOf(apart ? [y] : [y, x], first, last, [live && toY(live.y), ...(apart ? [] : [live && toX(live.x)])]),
      x: spanOf([x], first, last, [live && toX(live.x)]),
      spread: spanOf([spread, edges, others], first, last, [live?.spread == null ? null : live.spread * unit]),
      z: zRange(rows, first, last, live),
      correlation: spanOf([rows.correlation], first, last, [0, 1]),
      volume: 1.1 * most(["notional_y", "notional_x"]) || 1,
    }
  }

  // Whether the live point has left what is shown of its pane, or the view has to move along.
  outgrown() {
    const { moment, ranges_: ranges } = this
    if (!moment || !ranges || !this.view.x) return false
    const beyond = (value, [low, high]) => value !== null && value !== undefined && (value < low || value > high)
    const spread = moment.spread === null ? null : moment.spread * this.data.spread.factor
    const past = this.view.follow && this.clock.shift(moment.time) > this.view.x[1]
    const { scale } = this.data
    const ownX = scale === "linear" || scale === "log"
    const [y, x] = [scaled(scale, this.bases.y)(moment.y), scaled(scale, this.bases.x)(moment.x)]
    const prices = beyond(y, ranges.y) || beyond(x, ownX ? ranges.x : ranges.y)
    return past || prices || beyond(spread, ranges.spread) || beyond(moment.z, ranges.z)
  }

  paintLive() {
    if (!this.shown || !this.listening || !this.colors) return
    const { moment, shown: rows, colors, data } = this
    const last = rows.time.length - 1
    const stale = this.root.classList.contains("desk-stale")
    const points = []
    if (moment && moment.time > rows.time[last]) {
      const at = this.clock.shift(moment.time)
      const before = this.clock.shift(rows.time[last])
      const [toY, toX] = [scaled(data.scale, this.bases.y), scaled(data.scale, this.bases.x)]
      const apart = data.scale === "linear" || data.scale === "log"
      const unit = data.spread.factor
      const point = (axis, from, to, color, text) => points.push({ axis, from: [before, from], to: [at, to], color, text })
      point("y", toY(rows.y[last]), toY(moment.y), colors.y, fixed(moment.y, data.decimals.y))
      point(apart ? "y2" : "y", toX(rows.x[last]), toX(moment.x), colors.x, fixed(moment.x, data.decimals.x))
      if (moment.spread !== null) point(AXES.spread, nullable(rows.spread[last], unit), moment.spread * unit, colors.spread, fixed(moment.spread * unit, 2))
      if (moment.z !== null) point(AXES.z, rows.z[last], moment.z, colors.z, `${moment.z > 0 ? "+" : ""}${fixed(moment.z, 2)}`)
    }
    this.overlay.live(points, stale)
    this.legend()
  }

  legend() {
    const rows = this.shown
    const at = this.pointed ?? rows.time.length - 1
    const live = this.pointed === null || this.pointed === undefined ? this.state : null
    const lines = legends(rows, at, { ...this.data, levels: this.levels() }, this.colors, live)
    const tops = this.overlay.tops(this.data)
    this.legends.replaceChildren(
      ...shownPanes(this.data).map((name) => {
        const line = element("div", "desk-legend")
        line.style.top = `${tops[name] ?? 0}px`
        for (const [label, color, text, isLive] of lines[name]) {
          const part = element("span", isLive ? "desk-live" : "desk-value")
          part.append(element("span", "desk-label", {}, label), document.createTextNode(` ${text}`))
          part.style.color = color
          line.append(part)
        }
        return line
      }),
    )
    const mark = this.marks(rows).find((each) => each.time === rows.time[at])
    this.time.textContent = this.when(rows.time[at]) + (mark ? `  ▲ ${mark.words}` : "")
  }

  levels() {
    return { ...this.data.levels, breakEven: this.pays ?? null }
  }

  // A bar's open time with its zone, to the minute where bars are no shorter.
  when(time) {
    return `${this.clock.wall(time).slice(0, this.data.intervalMs < 60000 ? 19 : 16)} ${this.clock.label(time)}`
  }

  // The chart in a sentence.
  tell() {
    const { about, data } = this
    const z = this.whole.z[this.whole.z.length - 1]
    const score = z === null ? `z-score not known (${this.reason})` : `z-score ${signed(z, 2)}`
    const drawn = about.thinned ? `, ${about.drawn.toLocaleString("en-US")} of them drawn: the extremes of each stretch` : ""
    const hindsight = about.hindsight ? " The hedge is fitted on all of these bars: earlier spreads and z-scores know what came after." : ""
    const told = `${data.y} on ${data.x}: ${score} at the close of ${this.when(about.last + data.intervalMs)}, ${about.bars.toLocaleString("en-US")} bars of ${data.interval}${drawn}.${hindsight}`
    this.summary.textContent = told
    this.plot.setAttribute("aria-label", told)
  }

  attach() {
    if (this.listening) return
    this.listening = true
    this.plot.on("plotly_relayout", (change) => this.moved(change))
    this.plot.on("plotly_relayouting", () => this.paintLive())
    this.plot.on("plotly_doubleclick", () => {
      this.toNow()
      return false
    })
  }

  // What the user did to the view; our own repaints pass through Plotly.react and do not come here.
  moved(change) {
    const x = change["xaxis.range"] ?? [change["xaxis.range[0]"], change["xaxis.range[1]"]]
    if (x[0] === undefined) return
    this.view.x = x.map(toMs)
    this.view.own = true
    const newest = this.clock.shift(this.shown.time[this.shown.time.length - 1])
    this.view.width = this.view.x[1] - this.view.x[0]
    this.view.ahead = this.view.x[1] - newest
    this.view.follow = this.view.ahead > this.data.intervalMs / 2
    this.follow.hidden = false
    requestAnimationFrame(() => this.paint())
    this.finer()
    this.told()
  }

  // The range of a view that does not follow is part of the address.
  told() {
    clearTimeout(this.telling)
    this.telling = setTimeout(() => {
      const range = this.view.follow ? null : this.view.x.map((at) => Math.round(this.clock.unshift(at)))
      if (JSON.stringify(range) === JSON.stringify(this.toldView ?? null)) return
      this.toldView = range
      this.tellView(range)
    }, VIEW_TOLD_MS)
  }

  toNow(bars = null) {
    this.look(null, bars)
    this.paint()
    this.finer()
    this.told()
  }

  // The view that nobody has moved yet, or the one that a link names.
  look(range, bars = null) {
    this.view = range
      ? { follow: false, x: range.map((at) => this.clock.shift(at)), width: range[1] - range[0], ahead: 0, own: true }
      : { follow: true, x: null, width: null, ahead: null, bars }
    this.follow.hidden = !range
  }

  restyle(before) {
    if (before.zone !== this.data.zone && this.view.x) {
      const old = new Clock(before.zone)
      this.view.x = this.view.x.map((at) => this.clock.shift(old.unshift(at)))
    }
    this.paint()
  }

  over(event) {
    const left = this.plot.getBoundingClientRect().left
    const axis = this.overlay.axis("x")
    if (!axis || !this.shown) return
    const at = event.clientX - left
    if (at < axis._offset || at > axis._offset + axis._length) return this.point(null)
    const row = nearest(this.shown.time, this.clock.unshift(this.overlay.timeAt(at)))
    this.point(row)
    if (this.from !== undefined && this.from !== null) this.overlay.measured(this.shown, this.from, row, this.data, this.clock)
  }

  point(row) {
    if (this.pointed === row || !this.shown) return
    this.pointed = row
    this.overlay.crossAt(row === null ? null : this.clock.shift(this.shown.time[row]))
    this.legend()
  }

  pressed(event) {
    this.held = true
    if (!event.shiftKey || this.pointed === null || this.pointed === undefined) return
    event.stopPropagation()
    event.preventDefault()
    this.from = this.pointed
  }

  released() {
    if (this.from !== null && this.from !== undefined) this.overlay.measured(this.shown, null, null, this.data, this.clock)
    this.from = null
    if (!this.held) return
    this.held = false
    requestAnimationFrame(() => this.paint())
  }

  asked(key) {
    if (key === "reset") this.toNow()
  }

  say(words, bad = false) {
    this.words.textContent = this.data?.paused ? this.data.paused : words
    this.words.classList.toggle("desk-bad", bad)
  }

  recolor() {
    const before = JSON.stringify(this.colors)
    this.colors = palette(this.root)
    if (before !== JSON.stringify(this.colors)) this.paint()
  }

  resize() {
    if (!this.root.offsetWidth) return
    if (this.listening && this.plot.offsetWidth) {
      window.Plotly.Plots.resize(this.plot).then(() => this.paintLive(), () => {})
    } else this.paint() // it was not laid out yet when there was something to draw
  }
}

class Refused extends Error {}

// The rows in view and as many at either side: a drag cannot reach farther before the chart is drawn anew.
function near(rows, first, last) {
  const [from, to] = [Math.max(2 * first - last, 0), 2 * last - first]
  return Object.fromEntries(Object.entries(rows).map(([name, column]) => [name, column.slice(from, to)]))
}

function firstOf(column, from) {
  for (let i = from; i < column.length; i++) if (column[i] !== null) return column[i]
  return null
}

function nullable(value, unit) {
  return value === null ? null : value * unit
}

function nearest(times, at) {
  let [low, high] = [0, times.length - 1]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (times[middle] <= at) low = middle
    else high = middle
  }
  return at - times[low] <= times[high] - at ? low : high
}

function toMs(value) {
  return typeof value === "number" ? value : Date.parse(`${String(value).replace(" ", "T")}Z`)
}
