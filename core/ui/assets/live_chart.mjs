// The live chart: history over HTTP, then deltas over the API's stream, drawn with the Plotly.js of the installed package.
//
// Closed bars are drawn once. The forming bar has traces of its own, repainted at most twice a second. The view belongs to
// the user: it follows the newest bar until they pan or zoom away, and comes back when they ask.

import { Clock } from "./clock.mjs"
import { GapBands } from "./gap_bands.mjs"
import { priceAxis, priceLabel, scaleWords } from "./price_scale.mjs"

const HISTORY_BARS = 720
const LEAST_BARS_IN_VIEW = 30
const PIXELS_A_BAR = 8
const MOST_BARS = 5000
const RETRY_FIRST_MS = 500
const RETRY_MOST_MS = 15000
const FORMING = "forming"
const BREAK = 5
const NUMBERS = ["open", "high", "low", "close", "volume", "quote_volume", "trade_count", "taker_buy_volume", "vwap"]

const instances = new WeakMap()
let plotlyLoading = null

// Streamlit calls this at the first run and again whenever data or theme change; the node stays the same.
export function mount(component) {
  const { data, parentElement } = component
  let instance = instances.get(parentElement)
  if (!instance) {
    instance = new LiveChart(parentElement)
    instances.set(parentElement, instance)
  }
  instance.keep()
  instance.show(data)
  return () => instance.leave(() => instances.delete(parentElement))
}

function loadPlotly(address) {
  if (window.Plotly) return Promise.resolve(window.Plotly)
  plotlyLoading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script")
    script.src = address
    script.onload = () => resolve(window.Plotly)
    script.onerror = () => {
      plotlyLoading = null
      reject(new Error("the chart library did not load"))
    }
    document.head.append(script)
  })
  return plotlyLoading
}

class LiveChart {
  constructor(parent) {
    this.legend = element("div", "desk-legend", { "aria-live": "off" })
    this.words = element("span", "desk-words")
    this.follow = element("button", "desk-follow", { type: "button", hidden: "" })
    this.follow.textContent = "Jump to now ⇥"
    this.follow.onclick = () => this.toNow()
    const head = element("div", "desk-head")
    this.scale = element("span", "desk-scale")
    head.append(this.legend, this.scale, this.words, this.follow)
    this.plot = element("div", "desk-plot", { role: "img", tabindex: "0", "aria-label": "Live chart, loading" })
    this.plot.addEventListener("keydown", (event) => this.key(event))
    this.empty = element("div", "desk-empty")
    this.root = element("div", "desk-chart")
    this.gaps = new GapBands(this.plot, () => this.held || this.paint())
    this.root.append(style(), head, this.plot, this.empty, this.gaps.tip)
    parent.append(this.root)
    this.generation = 0
    this.revision = 0
    this.held = false
    this.count = { updates: 0, bytes: 0, paints: [] }
    window.__desk_chart = this.count
    this.resizing = new ResizeObserver(() => this.resize())
    this.resizing.observe(this.root)
    this.plot.addEventListener("pointerdown", () => (this.held = true))
    this.wake = () => document.hidden || this.paint()
    document.addEventListener("visibilitychange", this.wake)
    this.release = () => {
      if (!this.held) return
      this.held = false
      requestAnimationFrame(() => this.paint())
    }
    window.addEventListener("pointerup", this.release)
  }

  keep() {
    clearTimeout(this.leaving)
  }

  // A rerun ends the old call just before the new one; only what stays away is gone.
  leave(forget) {
    this.leaving = setTimeout(() => {
      this.generation += 1
      this.socket?.close()
      clearTimeout(this.retry)
      this.gaps.clear()
      this.resizing.disconnect()
      window.removeEventListener("pointerup", this.release)
      document.removeEventListener("visibilitychange", this.wake)
      if (this.listening) window.Plotly.purge(this.plot)
      this.root.remove()
      forget()
    }, 250)
  }

