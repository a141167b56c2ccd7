// The wall clock of a time zone by its IANA name. The chart library knows no zones: it is given times that are shifted.

const HOUR_MS = 3_600_000

export class Clock {
  // `labels` says how the zone is called by its offset [min], as the pages call it.
  constructor(zone, labels) {
    this.labels = labels ?? {}
    this.offsets = new Map()
    if (zone && zone !== "UTC") {
      const numeric = Object.fromEntries(["year", "month", "day", "hour", "minute", "second"].map((part) => [part, "numeric"]))
      this.format = new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23", ...numeric })
    }
  }

  // What has to be added to a time [ms] for its wall clock; offsets change on the hour.
  offset(time) {
    if (!this.format) return 0
    const hour = Math.floor(time / HOUR_MS) * HOUR_MS
    if (!this.offsets.has(hour)) {
      const part = Object.fromEntries(this.format.formatToParts(hour).map(({ type, value }) => [type, Number(value)]))
      this.offsets.set(hour, Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second) - hour)
    }
    return this.offsets.get(hour)
  }

  shift(time) {
    return time + this.offset(time)
  }

  // The time behind a shifted one; of the hour that comes twice in a year, the later.
  unshift(shifted) {
    return shifted - this.offset(shifted - this.offset(shifted))
  }

  // A time as the chart library is to be given it: as text. Numbers it takes for the browser's own zone, whatever is asked.
  text(time) {
    return asText(this.shift(time))
  }

  // The zone's name at a time.
  label(time) {
    const minutes = this.offset(time) / 60_000
    if (!this.format) return "UTC"
    const two = (value) => String(Math.floor(value)).padStart(2, "0")
    return this.labels[minutes] ?? `${minutes < 0 ? "−" : "+"}${two(Math.abs(minutes) / 60)}${two(Math.abs(minutes) % 60)}`
  }

  // The wall clock's time without the zone: 2024-08-09 00:00:00.
  wall(time) {
    return this.text(time).slice(0, 19)
  }
}

// What is shifted already: 2024-08-09 00:00:00.000.
export function asText(shifted) {
  return new Date(shifted).toISOString().replace("T", " ").slice(0, 23)
}
