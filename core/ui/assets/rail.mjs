// A watch-list as narrow as can be: a button each, with the z-score and its last bars.

import { element } from "./dom.mjs"

const LIMIT = 4 // σ: the same scale for every pair
const [WIDTH, HEIGHT] = [56, 20]
const rails = new WeakMap()

export function mount({ data, parentElement, setTriggerValue }) {
  let root = rails.get(parentElement)
  if (!root) {
    root = element("div", "desk-rail")
    parentElement.append(element("style", "", {}, STYLE), root)
    rails.set(parentElement, root)
  }
  root.style.setProperty("--desk-up", data.up)
  root.style.setProperty("--desk-down", data.down)
  show(root, JSON.parse(data.rows), (name) => setTriggerValue("open", name))
  return () => {}
}

// Buttons stay where they are, so that the focus and a click under way are not lost; only what they show changes.
function show(root, rows, open) {
  if (!rows.length) return root.replaceChildren(element("p", "desk-rail-none", {}, "Empty: put the pair shown on it with the Watch button."))
  root.querySelector(".desk-rail-none")?.remove()
  while (root.children.length > rows.length) root.lastChild.remove()
  rows.forEach((row, at) => {
    const node = root.children[at] ?? made(root)
    node.onclick = () => open(row.name)
    const text = JSON.stringify(row)
    if (node.deskText === text) return
    node.deskText = text
    const [pair, z, path] = node.children
    pair.textContent = row.pair
    z.textContent = row.z
    node.dataset.side = row.side
    node.dataset.name = row.name
    node.title = row.told
    node.setAttribute("aria-label", `open ${row.told}`)
    path.lastChild.setAttribute("d", drawn(row.path))
  })
}

function made(root) {
  const node = element("button", "desk-rail-row", { type: "button" })
  node.append(element("span", "desk-rail-pair"), element("span", "desk-rail-z"))
  const svg = shape("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT, "aria-hidden": "true" })
  svg.append(shape("path", { class: "desk-rail-zero", d: `M0 ${HEIGHT / 2}H${WIDTH}` }), shape("path", { class: "desk-rail-path" }))
  node.append(svg)
  root.append(node)
  return node
}

function shape(tag, attributes) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag)
  Object.entries(attributes).forEach(([name, value]) => node.setAttribute(name, value))
  return node
}

// A line through the known ones, broken where one is not.
function drawn(values) {
  let pen = false
  return values
    .map((value, at) => {
      if (value === null) return (pen = false) || ""
      const x = (at / Math.max(values.length - 1, 1)) * WIDTH
      const y = HEIGHT / 2 - (Math.max(-LIMIT, Math.min(LIMIT, value)) / LIMIT) * (HEIGHT / 2 - 1)
      const step = `${pen ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`
      pen = true
      return step
    })
    .join("")
}

const STYLE = `
  .desk-rail { display: grid; gap: 1px; font-family: var(--st-font); font-size: 13px; font-variant-numeric: tabular-nums; }
  .desk-rail-row { display: grid; grid-template-columns: minmax(0, 1fr) auto ${WIDTH}px; gap: 8px; align-items: center; width: 100%; padding: 4px 6px;
    font: inherit; color: var(--st-text-color); text-align: left; background: none; border: 0; border-radius: 5px; cursor: pointer; }
  .desk-rail-row:hover { background: var(--st-secondary-background-color); }
  .desk-rail-row:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: -2px; }
  .desk-rail-pair { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .desk-rail-row[data-side="up"] .desk-rail-z { color: var(--desk-up); font-weight: 700; }
  .desk-rail-row[data-side="down"] .desk-rail-z { color: var(--desk-down); font-weight: 700; }
  .desk-rail-row[data-side="old"] .desk-rail-z { color: var(--st-gray-color); }
  .desk-rail-zero { stroke: var(--st-border-color); fill: none; }
  .desk-rail-path { stroke: var(--st-gray-color); fill: none; stroke-width: 1.2; }
  .desk-rail-none { margin: 4px 6px; color: var(--st-gray-color); }
`