  async show(data) {
    const same = this.data && this.data.symbol === data.symbol && this.data.interval === data.interval
    const moved = same && (this.data.zone !== data.zone || this.data.scale !== data.scale)
    this.data = data
    this.clock = new Clock(data.zone, data.zoneLabels)
    this.plot.style.height = `${data.height}px`
    requestAnimationFrame(() => requestAnimationFrame(() => this.recolor()))
    if (moved) {
      this.closed = null
      this.paint()
    }
    if (same) return
    const generation = ++this.generation
    this.socket?.close()
    clearTimeout(this.retry)
    this.bars = new Map()
    this.gaps.clear()
    this.closed = this.drawn = this.begin = null
    this.look(true)
    this.delay = RETRY_FIRST_MS
    this.say(`loading ${data.symbol} …`)
    try {
      const [, history] = await Promise.all([loadPlotly(data.plotly), this.history(data)])
      if (generation !== this.generation) return
      this.merge(history)
      this.say("")
      this.paint()
      this.listen(generation)
      this.gaps.follow(data.symbol)
    } catch (error) {
      if (generation === this.generation) this.again(generation, `${error.message}; trying again`)
    }
  }

  async history({ symbol, interval }, before = {}) {
    const query = new URLSearchParams({ symbol, interval, limit: HISTORY_BARS, shape: "columns", ...before })
    const answer = await fetch(`/api/v1/candles?${query}`)
    if (!answer.ok) throw new Error(`the desk answered ${answer.status}`)
    return (await answer.json()).candles
  }

  listen(generation) {
    const address = new URL("/api/v1/stream", window.location.href)
    address.protocol = address.protocol.replace("http", "ws")
    const socket = new WebSocket(address)
    const topic = `bars:${this.data.symbol}:${this.data.interval}`
    this.socket = socket
    socket.onopen = () => socket.send(JSON.stringify({ op: "subscribe", id: 1, topics: [topic] }))
    socket.onmessage = (event) => {
      if (generation !== this.generation) return
      this.count.bytes += event.data.length
      this.take(JSON.parse(event.data), topic, generation)
    }
    socket.onclose = () => {
      if (generation === this.generation) this.again(generation, "connection lost; reconnecting")
    }
  }

  again(generation, words) {
    this.say(words, true)
    this.root.classList.add("desk-stale")
    this.retry = setTimeout(() => {
      if (generation !== this.generation) return
      if (window.Plotly) this.listen(generation)
      else {
        const data = this.data
        this.data = null
        this.show(data)
      }
    }, this.delay * (0.5 + Math.random() / 2))
    this.delay = Math.min(this.delay * 2, RETRY_MOST_MS)
  }

  take(message, topic, generation) {
    if (message.topic !== topic) return
    if (message.type === "error") return this.say(message.data?.message ?? "the desk refused the subscription", true)
    if (message.type === "dropped") return
    const missed = message.type === "delta" && message.seq !== this.seq + 1
    this.seq = message.seq
    if (missed) return this.socket.close()
    this.delay = RETRY_FIRST_MS
    this.say("")
    const lacking = message.type === "snapshot" && this.lacks(message.data)
    this.merge(message.data.candles)
    this.watermark = message.data.watermark
    this.count.updates += 1
    if (!this.held) this.paint()
    if (lacking) this.refresh(generation)
  }

  // A snapshot reaches only so far back: after a long absence, or a change further back, older bars have to be asked for.
  lacks({ candles, changed_from: changedFrom }) {
    const first = candles.open_time[0]
    if (first === undefined || this.bars.size === 0) return false
    return (changedFrom !== null && changedFrom < first) || first > Math.max(...this.bars.keys()) + this.data.intervalMs
  }

