// Times the npm package rrule; prints one JSON object. Each rule of rules.txt is read and expanded over 2026.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

// The folder in which scripts/bench installed the package.
const { rrulestr } = createRequire(process.argv[2] + '/')('rrule')
const rules = readFileSync(new URL('rules.txt', import.meta.url), 'utf8').trim().split(/\s+/)
const begin = new Date('2026-01-01T00:00:00Z')
const end = new Date('2027-01-01T00:00:00Z')

function expand() {
  let found = 0
  for (const rule of rules) found += rrulestr(`DTSTART:20240101T090000Z\nRRULE:${rule}`).between(begin, end).length
  return found
}

const each = []
let found = 0
for (let run = -3; run < 21; ++run) {
  const at = process.hrtime.bigint()
  found = expand()
  const took = Number(process.hrtime.bigint() - at)
  if (run >= 0) each.push(took / rules.length / 1000)
}
each.sort((a, b) => a - b)
console.log(JSON.stringify({ name: 'rules.rrule.rrule_js_us', value: each[10], unit: 'us' }))
console.log(JSON.stringify({ occurrences: found }))
