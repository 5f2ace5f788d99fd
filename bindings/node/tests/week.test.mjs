// The week that every way into the library lives, lived through Node: the same answers, byte for byte.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'

import { open } from '@ignition/node'

const folder = process.env.IGNITION_WEEK_FOLDER

const linesOf = (name) => fs.readFileSync(path.join(folder, name), 'utf8').trimEnd().split('\n')

test('the week is the same through Node', { skip: !folder && 'IGNITION_WEEK_FOLDER is not set' }, async () => {
  const calls = linesOf('calls.jsonl').map((line) => JSON.parse(line))
  const answers = linesOf('answers.jsonl')
  assert.ok(calls.length > 100 && calls.length === answers.length)
  const ig = await open('sqlite::memory:', { now: calls[0].at, seed: 1 })
  for (const [i, { at, user, operation, input }] of calls.entries()) {
    ig.setNow(at)
    const caller = user === undefined ? ig : ig.asUser(user)
    const text = await caller.json(operation, input).catch((error) => JSON.stringify(error))
    assert.equal(text, answers[i], `${at} ${operation}`)
    // What a program sees of it is the same once more.
    if (operation === 'today.get') assert.equal(JSON.stringify(await caller.call(operation, input)), answers[i])
  }
  await ig.close()
})