  // Who looks further back than there are bars is given more of them, while the record has any.
  async reach() {
    const { all, generation } = this
    if (this.reaching || this.begin === all[0].time || all.length + HISTORY_BARS > MOST_BARS) return
    if (this.view.x[0] > all[0].time) return
    this.reaching = true
    const part = await this.history(this.data, { to: all[0].time }).catch(() => null)
    this.reaching = false
    if (!part || generation !== this.generation) return
    if (!part.open_time.length) this.begin = all[0].time
    this.merge(part, true)
    if (!this.held) this.paint()
  }

  async refresh(generation) {
    const part = await this.history(this.data).catch(() => null)
    if (generation !== this.generation) return
    if (!part) return this.socket.close() // asks again with the next snapshot
    this.merge(part, true)
    if (!this.held) this.paint()
  }

  // Bars by open time; a bar that was closed and comes again was amended, and is drawn anew. Where the stream may have
  // told newer things since `part` was asked for, they stand.
  merge(part, overtaken = false) {
    if (!part?.open_time) return
    part.open_time.forEach((time, i) => {
      const bar = { time, state: part.state[i], revision: part.revision[i], flags: part.flags[i] ?? [], source: part.source[i] }
      for (const name of NUMBERS) bar[name] = part[name]?.[i] == null ? null : Number(part[name][i])
      bar.text = part.close[i]
      const known = this.bars.get(time)
      if (overtaken && (bar.state === FORMING || known?.revision > bar.revision)) return
      if (bar.state !== FORMING && !(known && known.state !== FORMING && sameBar(known, bar))) this.closed = null
      if (bar.state === FORMING && known && known.state !== FORMING) this.closed = null
      this.bars.set(time, bar)
    })
    if (this.bars.size > MOST_BARS) {
      const times = [...this.bars.keys()].sort((a, b) => a - b)
      times.slice(0, this.bars.size - MOST_BARS).forEach((time) => this.bars.delete(time))
      this.closed = null
    }
  }

  paint() {
    const Plotly = window.Plotly
    if (!Plotly || !this.bars || document.hidden || !this.root.offsetWidth) return
    const all = [...this.bars.values()].sort((a, b) => a.time - b.time)
    this.all = all
    this.empty.textContent = all.length ? "" : `No trade of ${this.data.symbol} yet. Bars appear with the first one.`
    this.plot.style.visibility = all.length ? "visible" : "hidden"
    if (!all.length) return this.legend.replaceChildren()
    const colors = (this.colors ??= palette(this.root))
    this.aim(all)
    const forming = all.filter((bar) => bar.state === FORMING)
    this.closed ??= closedTraces(all.filter((bar) => bar.state !== FORMING && this.isNear(bar)), colors, this.clock, this.data.intervalMs)
    // Plotly.react writes what the user hid into the traces it is given, and takes it for theirs when it gets them again.
    const traces = [...this.closed.map((trace) => ({ ...trace })), ...formingTraces(forming, colors, this.clock)]
    Plotly.react(this.plot, traces, this.layout(all, colors), CONFIG)
    this.attach()
    this.tell(all)
    this.reach()
    const last = all.at(-1)
    this.count.paints.push({
      at: Date.now(), time: last.time, close: last.text, count: last.trade_count, watermark: this.watermark,
    })
    if (this.count.paints.length > 500) this.count.paints.shift()
  }

  // Where to look, and which bars to draw: those in view and a view's width on either side, until the view leaves them.
  // While the newest bar is in view it keeps its place there, in a view as wide as the user has made it.
  aim(all) {
    const step = this.data.intervalMs
    const last = all.at(-1)
    if (!this.view.x) {
      const room = Math.min(this.data.barsInView, Math.round(this.plot.offsetWidth / PIXELS_A_BAR))
      const bars = Math.max(LEAST_BARS_IN_VIEW, Math.min(room, (last.time - all[0].time) / step + 2))
      this.view.ahead = step * Math.ceil(bars / 15)
      this.view.width = (bars - 0.5) * step + this.view.ahead
    }
    if (this.view.follow) this.view.x = [last.time + this.view.ahead - this.view.width, last.time + this.view.ahead]
    const [from, to] = this.view.x
    const width = to - from
    const drawn = this.drawn
    if (!drawn || from < drawn[0] || to > drawn[1] || drawn[1] - drawn[0] > 5 * width) {
      this.drawn = [from - width, to + width]
      this.closed = null
    }
  }

