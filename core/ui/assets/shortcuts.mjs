// Keys of the page. What only moves the chart is told to it; the rest goes to the page's script, one at a time.
//
// The script changes controls, and the browser has the change some time later. A key sent before that would carry the old values
// along, and they would undo the change: it waits until the script has answered the one before.

const OWN = { r: "reset" }
const FOCUSED = "input, textarea, select, button, a, [contenteditable], [role='radio'], [role='slider'], [role='option'], [role='dialog'] *"
// An answer that does not come by then is not waited for any more.
const PATIENCE_MS = 5000
// The controls that were drawn with the answer have told their values by then.
const SETTLED_MS = 50
const known = new WeakMap()

export function mount({ data, parentElement, setTriggerValue }) {
  let keys = known.get(parentElement)
  if (!keys) known.set(parentElement, (keys = new Keys()))
  keys.names = data.keys
  keys.send = (key) => setTriggerValue("key", key)
  keys.listen()
  keys.answered(data.answered)
  return () => keys.leave()
}

class Keys {
  constructor() {
    this.waiting = []
    this.listener = (event) => this.pressed(event)
  }

  listen() {
    document.addEventListener("keydown", this.listener)
  }

  leave() {
    document.removeEventListener("keydown", this.listener)
  }

  pressed(event) {
    if (event.ctrlKey || event.metaKey || event.isComposing || event.target.closest?.(FOCUSED)) return
    const key = event.key.toLowerCase()
    if (OWN[key]) document.dispatchEvent(new CustomEvent("desk:key", { detail: OWN[key] }))
    else if (key === "/") document.querySelector(".st-key-y input")?.focus()
    else if (this.names.includes(key)) this.waiting.push(key)
    else return
    event.preventDefault()
    this.next()
  }

  next() {
    if (this.busy || !this.waiting.length) return
    this.busy = setTimeout(() => this.free(), PATIENCE_MS)
    this.send(this.waiting.shift())
  }

  answered(count) {
    if (count === this.count) return
    this.count = count
    clearTimeout(this.busy)
    this.busy = setTimeout(() => this.free(), SETTLED_MS)
  }

  free() {
    clearTimeout(this.busy)
    this.busy = null
    this.next()
  }
}
