// One topic of the API's stream: snapshot, then deltas, again after every loss, until it is closed.

const RETRY_FIRST_MS = 500
const RETRY_MOST_MS = 15000

export class Topic {
  // `take(message)` gets every snapshot and delta in order; `trouble(words)` what stands in the way, "" once it is over.
  constructor(name, take, trouble) {
    this.name = name
    this.take = take
    this.trouble = trouble
    this.delay = RETRY_FIRST_MS
    this.bytes = 0
    this.open()
  }

  open() {
    const address = new URL("/api/v1/stream", window.location.href)
    address.protocol = address.protocol.replace("http", "ws")
    const socket = new WebSocket(address)
    this.socket = socket
    socket.onopen = () => socket.send(JSON.stringify({ op: "subscribe", id: 1, topics: [this.name] }))
    socket.onmessage = (event) => socket === this.socket && this.heard(event.data)
    socket.onclose = () => socket === this.socket && this.again()
  }

  heard(text) {
    this.bytes += text.length
    const message = JSON.parse(text)
    if (message.type === "error") return this.trouble(message.data?.message ?? "the desk refused the subscription")
    if (message.topic !== this.name || message.type === "dropped") return
    const missed = message.type === "delta" && message.seq !== this.seq + 1
    this.seq = message.seq
    if (missed) return this.socket.close()
    this.delay = RETRY_FIRST_MS
    this.trouble("")
    this.take(message)
  }

  again() {
    this.trouble("connection lost; reconnecting")
    this.retry = setTimeout(() => this.open(), this.delay * (0.5 + Math.random() / 2))
    this.delay = Math.min(this.delay * 2, RETRY_MOST_MS)
  }

  close() {
    clearTimeout(this.retry)
    const socket = this.socket
    this.socket = null
    socket.close()
  }
}