  isNear(bar) {
    return bar.time >= this.drawn[0] && bar.time <= this.drawn[1]
  }

  layout(all, colors) {
    const last = all.at(-1)
    const inView = all.filter((bar) => bar.time >= this.view.x[0] && bar.time <= this.view.x[1])
    const shown = inView.length ? inView : [last] // beside the record there is nothing to fit the scale to
    const color = last.close >= last.open ? colors.up : colors.down
    const { scale } = this.data
    const base = shown[0].close
    const label = priceLabel(scale, last.close, grouped(last.text), base)
    this.scale.textContent = scaleWords(scale)
    this.revision += 1
    return {
      uirevision: "kept", // what was hidden stays hidden
      dragmode: "pan",
      hovermode: "x",
      hoverdistance: -1,
      bargap: 0.25,
      font: { family: colors.font, size: 11, color: colors.faint },
      margin: { l: 8, r: 84, t: 24, b: 26 },
      paper_bgcolor: colors.background, // the cross-hair is outlined in it
      plot_bgcolor: colors.background,
      showlegend: true,
      legend: { orientation: "h", x: 0, y: 1, yanchor: "bottom", bgcolor: "rgba(0,0,0,0)", font: { color: colors.faint } },
      xaxis: {
        ...axis(colors), type: "date", range: this.view.x.map((time) => this.clock.text(time)), uirevision: this.revision,
        rangeslider: { visible: false }, showspikes: true, spikemode: "across", spikethickness: 1,
        spikedash: "dot", spikecolor: colors.faint, spikesnap: "cursor", anchor: "y2", hoverformat: "%Y-%m-%d %H:%M:%S",
      },
      yaxis: {
        ...axis(colors), side: "right", domain: [0.24, 1], uirevision: this.revision,
        ...priceAxis(scale, span(shown), base, decimals(last.text)), fixedrange: true,
        showspikes: true, spikemode: "across", spikethickness: 1, spikedash: "dot", spikecolor: colors.faint,
      },
      yaxis2: {
        ...axis(colors), side: "right", domain: [0, 0.19], nticks: 3, fixedrange: true, uirevision: this.revision,
        range: [0, 1.08 * Math.max(...shown.map((bar) => bar.volume)) || 1], tickformat: "~s",
      },
      shapes: [...this.gaps.shapes(...this.drawn, this.data.intervalMs, colors, this.clock), {
        type: "line", xref: "paper", x0: 0, x1: 1, yref: "y", y0: last.close, y1: last.close,
        line: { color, width: 1, dash: "dot" },
      }],
      annotations: [{
        xref: "paper", x: 1, xanchor: "left", yref: "y", y: scale === "log" ? Math.log10(last.close) : last.close,
        showarrow: false, text: ` ${label} `, font: { color: colors.background, size: 11, family: colors.font },
        bgcolor: color, borderpad: 2,
      }, {
        xref: "paper", x: 1, xanchor: "left", xshift: 24, yref: "paper", y: 0, yanchor: "top", yshift: -6, showarrow: false,
        text: this.clock.label(last.time), font: { color: colors.faint, size: 11, family: colors.font },
      }],
    }
  }

  attach() {
    if (this.listening) return
    this.listening = true
    this.plot.on("plotly_relayout", (change) => this.moved(change))
    this.plot.on("plotly_hover", ({ points }) => this.point(points[0]))
    this.plot.on("plotly_unhover", () => this.point(null))
    this.plot.on("plotly_doubleclick", () => {
      this.toNow()
      return false
    })
  }

