// Numbers with all that belongs to them: a row each, what it stands on under the pointer or with the keyboard.

import { element } from "./dom.mjs"

const panels = new WeakMap()

export function mount({ data, parentElement }) {
  let root = panels.get(parentElement)
  if (!root) {
    root = element("div", "desk-panel")
    parentElement.append(element("style", "", {}, STYLE), root)
    panels.set(parentElement, root)
  }
  show(root, data)
  return () => {}
}

// Boxes of rows below each other.
function show(root, data) {
  const boxes = JSON.parse(data.boxes)
  while (root.children.length > boxes.length) root.lastChild.remove()
  boxes.forEach((rows, at) => {
    if (!root.children[at]) root.append(element("div", "desk-box"))
    fillBox(root.children[at], rows)
  })
}

// Rows are kept where they stay the same, so that a tip under the pointer does not vanish with every tick.
function fillBox(root, rows) {
  while (root.children.length > rows.length) root.lastChild.remove()
  rows.forEach((row, at) => {
    const text = JSON.stringify(row)
    const known = root.children[at]
    if (known?.deskText === text) return
    const node = known?.deskKind === row.kind ? known : made(row)
    fill(node, row)
    node.deskText = text
    node.deskKind = row.kind
    if (!known) root.append(node)
    else if (node !== known) known.replaceWith(node)
  })
}

function made(row) {
  const node = element("div", `desk-row desk-${row.kind}`)
  for (const name of ["label", "value", "beside", "noise"]) node.append(element("span", `desk-row-${name}`))
  node.append(element("div", "desk-row-tip", { role: "tooltip" }))
  return node
}

function fill(node, row) {
  const [label, value, beside, noise, tip] = node.children
  node.dataset.state = row.state
  node.dataset.name = row.name
  if (row.tip?.length) node.setAttribute("tabindex", "0")
  label.textContent = row.label
  value.textContent = row.value
  beside.textContent = row.beside ?? ""
  noise.textContent = row.noise ?? ""
  noise.hidden = !row.noise
  tip.replaceChildren(...(row.tip ?? []).map((text) => element("div", "", {}, text)))
}

const STYLE = `
  .desk-panel { font-family: var(--st-font); color: var(--st-text-color); font-size: 13px; font-variant-numeric: tabular-nums; }
  .desk-box { border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius); padding: 9px; margin-bottom: 8px; }
  .desk-box > .desk-head:first-child { margin-top: 0; }
  .desk-row { position: relative; display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0 10px; padding: 3px 6px; border-radius: 5px; outline-offset: -1px; }
  .desk-row:hover, .desk-row:focus-visible { background: var(--st-secondary-background-color); }
  .desk-row-label { color: var(--st-gray-color); }
  .desk-row-value { text-align: right; font-weight: 600; white-space: nowrap; }
  .desk-row-beside { grid-column: 1 / -1; text-align: right; font-size: 11.5px; color: var(--st-gray-color); }
  .desk-row-beside:empty { display: none; }
  .desk-row-noise { grid-column: 1 / -1; font-size: 11.5px; color: var(--st-violet-color); text-align: right; }
  .desk-row-noise[hidden] { display: none; }
  .desk-head { border-bottom: 1px solid var(--st-border-color); margin-top: 8px; border-radius: 0; }
  .desk-panel .desk-head { display: grid; min-height: 0; } .desk-head .desk-row-label { font-weight: 600; color: var(--st-text-color); }
  .desk-head .desk-row-value { font-weight: 400; font-size: 11.5px; color: var(--st-gray-color); }
  .desk-note { grid-template-columns: 14px minmax(0, 1fr); font-size: 12.5px; }
  .desk-note .desk-row-value { text-align: left; white-space: normal; font-weight: 400; }
  .desk-big .desk-row-value { font-size: 26px; line-height: 1.15; }
  .desk-big[data-name="signal"] .desk-row-value { font-size: 19px; line-height: 1.5; }
  .desk-big .desk-row-label { align-self: end; padding-bottom: 4px; }
  .desk-row[data-state="unknown"] .desk-row-value, .desk-row[data-state="waiting"] .desk-row-value { color: var(--st-gray-color); font-weight: 400; }
  .desk-row[data-state="stale"] .desk-row-value { color: var(--st-gray-color); text-decoration: line-through; }
  .desk-row[data-state="error"] .desk-row-value { color: var(--st-red-color); }
  .desk-row[data-state="live"] .desk-row-value { font-style: italic; }
  .desk-row[data-state="good"] .desk-row-value { color: var(--st-green-color); }
  .desk-row[data-state="bad"] .desk-row-value { color: var(--st-orange-color); }
  .desk-row-tip { display: none; position: absolute; z-index: 9; top: 100%; right: 0; width: max-content; max-width: min(340px, 92vw); padding: 8px 10px;
    font-size: 12px; line-height: 1.45; text-align: left; color: var(--st-text-color); background: var(--st-secondary-background-color);
    border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius); box-shadow: 0 4px 16px rgba(0, 0, 0, 0.3); }
  .desk-row:hover > .desk-row-tip:not(:empty), .desk-row:focus-visible > .desk-row-tip:not(:empty) { display: block; }
`
