// The examples of docs/node.md run as they stand there, one after the other; and what is written by hand stays small.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'

import { Ignition } from '@ignition/node'
import { place, run } from './support.mjs'

const project = process.env.IGNITION_PROJECT
const needsSources = { skip: !project && 'IGNITION_PROJECT is not set' }

test('the examples of the manual run', needsSources, async () => {
  const manual = fs.readFileSync(path.join(project, 'docs', 'node.md'), 'utf8')
  const blocks = [...manual.matchAll(/^```js\n([\s\S]*?)^```/gm)].map((match) => match[1])
  assert.ok(blocks.length >= 6)
  const program = blocks.join('\n').replaceAll('sqlite:life.db', `sqlite:${place()}`)
  const ended = await run(`import assert from 'node:assert/strict'\n${program}`, { type: 'module' })
  assert.deepEqual([ended.status, ended.stderr], [0, ''])
  assert.match(ended.stdout, /focus_active\n/)
})

test('the binding names no domain, and what is written by hand is short', needsSources, () => {
  const binding = path.join(project, 'bindings', 'node')
  const written = ['src', 'lib', '.'].flatMap((folder) =>
    fs.readdirSync(path.join(binding, folder), { withFileTypes: true })
      // The pure rules are functions, not operations of the catalogue.
      .filter((entry) => entry.isFile() && /\.(cpp|hpp|js|mjs|ts|mts)$/.test(entry.name) && !/^(operations\.d|rules(_\w+)?)\./.test(entry.name))
      .map((entry) => path.join(binding, folder, entry.name)))
  assert.ok(written.length >= 12)
  const texts = written.map((file) => fs.readFileSync(file, 'utf8'))
  assert.ok(texts.join('').split('\n').length < 1000)
  const code = texts.map((text) => text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')).join('\n')
  assert.ok(code.includes('napi_create_promise') && code.includes('asUser'))
  for (const name of operationsOf(Ignition.prototype)) assert.ok(!code.includes(name), name)
})

function operationsOf(space, before = '') {
  return Object.keys(space).flatMap((name) =>
    typeof space[name] === 'function' ? [before + name] : operationsOf(Object.getPrototypeOf(space[name]), `${before}${name}.`))
}