  // What the user did to the view; our own repaints pass through Plotly.react and do not come here.
  moved(change) {
    const x = change["xaxis.range"] ?? [change["xaxis.range[0]"], change["xaxis.range[1]"]]
    if (x[0] === undefined) return
    this.view.x = x.map((edge) => this.clock.unshift(toMs(edge)))
    const newest = this.all.at(-1).time
    this.view.width = this.view.x[1] - this.view.x[0]
    this.view.ahead = this.view.x[1] - newest
    this.view.follow = this.view.ahead > this.data.intervalMs / 2
    this.follow.hidden = false
    if (!this.held) requestAnimationFrame(() => this.paint())
  }

  // The view by the keyboard, in fifths of its width; the newest end stays where it is while zooming.
  key(event) {
    const step = { ArrowLeft: [-0.2, -0.2], ArrowRight: [0.2, 0.2], "+": [0.2, 0], "=": [0.2, 0], "-": [-0.25, 0] }[event.key]
    if (event.ctrlKey || event.metaKey || event.altKey || !this.view?.x || (!step && event.key !== "End")) return
    event.preventDefault()
    event.stopPropagation()
    if (!step) return this.toNow()
    const width = this.view.x[1] - this.view.x[0]
    const range = this.view.x.map((edge, end) => this.clock.shift(edge + step[end] * width))
    this.moved({ "xaxis.range": range })
  }

  toNow() {
    this.look()
    this.paint()
  }

  // The view that nobody has changed yet.
  look(stale = false) {
    this.view = { follow: true, x: null, width: null, ahead: null }
    this.follow.hidden = true
    this.root.classList.toggle("desk-stale", stale)
  }

  point(at) {
    const bar = at ? this.bars.get(at.customdata) : this.all?.at(-1)
    this.pointed = at && bar ? bar.time : null
    if (bar) this.legend.replaceChildren(...legend(bar, this.data.intervalMs, this.colors, this.clock))
  }

  tell(all) {
    const last = all.at(-1)
    const bar = this.pointed ? this.bars.get(this.pointed) : last
    if (bar) this.legend.replaceChildren(...legend(bar, this.data.intervalMs, this.colors, this.clock))
    this.plot.setAttribute(
      "aria-label",
      `${this.data.symbol}, ${this.data.interval} candles: last price ${last.text}, ${all.length} bars. ` +
        "Arrow keys move the view, plus and minus zoom, End jumps to now.",
    )
  }

  say(words, bad = false) {
    this.words.textContent = words
    this.words.classList.toggle("desk-bad", bad)
    if (!words) this.root.classList.remove("desk-stale")
  }

  recolor() {
    const before = JSON.stringify(this.colors)
    this.colors = palette(this.root)
    if (before === JSON.stringify(this.colors)) return
    this.closed = null
    if (this.bars?.size) this.paint()
  }

  resize() {
    if (!this.root.offsetWidth) return
    if (this.listening && this.plot.offsetWidth) window.Plotly.Plots.resize(this.plot)
    else this.paint() // it was not laid out yet when there was something to draw
  }
}

const CONFIG = { displayModeBar: false, scrollZoom: true, responsive: false, doubleClick: false }

function closedTraces(bars, colors, clock, step) {
  const whole = broken(bars, step)
  const marked = bars.filter((bar) => mark(bar))
  const own = bars.filter((bar) => bar.source === "own")
  const lent = bars.filter((bar) => bar.source !== "own")
  return [
    { ...candles("Candles", own, colors, 1, clock), showlegend: false },
    { ...candles("Exchange's bars", lent, colors, 1, clock), legendgroup: "lent", opacity: 0.4, showlegend: lent.length > 0 },
    {
      type: "scatter", mode: "lines", name: "VWAP", legendgroup: "vwap", ...times(whole, clock), y: whole.map((bar) => bar.vwap),
      line: { color: colors.vwap, width: 1.2 }, hoverinfo: "none", connectgaps: false,
    },
    volume("Volume", bars, colors, 0.55, clock),
    {
      type: "scatter", mode: "markers", name: "Marks", ...times(marked, clock), y: marked.map((bar) => bar.low),
      hoverinfo: "skip", showlegend: marked.length > 0, // the legend above says in words what a mark means
      marker: { symbol: "arrow-up", size: 8, color: colors.mark, line: { width: 0 } }, // its tip is at the low
    },
  ]
}

