// Times the npm package ts-fsrs; prints one JSON object. The answers of trace.txt, each given when the card is due.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

// The folder in which scripts/bench installed the package.
const { createEmptyCard, fsrs } = createRequire(process.argv[2] + '/')('ts-fsrs')
const trace = readFileSync(new URL('trace.txt', import.meta.url), 'utf8').trim().split(/\s+/).map(Number)
const scheduler = fsrs({ enable_fuzz: false })
const start = new Date('2026-01-10T00:00:00Z')

function live() {
  let card = createEmptyCard(start)
  for (const rating of trace) card = scheduler.next(card, card.due, rating).card
  return card
}

const cards = 200
const each = []
let reps = 0
for (let run = -3; run < 21; ++run) {
  const begin = process.hrtime.bigint()
  for (let i = 0; i < cards; ++i) reps += live().reps
  const took = Number(process.hrtime.bigint() - begin)
  if (run >= 0) each.push(took / (cards * trace.length))
}
if (reps !== 24 * cards * trace.length) throw new Error('a review was lost')
each.sort((a, b) => a - b)
console.log(JSON.stringify({ name: 'rules.fsrs.ts_fsrs_ns', value: each[10], unit: 'ns' }))
