// Small helpers of the components: elements, and the colours of the theme.

export function element(tag, name, attributes = {}, text = "") {
  const node = document.createElement(tag)
  node.className = name
  Object.entries(attributes).forEach(([key, value]) => node.setAttribute(key, value))
  if (text) node.textContent = text
  return node
}

// The chart library is one script for all charts of the page.
let plotlyLoading = null

export function loadPlotly(address) {
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

export function decimals(text) {
  return text.includes(".") ? text.length - text.indexOf(".") - 1 : 0
}

// A number with as many decimals as asked, and a real minus.
export function fixed(value, places) {
  if (value === null || value === undefined) return "–"
  const shown = Math.abs(value) < 0.5 * 10 ** -places ? 0 : value // never minus nothing
  return shown
    .toLocaleString("en-US", { minimumFractionDigits: places, maximumFractionDigits: places })
    .replace("-", "−")
}

export function signed(value, places) {
  if (value === null || value === undefined) return "–"
  return `${value > 0 ? "+" : ""}${fixed(value, places)}`
}

export function significant(value, digits) {
  if (value === null || value === undefined) return "–"
  return value.toLocaleString("en-US", { maximumSignificantDigits: digits }).replace("-", "−")
}

export function compact(value) {
  if (value === null || value === undefined) return "–"
  return value.toLocaleString("en-US", { notation: "compact", maximumSignificantDigits: 3 })
}