// Where bars stand, and the time itself behind each.
// A line is not drawn over more than BREAK intervals of which nothing is known.
function broken(bars, step) {
  return bars.flatMap((bar, at) => (at && bar.time - bars[at - 1].time > BREAK * step ? [{ time: bar.time - step, vwap: null }, bar] : [bar]))
}

function times(bars, clock) {
  return { x: bars.map((bar) => clock.text(bar.time)), customdata: bars.map((bar) => bar.time) }
}

function formingTraces(bars, colors, clock) {
  return [
    { ...candles("Forming", bars, colors, 0, clock), legendgroup: "candles", showlegend: false },
    { ...volume("Forming volume", bars, colors, 0.25, clock), legendgroup: "volume", showlegend: false },
  ]
}

function candles(name, bars, colors, fill, clock) {
  const side = (color) => ({ line: { color, width: 1 }, fillcolor: fill ? color : colors.background })
  return {
    type: "candlestick", name, legendgroup: "candles", ...times(bars, clock), open: bars.map((bar) => bar.open),
    high: bars.map((bar) => bar.high), low: bars.map((bar) => bar.low), close: bars.map((bar) => bar.close),
    increasing: side(colors.up), decreasing: side(colors.down), hoverinfo: "none",
  }
}

function volume(name, bars, colors, opacity, clock) {
  return {
    type: "bar", name, legendgroup: "volume", yaxis: "y2", ...times(bars, clock), y: bars.map((bar) => bar.volume),
    marker: {
      color: bars.map((bar) => (bar.close >= bar.open ? colors.up : colors.down)),
      opacity: bars.map((bar) => (bar.source === "own" ? opacity : opacity / 2)), line: { width: 0 },
    },
    hoverinfo: "none",
  }
}

function mark(bar) {
  const words = []
  if (bar.flags.includes("gap")) words.push("trades of this bar are known to be missing")
  if (bar.flags.includes("partial")) words.push("the desk's record begins inside this bar")
  if (bar.flags.includes("differs")) words.push("differs from the exchange's own bar")
  if (bar.state === "amended") words.push("amended by a late trade")
  return words.join("; ")
}

function legend(bar, step, colors, clock) {
  const color = bar.close >= bar.open ? colors.up : colors.down
  const when = clock.wall(bar.time).slice(0, step < 60000 ? 19 : 16)
  const seeded = bar.source === "seeded" ? "the exchange's own bar" : ""
  const checked = bar.flags.includes("checked") || bar.flags.includes("spanned") ? "matches the exchange's" : ""
  const state = [bar.state, seeded, checked, mark(bar)].filter(Boolean).join(", ")
  const change = Math.round(1e4 * (bar.close / bar.open - 1)) / 100
  const sign = change > 0 ? "▲ +" : change < 0 ? "▼ −" : "■ "
  const digits = decimals(bar.text)
  const number = (value) => value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits })
  const values = element("span", "desk-values")
  values.style.color = color
  values.textContent =
    `O ${number(bar.open)}  H ${number(bar.high)}  L ${number(bar.low)}  C ${number(bar.close)}  ` +
    `${sign}${Math.abs(change).toFixed(2)} %`
  const rest = element("span", "desk-rest")
  rest.textContent = `Vol ${compact(bar.volume)}  ${bar.trade_count.toLocaleString("en-US")} ${bar.trade_count === 1 ? "trade" : "trades"}  ·  ${state}`
  const time = element("span", "desk-time")
  time.textContent = `${when} ${clock.label(bar.time)}`
  return [time, values, rest]
}

