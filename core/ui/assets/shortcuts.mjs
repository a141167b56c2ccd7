// Keys of the page. What only moves the chart is told to it; the rest goes to the page's script.

const OWN = { r: "reset" }
const FOCUSED = "input, textarea, select, button, a, [contenteditable], [role='radio'], [role='slider'], [role='option'], [role='dialog'] *"
const nodes = new WeakMap()

export function mount({ data, parentElement, setTriggerValue }) {
  const before = nodes.get(parentElement)
  if (before) document.removeEventListener("keydown", before)
  const listener = (event) => pressed(event, data.keys, (key) => setTriggerValue("key", key))
  nodes.set(parentElement, listener)
  document.addEventListener("keydown", listener)
  return () => document.removeEventListener("keydown", listener)
}

function pressed(event, keys, tell) {
  if (event.ctrlKey || event.metaKey || event.isComposing || event.target.closest?.(FOCUSED)) return
  const key = event.key.toLowerCase()
  if (OWN[key]) document.dispatchEvent(new CustomEvent("desk:key", { detail: OWN[key] }))
  else if (key === "/") document.querySelector(".st-key-y input")?.focus()
  else if (keys.includes(key)) tell(key)
  else return
  event.preventDefault()
}
