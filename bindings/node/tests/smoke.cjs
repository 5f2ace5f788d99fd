// Does the installed package work? With Node alone: for machines that have it and nothing else. To be given as input to
// `node`: as a file of the package it would find itself.
const assert = require('node:assert/strict')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')

const { open, version } = require('@ignition/node')

async function main() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ignition-'))
  const ig = await open(`sqlite:${folder}/life.db`, { now: '2026-03-10T09:00:00Z' })
  const { user } = await ig.users.create({ email: 'ada@bücher.example' })
  const me = ig.asUser(user.id)
  await me.settings.update({ timezone: 'Europe/Berlin' })
  const session = await me.focus.start({ duration_seconds: 1500 })
  assert.equal((await me.today.get()).resolved_state, 'focus_active')
  ig.setNow('2026-03-10T09:25:00Z')
  assert.equal((await me.focus.complete({ id: session.id })).session.status, 'completed')
  await ig.close()
  fs.rmSync(folder, { recursive: true })
  console.log('Ignition', version, 'works')
}
main()