function span(shown) {
  if (!shown.length) return undefined
  const low = Math.min(...shown.map((bar) => bar.low))
  const high = Math.max(...shown.map((bar) => bar.high))
  const room = (high - low || high * 0.001) * 0.08
  return [low - room, high + room]
}

function sameBar(a, b) {
  return a.state === b.state && a.source === b.source && a.flags.join() === b.flags.join() && NUMBERS.every((name) => a[name] === b[name])
}

function axis(colors) {
  return { gridcolor: colors.grid, linecolor: colors.grid, zeroline: false, tickcolor: colors.grid, automargin: false }
}

function palette(node) {
  const css = getComputedStyle(node)
  const read = (name, fallback) => css.getPropertyValue(name).trim() || fallback
  return {
    up: read("--st-blue-color", "#5AA2FF"),
    down: read("--st-orange-color", "#FF9F45"),
    vwap: read("--st-violet-color", "#B28CFF"),
    mark: read("--st-yellow-color", "#E8BD4A"),
    lost: read("--st-red-color", "#FF6B72"),
    grid: read("--st-border-color", "#242C3B"),
    faint: read("--st-gray-color", "#8A94A6"),
    background: read("--st-background-color", "#0B0E14"),
    font: read("--st-font", "sans-serif"),
  }
}

function element(tag, name, attributes = {}) {
  const node = document.createElement(tag)
  node.className = name
  Object.entries(attributes).forEach(([key, value]) => node.setAttribute(key, value))
  return node
}

function style() {
  const node = document.createElement("style")
  node.textContent = `
    .desk-chart { position: relative; width: 100%; font-family: var(--st-font); color: var(--st-text-color); }
    .desk-head { display: flex; flex-wrap: wrap; gap: 2px 14px; min-height: 40px; align-items: center; font-size: 12px;
      font-variant-numeric: tabular-nums; white-space: pre-wrap; }
    .desk-legend { display: flex; flex-wrap: wrap; gap: 0 14px; }
    .desk-time, .desk-rest, .desk-scale { color: var(--st-gray-color); }
    .desk-words { color: var(--st-gray-color); } .desk-words.desk-bad { color: var(--st-orange-color); }
    .desk-follow { margin-left: auto; font: inherit; color: var(--st-text-color); cursor: pointer; padding: 4px 10px;
      background: var(--st-secondary-background-color); border: 1px solid var(--st-border-color);
      border-radius: var(--st-button-radius); }
    .desk-tip { position: absolute; z-index: 2; max-width: min(360px, 90%); padding: 8px 10px; font-size: 12px;
      line-height: 1.45; pointer-events: none; color: var(--st-text-color); background: var(--st-secondary-background-color);
      border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius); }
    .desk-tip[hidden] { display: none; }
    .desk-tip-head { font-weight: 600; } .desk-tip-line { color: var(--st-gray-color); overflow-wrap: anywhere; }
    .desk-stale .desk-plot, .desk-stale .desk-legend { opacity: 0.4; }
    .desk-follow[hidden] { display: none; }
    .desk-follow:focus-visible, .desk-plot:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
    .desk-plot:focus:not(:focus-visible) { outline: none; }
    .desk-empty { position: absolute; inset: 40px 0 0 0; display: grid; place-items: center; pointer-events: none;
      color: var(--st-gray-color); text-align: center; }
    @media (max-width: 640px) { .desk-head { min-height: 72px; align-content: center; } }`
  return node
}

function toMs(value) {
  return typeof value === "number" ? value : Date.parse(`${String(value).replace(" ", "T")}Z`)
}

function decimals(text) {
  return text.includes(".") ? text.length - text.indexOf(".") - 1 : 0
}

function grouped(text) {
  const [whole, fraction] = text.split(".")
  return whole.replace(/\B(?=(\d{3})+$)/g, ",") + (fraction ? `.${fraction}` : "")
}

function compact(value) {
  return value.toLocaleString("en-US", { notation: "compact", maximumSignificantDigits: 4 })
}
