// A hint for who is here for the first time. Once put away it stays away, in this browser.

import { element } from "./dom.mjs"

const nodes = new WeakMap()

export function mount({ data, parentElement }) {
  nodes.get(parentElement)?.remove()
  const key = `desk-hint-${data.name}`
  if (stored(key)) return () => {}
  const root = element("div", "desk-hint", { role: "note" })
  const lines = element("ul", "")
  data.lines.forEach((text) => lines.append(element("li", "", {}, text)))
  const away = element("button", "", { type: "button" }, "Got it")
  away.onclick = () => {
    store(key)
    root.remove()
  }
  root.append(element("style", "", {}, STYLE), lines, away)
  parentElement.append(root)
  nodes.set(parentElement, root)
  return () => {}
}

// Where a browser keeps nothing, the hint comes back.
function stored(key) {
  try {
    return window.localStorage.getItem(key) !== null
  } catch {
    return false
  }
}

function store(key) {
  try {
    window.localStorage.setItem(key, "seen")
  } catch {
    // it comes back
  }
}

const STYLE = `
  .desk-hint { display: flex; gap: 12px; align-items: start; padding: 8px 12px; font-family: var(--st-font); font-size: 13px; line-height: 1.5;
    color: var(--st-text-color); background: var(--st-secondary-background-color); border: 1px solid var(--st-border-color); border-left: 3px solid var(--st-primary-color);
    border-radius: var(--st-button-radius); }
  .desk-hint ul { margin: 0; padding-left: 18px; flex: 1; }
  .desk-hint button { font: inherit; color: var(--st-text-color); cursor: pointer; padding: 3px 10px; background: var(--st-background-color);
    border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius); white-space: nowrap; }
  .desk-hint button:hover, .desk-hint button:focus-visible { border-color: var(--st-primary-color); }
`
