// The scale of the price pane: linear, log, percent or indexed. The last two write other words at the same places.

const MOST_TICKS = 9

// The axis for prices from `low` to `high`; `base` is the price that is 0 % or 100.
export function priceAxis(scale, [low, high], base, decimals) {
  if (scale === "log" && low > 0) {
    return { type: "log", range: [Math.log10(low), Math.log10(high)], tickformat: `,.${decimals}f`, tickmode: "auto" }
  }
  if (scale !== "percent" && scale !== "indexed") return { type: "linear", range: [low, high], tickformat: `,.${decimals}f`, tickmode: "auto" }
  const share = (price) => 100 * (price / base - 1)
  const step = nice((share(high) - share(low)) / MOST_TICKS)
  const ticks = []
  for (let at = Math.ceil(share(low) / step) * step; at <= share(high); at += step) ticks.push(at)
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9))
  return {
    type: "linear", range: [low, high], tickmode: "array",
    tickvals: ticks.map((at) => base * (1 + at / 100)), ticktext: ticks.map((at) => written(scale, at, digits)),
  }
}

// A price as the scale has it: its own text, or what it is of the base.
export function priceLabel(scale, price, text, base) {
  return scale === "percent" || scale === "indexed" ? written(scale, 100 * (price / base - 1), 2) : text
}

// What 0 % and 100 are.
export function scaleWords(scale) {
  return { log: "log scale", percent: "% from the first close in view", indexed: "first close in view = 100" }[scale] ?? ""
}

function written(scale, share, digits) {
  if (scale === "indexed") return (100 + share).toFixed(digits)
  const rounded = share.toFixed(digits)
  return `${Number(rounded) > 0 ? "+" : ""}${Number(rounded) === 0 ? (0).toFixed(digits) : rounded.replace("-", "−")} %`
}

// The least of 1, 2 and 5 times a power of ten that is not below `step`.
function nice(step) {
  const power = 10 ** Math.floor(Math.log10(step))
  return power * ([1, 2, 5].find((times) => times * power >= step * (1 - 1e-9)) ?? 10)
}
